#include <algorithm>
#include <charconv>

#include "core/encoding.h"
#include "core/error.h"
#include "core/ids.h"
#include "http/input.h"
#include "http/input_errors.h"
#include "http/input_text.h"

namespace gatehouse::http {
namespace {

constexpr std::size_t most_pairs = 32;

std::string decoded(std::string_view text) {
  auto result = from_form(text);
  if (!result) throw Failure(errors::form_malformed);
  return *std::move(result);
}

}  // namespace

FormPairs parse_form(std::string_view text) {
  FormPairs pairs;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    if (pairs.size() == most_pairs) throw Failure(errors::form_too_many_pairs);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    pairs.emplace_back(decoded(pair.substr(0, equals)),
                       decoded(pair.substr(std::min(equals + 1, pair.size()))));
  }
  return pairs;
}

Query::Query(std::string_view raw, std::initializer_list<std::string_view> allowed)
    : pairs_(parse_form(raw)) {
  for (auto pair = pairs_.begin(); pair != pairs_.end(); ++pair) {
    const std::string& name = pair->first;
    if (std::ranges::find(allowed, name) == allowed.end()) {
      throw Failure(400, "unknown_parameter",
                    '"' + displayed_name(name) + "\" is not a parameter of this request",
                    allowed_names("parameters", allowed));
    }
    if (std::find_if(pairs_.begin(), pair,
                     [&](const auto& other) { return other.first == name; }) != pair) {
      throw Failure(400, "repeated_parameter", '"' + name + "\" is given more than once",
                    "Send each parameter of the query once.");
    }
  }
}

std::optional<std::string> Query::text(std::string_view name) const {
  for (const auto& [given, value] : pairs_) {
    if (given == name && !value.empty()) return value;
  }
  return std::nullopt;
}

std::int64_t Query::integer(std::string_view name, std::int64_t fallback, std::int64_t least,
                            std::int64_t most) const {
  const auto value = text(name);
  if (!value) return fallback;
  std::int64_t integer = 0;
  const char* const end = value->data() + value->size();
  const auto [rest, error] = std::from_chars(value->data(), end, integer);
  if (error == std::errc() && rest == end && integer >= least && integer <= most) return integer;
  const std::string must =
      "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
  throw Failure(400, std::string(name) + "_invalid", '"' + std::string(name) + "\" must be " + must,
                "Send " + must + " in the parameter \"" + std::string(name) + "\".");
}

Page read_page(const Query& query, std::string_view id_prefix, int usual_limit) {
  Page page;
  page.limit = static_cast<int>(query.integer("limit", usual_limit, 1, 1000));
  page.after = query.text("cursor").value_or("");
  if (!page.after.empty() && !is_id(id_prefix, page.after)) throw Failure(errors::cursor_invalid);
  return page;
}

}  // namespace gatehouse::http
