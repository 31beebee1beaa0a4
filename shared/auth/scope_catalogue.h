#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "db/connection.h"

namespace gatehouse::auth {

/// What a scope is for, in words. Whether it has to be listed before it can be granted is the
/// setting `scope_catalogue`; what was granted stays granted in any case.
struct CataloguedScope {
  std::string name, description;
  Time created_at{}, updated_at{};
};

inline constexpr std::size_t longest_scope_description = 1000;

/// A scope or wildcard whose name is a segment of a path as it is: letters, digits, `_ - . :`, and
/// the '*' of a wildcard.
bool valid_catalogue_name(std::string_view name);

/// By name, those after `after`.
std::vector<CataloguedScope> list_scopes(db::Connection& connection, std::string_view after,
                                         int limit);
std::optional<CataloguedScope> find_scope(db::Connection& connection, std::string_view name);

/// Adds or describes anew. Returns it as it is now.
CataloguedScope put_scope(db::Transaction& transaction, std::string_view name,
                          std::string_view description, Time now);
/// False where there was none.
bool remove_scope(db::Transaction& transaction, std::string_view name);

/// Whether it is listed under just that name; always true of `internal:` and `auth:`, so that a
/// closed catalogue locks nobody out.
bool is_catalogued(db::Transaction& transaction, std::string_view scope);

}  // namespace gatehouse::auth
