#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <vector>

#include "auth/epoch.h"
#include "core/time.h"
#include "crypto/keyring.h"
#include "jose/jws.h"

namespace gatehouse::auth {

/// The system's keys at one epoch. What a key may do follows from its times alone: it is published
/// from the start, signs from `signs_from` until `retired_at`, and verifies until `expires_at`.
class KeyRing {
 public:
  struct Signer {
    Time signs_from;
    std::optional<Time> retired_at;
    jose::SigningKey key;
  };

  KeyRing(std::int64_t epoch, std::int64_t generation, Time valid_until, jose::KeySet verifying,
          std::vector<Signer> signers)
      : epoch_(epoch),
        generation_(generation),
        valid_until_(valid_until),
        verifying_(std::move(verifying)),
        signers_(std::move(signers)) {}

  std::int64_t epoch() const { return epoch_; }
  /// Another for each ring of this process: what was verified with one counts while it does.
  std::int64_t generation() const { return generation_; }
  /// When the first of its keys expires.
  Time valid_until() const { return valid_until_; }
  const jose::KeySet& verifying() const { return verifying_; }
  /// The newest key that signs at `now`. Throws db::Unavailable where there is none (yet).
  const jose::SigningKey& signer(Time now) const;

 private:
  std::int64_t epoch_, generation_;
  Time valid_until_;
  jose::KeySet verifying_;
  std::vector<Signer> signers_;  ///< newest first
};

/// The signing keys as stored, decoded once for each epoch. Thread-safe.
class SigningKeys {
 public:
  /// `may_sign`: this function's role may read the sealed private halves.
  SigningKeys(const crypto::Keyring& keyring, EpochWatch& epochs, bool may_sign)
      : keyring_(keyring), epochs_(epochs), may_sign_(may_sign) {}

  /// The ring of the current epoch without what has expired at `now`; read on `connection` where
  /// that is another than the one before.
  std::shared_ptr<const KeyRing> current(db::Connection& connection, Time now);

 private:
  std::shared_ptr<const KeyRing> load(db::Connection& connection, std::int64_t epoch, Time now);

  const crypto::Keyring& keyring_;
  EpochWatch& epochs_;
  const bool may_sign_;
  std::shared_mutex mutex_;
  std::int64_t loads_ = 0;
  std::shared_ptr<const KeyRing> ring_;
};

}  // namespace gatehouse::auth
