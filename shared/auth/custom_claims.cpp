#include "auth/custom_claims.h"

#include <algorithm>

#include "core/claim_names.h"
#include "json/parse.h"
#include "json/write.h"

namespace gatehouse::auth {

bool valid_claim_value(const json::Value& value) {
  using json::Kind;
  if (value.is(Kind::array)) {
    return std::ranges::all_of(value.items(),
                               [](const json::Value& item) { return item.is(Kind::string); });
  }
  return value.is(Kind::string) || value.is(Kind::number) || value.is(Kind::boolean);
}

std::string merge_claims(std::string_view stored, const json::Value& change) {
  std::vector<json::Value::Member> members;
  if (!stored.empty()) members = json::parse(stored).members();
  for (const auto& [name, value] : change.members()) {
    const auto had = std::ranges::find(members, name, &json::Value::Member::first);
    if (value.is(json::Kind::null)) {
      if (had != members.end()) members.erase(had);
    } else if (had != members.end()) {
      had->second = value;
    } else {
      members.emplace_back(name, value);
    }
  }
  return members.empty() ? std::string() : json::to_text(json::Value::object(std::move(members)));
}

std::string claim_members(std::string_view stored, std::string_view allowed_names) {
  if (stored.empty() || allowed_names.empty()) return {};
  const auto allowed = parse_claim_names(allowed_names);
  if (!allowed) return {};
  json::Writer out;
  const json::Value claims = json::parse(stored);
  for (const auto& [name, value] : claims.members()) {
    if (std::ranges::find(*allowed, name) != allowed->end()) out.key(name).value(value);
  }
  return out.take();
}

}  // namespace gatehouse::auth
