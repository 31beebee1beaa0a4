#include "tokens/form.h"

#include <algorithm>
#include <utility>

#include "http/input_text.h"
#include "tokens/errors.h"

namespace gatehouse::tokens {

Form::Form(std::string_view text) : pairs_(http::parse_form(text)) {
  for (auto pair = pairs_.begin(); pair != pairs_.end(); ++pair) {
    const auto same = [&](const auto& other) { return other.first == pair->first; };
    if (std::none_of(pairs_.begin(), pair, same)) continue;
    // The one parameter that may be repeated (RFC 8707 §2), but a token has one audience.
    if (pair->first == "resource") throw Failure(errors::several_targets);
    throw Failure(400, "repeated_parameter",
                  '"' + http::displayed_name(pair->first) + "\" is given more than once",
                  "Send each parameter once.");
  }
}

std::string Form::take(std::string_view name) {
  for (auto& [given, value] : pairs_) {
    if (given == name) return std::exchange(value, {});
  }
  return {};
}

}  // namespace gatehouse::tokens
