#pragma once

#include <string_view>

#include "auth/principal.h"

namespace gatehouse::auth {

/// Who may call a route. There is no default: a route that names no rule does not compile.
/// Rules are joined with `|`: `secret_key() | service("internal:admin")`.
class Access {
 public:
  /// Nobody has to prove anything.
  static constexpr Access anyone() { return Access(0, {}); }
  /// The use case itself authenticates a client by id and secret (RFC 6749 §2.3).
  static constexpr Access client_secret() { return Access(client_secret_bit, {}); }
  /// The use case asks a policy in the database who may pass (the gate).
  static constexpr Access policy() { return Access(policy_bit, {}); }
  static constexpr Access any_key() { return Access(1 | 2, {}); }
  static constexpr Access secret_key() { return Access(2, {}); }
  static constexpr Access user() { return Access(4, {}); }
  static constexpr Access service() { return Access(8, {}); }
  static constexpr Access service(std::string_view scope) { return Access(8, scope); }

  friend constexpr Access operator|(Access a, Access b) {
    return Access(a.credentials_ | b.credentials_, a.scope_.empty() ? b.scope_ : a.scope_);
  }

  /// The pipeline has nobody to authenticate.
  constexpr bool open() const { return (credentials_ & ~(client_secret_bit | policy_bit)) == 0; }
  constexpr bool by_client_secret() const { return (credentials_ & client_secret_bit) != 0; }
  constexpr bool by_policy() const { return (credentials_ & policy_bit) != 0; }
  constexpr bool admits(Credential credential) const {
    return (credentials_ & static_cast<unsigned>(credential)) != 0;
  }
  /// What a service token must hold; empty where any service will do.
  constexpr std::string_view scope() const { return scope_; }

 private:
  static constexpr unsigned client_secret_bit = 16, policy_bit = 32;
  constexpr Access(unsigned credentials, std::string_view scope)
      : credentials_(credentials), scope_(scope) {}
  unsigned credentials_;
  std::string_view scope_;
};

}  // namespace gatehouse::auth
