#include "auth/key_rotation.h"

#include <algorithm>

#include "jose/jwk.h"
#include "json/write.h"

namespace gatehouse::auth {
namespace {

/// What verifiers elsewhere allow their clocks to be off.
constexpr std::chrono::seconds clock_leeway{60};

constexpr db::Statement lock_issuer{
    "auth_lock_issuer",
    "SELECT pg_advisory_xact_lock(hashtext('gatehouse.signing_keys'), hashtext($1))"};

#define KEY_TIMES "kid, tenant_id, algorithm, created_at, signs_from, retired_at, expires_at"
constexpr db::Statement list_keys{"auth_list_signing_keys",
                                  "SELECT " KEY_TIMES
                                  " FROM signing_keys ORDER BY signs_from DESC, created_at DESC"};
constexpr db::Statement list_keys_of_issuer{"auth_list_keys_of_issuer",
                                            "SELECT " KEY_TIMES
                                            " FROM signing_keys WHERE coalesce(tenant_id, '') = $1"
                                            " ORDER BY signs_from DESC, created_at DESC"};
#undef KEY_TIMES

constexpr db::Statement insert_key{
    "auth_insert_signing_key",
    "INSERT INTO signing_keys (kid, tenant_id, algorithm, public_jwk, private_sealed,"
    " verification_sealed, created_at, signs_from)"
    " VALUES ($1, nullif($2, ''), $3, $4::jsonb, $5, $6, $7, $8)"};
// A key that leaves at once leaves at the database's now as well: readers compare with that.
constexpr db::Statement retire_key{
    "auth_retire_signing_key",
    "UPDATE signing_keys SET retired_at = least(retired_at, $2::timestamptz),"
    " expires_at = CASE WHEN $3::timestamptz <= $4::timestamptz THEN least(expires_at, $3, now())"
    "                   ELSE least(expires_at, $3) END"
    " WHERE kid = $1"};
constexpr db::Statement longest_lifetime{
    "auth_longest_lifetime",
    "SELECT greatest($1::bigint, (SELECT max(user_token_seconds) FROM tenants),"
    " (SELECT max(token_seconds) FROM services)) AS seconds"};

std::vector<KeyTimes> key_times(const db::Result& rows) {
  std::vector<KeyTimes> keys;
  keys.reserve(static_cast<std::size_t>(rows.rows()));
  for (int row = 0; row < rows.rows(); ++row) {
    keys.push_back({std::string(rows.text(row, "kid")), std::string(rows.text(row, "tenant_id")),
                    std::string(rows.text(row, "algorithm")), rows.time(row, "created_at"),
                    rows.time(row, "signs_from"), rows.optional_time(row, "retired_at"),
                    rows.optional_time(row, "expires_at")});
  }
  return keys;
}

}  // namespace

KeyState state_of(const KeyTimes& key, Time now) {
  if (key.expires_at && *key.expires_at <= now) return KeyState::expired;
  if (key.retired_at && *key.retired_at <= now) return KeyState::retired;
  return key.signs_from > now ? KeyState::waiting : KeyState::signing;
}

std::string_view state_name(KeyState state) {
  switch (state) {
    case KeyState::waiting:
      return "published";
    case KeyState::signing:
      return "signing";
    case KeyState::retired:
      return "retired";
    case KeyState::expired:
      break;
  }
  return "expired";
}

std::optional<RotationPlan> plan_rotation(const std::vector<KeyTimes>& keys,
                                          const RotationPolicy& policy, Time now, bool at_once) {
  const auto in_state = [&](KeyState state) {
    return std::ranges::any_of(keys,
                               [&](const KeyTimes& key) { return state_of(key, now) == state; });
  };
  if (!at_once && in_state(KeyState::waiting)) return std::nullopt;
  RotationPlan plan{now, {}, now, now};
  if (!at_once) {
    plan.signs_from += in_state(KeyState::signing) ? policy.notice : policy.first_notice;
    plan.retired_at = plan.signs_from;
    plan.expires_at = plan.retired_at + policy.longest_token + clock_leeway;
  }
  for (const KeyTimes& key : keys) {
    const KeyState state = state_of(key, now);
    const bool leaves = at_once ? state != KeyState::expired : state == KeyState::signing;
    if (leaves) plan.leave.push_back(key.kid);
  }
  return plan;
}

RotationPolicy rotation_policy(db::Transaction& transaction, const Settings& settings,
                               std::string_view tenant_id) {
  using std::chrono::seconds;
  const seconds from_settings =
      std::max(settings.service_token_lifetime, settings.user_token_lifetime);
  const auto row = transaction.run(longest_lifetime, {std::int64_t{from_settings.count()}});
  const auto known = std::chrono::ceil<seconds>(settings.cache_max_stale);
  return {.notice = known + edge_life + settings.jwks_max_age * 2,
          .first_notice = tenant_id.empty() ? seconds(0) : known,
          .longest_token = seconds(row.integer(0, "seconds"))};
}

std::vector<KeyTimes> stored_keys(db::Transaction& transaction) {
  return key_times(transaction.run(list_keys));
}

std::vector<KeyTimes> lock_keys(db::Transaction& transaction, std::string_view tenant_id) {
  transaction.queue(lock_issuer, {tenant_id});
  return key_times(transaction.run(list_keys_of_issuer, {tenant_id}));
}

std::string rotate(db::Transaction& transaction, const crypto::Keyring& keyring,
                   std::string_view tenant_id, const crypto::PrivateKey& key,
                   const RotationPlan& plan, Time now) {
  const auto public_key = key.public_key();
  std::string kid = jose::make_kid(public_key);
  const Secret der = key.to_der();
  std::optional<std::string> jwk;
  std::optional<Bytes> verification;
  if (key.algorithm() == crypto::Algorithm::hs256) {
    verification = keyring.seal(der.reveal(), kid);
  } else {
    jwk = jose::to_jwk(kid, public_key);
  }
  transaction.queue(insert_key, {kid, tenant_id, crypto::algorithm_name(key.algorithm()), jwk,
                                 keyring.seal(der.reveal(), kid),
                                 verification ? db::Param(*verification) : db::Param(std::nullopt),
                                 now, plan.signs_from});
  for (const std::string& old : plan.leave) {
    transaction.queue(retire_key, {old, plan.retired_at, plan.expires_at, now});
  }
  return kid;
}

void retire_all(db::Transaction& transaction, const std::vector<KeyTimes>& keys,
                const RotationPolicy& policy, Time now) {
  const Time expires_at = now + policy.longest_token + clock_leeway;
  for (const KeyTimes& key : keys) transaction.queue(retire_key, {key.kid, now, expires_at, now});
}

std::string describe(const RotationPlan& plan, std::string_view algorithm, bool at_once) {
  json::Writer detail;
  detail.begin_object().member("algorithm", algorithm).member("at_once", at_once);
  detail.key("replaces").begin_array();
  for (const std::string& old : plan.leave) detail.string(old);
  detail.end_array().end_object();
  return detail.take();
}

}  // namespace gatehouse::auth
