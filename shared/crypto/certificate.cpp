#include "crypto/certificate.h"

#include <openssl/bio.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "core/encoding.h"
#include "crypto/handles.h"
#include "crypto/hash.h"

namespace gatehouse::crypto {
namespace {

constexpr std::string_view begin_line = "-----BEGIN CERTIFICATE-----";
constexpr std::string_view end_line = "-----END CERTIFICATE-----";

std::string text_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::string subject_of(const X509& certificate) {
  const auto out = expect(BIO_new(BIO_s_mem()), "BIO_new");
  const X509_NAME* name = X509_get_subject_name(&certificate);
  if (X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253) < 0) return {};
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return size <= 0 ? std::string() : std::string(data, static_cast<std::size_t>(size));
}

void add_alternative_names(const X509& certificate, CertificateNames& names) {
  const Handle<GENERAL_NAMES> found(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; found && i < sk_GENERAL_NAME_num(found.get()); ++i) {
    int type = 0;
    const void* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(found.get(), i), &type);
    if (type == GEN_DNS) names.dns.push_back(text_of(static_cast<const ASN1_STRING*>(value)));
    if (type == GEN_URI) names.uris.push_back(text_of(static_cast<const ASN1_STRING*>(value)));
  }
}

}  // namespace

std::optional<std::string> certificate_der(std::string_view pem) {
  const auto begin = pem.find(begin_line);
  if (begin == pem.npos) return std::nullopt;
  pem.remove_prefix(begin + begin_line.size());
  std::string base64(pem.substr(0, pem.find(end_line)));
  if (base64.size() == pem.size()) return std::nullopt;
  std::erase_if(base64, [](char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; });
  auto der = from_base64(base64);
  if (der && der->empty()) return std::nullopt;
  return der;
}

std::string certificate_thumbprint(std::string_view der) {
  return to_base64url(sha256(der));
}

std::optional<CertificateNames> certificate_names(std::string_view der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const auto* const end = at + der.size();
  const Handle<X509> certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  std::optional<CertificateNames> names;
  if (certificate && at == end) {
    names.emplace().subject = subject_of(*certificate);
    add_alternative_names(*certificate, *names);
  }
  clear_errors();
  return names;
}

}  // namespace gatehouse::crypto
