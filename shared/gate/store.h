#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "db/connection.h"
#include "gate/policy.h"

/// The policies as they are stored. Whoever admits by them sees a change within a second (epoch
/// `gate_routes`).
namespace gatehouse::gate {

/// By name, those after `after`.
std::vector<Policy> list(db::Connection& connection, std::string_view after, int limit);
/// All of them. There are as many as somebody has written into nginx's files.
std::vector<Policy> all(db::Connection& connection);
std::optional<Policy> find(db::Connection& connection, std::string_view name);

/// Takes the place of the one of that name, if there is one. `policy` has been completed.
void put(db::Transaction& transaction, const Policy& policy);
/// False where there was none.
bool remove(db::Transaction& transaction, std::string_view name);

}  // namespace gatehouse::gate
