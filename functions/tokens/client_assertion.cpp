#include "tokens/client_assertion.h"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

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
const crypto::PublicKey& decoy() {
  static const crypto::PublicKey key =
      crypto::PrivateKey::generate(crypto::Algorithm::es256).public_key();
  return key;
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

Assertion::Assertion(std::string text) : text_(std::move(text)) {
  auto parts = jose::take_apart(text_, jose::EmbeddedKey::refused);
  auto* compact = std::get_if<jose::Compact>(&parts);
  if (compact == nullptr) return;
  auto claims = jose::claims_of(*compact);
  if (!claims) return;
  parts_ = std::move(*compact);
  claims_ = std::move(*claims);
}

std::string_view Assertion::kid() const {
  return parts_ ? std::string_view(parts_->header.kid) : std::string_view();
}

bool Assertion::signed_by(const jose::KeySet& keys) const {
  if (!parts_) return false;
  const auto* key = keys.find(kid(), jose::KeyId::implied_by_one);
  const auto rejection = jose::check_signature(*parts_, key == nullptr ? decoy() : key->key);
  return key != nullptr && !rejection;
}

AssertionId Assertion::check(std::string_view client_id, std::string_view issuer, Time now) const {
  const std::string& typ = parts_->header.typ;
  if (std::ranges::find(types, typ) == types.end() || claims_.text("sub") != client_id) {
    throw Failure(errors::assertion_claims_invalid);
  }
  if (!names_only(claims_.find("aud"), issuer)) {
    throw Failure(401, "client_assertion_audience",
                  "the assertion's \"aud\" is not the issuer and nothing else",
                  "Set \"aud\" to \"" + std::string(issuer) + "\", not to the token endpoint.");
  }
  const auto rejection = jose::check_claims(
      typ, claims_,
      {.typ = typ, .issuer = client_id, .audience = issuer, .now = now, .skew = skew});
  if (rejection) throw Failure(kind_of(*rejection));

  AssertionId id{claims_.text("jti"), from_unix_seconds(*claims_.find("exp")->as_integer())};
  if (id.expires_at > now + longest_assertion + skew) throw Failure(errors::assertion_too_long);
  if (id.jti.empty() || id.jti.size() > jti_limit) throw Failure(errors::assertion_id_required);
  id.expires_at += 2 * skew;  // good for one of it, by whoever's clock
  return id;
}

}  // namespace gatehouse::tokens
