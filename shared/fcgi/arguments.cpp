#include "fcgi/arguments.h"

#include <cstdlib>
#include <span>
#include <string_view>

#include "json/write.h"

namespace gatehouse::fcgi {
namespace {

std::string default_path() {
  const char* path = std::getenv("GATEHOUSE_CONFIG");
  return path != nullptr ? std::string(path) : std::string(default_settings_path);
}

std::string_view body_name(http::Body body) {
  switch (body) {
    case http::Body::none:
      return "none";
    case http::Body::json:
      return "json";
    case http::Body::json_optional:
      return "json_optional";
    case http::Body::form:
      return "form";
  }
  return "none";
}

std::string_view idempotency_name(http::Idempotency idempotency) {
  switch (idempotency) {
    case http::Idempotency::none:
      return "none";
    case http::Idempotency::optional:
      return "optional";
    case http::Idempotency::required:
      return "required";
  }
  return "none";
}

void write_access(json::Writer& out, const auth::Access& access) {
  using auth::Credential;
  out.key("access").begin_array();
  if (access.admits(Credential::public_key)) out.string("public_key");
  if (access.admits(Credential::secret_key)) out.string("secret_key");
  if (access.admits(Credential::user_token)) out.string("user_token");
  if (access.admits(Credential::service_token)) out.string("service_token");
  if (access.by_client_secret()) out.string("client_secret");
  if (access.by_policy()) out.string("policy");
  out.end_array();
  if (!access.scope().empty()) out.member("scope", access.scope());
}

}  // namespace

Arguments parse_arguments(const Function& function, int argc, char** argv) {
  Arguments arguments;
  arguments.settings_path = default_path();
  const std::span<char*> words(argv, static_cast<std::size_t>(argc));
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string_view word = words[i];
    const auto value = [&]() -> std::string {
      if (++i == words.size()) throw UsageError(std::string(word) + " needs a value");
      return words[i];
    };
    if (word == "--config")
      arguments.settings_path = value();
    else if (word == "--listen")
      arguments.listen = value();
    else if (word == "--routes")
      arguments.action = Arguments::Action::routes;
    else if (word == "--version")
      arguments.action = Arguments::Action::version;
    else if (word == "--help")
      arguments.action = Arguments::Action::help;
    else if (function.jobs.contains(word)) {
      arguments.action = Arguments::Action::job;
      arguments.job = word;
    } else if (const std::string way = arguments.job + " " + std::string(word);
               function.jobs.contains(way)) {
      arguments.job = way;
    } else {
      throw UsageError("unknown argument: " + std::string(word));
    }
  }
  return arguments;
}

std::string help_text(const Function& function) {
  const std::string binary = "gatehouse-" + std::string(function.name);
  std::string text = "usage: " + binary + " [--config FILE] [--listen PATH]\n";
  for (const auto& [name, job] : function.jobs) {
    text += "       " + binary + " [--config FILE] " + std::string(name) + "\n";
  }
  text +=
      "       " + binary +
      " --routes | --version | --help\n\n"
      "Serves FastCGI on the listening socket at fd 0, or on the unix socket PATH; started by a\n"
      "web server as a CGI program, it answers that one request. SIGTERM ends it when nginx has\n"
      "left its connections.\n\n"
      "FILE has one `name = value` a line; without --config it is $GATEHOUSE_CONFIG, else\n" +
      std::string(default_settings_path) + ". GATEHOUSE_<NAME> in the environment wins.\n";
  return text;
}

std::string describe_routes(const Function& function, const http::Routes& routes) {
  json::Writer out;
  out.begin_object().member("function", function.name).key("routes").begin_array();
  for (const http::Route& route : routes) {
    out.begin_object().member("method", http::method_name(route.method)).member("path", route.path);
    write_access(out, route.access);
    out.member("body", body_name(route.body))
        .member("body_limit", static_cast<std::int64_t>(route.body_limit))
        .member("audit", route.audit)
        .member("event", http::event_of(route))
        .member("idempotency", idempotency_name(route.idempotency))
        .member("rate", route.rate.name)
        .member("lane", route.lane == http::Lane::hashing ? "hashing" : "requests")
        .end_object();
  }
  out.end_array().end_object();
  return out.take();
}

}  // namespace gatehouse::fcgi
