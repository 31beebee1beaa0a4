#include "auth/api_keys.h"

#include "core/encoding.h"
#include "crypto/machine_secret.h"

namespace gatehouse::auth {
namespace {

constexpr db::Statement lookup_api_key{
    "auth_lookup_api_key",
    "SELECT key_id, kind, tenant_id, tenant_status, expires_at FROM lookup_api_key($1)"};

bool usable(const ApiKey& key, Time now) {
  return key.tenant_active && (!key.expires_at || *key.expires_at > now);
}

}  // namespace

Cache<ApiKey>::Pointer ApiKeys::find(std::string_view text, db::Connection& connection, Time now) {
  if (!crypto::well_formed_machine_secret("pub_", text) &&
      !crypto::well_formed_machine_secret("sec_", text)) {
    return nullptr;
  }
  const crypto::Digest hash = crypto::machine_secret_hash(keyring_, text);
  const std::int64_t epoch = epochs_.of(Topic::tenant_keys);
  auto key = cache_.find(as_text(hash), epoch);
  if (!key) {
    const db::Result rows = connection.read(db::Scope::none(), lookup_api_key,
                                            {db::Param(std::span<const std::byte>(hash))});
    if (rows.empty()) return nullptr;
    auto found = std::make_shared<ApiKey>();
    found->key_id = rows.text(0, "key_id");
    found->tenant_id = rows.text(0, "tenant_id");
    found->kind =
        rows.text(0, "kind") == "secret" ? Credential::secret_key : Credential::public_key;
    found->tenant_active = rows.text(0, "tenant_status") == "active";
    found->expires_at = rows.optional_time(0, "expires_at");
    cache_.put(as_text(hash), found, epoch);
    key = std::move(found);
  }
  return usable(*key, now) ? key : nullptr;
}

}  // namespace gatehouse::auth
