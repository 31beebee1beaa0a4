#include "auth/signing_keys.h"

#include <algorithm>

#include "jose/jwk.h"
#include "json/parse.h"

namespace gatehouse::auth {
namespace {

constexpr std::string_view tenant_path = "/t/";

#define PUBLISHED                                                              \
  " FROM signing_keys WHERE coalesce(tenant_id, '') = $1"                      \
  " AND (expires_at IS NULL OR expires_at > greatest($2::timestamptz, now()))" \
  " ORDER BY signs_from DESC, created_at DESC"

constexpr db::Statement read_public_keys{
    "auth_read_public_keys",
    "SELECT kid, algorithm, public_jwk, verification_sealed, signs_from, retired_at, expires_at,"
    " NULL::bytea AS private_sealed" PUBLISHED};

constexpr db::Statement read_keys{
    "auth_read_keys",
    "SELECT kid, algorithm, public_jwk, verification_sealed, signs_from, retired_at, expires_at,"
    " CASE WHEN retired_at IS NULL OR retired_at > now() THEN private_sealed END"
    "   AS private_sealed" PUBLISHED};

#undef PUBLISHED

constexpr db::Statement read_tenants{
    "auth_read_issuing_tenants",
    "SELECT DISTINCT tenant_id FROM signing_keys WHERE tenant_id IS NOT NULL"
    " AND (expires_at IS NULL OR expires_at > now()) ORDER BY tenant_id"};

crypto::Algorithm algorithm_of(const db::Result& rows, int row) {
  const auto algorithm = crypto::algorithm_from_name(rows.text(row, "algorithm"));
  if (!algorithm) throw crypto::KeyError("a signing key has an unknown algorithm");
  return *algorithm;
}

}  // namespace

const KeyRing::Key* KeyRing::newest(Time now) const {
  const auto found = std::ranges::find_if(keys_, [&](const Key& key) {
    return key.signs_from <= now && (!key.retired_at || *key.retired_at > now);
  });
  return found == keys_.end() ? nullptr : &*found;
}

const jose::SigningKey& KeyRing::signer(Time now) const {
  const Key* key = newest(now);
  if (key == nullptr || !key->key) {
    throw db::Unavailable("there is no signing key: run `gatehouse keys rotate`");
  }
  return *key->key;
}

SigningKeys::Pointer SigningKeys::platform(db::Connection& connection, Time now) {
  return current(connection, now)->ring;
}

SigningKeys::Pointer SigningKeys::of_tenant(std::string_view tenant_id, db::Connection& connection,
                                            Time now) {
  const auto all = current(connection, now);
  if (!std::ranges::binary_search(all->tenants, tenant_id)) return nullptr;
  const std::int64_t at = epoch();
  auto ring = tenants_.find(tenant_id, at);
  if (!ring || ring->valid_until() <= now) {
    ring = load_ring(tenant_id, connection, at, now);
    tenants_.put(tenant_id, ring, at);
  }
  return ring->verifying().keys().empty() ? nullptr : ring;
}

SigningKeys::Pointer SigningKeys::of_issuer(std::string_view issuer, db::Connection& connection,
                                            Time now) {
  if (!issuer.starts_with(settings_.issuer)) return nullptr;
  issuer.remove_prefix(settings_.issuer.size());
  if (issuer.empty()) return platform(connection, now);
  if (!issuer.starts_with(tenant_path)) return nullptr;
  return of_tenant(issuer.substr(tenant_path.size()), connection, now);
}

SigningKeys::Pointer SigningKeys::signing_for(std::string_view tenant_id,
                                              db::Connection& connection, Time now) {
  if (auto own = of_tenant(tenant_id, connection, now); own && own->signs(now)) return own;
  return platform(connection, now);
}

std::shared_ptr<const SigningKeys::Platform> SigningKeys::current(db::Connection& connection,
                                                                  Time now) {
  const std::int64_t at = epoch();
  const auto is_current = [&] {
    return platform_ && platform_->ring->epoch() == at && platform_->ring->valid_until() > now;
  };
  {
    std::shared_lock lock(mutex_);
    if (is_current()) return platform_;
  }
  std::lock_guard lock(mutex_);
  if (!is_current()) platform_ = load(connection, at, now);
  return platform_;
}

std::shared_ptr<const SigningKeys::Platform> SigningKeys::load(db::Connection& connection,
                                                               std::int64_t epoch, Time now) {
  auto platform = std::make_shared<Platform>();
  platform->ring = load_ring({}, connection, epoch, now);
  const db::Result rows = connection.read(db::Scope::none(), read_tenants);
  for (int row = 0; row < rows.rows(); ++row) {
    platform->tenants.emplace_back(rows.text(row, "tenant_id"));
  }
  return platform;
}

SigningKeys::Pointer SigningKeys::load_ring(std::string_view tenant_id, db::Connection& connection,
                                            std::int64_t epoch, Time now) {
  std::vector<jose::VerificationKey> verifying;
  std::vector<KeyRing::Key> keys;
  Time valid_until = Time::max();
  const db::Result rows = connection.read(
      db::Scope::none(), may_sign_ ? read_keys : read_public_keys, {tenant_id, now});
  for (int row = 0; row < rows.rows(); ++row) {
    const std::string kid(rows.text(row, "kid"));
    const crypto::Algorithm algorithm = algorithm_of(rows, row);
    verifying.push_back(
        {kid, algorithm,
         algorithm == crypto::Algorithm::hs256
             ? crypto::PublicKey::from_secret(
                   keyring_.open(rows.bytes(row, "verification_sealed"), kid))
             : jose::from_jwk(json::parse(rows.text(row, "public_jwk")), algorithm)});
    KeyRing::Key key{rows.time(row, "signs_from"), rows.optional_time(row, "retired_at"), {}};
    if (!rows.is_null(row, "private_sealed")) {
      const Secret der = keyring_.open(rows.bytes(row, "private_sealed"), kid);
      key.key.emplace(kid, crypto::PrivateKey::from_der(algorithm, der));
    }
    keys.push_back(std::move(key));
    valid_until =
        std::min(valid_until, rows.optional_time(row, "expires_at").value_or(Time::max()));
  }
  const std::string issuer =
      tenant_id.empty() ? settings_.issuer : tenant_issuer(settings_, tenant_id);
  return std::make_shared<KeyRing>(issuer, std::string(tenant_id), epoch, valid_until,
                                   jose::KeySet(std::move(verifying)), std::move(keys));
}

std::string tenant_issuer(const Settings& settings, std::string_view tenant_id) {
  return settings.issuer + std::string(tenant_path) + std::string(tenant_id);
}

}  // namespace gatehouse::auth
