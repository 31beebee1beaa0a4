#include "auth/confirmation.h"

#include "core/encoding.h"
#include "crypto/certificate.h"

namespace gatehouse::auth {

std::string presented_thumbprint(std::string_view certificate) {
  if (certificate.empty()) return {};
  const auto pem = from_form(certificate);
  const auto der = pem ? crypto::certificate_der(*pem) : std::nullopt;
  return der ? crypto::certificate_thumbprint(*der) : std::string();
}

void write_confirmation(json::Writer& out, const Confirmation& confirmation) {
  if (confirmation.empty()) return;
  out.key("cnf").begin_object();
  if (!confirmation.certificate.empty()) out.member("x5t#S256", confirmation.certificate);
  if (!confirmation.key.empty()) out.member("jkt", confirmation.key);
  out.end_object();
}

}  // namespace gatehouse::auth
