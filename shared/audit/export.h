#pragma once

#include <cstdint>
#include <functional>
#include <istream>
#include <optional>
#include <string>
#include <string_view>

#include "audit/verify.h"
#include "core/time.h"
#include "db/connection.h"

namespace gatehouse::audit {

/// The trail as JSON Lines that verify without a database. In this order:
///   {"type":"export","version":1,"tenant_id",  "from","to","created_at"}   (null: all of it)
///   {"type":"key","introduction"}                   of each key that replaced another, see
///   seal_keys.h
///   {"type":"seal","seq","tenant_id","seal"}        the JWS, see seal.h
///   {"type":"row","seal","leaf","row":{...}}        the rows of that seal, in its order, see
///   row.h;
///                                                   `leaf` is the row's hash in hex
///   {"type":"row","seal":null,...}                  rows that no seal covers yet
///   {"type":"end","seals","rows"}
/// `from` is not before the day with which the trail begins now, if days have left it. A seal is
/// exported whole or not at all: all that have a row within [from, to). Of all trails,
/// the others between them are there without their rows, so that none can be left out unnoticed.
struct ExportAsked {
  std::optional<std::string> tenant_id;  ///< empty text: the platform's
  std::optional<Time> from, to;
  Time now;
};

struct Exported {
  std::int64_t seals = 0, rows = 0;
};

/// Hands out line by line, each with its '\n'. As a role that sees all tenants.
Exported export_trail(db::Connection& connection, const jose::KeySet& keys,
                      const ExportAsked& asked, const std::function<void(std::string_view)>& write);

/// Checks an export: every signature, every link between seals, every row. `rows` that no seal
/// covers are counted as `unsealed`. What is missing at either end shows only by comparison with
/// the seal file, and whose trail and time it is to be is only its own word: Report::covers.
Report verify_export(std::istream& lines, const jose::KeySet& keys);

}  // namespace gatehouse::audit
