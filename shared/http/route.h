#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

#include "auth/access.h"
#include "http/message.h"

namespace gatehouse::http {

class Call;

/// On which threads a route's work is done: hashing threads are as many as there are cores, run at
/// the lowest priority and have a bounded queue, so that logins never starve anything else.
enum class Lane { requests, hashing };

/// Whether a resend with the same Idempotency-Key answers what the first one answered.
enum class Idempotency { none, optional, required };

/// The body that a route takes; where JSON is optional, no body is an empty object.
enum class Body { none, json, json_optional, form };

/// A caller's rate beyond nginx's per-address limit; the name is looked up in the policy table.
struct RatePolicy {
  std::string_view name = "default";
};

/// Event code of a refusal that nothing more is known of.
inline constexpr std::string_view default_refusal = "access.refused";

/// `event` of a route whose changes nobody is told of.
inline constexpr std::string_view no_event = "none";

/// A route is data. Reading a function's table tells all that it exposes and to whom.
struct Route {
  Method method;
  std::string_view path;  ///< `/v1/tenants/:id`: a segment with ':' takes any one segment
  std::function<Response(Call&)> handle;
  auth::Access access;  ///< no default: a row without its rule does not compile
  Body body = Body::none;
  std::size_t body_limit = 16384;  ///< bytes
  /// Event code of the audit row that a change writes; empty for what changes nothing.
  std::string_view audit = {};
  /// Type of the event that a change raises; empty: the same code.
  std::string_view event = {};
  /// Event code of the row that tells of a caller who was not let through (401, 403) by the use
  /// case.
  std::string_view refused = default_refusal;
  Idempotency idempotency = Idempotency::none;
  RatePolicy rate = {};
  Lane lane = Lane::requests;
};

using Routes = std::vector<Route>;

/// The type of the event that the route's changes raise; empty where they raise none.
std::string_view event_of(const Route& route);

/// Finds the row for a method and a raw path. Paths are compared byte by byte: '%', "//", "." and
/// ".." segments and what is no visible ASCII match nothing, so there is one spelling of each path
/// and nothing to smuggle.
class Router {
 public:
  struct Match {
    const Route* route = nullptr;
    std::vector<std::string_view> parameters;  ///< the ':' segments, in order
    std::string allow;  ///< methods of the path, where only the method did not match
  };

  explicit Router(Routes routes);
  Match find(Method method, std::string_view path) const;
  const Routes& routes() const { return routes_; }

 private:
  Routes routes_;
};

}  // namespace gatehouse::http
