#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/hash.h"
#include "db/connection.h"
#include "json/value.h"

namespace gatehouse::audit {

/// A row of the trail in the form in which it is sealed, exported and hashed: one JSON object
/// without white space, always with these members in this order, null where the column is:
/// id, xid (integer), at (`2024-01-01T00:00:00.000000Z`), tenant_id, event, outcome, reason,
/// actor_kind, actor_id, on_behalf_of, source_ip, route, resource_type, resource_id, detail
/// (object, members as PostgreSQL's jsonb orders them), trace_id, request_id. Strings have the
/// escapes of json::Writer.
struct Row {
  std::string id;
  std::string tenant_id;  ///< empty: the platform's
  std::string at;
  std::int64_t xid = 0;  ///< of the transaction that wrote it
  std::string json;

  /// In UTC: `2024-01-01`.
  std::string_view day() const { return std::string_view(at).substr(0, 10); }
  /// What the seal's tree holds of it.
  crypto::Digest leaf() const;
};

/// Rows with xid in [from, to), those of one tenant and day together, each day's by xid and id:
/// the order of the leaves. `tenant_id`: only that tenant's (empty: the platform's), or all.
std::vector<Row> read_rows(db::Transaction& transaction, std::int64_t from, std::int64_t to);
std::vector<Row> read_rows(db::Connection& connection, std::int64_t from, std::int64_t to,
                           const std::optional<std::string>& tenant_id);

/// A whole second as it sorts among Row::at: before every moment within it.
std::string second_of(Time time);

/// The row of an export's JSON. `json` is written anew, so that only what it says counts. Members
/// that are missing or of the wrong type leave the fields empty.
Row row_of(const json::Value& object);

}  // namespace gatehouse::audit
