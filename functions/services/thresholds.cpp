#include "services/thresholds.h"

#include "core/error.h"
#include "http/input.h"
#include "http/input_text.h"
#include "services/errors.h"

namespace gatehouse::services {
namespace {

std::optional<std::int64_t> read_number(const http::Input& input, std::string_view name,
                                        std::int64_t least, std::int64_t most, std::int64_t usual) {
  if (!input.has(name)) return std::nullopt;
  return input.optional_integer(name, least, most).value_or(usual);
}

std::map<std::string, std::optional<std::int64_t>> read_maxima(const json::Value& object) {
  if (!object.is(json::Kind::object)) throw Failure(errors::max_per_call_invalid);
  std::map<std::string, std::optional<std::int64_t>> maxima;
  for (const auto& [name, value] : object.members()) {
    const auto most = value.as_integer();
    const bool removes = value.is(json::Kind::null);
    if (!auth::valid_maximum_name(name) ||
        (!removes && (!most || *most < 0 || *most > auth::most_per_call))) {
      throw Failure(errors::max_per_call_invalid);
    }
    maxima[name] = most;
  }
  return maxima;
}

}  // namespace

auth::Thresholds ThresholdChange::applied_to(auth::Thresholds thresholds) const {
  thresholds.calls_per_hour = calls_per_hour.value_or(thresholds.calls_per_hour);
  thresholds.writes_per_hour = writes_per_hour.value_or(thresholds.writes_per_hour);
  thresholds.rate_per_minute = rate_per_minute.value_or(thresholds.rate_per_minute);
  for (const auto& [name, most] : max_per_call) {
    most ? void(thresholds.max_per_call[name] = *most) : void(thresholds.max_per_call.erase(name));
  }
  if (thresholds.max_per_call.size() > auth::most_maxima) {
    throw Failure(errors::max_per_call_invalid);
  }
  return thresholds;
}

ThresholdChange read_thresholds(const json::Value& object) {
  if (!object.is(json::Kind::object)) throw Failure(errors::thresholds_invalid);
  const http::Input input(object,
                          {"calls_per_hour", "writes_per_hour", "rate_per_minute", "max_per_call"});
  const auth::Thresholds usual;
  ThresholdChange change{
      .calls_per_hour =
          read_number(input, "calls_per_hour", 1, auth::most_calls_per_hour, usual.calls_per_hour),
      .writes_per_hour = read_number(input, "writes_per_hour", 0, auth::most_calls_per_hour,
                                     usual.writes_per_hour),
      .rate_per_minute = read_number(input, "rate_per_minute", 1, auth::most_rate_per_minute,
                                     usual.rate_per_minute),
      .max_per_call = {}};
  if (const auto* maxima = object.find("max_per_call")) change.max_per_call = read_maxima(*maxima);
  return change;
}

}  // namespace gatehouse::services
