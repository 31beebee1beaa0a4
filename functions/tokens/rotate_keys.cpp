#include "tokens/rotate_keys.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "auth/key_rotation.h"
#include "auth/signing_keys.h"
#include "json/write.h"
#include "outbox/change.h"
#include "tokens/store.h"

namespace gatehouse::tokens {
namespace {

/// Whether there is no key that was made after `before` and is to go on signing.
bool due(const std::vector<auth::KeyTimes>& keys, Time before) {
  return std::ranges::none_of(
      keys, [&](const auth::KeyTimes& key) { return !key.retired_at && key.created_at > before; });
}

std::optional<MadeKey> rotate_one(db::Connection& connection, const Settings& settings,
                                  const crypto::Keyring& keyring, const Clock& clock,
                                  std::string tenant_id, Time before) {
  const auto algorithm = crypto::algorithm_from_name(settings.signing_algorithm).value();
  const auto key = crypto::PrivateKey::generate(algorithm);
  db::Transaction transaction(connection, db::Scope::platform());
  const auto keys = auth::lock_keys(transaction, tenant_id);
  if (!due(keys, before)) return std::nullopt;  // another has been faster
  const auto policy = auth::rotation_policy(transaction, settings, tenant_id);
  const Time now = clock.now();
  const auto plan = auth::plan_rotation(keys, policy, now, false);
  if (!plan) return std::nullopt;
  MadeKey made{.tenant_id = std::move(tenant_id), .kid = {}, .signs_from = plan->signs_from};
  made.kid = auth::rotate(transaction, keyring, made.tenant_id, key, *plan, now);
  const std::string detail = auth::describe(*plan, settings.signing_algorithm, false);
  store::record_rotation(transaction, made.tenant_id, made.kid, detail, now);
  outbox::publish(transaction,
                  outbox::Change{.type = "signing_key.rotated",
                                 .tenant_id = made.tenant_id,
                                 .resource_type = "signing_key",
                                 .resource_id = made.kid,
                                 .actor_kind = "job",
                                 .actor_id = "rotate-keys",
                                 .detail = detail},
                  now);
  transaction.commit();
  return made;
}

}  // namespace

std::vector<MadeKey> rotate_keys(db::Connection& connection, const Settings& settings,
                                 const crypto::Keyring& keyring, const Clock& clock) {
  const Time before = clock.now() - std::chrono::days(settings.signing_key_days);
  std::vector<MadeKey> made;
  for (std::string& tenant_id : store::issuers_due(connection, before)) {
    auto one = rotate_one(connection, settings, keyring, clock, std::move(tenant_id), before);
    if (one) made.push_back(*std::move(one));
  }
  return made;
}

std::string describe(const std::vector<MadeKey>& made, const Settings& settings) {
  json::Writer out;
  out.begin_object().key("rotated").begin_array();
  for (const MadeKey& key : made) {
    out.begin_object()
        .member("issuer", key.tenant_id.empty() ? settings.issuer
                                                : auth::tenant_issuer(settings, key.tenant_id))
        .member("kid", key.kid)
        .member("signs_from", iso8601(key.signs_from))
        .end_object();
  }
  out.end_array().end_object();
  return out.take();
}

}  // namespace gatehouse::tokens
