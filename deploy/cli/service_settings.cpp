#include "service_settings.h"

#include <algorithm>

#include "auth/custom_claims.h"
#include "auth/scopes.h"
#include "core/claim_names.h"
#include "json/parse.h"
#include "json/write.h"
#include "session.h"

namespace gatehouse::cli {
namespace {

constexpr std::size_t most_default_scopes = 64;

constexpr db::Statement find_service{
    "cli_find_service_settings",
    "SELECT tenant_id, token_seconds, default_scopes, custom_claims FROM services"
    " WHERE client_id = $1 FOR UPDATE"};
constexpr db::Statement update_service{
    "cli_update_service_settings",
    "UPDATE services SET token_seconds = $2::int, default_scopes = $3, custom_claims = $4::json,"
    "       updated_at = $5 WHERE client_id = $1"};

struct Asked {
  std::string client;
  std::int64_t seconds = 0;
  std::vector<std::string> scopes, claims, removed;
  bool all_scopes = false;
};

/// `department=sales`; what reads as a claim's JSON is that, anything else a text.
json::Value::Member parse_claim(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == text.npos) {
    throw CommandError(text + " is no claim", "Write it as NAME=VALUE, say department=sales.");
  }
  const std::string value = text.substr(equals + 1);
  if (!valid_utf8(value)) throw CommandError("a claim is UTF-8", "Send its value in UTF-8.");
  try {
    json::Value read = json::parse(value);
    if (auth::valid_claim_value(read)) return {text.substr(0, equals), std::move(read)};
  } catch (const json::ParseError&) {
    // A text then.
  }
  return {text.substr(0, equals), json::Value::string(value)};
}

json::Value claim_change(const Asked& asked, const Settings& settings) {
  const auto allowed = parse_claim_names(settings.custom_claims);
  std::vector<json::Value::Member> members;
  for (const std::string& name : asked.removed) members.emplace_back(name, json::Value());
  for (const std::string& text : asked.claims) {
    members.push_back(parse_claim(text));
    const std::string& name = members.back().first;
    if (allowed && std::ranges::find(*allowed, name) != allowed->end()) continue;
    throw CommandError("the claim " + name + " is not one of those that clients may have",
                       "List its name in the setting custom_claims.");
  }
  return json::Value::object(std::move(members));
}

void check_scopes(const std::vector<std::string>& scopes) {
  const bool fine = scopes.size() <= most_default_scopes &&
                    std::ranges::all_of(scopes, [](const std::string& scope) {
                      return auth::valid_scope(scope) && scope.find('*') == scope.npos;
                    });
  if (!fine) {
    throw CommandError("default scopes are at most 64 full names, no wildcards",
                       "Write each as log.push or user:read.");
  }
}

void set(const Environment& environment, const Asked& asked, bool with_seconds) {
  check_scopes(asked.scopes);
  Session session(environment);
  const json::Value change = claim_change(asked, session.settings);
  db::Transaction transaction(session.connection, db::Scope::platform());
  const auto found = transaction.run(find_service, {asked.client});
  if (found.empty()) {
    throw CommandError("there is no service " + asked.client,
                       "Give its client_id, which begins with svc_.");
  }
  auto seconds = found.optional_text(0, "token_seconds");
  auto scopes = found.optional_text(0, "default_scopes");
  if (with_seconds) seconds = std::to_string(asked.seconds);
  if (with_seconds && asked.seconds == 0) seconds.reset();
  if (!asked.scopes.empty()) scopes = db::array_literal(asked.scopes);
  if (asked.all_scopes) scopes.reset();
  const std::string claims = auth::merge_claims(found.text(0, "custom_claims"), change);
  if (claims.size() > auth::most_claim_bytes) {
    throw CommandError("the claims are more than 1 KiB together", "Shorten them, or remove some.");
  }
  transaction.queue(update_service,
                    {asked.client, seconds, scopes,
                     claims.empty() ? db::Param(std::nullopt) : db::Param(claims), session.now});
  json::Writer detail;
  detail.begin_object().key("members").begin_array();
  if (with_seconds) detail.string("token_seconds");
  if (!asked.scopes.empty() || asked.all_scopes) detail.string("default_scopes");
  if (!change.members().empty()) detail.string("custom_claims");
  detail.end_array().end_object();
  record(transaction,
         {"service.changed", "service", asked.client, std::string(found.text(0, "tenant_id")),
          detail.take()},
         session.now);
  transaction.commit();
  environment.output.object({{"client_id", asked.client}, {"done", "set"}});
}

}  // namespace

void add_service_settings(CLI::App& service, Environment& environment) {
  auto asked = std::make_shared<Asked>();
  auto* command = service.add_subcommand("set", "What its tokens hold, and how long they live");
  command->add_option("CLIENT", asked->client, "client_id of the service")->required();
  auto* what = command->add_option_group("what");
  what->require_option(1, 0);
  auto* seconds = what->add_option("--token-seconds", asked->seconds,
                                   "Life of its tokens, 60 to 3600; 0 for the server's default")
                      ->check(CLI::Range(std::int64_t{60}, std::int64_t{3600}) |
                              CLI::IsMember({std::int64_t{0}}));
  auto* scopes = what->add_option("--default-scope", asked->scopes,
                                  "Held where none is asked for; may be repeated");
  what->add_flag("--all-scopes", asked->all_scopes, "Hold all that are granted instead")
      ->excludes(scopes);
  what->add_option("--claim", asked->claims, "NAME=VALUE, VALUE as JSON or text; may be repeated");
  what->add_option("--remove-claim", asked->removed, "NAME; may be repeated");
  command->callback(
      [&environment, asked, seconds] { set(environment, *asked, seconds->count() > 0); });
}

}  // namespace gatehouse::cli
