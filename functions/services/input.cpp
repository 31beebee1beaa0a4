#include "services/input.h"

#include <algorithm>

#include "auth/custom_claims.h"
#include "auth/scopes.h"
#include "core/claim_names.h"
#include "core/error.h"
#include "services/errors.h"
#include "services/scopes.h"
#include "services/thresholds.h"

namespace gatehouse::services {
namespace {

/// Descriptions are shown to people; the others go into every token.
constexpr std::size_t name_limit = 200, description_limit = 1000, id_limit = 64, label_limit = 64,
                      audience_limit = 200, scope_limit = 1024;
constexpr std::size_t most_audiences = 16, most_default_scopes = 64;
constexpr std::int64_t shortest_token = 60, longest_token = 3600;

bool visible(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

const std::string& require_visible(std::string_view name, const std::string& text) {
  if (visible(text)) return text;
  throw Failure(400, std::string(name) + "_invalid",
                '"' + std::string(name) + "\" must be printable ASCII without spaces",
                "Send letters, digits and punctuation, or null to remove it.");
}

std::optional<std::optional<std::string>> read_label(const http::Input& input,
                                                     std::string_view name) {
  if (!input.has(name)) return std::nullopt;
  auto label = input.optional_text(name, label_limit);
  if (label) require_visible(name, *label);
  return label;
}

std::optional<std::vector<std::string>> read_default_scopes(const json::Value& value) {
  if (value.is(json::Kind::null)) return std::nullopt;
  std::vector<std::string> scopes;
  for (const json::Value& item : value.items()) {
    const std::string& scope = item.as_string();
    if (!item.is(json::Kind::string) || !auth::valid_scope(scope) ||
        scope.find('*') != scope.npos) {
      throw Failure(errors::default_scopes_invalid);
    }
    if (std::ranges::find(scopes, scope) == scopes.end()) scopes.push_back(scope);
  }
  if (!value.is(json::Kind::array) || scopes.size() > most_default_scopes) {
    throw Failure(errors::default_scopes_invalid);
  }
  return scopes;
}

/// What removes a claim needs no leave.
void require_claims(const json::Value& claims, std::string_view allowed_names) {
  if (claims.is(json::Kind::null)) return;
  if (!claims.is(json::Kind::object)) throw Failure(errors::custom_claims_invalid);
  const auto allowed = parse_claim_names(allowed_names).value_or(std::vector<std::string>());
  for (const auto& [name, value] : claims.members()) {
    if (value.is(json::Kind::null)) continue;
    if (!auth::valid_claim_value(value)) throw Failure(errors::custom_claims_invalid);
    if (std::ranges::find(allowed, name) == allowed.end()) {
      throw Failure(errors::custom_claim_not_allowed);
    }
  }
}

}  // namespace

ScopeRequest read_scope_request(const json::Value& body) {
  const http::Input input(body, {"client_id", "scope_name"});
  ScopeRequest request{.client_id = input.text("client_id", id_limit),
                       .scope = input.text("scope_name", scope_limit)};
  require_scope_token(request.scope);
  return request;
}

Registration read_registration(const json::Value& body, const egress::Guard& guard) {
  const http::Input input(
      body,
      {"service_name", "description", "kind", "thresholds", "token_endpoint_auth_method", "jwks",
       "jwks_uri", "tls_client_auth_subject_dn", "tls_client_auth_san_dns",
       "tls_client_auth_san_uri", "tls_client_certificate_sha256", "dpop_bound_access_tokens"});
  Registration wanted{
      .name = input.text("service_name", name_limit),
      .description = input.optional_text("description", description_limit).value_or(""),
      .agent = {},
      .authentication = {}};
  const std::string kind = input.optional_text("kind", id_limit).value_or("service");
  if (kind != "service" && kind != "agent") throw Failure(errors::kind_invalid);
  if (kind == "agent") wanted.agent.emplace();
  if (const auto* thresholds = body.find("thresholds")) {
    if (!wanted.agent) throw Failure(errors::not_an_agent);
    wanted.agent = read_thresholds(*thresholds).applied_to(*wanted.agent);
  }
  apply(read_authentication_change(input, guard), wanted.authentication);
  return wanted;
}

ServiceChange read_service_change(const json::Value& body, const egress::Guard& guard,
                                  std::string_view claim_names) {
  const http::Input input(
      body,
      {"description", "tenant_id", "system_id", "env", "audiences", "token_seconds",
       "default_scopes", "custom_claims", "thresholds", "token_endpoint_auth_method", "jwks",
       "jwks_uri", "tls_client_auth_subject_dn", "tls_client_auth_san_dns",
       "tls_client_auth_san_uri", "tls_client_certificate_sha256", "dpop_bound_access_tokens"});
  ServiceChange change;
  if (input.has("description")) {
    change.description = input.optional_text("description", description_limit).value_or("");
  }
  if (input.has("tenant_id")) change.tenant_id.emplace(input.optional_text("tenant_id", id_limit));
  change.system_id = read_label(input, "system_id");
  change.env = read_label(input, "env");
  if (input.has("audiences")) {
    change.audiences = input.optional_texts("audiences", most_audiences, audience_limit)
                           .value_or(std::vector<std::string>());
    for (const std::string& audience : *change.audiences) require_visible("audiences", audience);
  }
  if (input.has("token_seconds")) {
    std::optional<std::chrono::seconds> lifetime;
    const auto seconds = input.optional_integer("token_seconds", shortest_token, longest_token);
    if (seconds) lifetime = std::chrono::seconds(*seconds);
    change.token_lifetime = lifetime;
  }
  if (input.has("default_scopes")) {
    change.default_scopes.emplace(read_default_scopes(*body.find("default_scopes")));
  }
  if (const auto* claims = body.find("custom_claims")) {
    require_claims(*claims, claim_names);
    change.custom_claims = *claims;
  }
  if (const auto* thresholds = body.find("thresholds")) {
    change.thresholds = read_thresholds(*thresholds);
  }
  change.authentication = read_authentication_change(input, guard);
  return change;
}

}  // namespace gatehouse::services
