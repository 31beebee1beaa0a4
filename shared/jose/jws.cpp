#include "jose/jws.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "core/encoding.h"
#include "json/parse.h"
#include "json/write.h"

namespace gatehouse::jose {
namespace {

/// Header members that tell a verifier to do or trust something else: what is not understood in
/// full is refused. `b64` changes what is signed (RFC 7797), `zip` and `enc` belong to JWE.
constexpr std::array<std::string_view, 11> refused_members = {
    "crit", "b64", "jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256", "zip", "enc", "epk"};

std::string encode_header(crypto::Algorithm algorithm, std::string_view kid, std::string_view typ) {
  json::Writer writer;
  writer.begin_object()
      .member("typ", typ)
      .member("alg", crypto::algorithm_name(algorithm))
      .member("kid", kid)
      .end_object();
  return to_base64url(as_bytes(writer.text()));
}

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

Result refuse(Rejection rejection) {
  return {std::nullopt, rejection};
}

}  // namespace

std::string_view to_string(Rejection rejection) {
  switch (rejection) {
    case Rejection::malformed:
      return "malformed";
    case Rejection::unsupported:
      return "unsupported";
    case Rejection::unknown_key:
      return "unknown_key";
    case Rejection::bad_signature:
      return "bad_signature";
    case Rejection::wrong_type:
      return "wrong_type";
    case Rejection::wrong_issuer:
      return "wrong_issuer";
    case Rejection::wrong_audience:
      return "wrong_audience";
    case Rejection::expired:
      return "expired";
    case Rejection::not_yet_valid:
      return "not_yet_valid";
  }
  return "malformed";
}

SigningKey::SigningKey(std::string key_id, crypto::PrivateKey private_key,
                       const std::vector<std::string>& types)
    : kid(std::move(key_id)), algorithm(private_key.algorithm()), key(std::move(private_key)) {
  for (const auto& typ : types) headers_.emplace_back(typ, encode_header(algorithm, kid, typ));
}

const std::string& SigningKey::encoded_header(std::string_view typ) const {
  for (const auto& [name, header] : headers_)
    if (name == typ) return header;
  throw std::out_of_range("no header was made ready for this type of token");
}

std::string sign_compact(const std::string& encoded_header, std::string_view payload_json,
                         const crypto::PrivateKey& key) {
  constexpr std::size_t usual_signature = 88;
  std::string token;
  token.reserve(encoded_header.size() + payload_json.size() * 4 / 3 + usual_signature + 4);
  token += encoded_header;
  token += '.';
  append_base64url(token, as_bytes(payload_json));
  const std::string signature = key.sign(token);
  token += '.';
  append_base64url(token, as_bytes(signature));
  return token;
}

KeySet::KeySet(std::vector<VerificationKey> keys) : keys_(std::move(keys)) {
  std::ranges::sort(keys_, {}, &VerificationKey::kid);
  for (const auto& key : keys_)
    if (key.kid.empty() || key.algorithm != key.key.algorithm())
      throw std::invalid_argument("a key has no id, or another algorithm than its record says");
  if (std::ranges::adjacent_find(keys_, {}, &VerificationKey::kid) != keys_.end())
    throw std::invalid_argument("two keys have the same id");
}

const VerificationKey* KeySet::find(std::string_view kid) const {
  const auto found = std::ranges::lower_bound(
      keys_, kid, {}, [](const VerificationKey& key) { return std::string_view(key.kid); });
  return found != keys_.end() && found->kid == kid ? &*found : nullptr;
}

Result verify_compact(std::string_view token, const KeySet& keys) {
  if (token.size() > max_token_bytes) return refuse(Rejection::malformed);
  const auto parts = split(token);
  if (!parts) return refuse(Rejection::malformed);

  const auto header_object = parse_object(from_base64url(parts->header));
  if (!header_object) return refuse(Rejection::malformed);
  Header header;
  if (!read_string(*header_object, "alg", header.alg) ||
      !read_string(*header_object, "kid", header.kid) ||
      !read_string(*header_object, "typ", header.typ))
    return refuse(Rejection::malformed);
  const auto has = [&](std::string_view name) { return header_object->find(name) != nullptr; };
  if (std::ranges::any_of(refused_members, has)) return refuse(Rejection::unsupported);
  const auto algorithm = crypto::algorithm_from_name(header.alg);
  if (!algorithm) return refuse(Rejection::unsupported);

  const VerificationKey* key = keys.find(header.kid);
  if (key == nullptr) return refuse(Rejection::unknown_key);
  if (key->algorithm != *algorithm) return refuse(Rejection::bad_signature);
  const auto signature = from_base64url(parts->signature);
  if (!signature) return refuse(Rejection::malformed);
  if (!key->key.verify(parts->signed_text, *signature)) return refuse(Rejection::bad_signature);

  auto claims = parse_object(from_base64url(parts->payload));
  if (!claims) return refuse(Rejection::malformed);
  return {Verified{key->kid, std::move(header.typ), std::move(*claims)}};
}

}  // namespace gatehouse::jose
