#include "audit/seal_keys.h"

#include "audit/seal.h"
#include "jose/jwk.h"
#include "json/parse.h"

namespace gatehouse::audit {
namespace {

constexpr auto algorithm = crypto::Algorithm::eddsa;

constexpr db::Statement select_keys{
    "audit_seal_keys",
    "SELECT kid, public_jwk, private_sealed FROM audit_keys ORDER BY created_at, kid"};
constexpr db::Statement insert_key{
    "audit_insert_seal_key",
    "INSERT INTO audit_keys (kid, public_jwk, private_sealed, created_at)"
    " VALUES ($1, $2::jsonb, $3, $4)"};

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
      keys.signer.emplace(kid, std::move(key), std::vector<std::string>{std::string(seal_type)});
    } catch (const std::exception&) {
      throw SealsTampered("the key " + kid + " in audit_keys was not made with this keyring");
    }
  }
  keys.verifying = jose::KeySet(std::move(verifying));
  return keys;
}

void make_seal_key(db::Transaction& transaction, const crypto::Keyring& keyring, Time now) {
  const auto key = crypto::PrivateKey::generate(algorithm);
  const std::string kid = jose::make_kid(key.public_key());
  transaction.run(insert_key, {kid, jose::to_jwk(kid, key.public_key()),
                               keyring.seal(key.to_der().reveal(), place_of(kid)), now});
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
