#pragma once

#include "db/result.h"
#include "users/passwords.h"
#include "users/user.h"

/// How the columns that several of this function's statements name are read back.
#define POLICY_COLUMNS                                                           \
  "t.status AS tenant_status, t.password_min_length, t.refuse_common_passwords," \
  " t.user_token_seconds"

namespace gatehouse::users::store {

inline TenantPolicy policy_of(const db::Result& rows) {
  TenantPolicy policy;
  policy.active = rows.text(0, "tenant_status") == "active";
  policy.password_min_length = static_cast<int>(rows.integer(0, "password_min_length"));
  policy.refuse_common_passwords = rows.boolean(0, "refuse_common_passwords");
  if (!rows.is_null(0, "user_token_seconds")) {
    policy.user_token_lifetime = std::chrono::seconds(rows.integer(0, "user_token_seconds"));
  }
  return policy;
}

}  // namespace gatehouse::users::store
