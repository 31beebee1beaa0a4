#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "auth/access.h"
#include "auth/epoch.h"
#include "core/network.h"
#include "db/connection.h"
#include "gate/policy.h"

namespace gatehouse::tokens {

/// A policy of the gate, made ready to be asked.
struct GateRoute {
  explicit GateRoute(gate::Policy stored);

  bool admits_kind(std::string_view kind) const;
  bool admits_method(std::string_view method) const;
  bool admits_address(std::string_view remote_address) const;
  /// Of every kind that the policy names.
  bool admits_caller(const auth::Principal& caller) const;
  bool admits_tenant(const auth::Principal& caller) const;
  bool admits_scopes(const auth::Principal& caller) const;

  const gate::Policy policy;
  const auth::Access access;  ///< what has to be shown; a little wider than what is admitted
  const std::vector<Network> networks;
};

/// All of them, read once for each epoch. Thread-safe.
class GateRoutes {
 public:
  explicit GateRoutes(auth::EpochWatch& epochs) : epochs_(epochs) {}

  /// Null where there is none of that name.
  std::shared_ptr<const GateRoute> find(std::string_view name, db::Connection& connection);

 private:
  struct Snapshot {
    std::int64_t epoch;
    std::map<std::string, std::shared_ptr<const GateRoute>, std::less<>> by_name;
  };
  std::shared_ptr<const Snapshot> current(db::Connection& connection);

  auth::EpochWatch& epochs_;
  std::shared_mutex mutex_;
  std::shared_ptr<const Snapshot> snapshot_;
};

}  // namespace gatehouse::tokens
