#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "json/write.h"
#include "limits/policies.h"

namespace gatehouse::gate {

/// Kinds of callers that a policy may name. Whatever an agent does is an agent's: one that acts for
/// a user is admitted where both are named.
inline constexpr std::array<std::string_view, 5> caller_kinds{"service", "agent", "user",
                                                              "secret_key", "public_key"};
inline constexpr std::array<std::string_view, 7> methods{"GET",   "HEAD",   "POST",   "PUT",
                                                         "PATCH", "DELETE", "OPTIONS"};

/// Who may pass where a location of nginx has set this name. What is empty demands nothing, but for
/// `methods` and `callers`, which name all that is admitted.
struct Policy {
  std::string name;  ///< 1-64 of a-z, 0-9, '.', '_' and '-'; no mark at its beginning
  bool enabled = true;
  std::vector<std::string> methods;
  std::vector<std::string> callers;   ///< of caller_kinds
  std::vector<std::string> scopes;    ///< that services and agents have to hold; others have none
  bool any_scope = false;             ///< one of the scopes will do
  std::vector<std::string> networks;  ///< addresses and networks that callers may come from
  std::vector<std::string> tenants;   ///< that callers have to be of, or be bound to
  std::optional<limits::Rate> rate;   ///< of each caller, counted by each process
  std::string audience;               ///< `aud` of the assertion; empty: the name
  bool keep_authorization = false;    ///< the caller's credential is passed on
  std::string changed_by = {};        ///< client id, or the operator's name
  Time updated_at{};
};

/// True for a name that a policy may have.
bool valid_name(std::string_view name);

/// Throws Failure 400 `{member}_invalid` for what can be no policy, also for one that demands what
/// none of its callers can have. Gives the audience where there is none.
void complete(Policy& policy);

/// As one JSON object.
void write(json::Writer& out, const Policy& policy);

/// What audit rows and events say of it: all of it, as a JSON object. It names nobody.
std::string describe(const Policy& policy);

}  // namespace gatehouse::gate
