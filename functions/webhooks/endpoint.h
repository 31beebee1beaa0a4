#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/principal.h"
#include "core/secret.h"
#include "core/time.h"
#include "crypto/keyring.h"
#include "db/connection.h"

namespace gatehouse::webhooks {

/// Endpoints that a tenant can have: each event is looked up for all of them.
inline constexpr int most_endpoints = 50;
inline constexpr std::size_t most_patterns = 100;
/// For how long the secret before signs too after a rotation, unless it says otherwise.
inline constexpr std::chrono::seconds usual_grace{86400}, longest_grace{7 * 86400};

/// What an endpoint's owner decides.
struct EndpointSettings {
  std::string url;  ///< as Guard::check() has normalized it
  std::string description;
  std::vector<std::string> event_types;  ///< patterns, see is_pattern()
  bool ordered = false;                  ///< events of one ordering key go out one after the other
  std::int64_t max_concurrency = 8;      ///< deliveries under way at a time
  std::optional<std::int64_t> rate_per_second;  ///< absent: no limit but the concurrency
};

/// Where a tenant is told of its events. Its secrets stay in the store.
struct Endpoint {
  std::string id;  ///< `whk_...`
  EndpointSettings settings;
  std::string status = "enabled";              ///< enabled, disabled
  std::optional<std::string> disabled_reason;  ///< requested; gone: it answered 410
  std::optional<Time> failing_since;           ///< the first failure after the last success
  bool parked = false;  ///< failing for so long that it is only tried now and then
  std::optional<Time> previous_secret_until;
  Time created_at{}, updated_at{};
};

/// Absent members stay as they are.
struct EndpointChange {
  std::optional<std::string> url, description;
  std::optional<std::vector<std::string>> event_types;
  std::optional<bool> ordered;
  std::optional<std::int64_t> max_concurrency;
  std::optional<std::optional<std::int64_t>> rate_per_second;

  bool empty() const {
    return !url && !description && !event_types && !ordered && !max_concurrency && !rate_per_second;
  }
};

struct CreatedEndpoint {
  Endpoint endpoint;
  Secret secret;  ///< shown this once
};

struct RotatedSecret {
  Secret secret;  ///< shown this once
  Time previous_until;
};

/// What follows needs a transaction with the tenant's scope, and throws Failure 404
/// `endpoint_not_found` for what is not this tenant's.

/// Throws Failure 422 `too_many_endpoints`, `event_type_unknown`.
CreatedEndpoint create_endpoint(db::Transaction& transaction, const crypto::Keyring& keyring,
                                std::string_view tenant_id, EndpointSettings settings, Time now);
/// Throws Failure 400 `nothing_to_change`, 422 `event_type_unknown`.
Endpoint change_endpoint(db::Transaction& transaction, std::string_view tenant_id,
                         std::string_view id, const EndpointChange& change, Time now);
/// Idempotent. An endpoint that is enabled begins anew: whatever it failed at before is forgotten.
Endpoint enable_endpoint(db::Transaction& transaction, std::string_view tenant_id,
                         std::string_view id, bool enabled, Time now);
void delete_endpoint(db::Transaction& transaction, std::string_view tenant_id, std::string_view id);

/// Makes a new secret; the one before it signs too for `grace`, and not at all where that is 0.
/// One that was still signing from an earlier rotation does not any more.
RotatedSecret rotate_secret(db::Transaction& transaction, const crypto::Keyring& keyring,
                            std::string_view tenant_id, std::string_view id,
                            std::chrono::seconds grace, Time now);

/// Raises an event for this endpoint of the caller's tenant alone, whatever it asks for; returns
/// the event's id. Throws Failure
/// 422 `endpoint_disabled`.
std::string ping(db::Transaction& transaction, const auth::Principal& caller, std::string_view id,
                 std::string_view trace_id, Time now);

/// Throws Failure 404 `endpoint_not_found`, 422 `endpoint_disabled`.
void require_enabled(db::Transaction& transaction, std::string_view tenant_id, std::string_view id);

Endpoint show_endpoint(db::Connection& connection, std::string_view tenant_id, std::string_view id);
/// By id, those after `after`.
std::vector<Endpoint> list_endpoints(db::Connection& connection, std::string_view tenant_id,
                                     std::string_view after, int limit);

}  // namespace gatehouse::webhooks
