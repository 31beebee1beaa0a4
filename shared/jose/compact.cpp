#include "jose/compact.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/encoding.h"
#include "json/parse.h"

namespace gatehouse::jose {
namespace {

/// Header members that tell a verifier to do or trust something else: what is not understood in
/// full is refused. `b64` changes what is signed (RFC 7797), `zip` and `enc` belong to JWE.
constexpr std::array<std::string_view, 10> refused_members = {
    "crit", "b64", "jku", "x5u", "x5c", "x5t", "x5t#S256", "zip", "enc", "epk"};

std::optional<json::Value> parse_object(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  try {
    auto value = json::parse(*text);
    if (value.is(json::Kind::object)) return value;
  } catch (const json::ParseError&) {
    // Which rule it breaks is nobody's business who presents such a token.
  }
  return std::nullopt;
}

/// False if the member is there and no string.
bool read_string(const json::Value& object, std::string_view name, std::string& out) {
  const auto* member = object.find(name);
  if (member == nullptr) return true;
  if (!member->is(json::Kind::string)) return false;
  out = member->as_string();
  return true;
}

struct Parts {
  std::string_view header, payload, signature;
  std::string_view signed_text;
};

std::optional<Parts> split(std::string_view token) {
  const auto first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const auto second = token.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  if (token.find('.', second + 1) != std::string_view::npos) return std::nullopt;
  return Parts{token.substr(0, first), token.substr(first + 1, second - first - 1),
               token.substr(second + 1), token.substr(0, second)};
}

}  // namespace

std::variant<Compact, Rejection> take_apart(std::string_view token, EmbeddedKey embedded) {
  if (token.size() > max_token_bytes) return Rejection::malformed;
  const auto parts = split(token);
  if (!parts) return Rejection::malformed;
  const auto members = parse_object(from_base64url(parts->header));
  if (!members) return Rejection::malformed;

  Compact compact{.header = {},
                  .algorithm = {},
                  .jwk = std::nullopt,
                  .signed_text = parts->signed_text,
                  .payload = parts->payload,
                  .signature = parts->signature};
  Header& header = compact.header;
  if (!read_string(*members, "alg", header.alg) || !read_string(*members, "kid", header.kid) ||
      !read_string(*members, "typ", header.typ)) {
    return Rejection::malformed;
  }
  const auto has = [&](std::string_view name) { return members->find(name) != nullptr; };
  if (std::ranges::any_of(refused_members, has)) return Rejection::unsupported;
  if (const json::Value* jwk = members->find("jwk")) {
    if (embedded == EmbeddedKey::refused) return Rejection::unsupported;
    compact.jwk = *jwk;
  }
  const auto algorithm = crypto::algorithm_from_name(header.alg);
  if (!algorithm) return Rejection::unsupported;
  compact.algorithm = *algorithm;
  return compact;
}

std::optional<json::Value> claims_of(const Compact& token) {
  return parse_object(from_base64url(token.payload));
}

std::optional<Rejection> check_signature(const Compact& token, const crypto::PublicKey& key) {
  if (key.algorithm() != token.algorithm) return Rejection::bad_signature;
  const auto signature = from_base64url(token.signature);
  if (!signature) return Rejection::malformed;
  if (!key.verify(token.signed_text, *signature)) return Rejection::bad_signature;
  return std::nullopt;
}

Result verify(const Compact& token, std::string_view kid, const crypto::PublicKey& key) {
  if (const auto rejection = check_signature(token, key)) return {std::nullopt, *rejection};
  auto claims = claims_of(token);
  if (!claims) return {std::nullopt, Rejection::malformed};
  return {Verified{std::string(kid), token.header.typ, std::move(*claims)}};
}

}  // namespace gatehouse::jose
