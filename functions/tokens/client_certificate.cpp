#include "tokens/client_certificate.h"

#include <algorithm>

#include "core/encoding.h"
#include "crypto/certificate.h"

namespace gatehouse::tokens {
namespace {

bool names(const crypto::CertificateNames& found, const Client::Certificate& wanted) {
  const auto among = [&](const std::vector<std::string>& texts) {
    return std::ranges::find(texts, wanted.value) != texts.end();
  };
  if (wanted.check == "subject_dn") return found.subject == wanted.value;
  if (wanted.check == "san_dns") return among(found.dns);
  return wanted.check == "san_uri" && among(found.uris);
}

}  // namespace

bool shows_certificate(const http::Request& request, const Client& client) {
  const auto pem = from_form(request.tls_certificate);
  const auto der = pem ? crypto::certificate_der(*pem) : std::nullopt;
  if (!der || client.certificate.value.empty()) return false;
  if (client.certificate.check == "sha256") {
    return crypto::certificate_thumbprint(*der) == client.certificate.value;
  }
  if (request.tls_verified != "SUCCESS") return false;
  const auto found = crypto::certificate_names(*der);
  return found && names(*found, client.certificate);
}

}  // namespace gatehouse::tokens
