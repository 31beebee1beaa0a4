#include "tenants/issuer.h"

#include <algorithm>

#include "auth/key_rotation.h"

namespace gatehouse::tenants {
namespace {

bool is_open(const std::vector<auth::KeyTimes>& keys) {
  return std::ranges::any_of(keys,
                             [](const auth::KeyTimes& key) { return !key.retired_at.has_value(); });
}

}  // namespace

std::optional<std::string> open_issuer(db::Transaction& transaction, const Settings& settings,
                                       const crypto::Keyring& keyring, std::string_view tenant_id,
                                       const crypto::PrivateKey& key, Time now) {
  if (is_open(auth::lock_keys(transaction, tenant_id))) return std::nullopt;
  const auto policy = auth::rotation_policy(transaction, settings, tenant_id);
  const auto plan = auth::plan_rotation({}, policy, now, false);
  return auth::rotate(transaction, keyring, tenant_id, key, plan.value(), now);
}

void close_issuer(db::Transaction& transaction, const Settings& settings,
                  std::string_view tenant_id, Time now) {
  const auto keys = auth::lock_keys(transaction, tenant_id);
  if (!is_open(keys)) return;
  auth::retire_all(transaction, keys, auth::rotation_policy(transaction, settings, tenant_id), now);
}

}  // namespace gatehouse::tenants
