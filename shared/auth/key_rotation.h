#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/settings.h"
#include "core/time.h"
#include "crypto/keyring.h"
#include "crypto/signing.h"
#include "db/connection.h"

namespace gatehouse::auth {

/// A signing key without the key: what decides what it may do.
struct KeyTimes {
  std::string kid;
  std::string tenant_id;  ///< whose issuer it signs for; empty: the platform's
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
  /// nginx has asked for it (edge_life), and twice the JWKS' max-age, so that a cache that was
  /// filled just before the key appeared has expired, and has had time to be filled again.
  std::chrono::seconds notice;
  /// What an issuer's first key waits. The platform's signs at once, since until then nothing does.
  /// A tenant's waits until every function knows it; the platform's key signs meanwhile.
  std::chrono::seconds first_notice;
  /// A retired key stays published this long: the longest lifetime that a token can have.
  std::chrono::seconds longest_token;
};

/// How old nginx's copy of the JWKS can be: it asks for another after a second, in whole seconds.
inline constexpr std::chrono::seconds edge_life{2};

/// The policy of the settings and of what tenants and clients are given, for the issuer of that
/// tenant (empty: the platform). The scope has to be the platform's, or the tenant's for its own.
RotationPolicy rotation_policy(db::Transaction& transaction, const Settings& settings,
                               std::string_view tenant_id);

struct RotationPlan {
  Time signs_from;                 ///< of the new key
  std::vector<std::string> leave;  ///< kids of the keys that the new one replaces
  Time retired_at;                 ///< of those
  Time expires_at;                 ///< of those
};

/// How to replace what signs at `now`. With no key yet, and with `at_once` (a key has leaked), the
/// new one signs without notice; `at_once` also takes all others, waiting and retired ones too, out
/// of use. Nothing while an earlier rotation is still waiting to take effect, unless `at_once`.
std::optional<RotationPlan> plan_rotation(const std::vector<KeyTimes>& keys,
                                          const RotationPolicy& policy, Time now, bool at_once);

/// All stored keys, newest first.
std::vector<KeyTimes> stored_keys(db::Transaction& transaction);

/// Those of one issuer, newest first. Nobody else rotates them until the transaction ends.
std::vector<KeyTimes> lock_keys(db::Transaction& transaction, std::string_view tenant_id);

/// Seals a new key's private half with its kid as associated data and queues what the plan says;
/// returns the kid. Call lock_keys in the same transaction before planning, and make the key before
/// that: an RSA key takes longer than a transaction may.
std::string rotate(db::Transaction& transaction, const crypto::Keyring& keyring,
                   std::string_view tenant_id, const crypto::PrivateKey& key,
                   const RotationPlan& plan, Time now);

/// Queues the end of an issuer: its keys sign nothing more, and verify until their last token has
/// expired. Call lock_keys before.
void retire_all(db::Transaction& transaction, const std::vector<KeyTimes>& keys,
                const RotationPolicy& policy, Time now);

/// What the audit trail says of a rotation: a JSON object.
std::string describe(const RotationPlan& plan, std::string_view algorithm, bool at_once);

}  // namespace gatehouse::auth
