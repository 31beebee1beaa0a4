#include "authentication.h"

#include <fstream>
#include <iterator>

#include "egress/guard.h"
#include "jose/jwk.h"
#include "json/parse.h"
#include "session.h"

namespace gatehouse::cli {
namespace {

constexpr std::size_t most_keys = 16;

std::string read_key_set(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw CommandError(path + " cannot be read", "Name a file with a JWK Set.");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  try {
    return jose::jwks(jose::from_jwks(json::parse(text), most_keys));
  } catch (const json::ParseError& error) {
    throw CommandError(path + ": " + error.what(), "Write {\"keys\": [...]} into it (RFC 7517).");
  } catch (const crypto::KeyError& error) {
    throw CommandError(path + ": " + error.what(),
                       "Write a JWK Set of public keys into it: P-256, Ed25519, or RSA of 2048 "
                       "bits and more.");
  }
}

}  // namespace

std::string require_key_url(const Settings& settings, const std::string& url) {
  const egress::Guard guard(settings);
  const egress::Checked checked = guard.check(url);
  if (checked.url) return checked.url->text;
  throw CommandError("--jwks-uri: " + std::string(checked.refusal),
                     "Give the https URL of a JWK Set that the server can reach.");
}

void AuthenticationOptions::add_to(CLI::App& command) {
  command
      .add_option("--auth-method", method_,
                  "By what it authenticates; without it, by a secret sent either way")
      ->check(CLI::IsMember({"client_secret_basic", "client_secret_post", "private_key_jwt",
                             "tls_client_auth", "self_signed_tls_client_auth"}));
  auto* keys = command.add_option("--jwks", jwks_file_, "File with its public keys, a JWK Set");
  command.add_option("--jwks-uri", jwks_uri_, "URL where it publishes them itself")->excludes(keys);
  auto* names = command.add_option_group("certificate", "What its certificate has to say");
  names->add_option("--certificate-subject", subject_dn_, "The subject, as RFC2253 writes it");
  names->add_option("--certificate-dns", san_dns_, "A DNS name");
  names->add_option("--certificate-uri", san_uri_, "A URI");
  names->add_option("--certificate-sha256", sha256_, "Its own SHA-256, base64url");
  names->require_option(0, 1);
  command.add_flag("--dpop", dpop_, "Bind its tokens to a key of its own (RFC 9449)");
}

ServiceAuthentication AuthenticationOptions::finish() const {
  ServiceAuthentication made;
  if (!method_.empty()) made.method = method_;
  if (!jwks_file_.empty()) made.jwks = read_key_set(jwks_file_);
  if (!jwks_uri_.empty()) made.jwks_uri = jwks_uri_;
  for (const auto& [check, value] :
       {std::pair("subject_dn", &subject_dn_), std::pair("san_dns", &san_dns_),
        std::pair("san_uri", &san_uri_), std::pair("sha256", &sha256_)}) {
    if (!*value) continue;
    made.certificate_check = check;
    made.certificate_value = **value;
  }
  made.dpop_bound = dpop_;
  const bool whole = made.certificate_check == "sha256";
  if (method_ == "private_key_jwt" && !made.jwks && !made.jwks_uri) {
    throw CommandError("private_key_jwt needs the service's public keys",
                       "Name them with --jwks, or their URL with --jwks-uri.");
  }
  if (method_ == "tls_client_auth" && (!made.certificate_check || whole)) {
    throw CommandError("tls_client_auth needs a name of the certificate",
                       "Give --certificate-subject, --certificate-dns or --certificate-uri.");
  }
  if (method_ == "self_signed_tls_client_auth" && !whole) {
    throw CommandError("self_signed_tls_client_auth needs the certificate's hash",
                       "Give --certificate-sha256.");
  }
  return made;
}

}  // namespace gatehouse::cli
