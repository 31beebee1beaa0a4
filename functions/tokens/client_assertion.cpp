#include "tokens/client_assertion.h"

#include <algorithm>
#include <array>

#include "jose/compact.h"
#include "jose/jwt.h"
#include "tokens/errors.h"

namespace gatehouse::tokens {
namespace {

constexpr std::chrono::seconds skew{5};
constexpr std::size_t jti_limit = 256;

/// The revision of RFC 7523 has a type of its own; most libraries send JWT or none. Never the one
/// of an access token.
constexpr std::array<std::string_view, 4> types{"", "JWT", "jwt", "client-authentication+jwt"};

bool names_only(const json::Value* audience, std::string_view issuer) {
  if (audience != nullptr && audience->is(json::Kind::array) && audience->items().size() == 1) {
    audience = &audience->items().front();
  }
  return audience != nullptr && audience->is(json::Kind::string) && audience->as_string() == issuer;
}

/// No private key of it is kept.
const jose::KeySet& decoy() {
  static const jose::KeySet keys(
      {{"decoy", crypto::Algorithm::es256,
        crypto::PrivateKey::generate(crypto::Algorithm::es256).public_key()}});
  return keys;
}

const ErrorKind& kind_of(jose::Rejection rejection) {
  switch (rejection) {
    case jose::Rejection::expired:
      return errors::assertion_expired;
    case jose::Rejection::not_yet_valid:
      return errors::assertion_not_yet_valid;
    default:
      return errors::assertion_claims_invalid;
  }
}

}  // namespace

ClaimedSigner claimed_signer(std::string_view assertion) {
  const auto parts = jose::take_apart(assertion, jose::EmbeddedKey::refused);
  const auto* compact = std::get_if<jose::Compact>(&parts);
  if (compact == nullptr) return {};
  const auto claims = jose::claims_of(*compact);
  return {claims ? claims->text("sub") : std::string(), compact->header.kid};
}

std::optional<jose::Verified> verify_assertion(std::string_view assertion,
                                               const jose::KeySet& keys) {
  const jose::KeySet& tried = keys.keys().empty() ? decoy() : keys;
  return jose::verify_compact(assertion, tried, jose::KeyId::implied_by_one).token;
}

AssertionId check_assertion(const jose::Verified& assertion, std::string_view client_id,
                            std::string_view issuer, Time now) {
  const json::Value& claims = assertion.claims;
  if (std::ranges::find(types, assertion.typ) == types.end() || claims.text("sub") != client_id) {
    throw Failure(errors::assertion_claims_invalid);
  }
  if (!names_only(claims.find("aud"), issuer)) {
    throw Failure(401, "client_assertion_audience",
                  "the assertion's \"aud\" is not the issuer and nothing else",
                  "Set \"aud\" to \"" + std::string(issuer) + "\", not to the token endpoint.");
  }
  const auto rejection = jose::check_claims(
      assertion,
      {.typ = assertion.typ, .issuer = client_id, .audience = issuer, .now = now, .skew = skew});
  if (rejection) throw Failure(kind_of(*rejection));

  AssertionId id{claims.text("jti"), from_unix_seconds(*claims.find("exp")->as_integer())};
  if (id.expires_at > now + longest_assertion + skew) throw Failure(errors::assertion_too_long);
  if (id.jti.empty() || id.jti.size() > jti_limit) throw Failure(errors::assertion_id_required);
  id.expires_at += 2 * skew;  // good for one of it, by whoever's clock
  return id;
}

}  // namespace gatehouse::tokens
