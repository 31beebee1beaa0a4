#include "http/page.h"

namespace gatehouse::http {
namespace {

constexpr int usual_limit = 100, largest_limit = 1000;

int usual_limit_of(const Call& call) {
  const std::int64_t most = call.most("rows").value_or(largest_limit);
  return static_cast<int>(std::clamp<std::int64_t>(most, 1, usual_limit));
}

}  // namespace

int read_limit(const Call& call, const Query& query) {
  const auto limit = query.integer("limit", usual_limit_of(call), 1, largest_limit);
  call.at_most("rows", limit);
  return static_cast<int>(limit);
}

Page read_page(const Call& call, const Query& query, std::string_view id_prefix) {
  Page page = read_page(query, id_prefix, usual_limit_of(call));
  call.at_most("rows", page.limit);
  return page;
}

}  // namespace gatehouse::http
