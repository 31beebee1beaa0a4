#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/encoding.h"
#include "crypto/certificate.h"

namespace {

using namespace gatehouse;  // NOLINT

void check(std::string_view der) {
  const auto names = crypto::certificate_names(der);
  if (!names) return;
  // A certificate and nothing but one: what follows it would have another thumbprint.
  if (crypto::certificate_names(std::string(der) + '\0')) std::abort();
  // The subject can be registered: it is printable, whatever the certificate holds.
  for (const char c : names->subject) {
    if (c < ' ' || c >= 0x7f) std::abort();
  }
}

}  // namespace

// The bytes as nginx escapes a client's certificate, and as its DER form.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(text);
  const auto pem = from_form(text);
  const auto der = pem ? crypto::certificate_der(*pem) : std::nullopt;
  if (der) {
    if (der->empty() || crypto::certificate_thumbprint(*der).size() != 43) std::abort();
    check(*der);
  }
  return 0;
}
