#include "auth/signing_keys.h"

#include <algorithm>

#include "jose/jwk.h"
#include "json/parse.h"

namespace gatehouse::auth {
namespace {

constexpr db::Statement read_public_keys{
    "auth_read_public_keys",
    "SELECT kid, algorithm, public_jwk, verification_sealed, expires_at FROM signing_keys"
    " WHERE expires_at IS NULL OR expires_at > greatest($1::timestamptz, now())"};

constexpr db::Statement read_private_keys{
    "auth_read_private_keys",
    "SELECT kid, algorithm, private_sealed, signs_from, retired_at FROM signing_keys"
    " WHERE retired_at IS NULL OR retired_at > now() ORDER BY signs_from DESC, created_at DESC"};

crypto::Algorithm algorithm_of(const db::Result& rows, int row) {
  const auto algorithm = crypto::algorithm_from_name(rows.text(row, "algorithm"));
  if (!algorithm) throw crypto::KeyError("a signing key has an unknown algorithm");
  return *algorithm;
}

}  // namespace

const jose::SigningKey& KeyRing::signer(Time now) const {
  for (const Signer& signer : signers_) {
    if (signer.signs_from <= now && (!signer.retired_at || *signer.retired_at > now)) {
      return signer.key;
    }
  }
  throw db::Unavailable("there is no signing key: run `gatehouse keys rotate`");
}

std::shared_ptr<const KeyRing> SigningKeys::current(db::Connection& connection, Time now) {
  const std::int64_t epoch = epochs_.of(Topic::signing_keys);
  const auto is_current = [&] {
    return ring_ && ring_->epoch() == epoch && ring_->valid_until() > now;
  };
  {
    std::shared_lock lock(mutex_);
    if (is_current()) return ring_;
  }
  std::lock_guard lock(mutex_);
  if (!is_current()) ring_ = load(connection, epoch, now);
  return ring_;
}

std::shared_ptr<const KeyRing> SigningKeys::load(db::Connection& connection, std::int64_t epoch,
                                                 Time now) {
  std::vector<jose::VerificationKey> verifying;
  Time valid_until = Time::max();
  const db::Result publics = connection.read(db::Scope::none(), read_public_keys, {now});
  for (int row = 0; row < publics.rows(); ++row) {
    std::string kid(publics.text(row, "kid"));
    const crypto::Algorithm algorithm = algorithm_of(publics, row);
    auto key = algorithm == crypto::Algorithm::hs256
                   ? crypto::PublicKey::from_secret(
                         keyring_.open(publics.bytes(row, "verification_sealed"), kid))
                   : jose::from_jwk(json::parse(publics.text(row, "public_jwk")), algorithm);
    verifying.push_back({std::move(kid), algorithm, std::move(key)});
    valid_until =
        std::min(valid_until, publics.optional_time(row, "expires_at").value_or(Time::max()));
  }

  std::vector<KeyRing::Signer> signers;
  if (may_sign_) {
    const db::Result privates = connection.read(db::Scope::none(), read_private_keys);
    for (int row = 0; row < privates.rows(); ++row) {
      std::string kid(privates.text(row, "kid"));
      const Secret der = keyring_.open(privates.bytes(row, "private_sealed"), kid);
      auto key = crypto::PrivateKey::from_der(algorithm_of(privates, row), der);
      signers.push_back({privates.time(row, "signs_from"),
                         privates.optional_time(row, "retired_at"),
                         jose::SigningKey(std::move(kid), std::move(key))});
    }
  }
  return std::make_shared<KeyRing>(epoch, ++loads_, valid_until, jose::KeySet(std::move(verifying)),
                                   std::move(signers));
}

}  // namespace gatehouse::auth
