#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "auth/cache.h"
#include "auth/epoch.h"
#include "core/settings.h"
#include "core/time.h"
#include "crypto/keyring.h"
#include "jose/jws.h"

namespace gatehouse::auth {

/// The keys of one issuer at one epoch. What a key may do follows from its times alone: it is
/// published from the start, signs from `signs_from` until `retired_at`, and verifies until
/// `expires_at`.
class KeyRing {
 public:
  struct Key {
    Time signs_from;
    std::optional<Time> retired_at;
    std::optional<jose::SigningKey> key;  ///< where this function may sign, and the key still may
  };

  /// `valid_until`: when the first of its keys expires.
  KeyRing(std::string issuer, std::string tenant_id, std::int64_t epoch, Time valid_until,
          jose::KeySet verifying, std::vector<Key> keys)
      : issuer_(std::move(issuer)),
        tenant_id_(std::move(tenant_id)),
        epoch_(epoch),
        valid_until_(valid_until),
        verifying_(std::move(verifying)),
        keys_(std::move(keys)) {}

  /// `iss` of what these keys sign, and of nothing else.
  const std::string& issuer() const { return issuer_; }
  /// Whose issuer it is: it speaks of nobody else. Empty: the platform's, which speaks of all.
  const std::string& tenant_id() const { return tenant_id_; }

  std::int64_t epoch() const { return epoch_; }
  Time valid_until() const { return valid_until_; }
  const jose::KeySet& verifying() const { return verifying_; }
  /// Whether one of them signs at `now`, in whichever function may.
  bool signs(Time now) const { return newest(now) != nullptr; }
  /// The newest key that signs at `now`. Throws db::Unavailable where there is none (yet).
  const jose::SigningKey& signer(Time now) const;

 private:
  const Key* newest(Time now) const;

  std::string issuer_, tenant_id_;
  std::int64_t epoch_;
  Time valid_until_;
  jose::KeySet verifying_;
  std::vector<Key> keys_;  ///< newest first
};

/// The signing keys as stored, decoded once for each epoch: the platform's, and those of each
/// tenant that has an issuer of its own, once it is asked for. Thread-safe.
class SigningKeys {
 public:
  using Pointer = std::shared_ptr<const KeyRing>;

  /// `may_sign`: this function's role may read the sealed private halves.
  SigningKeys(const Settings& settings, const crypto::Keyring& keyring, EpochWatch& epochs,
              bool may_sign)
      : settings_(settings),
        keyring_(keyring),
        epochs_(epochs),
        may_sign_(may_sign),
        tenants_(static_cast<std::size_t>(settings.cache_entries)) {}

  /// The platform's ring of the current epoch without what has expired at `now`; read on
  /// `connection` where that is another than the one before.
  Pointer platform(db::Connection& connection, Time now);
  /// The ring of a tenant's own issuer, null where it has none. Costs no look-up where it has none.
  Pointer of_tenant(std::string_view tenant_id, db::Connection& connection, Time now);
  /// The ring of the issuer that this is, null where it is none of ours.
  Pointer of_issuer(std::string_view issuer, db::Connection& connection, Time now);
  /// The ring that signs what is about this tenant: its own where it has one that signs, else the
  /// platform's. `tenant_id` is empty for what is about none.
  Pointer signing_for(std::string_view tenant_id, db::Connection& connection, Time now);

  /// What is remembered of rings has to be forgotten when this changes.
  std::int64_t epoch() const { return epochs_.of(Topic::signing_keys); }

 private:
  /// The platform's ring, and which tenants have one.
  struct Platform {
    Pointer ring;
    std::vector<std::string> tenants;  ///< sorted
  };
  std::shared_ptr<const Platform> current(db::Connection& connection, Time now);
  std::shared_ptr<const Platform> load(db::Connection& connection, std::int64_t epoch, Time now);
  Pointer load_ring(std::string_view tenant_id, db::Connection& connection, std::int64_t epoch,
                    Time now);

  const Settings& settings_;
  const crypto::Keyring& keyring_;
  EpochWatch& epochs_;
  const bool may_sign_;
  std::shared_mutex mutex_;
  std::shared_ptr<const Platform> platform_;
  Cache<KeyRing> tenants_;
};

/// The issuer of a tenant that has one of its own: `{issuer}/t/{tenant_id}`.
std::string tenant_issuer(const Settings& settings, std::string_view tenant_id);

}  // namespace gatehouse::auth
