#include "services/authentication.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "core/encoding.h"
#include "jose/jwk.h"
#include "json/parse.h"
#include "services/errors.h"

namespace gatehouse::services {
namespace {

constexpr std::size_t most_keys = 16, key_id_limit = 200, key_set_limit = 16384, name_limit = 500;
constexpr std::size_t url_limit = 2048;
constexpr std::size_t sha256_bytes = 32;

constexpr std::array<std::string_view, 5> methods{"client_secret_basic", "client_secret_post",
                                                  "private_key_jwt", "tls_client_auth",
                                                  "self_signed_tls_client_auth"};

/// Member of the request, and the check that it means.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> certificate_members{{
    {"tls_client_auth_subject_dn", "subject_dn"},
    {"tls_client_auth_san_dns", "san_dns"},
    {"tls_client_auth_san_uri", "san_uri"},
    {"tls_client_certificate_sha256", "sha256"},
}};

[[noreturn]] void refuse(std::string_view member, const std::string& what, const char* next_step) {
  throw Failure(400, std::string(member) + "_invalid", '"' + std::string(member) + '"' + what,
                next_step);
}

std::string require_certificate_value(std::string_view member, std::string value) {
  const auto printable = [](char c) { return c >= ' ' && c < 0x7f; };
  bool good = !value.empty() && std::ranges::all_of(value, printable);
  if (member == "tls_client_certificate_sha256") {
    const auto bytes = from_base64url(value);
    good = bytes && bytes->size() == sha256_bytes;
  }
  if (good) return value;
  refuse(member, " is not what a certificate can be compared with",
         "Send the subject as `openssl x509 -noout -subject -nameopt RFC2253` prints it, a "
         "name of the certificate, or the base64url SHA-256 of its DER form.");
}

void read_certificate(const http::Input& input, AuthenticationChange& change) {
  for (const auto& [member, check] : certificate_members) {
    if (!input.has(member)) continue;
    auto value = input.optional_text(member, name_limit);
    if (!value) {
      if (!change.certificate) change.certificate.emplace(std::nullopt);
      continue;
    }
    if (change.certificate && *change.certificate) throw Failure(errors::one_certificate_name);
    change.certificate.emplace(Authentication::Certificate{
        std::string(check), require_certificate_value(member, *std::move(value))});
  }
}

std::string require_key_url(const egress::Guard& guard, std::string url) {
  const egress::Checked checked = guard.check(url);
  if (checked.url) return checked.url->text;
  refuse("jwks_uri", ": " + std::string(checked.refusal),
         "Send the https URL of a JWK Set that this server can reach.");
}

}  // namespace

std::string read_key_set(const json::Value& set) {
  if (const json::Value* keys = set.find("keys")) {
    if (std::ranges::any_of(keys->items(), jose::has_private_members)) {
      throw Failure(errors::private_key_sent);
    }
  }
  try {
    const auto keys = jose::from_jwks(set, most_keys);
    if (std::ranges::any_of(keys, [](const auto& key) { return key.kid.size() > key_id_limit; })) {
      throw crypto::KeyError("a \"kid\" is longer than 200 bytes");
    }
    return jose::jwks(keys);
  } catch (const crypto::KeyError& error) {
    refuse("jwks", std::string(": ") + error.what(),
           "Send a JWK Set {\"keys\": [...]} of 1 to 16 public keys: P-256 (ES256), Ed25519 "
           "(EdDSA) or RSA of 2048 bits and more (RS256).");
  }
}

AuthenticationChange read_authentication_change(const http::Input& input,
                                                const egress::Guard& guard) {
  AuthenticationChange change;
  if (input.has("token_endpoint_auth_method")) {
    auto method = input.optional_text("token_endpoint_auth_method", name_limit);
    if (method && std::ranges::find(methods, *method) == methods.end()) {
      throw Failure(errors::auth_method_unknown);
    }
    change.method.emplace(std::move(method));
  }
  if (input.has("jwks")) {
    const auto text = input.optional_object("jwks", key_set_limit);
    change.jwks.emplace(text ? std::optional(read_key_set(json::parse(*text))) : std::nullopt);
  }
  if (input.has("jwks_uri")) {
    auto url = input.optional_text("jwks_uri", url_limit);
    change.jwks_uri.emplace(url ? std::optional(require_key_url(guard, *std::move(url)))
                                : std::nullopt);
  }
  read_certificate(input, change);
  change.dpop_bound = input.optional_boolean("dpop_bound_access_tokens");
  return change;
}

void apply(const AuthenticationChange& change, Authentication& authentication) {
  if (change.method) authentication.method = *change.method;
  if (change.jwks) authentication.jwks = *change.jwks;
  if (change.jwks_uri) authentication.jwks_uri = *change.jwks_uri;
  if (authentication.jwks && authentication.jwks_uri) throw Failure(errors::two_key_sources);
  if (change.certificate) authentication.certificate = *change.certificate;
  if (change.dpop_bound) authentication.dpop_bound = *change.dpop_bound;

  if (authentication.by_secret()) return;
  const auto& certificate = authentication.certificate;
  const bool whole = certificate && certificate->check == "sha256";
  if (*authentication.method == "private_key_jwt") {
    if (!authentication.jwks && !authentication.jwks_uri) throw Failure(errors::keys_required);
  } else if (!certificate || whole != (*authentication.method == "self_signed_tls_client_auth")) {
    throw Failure(errors::certificate_required);
  }
}

void write_authentication(json::Writer& out, const Authentication& authentication) {
  if (authentication.method) out.member("token_endpoint_auth_method", *authentication.method);
  if (authentication.jwks) out.key("jwks").raw(*authentication.jwks);
  if (authentication.jwks_uri) out.member("jwks_uri", *authentication.jwks_uri);
  if (const auto& certificate = authentication.certificate) {
    const auto* member = std::ranges::find(certificate_members, certificate->check,
                                           &decltype(certificate_members)::value_type::second);
    out.member(member->first, certificate->value);
  }
  if (authentication.dpop_bound) out.member("dpop_bound_access_tokens", true);
}

}  // namespace gatehouse::services
