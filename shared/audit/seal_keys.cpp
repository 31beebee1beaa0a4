#include "audit/seal_keys.h"

#include "audit/seal.h"
#include "jose/jwk.h"
#include "json/parse.h"
#include "json/write.h"

namespace gatehouse::audit {
namespace {

constexpr auto algorithm = crypto::Algorithm::eddsa;

constexpr db::Statement select_keys{
    "audit_seal_keys",
    "SELECT kid, public_jwk, private_sealed FROM audit_keys ORDER BY created_at, kid"};
constexpr db::Statement insert_key{
    "audit_insert_seal_key",
    "INSERT INTO audit_keys (kid, public_jwk, private_sealed, created_at, introduction)"
    " VALUES ($1, $2::jsonb, $3, $4, nullif($5, ''))"};
constexpr db::Statement select_introductions{
    "audit_introductions",
    "SELECT introduction FROM audit_keys WHERE introduction IS NOT NULL ORDER BY created_at, kid"};

constexpr std::string_view introduction_type = "audit-key";

/// Ties the sealed half to this table: a signing key of tokens cannot be put in its place.
std::string place_of(std::string_view kid) {
  return "audit_keys/" + std::string(kid);
}

}  // namespace

SealKeys read_seal_keys(db::Connection& connection, const crypto::Keyring& keyring) {
  const db::Result rows = connection.read(db::Scope::none(), select_keys);
  SealKeys keys;
  std::vector<jose::VerificationKey> verifying;
  for (int row = 0; row < rows.rows(); ++row) {
    const std::string kid(rows.text(row, "kid"));
    try {
      auto key = crypto::PrivateKey::from_der(
          algorithm, keyring.open(rows.bytes(row, "private_sealed"), place_of(kid)));
      const auto stored = jose::from_jwk(json::parse(rows.text(row, "public_jwk")), algorithm);
      if (stored.jwk().x != key.public_key().jwk().x || jose::make_kid(stored) != kid) {
        throw crypto::KeyError("the halves do not belong together");
      }
      verifying.push_back({kid, algorithm, key.public_key()});
      keys.signer.emplace(kid, std::move(key),
                          std::vector{std::string(seal_type), std::string(introduction_type)});
    } catch (const std::exception&) {
      throw SealsTampered("the key " + kid + " in audit_keys was not made with this keyring");
    }
  }
  keys.verifying = jose::KeySet(std::move(verifying));
  return keys;
}

std::string make_seal_key(db::Transaction& transaction, const crypto::Keyring& keyring,
                          const std::optional<jose::SigningKey>& old, Time now) {
  const auto key = crypto::PrivateKey::generate(algorithm);
  const std::string kid = jose::make_kid(key.public_key());
  const std::string jwk = jose::to_jwk(kid, key.public_key());
  std::string introduction;
  if (old) {
    json::Writer out;
    out.begin_object().key("jwk").raw(jwk).member("created_at", iso8601(now)).end_object();
    introduction = jose::sign_compact(old->encoded_header(introduction_type), out.text(), old->key);
  }
  transaction.run(insert_key, {kid, jwk, keyring.seal(key.to_der().reveal(), place_of(kid)), now,
                               introduction});
  return kid;
}

std::vector<std::string> read_introductions(db::Connection& connection) {
  const db::Result rows = connection.read(db::Scope::none(), select_introductions);
  std::vector<std::string> introductions;
  for (int row = 0; row < rows.rows(); ++row)
    introductions.emplace_back(rows.text(row, "introduction"));
  return introductions;
}

jose::KeySet with_introduced(const jose::KeySet& trusted, std::string_view introduction) {
  const jose::Result signed_by = jose::verify_compact(introduction, trusted);
  if (!signed_by || signed_by.token->typ != introduction_type) return trusted;
  const json::Value* jwk = signed_by.token->claims.find("jwk");
  if (jwk == nullptr) return trusted;
  try {
    auto key = jose::from_jwk(*jwk, algorithm);
    std::string kid = jose::make_kid(key);
    if (trusted.find(kid) != nullptr) return trusted;
    std::vector<jose::VerificationKey> keys = trusted.keys();
    keys.push_back({std::move(kid), algorithm, std::move(key)});
    return jose::KeySet(std::move(keys));
  } catch (const crypto::KeyError&) {
    return trusted;
  }
}

jose::KeySet key_set_of(std::string_view jwks) {
  try {
    const json::Value document = json::parse(jwks);
    const json::Value* keys = document.find("keys");
    if (keys == nullptr) throw std::invalid_argument("no member \"keys\"");
    std::vector<jose::VerificationKey> found;
    for (const json::Value& jwk : keys->items()) {
      auto key = jose::from_jwk(jwk, algorithm);
      std::string kid = jose::make_kid(key);
      found.push_back({std::move(kid), algorithm, std::move(key)});
    }
    if (!found.empty()) return jose::KeySet(std::move(found));
  } catch (const std::exception&) {
    // One text for whatever is wrong with it.
  }
  throw std::invalid_argument("no JWK Set of Ed25519 keys");
}

}  // namespace gatehouse::audit
