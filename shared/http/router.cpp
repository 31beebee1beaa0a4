#include <algorithm>

#include "http/route.h"

namespace gatehouse::http {
namespace {

/// Walks the segments of a path: "/v1/users" gives "v1", then "users".
class Segments {
 public:
  explicit Segments(std::string_view path) : rest_(path) {}
  bool done() const { return rest_.empty(); }
  std::string_view next() {
    rest_.remove_prefix(1);  // the '/'
    const std::string_view segment = rest_.substr(0, rest_.find('/'));
    rest_.remove_prefix(segment.size());
    return segment;
  }

 private:
  std::string_view rest_;
};

bool plain(std::string_view path) {
  const auto unlike_a_path = [](char c) { return c <= ' ' || c > '~' || c == '%'; };
  if (!path.starts_with('/') || std::ranges::any_of(path, unlike_a_path)) return false;
  for (Segments segments(path); !segments.done();) {
    const std::string_view segment = segments.next();
    if (segment.empty() || segment == "." || segment == "..") return false;
  }
  return true;
}

bool matches(std::string_view pattern, std::string_view path,
             std::vector<std::string_view>& parameters) {
  Segments wanted(pattern), given(path);
  while (!wanted.done() && !given.done()) {
    const std::string_view want = wanted.next(), have = given.next();
    if (want.starts_with(':')) {
      parameters.push_back(have);
    } else if (want != have) {
      return false;
    }
  }
  return wanted.done() && given.done();
}

/// A HEAD is answered like the GET; the server in front leaves the body out (RFC 9110 §9.3.2).
bool serves(const Route& route, Method method) {
  return route.method == method || (method == Method::head && route.method == Method::get);
}

}  // namespace

std::string_view event_of(const Route& route) {
  if (route.event == no_event) return {};
  return route.event.empty() ? route.audit : route.event;
}

Router::Router(Routes routes) : routes_(std::move(routes)) {
  // Fixed paths before those with parameters.
  std::stable_partition(routes_.begin(), routes_.end(), [](const Route& route) {
    return route.path.find(':') == std::string_view::npos;
  });
}

Router::Match Router::find(Method method, std::string_view path) const {
  Match match;
  if (!plain(path)) return match;
  // The first that fits is the path: /v1/users/me is not the user "me", whatever the method.
  std::string_view pattern;
  for (const Route& route : routes_) {
    if (!pattern.empty() && route.path != pattern) continue;
    match.parameters.clear();
    if (!matches(route.path, path, match.parameters)) continue;
    pattern = route.path;
    if (serves(route, method)) {
      match.route = &route;
      match.allow.clear();
      return match;
    }
    if (!match.allow.empty()) match.allow += ", ";
    match.allow += method_name(route.method);
  }
  return match;
}

}  // namespace gatehouse::http
