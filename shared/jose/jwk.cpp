#include "jose/jwk.h"

#include <algorithm>
#include <array>

#include "core/encoding.h"
#include "core/random.h"
#include "crypto/hash.h"
#include "json/write.h"

namespace gatehouse::jose {
namespace {

constexpr std::array<std::string_view, 8> private_members = {"d",  "p",  "q",   "dp",
                                                             "dq", "qi", "oth", "k"};

void write_if(json::Writer& writer, std::string_view name, const std::string& value) {
  if (!value.empty()) writer.member(name, value);
}

void write_jwk(json::Writer& writer, std::string_view kid, const crypto::PublicKey& key) {
  const auto& fields = key.jwk();
  writer.begin_object()
      .member("kty", fields.kty)
      .member("use", "sig")
      .member("alg", crypto::algorithm_name(key.algorithm()))
      .member("kid", kid);
  write_if(writer, "crv", fields.crv);
  write_if(writer, "x", fields.x);
  write_if(writer, "y", fields.y);
  write_if(writer, "n", fields.n);
  write_if(writer, "e", fields.e);
  writer.end_object();
}

std::string text_member(const json::Value& jwk, std::string_view name) {
  const auto* member = jwk.find(name);
  if (member == nullptr) return {};
  if (!member->is(json::Kind::string))
    throw crypto::KeyError("the JWK's \"" + std::string(name) + "\" is not a string");
  return member->as_string();
}

void expect_for_signatures(const json::Value& jwk) {
  const auto use = text_member(jwk, "use");
  const auto* operations = jwk.find("key_ops");
  const auto is_verify = [](const json::Value& value) {
    return value.is(json::Kind::string) && value.as_string() == "verify";
  };
  if ((!use.empty() && use != "sig") ||
      (operations != nullptr && std::ranges::none_of(operations->items(), is_verify)))
    throw crypto::KeyError("the JWK is not for verifying signatures");
}

crypto::Algorithm algorithm_of(const json::Value& jwk) {
  const auto alg = text_member(jwk, "alg");
  if (const auto named = crypto::algorithm_from_name(alg)) return *named;
  if (!alg.empty()) throw crypto::KeyError("the JWK's \"alg\" is not ES256, EdDSA or RS256");
  const auto kty = text_member(jwk, "kty");
  if (kty == "EC") return crypto::Algorithm::es256;
  if (kty == "OKP") return crypto::Algorithm::eddsa;
  if (kty == "RSA") return crypto::Algorithm::rs256;
  throw crypto::KeyError("the JWK's \"kty\" is not EC, OKP or RSA");
}

}  // namespace

std::string to_jwk(std::string_view kid, const crypto::PublicKey& key) {
  json::Writer writer;
  write_jwk(writer, kid, key);
  return writer.take();
}

std::string jwks(const std::vector<VerificationKey>& keys) {
  json::Writer writer;
  writer.begin_object().key("keys").begin_array();
  for (const auto& key : keys)
    if (key.algorithm != crypto::Algorithm::hs256) write_jwk(writer, key.kid, key.key);
  writer.end_array().end_object();
  return writer.take();
}

crypto::PublicKey from_jwk(const json::Value& jwk, crypto::Algorithm algorithm) {
  if (!jwk.is(json::Kind::object)) throw crypto::KeyError("a JWK is a JSON object");
  if (has_private_members(jwk))
    throw crypto::KeyError(
        "the JWK has private members: it is no longer a secret, replace the key");
  expect_for_signatures(jwk);
  const auto alg = text_member(jwk, "alg");
  if (!alg.empty() && alg != crypto::algorithm_name(algorithm))
    throw crypto::KeyError("the JWK's \"alg\" is not the expected algorithm");
  return crypto::PublicKey::from_jwk_fields(algorithm, {.kty = text_member(jwk, "kty"),
                                                        .crv = text_member(jwk, "crv"),
                                                        .x = text_member(jwk, "x"),
                                                        .y = text_member(jwk, "y"),
                                                        .n = text_member(jwk, "n"),
                                                        .e = text_member(jwk, "e")});
}

bool has_private_members(const json::Value& jwk) {
  return std::ranges::any_of(private_members,
                             [&](std::string_view name) { return jwk.find(name) != nullptr; });
}

std::vector<VerificationKey> from_jwks(const json::Value& set, std::size_t most) {
  const auto* keys = set.find("keys");
  if (keys == nullptr || !keys->is(json::Kind::array))
    throw crypto::KeyError("a JWK Set is an object with the array \"keys\"");
  if (keys->items().empty() || keys->items().size() > most)
    throw crypto::KeyError("the JWK Set does not have 1 to " + std::to_string(most) + " keys");
  std::vector<VerificationKey> found;
  for (const auto& jwk : keys->items()) {
    const auto algorithm = algorithm_of(jwk);
    auto key = from_jwk(jwk, algorithm);
    auto kid = text_member(jwk, "kid");
    if (kid.empty()) kid = thumbprint(key);
    if (std::ranges::find(found, kid, &VerificationKey::kid) != found.end())
      throw crypto::KeyError("two keys of the JWK Set have the same \"kid\"");
    found.push_back({std::move(kid), algorithm, std::move(key)});
  }
  return found;
}

std::string thumbprint(const crypto::PublicKey& key) {
  // RFC 7638 §3: only the required members, in the order of their names.
  const auto& fields = key.jwk();
  json::Writer writer;
  writer.begin_object();
  write_if(writer, "crv", fields.crv);
  write_if(writer, "e", fields.e);
  writer.member("kty", fields.kty);
  write_if(writer, "n", fields.n);
  write_if(writer, "x", fields.x);
  write_if(writer, "y", fields.y);
  writer.end_object();
  return to_base64url(crypto::sha256(writer.text()));
}

std::string make_kid(const crypto::PublicKey& key) {
  if (key.algorithm() != crypto::Algorithm::hs256) return thumbprint(key);
  std::array<std::byte, 32> random;
  random_bytes(random);
  return to_base64url(random);
}

}  // namespace gatehouse::jose
