#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::crypto {

/// The DER form of the first certificate of a PEM text (RFC 7468 §5); nullopt where it has none.
/// What is in it is not looked at.
std::optional<std::string> certificate_der(std::string_view pem);

/// `x5t#S256` of a certificate (RFC 8705 §3.1): base64url of the SHA-256 of its DER form.
std::string certificate_thumbprint(std::string_view der);

/// Whom a certificate (RFC 5280) is of, as it says itself: who has issued it is another matter.
struct CertificateNames {
  std::string subject;                 ///< as RFC 2253 writes it: "CN=orders,O=Example"
  std::vector<std::string> dns, uris;  ///< subjectAltName
};

/// nullopt for what is no certificate and nothing but one. Never throws on account of it.
std::optional<CertificateNames> certificate_names(std::string_view der);

}  // namespace gatehouse::crypto
