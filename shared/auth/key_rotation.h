#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "core/time.h"
#include "crypto/keyring.h"
#include "crypto/signing.h"
#include "db/connection.h"

namespace gatehouse::auth {

/// A signing key without the key: what decides what it may do.
struct KeyTimes {
  std::string kid;
  std::string algorithm;
  Time created_at;
  Time signs_from;
  std::optional<Time> retired_at;  ///< from then on it signs nothing
  std::optional<Time> expires_at;  ///< from then on it verifies nothing and is not published
};

/// waiting: published, does not sign yet. signing: signs, or would if no newer key did.
/// retired: only verifies. expired: gone for everybody.
enum class KeyState { waiting, signing, retired, expired };
KeyState state_of(const KeyTimes& key, Time now);
std::string_view state_name(KeyState state);

struct RotationPolicy {
  /// A key is published this long before it signs: until every function knows it (cache_max_stale),
  /// and twice the JWKS' max-age, so that a cache that was filled just before the key appeared has
  /// expired, and has had time to be filled again.
  std::chrono::seconds notice;
  /// A retired key stays published this long: the longest lifetime that a token can have.
  std::chrono::seconds longest_token;
};

struct RotationPlan {
  Time signs_from;                 ///< of the new key
  std::vector<std::string> leave;  ///< kids of the keys that the new one replaces
  Time retired_at;                 ///< of those
  Time expires_at;                 ///< of those
};

/// How to replace what signs at `now`. With no key yet, and with `at_once` (a key has leaked), the
/// new one signs immediately; `at_once` also takes all others, waiting and retired ones too, out of
/// use. Nothing while an earlier rotation is still waiting to take effect, unless `at_once`.
std::optional<RotationPlan> plan_rotation(const std::vector<KeyTimes>& keys,
                                          const RotationPolicy& policy, Time now, bool at_once);

/// All stored keys, newest first. With `lock`, nobody else rotates until the transaction ends.
std::vector<KeyTimes> stored_keys(db::Transaction& transaction, bool lock);

/// The longest lifetime that the settings, any tenant or any client give a token. The scope has to
/// be the platform's. `from_settings` is the longest of the settings.
std::chrono::seconds longest_token_lifetime(db::Transaction& transaction,
                                            std::chrono::seconds from_settings);

/// Makes a key, seals its private half with its kid as associated data and queues what the plan
/// says; returns the kid. Call stored_keys with `lock` in the same transaction before planning.
std::string rotate(db::Transaction& transaction, const crypto::Keyring& keyring,
                   crypto::Algorithm algorithm, const RotationPlan& plan, Time now);

}  // namespace gatehouse::auth
