#include "auth/challenge.h"

#include <initializer_list>
#include <utility>

namespace gatehouse::auth {

std::string bearer_challenge(std::string_view error, std::string_view description,
                             std::string_view scope) {
  std::string text = "Bearer realm=\"gatehouse\"";
  using Member = std::pair<std::string_view, std::string_view>;
  for (const auto& [name, value] : std::initializer_list<Member>{
           {"error", error}, {"error_description", description}, {"scope", scope}}) {
    if (!value.empty()) text.append(", ").append(name).append("=\"").append(value).append("\"");
  }
  return text;
}

}  // namespace gatehouse::auth
