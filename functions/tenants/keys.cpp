#include "tenants/keys.h"

#include "core/ids.h"
#include "crypto/machine_secret.h"
#include "tenants/errors.h"
#include "tenants/store.h"

namespace gatehouse::tenants {

std::string_view kind_name(KeyKind kind) {
  return kind == KeyKind::public_key ? "public" : "secret";
}

NewKey add_key(db::Transaction& transaction, const crypto::Keyring& keyring,
               std::string_view tenant_id, KeyKind kind, Time now) {
  NewKey made{.id = make_id("tky_", now),
              .fingerprint = {},
              .key = {},
              .created_at = now,
              .previous_expires_at = {}};
  made.key = crypto::make_machine_secret(kind == KeyKind::public_key ? "pub_" : "sec_");
  const crypto::Digest hash = crypto::machine_secret_hash(keyring, made.key.reveal());
  made.fingerprint = crypto::fingerprint(hash);
  store::insert_key(transaction, tenant_id, kind, made, hash);
  return made;
}

NewKey rotate_key(db::Transaction& transaction, const crypto::Keyring& keyring,
                  std::string_view tenant_id, KeyKind kind, std::chrono::seconds grace, Time now) {
  if (!store::lock(transaction, tenant_id)) throw Failure(errors::tenant_not_found);
  store::expire_keys(transaction, tenant_id, kind, now + grace);
  NewKey made = add_key(transaction, keyring, tenant_id, kind, now);
  made.previous_expires_at = now + grace;
  return made;
}

std::vector<Key> list_keys(db::Connection& connection, std::string_view tenant_id, Time now) {
  return store::keys(connection, tenant_id, now);
}

}  // namespace gatehouse::tenants
