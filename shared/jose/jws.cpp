#include "jose/jws.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "core/encoding.h"
#include "jose/compact.h"
#include "json/write.h"

namespace gatehouse::jose {
namespace {

std::string encode_header(crypto::Algorithm algorithm, std::string_view kid, std::string_view typ) {
  json::Writer writer;
  writer.begin_object()
      .member("typ", typ)
      .member("alg", crypto::algorithm_name(algorithm))
      .member("kid", kid)
      .end_object();
  return to_base64url(as_bytes(writer.text()));
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
    case Rejection::revoked:
      return "revoked";
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

const VerificationKey* KeySet::find(std::string_view kid, KeyId rule) const {
  if (kid.empty() && rule == KeyId::implied_by_one) {
    return keys_.size() == 1 ? &keys_.front() : nullptr;
  }
  const auto found = std::ranges::lower_bound(
      keys_, kid, {}, [](const VerificationKey& key) { return std::string_view(key.kid); });
  return found != keys_.end() && found->kid == kid ? &*found : nullptr;
}

Result verify_compact(std::string_view token, const KeySet& keys, KeyId rule) {
  const auto parts = take_apart(token, EmbeddedKey::refused);
  if (const auto* rejection = std::get_if<Rejection>(&parts)) return {std::nullopt, *rejection};
  const Compact& compact = std::get<Compact>(parts);
  const VerificationKey* key = keys.find(compact.header.kid, rule);
  if (key == nullptr) return {std::nullopt, Rejection::unknown_key};
  return verify(compact, key->kid, key->key);
}

}  // namespace gatehouse::jose
