#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "http/call.h"
#include "http/input.h"
#include "http/message.h"
#include "json/write.h"

namespace gatehouse::http {

/// Bytes after which a list ends early. nginx takes 1 MiB of an answer off a function at once; what
/// is more would leave a thread waiting for a slow reader.
inline constexpr std::size_t most_list_bytes = 512 * 1024UL;

/// The `limit` of a list: what is asked for, 1 to 1000, else 100. An agent may have a maximum of
/// "rows" per call: it is what the agent gets unasked, and more is refused as Call::at_most() does.
int read_limit(const Call& call, const Query& query);
/// Page with that limit.
Page read_page(const Call& call, const Query& query, std::string_view id_prefix);

/// `{"<name>": [...], "next_cursor"}`: a page of rows that were read with `page.to_read()`.
/// `write(out, row)` writes one, `id(row)` is where the next page goes on. Rows are at most a few
/// KiB each.
template <typename Row, typename Write, typename Id>
Response list_response(std::string_view name, const std::vector<Row>& rows, const Page& page,
                       Write write, Id id) {
  json::Writer out;
  out.begin_object().key(name).begin_array();
  const std::size_t most = std::min(rows.size(), static_cast<std::size_t>(page.limit));
  std::size_t shown = 0;
  while (shown < most && out.text().size() < most_list_bytes) write(out, rows[shown++]);
  out.end_array();
  if (shown < rows.size()) out.member("next_cursor", std::string_view(id(rows[shown - 1])));
  out.end_object();
  return {200, out.take(), {}};
}

}  // namespace gatehouse::http
