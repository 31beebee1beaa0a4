#include "services/routes.h"

#include "fixture.h"

namespace gatehouse::services {
namespace {

using http::Method;

struct Admin : Fixture {
  std::string admin = make_service({"internal:admin"});
  std::string bearer = token(admin, "internal:admin");

  http::Response post(std::string_view path, const std::string& body = {}) {
    return call(Method::post, path, bearer, body);
  }
  json::Value get(std::string_view target) {
    const http::Response response = call(Method::get, target, bearer);
    BOOST_REQUIRE_MESSAGE(response.status == 200, response.body);
    return json::parse(response.body);
  }
  std::int64_t audit_rows(const std::string& event, const std::string& id) {
    return count("SELECT count(*) FROM sys_audit_logs WHERE event = '" + event +
                 "' AND resource_id = '" + id + "' AND outcome = 'success'");
  }
};

std::string scope_body(const std::string& id, const std::string& scope) {
  return R"({"client_id":")" + id + R"(","scope_name":")" + scope + R"("})";
}

BOOST_FIXTURE_TEST_CASE(anybody_registers_and_is_told_the_secret_once, Admin) {
  const http::Response response =
      call(Method::post, "/v1/internal/services/register", {},
           R"({"service_name":"Service A","description":"Internal service A"})");
  BOOST_TEST(response.status == 201);
  const json::Value body = json::parse(response.body);
  std::vector<std::string> names;
  for (const auto& [name, value] : body.members()) names.push_back(name);
  const std::vector<std::string> expected{"client_id",   "client_secret", "service_name",
                                          "description", "created_at",    "message",
                                          "warning"};
  BOOST_TEST(names == expected, boost::test_tools::per_element());
  BOOST_TEST(text_of(body, "message") == "Service registered successfully");
  BOOST_TEST(text_of(body, "warning") ==
             "Please save the client_secret securely. It will not be shown again.");
  BOOST_TEST(text_of(body, "client_secret").starts_with("secret_"));
  const bool not_stored = std::ranges::any_of(response.headers, [](const http::Header& header) {
    return header.name == "Cache-Control" && header.value == "no-store";
  });
  BOOST_TEST(not_stored);
  BOOST_TEST(audit_rows("service.registered", text_of(body, "client_id")) == 1);
}

BOOST_FIXTURE_TEST_CASE(description_may_be_left_out, Admin) {
  const http::Response response =
      call(Method::post, "/v1/internal/services/register", {}, R"({"service_name":"Service A"})");
  BOOST_TEST(response.status == 201);
  BOOST_TEST(text_of(json::parse(response.body), "description") == "");
}

BOOST_FIXTURE_TEST_CASE(bad_registrations_are_refused, Admin) {
  const auto refused = [&](const std::string& body) {
    const auto response = call(Method::post, "/v1/internal/services/register", {}, body);
    BOOST_TEST(response.status == 400, body);
    return code_of(response);
  };
  BOOST_TEST(refused("{}") == "service_name_required");
  BOOST_TEST(refused(R"({"service_name":7})") == "service_name_invalid");
  BOOST_TEST(refused(R"({"service_name":"a","scopes":["internal:admin"]})") == "unknown_member");
  BOOST_TEST(refused(R"({"service_name":"a","tenant_id":"tnt_x"})") == "unknown_member");
  BOOST_TEST(refused(R"({"service_name":")" + std::string(201, 'a') + "\"}") ==
             "service_name_too_long");
}

BOOST_FIXTURE_TEST_CASE(scope_is_granted_asked_for_and_revoked, Admin) {
  const std::string id = make_service();
  const std::string body = scope_body(id, "user:read");
  const auto check = [&] { return post("/v1/internal/services/check-permission", body).body; };
  BOOST_TEST(check() == R"({"has_permission":false})");
  BOOST_TEST(post("/v1/internal/services/grant-scope", body).body ==
             R"({"message":"Scope granted successfully"})");
  BOOST_TEST(check() == R"({"has_permission":true})");
  BOOST_TEST(post("/v1/internal/services/revoke-scope", body).body ==
             R"({"message":"Scope revoked successfully"})");
  BOOST_TEST(check() == R"({"has_permission":false})");
  BOOST_TEST(audit_rows("service.scope_granted", id) == 1);
  BOOST_TEST(audit_rows("service.scope_revoked", id) == 1);
}

BOOST_FIXTURE_TEST_CASE(unknown_client_is_404_and_leaves_no_audit_row, Admin) {
  const std::string id = make_id("svc_", now());
  for (const std::string_view path :
       {"/v1/internal/services/grant-scope", "/v1/internal/services/revoke-scope"}) {
    const auto response = post(path, scope_body(id, "user:read"));
    BOOST_TEST(response.status == 404);
    BOOST_TEST(text_of(json::parse(response.body), "error") == "client not found");
  }
  BOOST_TEST(audit_rows("service.scope_granted", id) == 0);
}

BOOST_FIXTURE_TEST_CASE(scope_that_is_no_scope_token_is_400, Admin) {
  const auto response =
      post("/v1/internal/services/grant-scope", scope_body(make_service(), "user:read user:write"));
  BOOST_TEST(response.status == 400);
  BOOST_TEST(code_of(response) == "scope_name_invalid");
}

BOOST_FIXTURE_TEST_CASE(any_service_may_check_but_only_an_admin_manages, Admin) {
  const std::string id = make_service({"user:read"});
  const std::string plain = token(id, "user:read");
  const std::string body = scope_body(id, "user:read");
  BOOST_TEST(call(Method::post, "/v1/internal/services/check-permission", plain, body).status ==
             200);
  for (const http::Route& route : pipeline.routes()) {
    if (route.access.scope().empty()) continue;
    std::string path(route.path);
    if (const auto at = path.find(":client_id"); at != path.npos) path.replace(at, 10, id);
    const std::string_view sent = route.body == http::Body::none ? std::string_view() : body;
    BOOST_TEST(call(route.method, path, plain, sent).status == 403, path);
    BOOST_TEST(call(route.method, path, {}, sent).status == 401, path);
  }
}

BOOST_FIXTURE_TEST_CASE(admin_of_one_tenant_manages_nothing_here, Admin) {
  const std::string id = make_service({"internal:admin"});
  const std::string bound = token(id, "internal:admin"), tenant = make_tenant();
  BOOST_TEST(call(Method::patch, "/v1/internal/services/" + id, bearer,
                  R"({"tenant_id":")" + tenant + "\"}")
                 .status == 200);
  for (const http::Route& route : pipeline.routes()) {
    if (route.access.scope().empty()) continue;
    std::string path(route.path);
    if (const auto at = path.find(":client_id"); at != path.npos) path.replace(at, 10, id);
    const auto response = call(route.method, path, bound,
                               route.body == http::Body::none ? "" : R"({"tenant_id":null})");
    BOOST_TEST(response.status == 403, path);
    BOOST_TEST(code_of(response) == "platform_service_required", path);
  }
}

BOOST_FIXTURE_TEST_CASE(lists_page_by_cursor, Admin) {
  const auto [first, second] = make_two_services();
  for (const std::string_view path : {"/v1/internal/services", "/api/internal/admin/services"}) {
    const auto page = get(std::string(path) + "?limit=1&cursor=" + before(first));
    const auto& services = page.find("services")->items();
    BOOST_REQUIRE(services.size() == 1U);
    BOOST_TEST(text_of(services.front(), "client_id") == first);
    BOOST_TEST(text_of(page, "next_cursor") == first);
    const auto last = get(std::string(path) + "?cursor=" + first);
    BOOST_TEST(text_of(last.find("services")->items().front(), "client_id") == second);
    BOOST_TEST(text_of(last, "next_cursor") == "(absent)");
  }
}

BOOST_FIXTURE_TEST_CASE(only_the_admin_list_shows_status_and_scopes, Admin) {
  const std::string id = make_service({"a", "b"});
  const auto plain = get("/v1/internal/services?limit=1&cursor=" + before(id));
  BOOST_TEST(plain.find("services")->items().front().members().size() == 5U);
  const auto full = get("/api/internal/admin/services?limit=1&cursor=" + before(id));
  const json::Value& service = full.find("services")->items().front();
  BOOST_TEST(text_of(service, "status") == "active");
  BOOST_TEST(service.find("scopes")->items().size() == 2U);
}

BOOST_FIXTURE_TEST_CASE(disabled_service_is_refused_and_enabled_one_is_not, Admin) {
  const std::string id = make_service();
  const std::string own = token(id, "");
  const auto works = [&] {
    return call(Method::post, "/v1/internal/services/check-permission", own, scope_body(id, "a"))
        .status;
  };
  BOOST_TEST(works() == 200);
  const auto response = post("/v1/internal/services/" + id + "/disable");
  BOOST_TEST(text_of(json::parse(response.body), "status") == "disabled");
  BOOST_TEST(works() == 401);
  BOOST_TEST(post("/v1/internal/services/" + id + "/enable").status == 200);
  BOOST_TEST(works() == 200);
  BOOST_TEST(audit_rows("service.disabled", id) == 1);
  BOOST_TEST(audit_rows("service.enabled", id) == 1);
}

BOOST_FIXTURE_TEST_CASE(revoked_tokens_stop_working, Admin) {
  const std::string id = make_service();
  const std::string own = token(id, "");
  BOOST_TEST(post("/v1/internal/services/" + id + "/revoke-tokens").status == 200);
  const auto response =
      call(Method::post, "/v1/internal/services/check-permission", own, scope_body(id, "a"));
  BOOST_TEST(response.status == 401);
  BOOST_TEST(code_of(response) == "client_not_active");
  BOOST_TEST(audit_rows("service.tokens_revoked", id) == 1);
}

BOOST_FIXTURE_TEST_CASE(change_says_which_members_changed_but_not_what_they_are, Admin) {
  const std::string id = make_service();
  const auto change = [&](const std::string& body) {
    return call(Method::patch, "/v1/internal/services/" + id, bearer, body);
  };
  const auto response = change(R"({"env":"prod","token_seconds":600,"audiences":["a"]})");
  BOOST_TEST(response.status == 200);
  BOOST_TEST(text_of(json::parse(response.body), "env") == "prod");
  BOOST_TEST(count("SELECT count(*) FROM sys_audit_logs WHERE event = 'service.changed' AND "
                   "resource_id = '" +
                   id + R"(' AND detail = '{"members": ["env", "token_seconds", "audiences"]}')") ==
             1);
  const auto removed = json::parse(change(R"({"env":null,"token_seconds":null})").body);
  BOOST_TEST(removed.find("env") == nullptr);
  BOOST_TEST(removed.find("token_seconds") == nullptr);

  BOOST_TEST(code_of(change("{}")) == "nothing_to_change");
  BOOST_TEST(code_of(change(R"({"token_seconds":59})")) == "token_seconds_invalid");
  BOOST_TEST(code_of(change(R"({"token_seconds":3601})")) == "token_seconds_invalid");
  BOOST_TEST(code_of(change(R"({"env":""})")) == "env_invalid");
  BOOST_TEST(code_of(change(R"({"env":"a b"})")) == "env_invalid");
  BOOST_TEST(code_of(change(R"({"audiences":["a b"]})")) == "audiences_invalid");
  BOOST_TEST(code_of(change(R"({"status":"disabled"})")) == "unknown_member");
  BOOST_TEST(code_of(change(R"({"tenant_id":"tnt_x"})")) == "tenant_not_found");
}

BOOST_FIXTURE_TEST_CASE(logs_are_a_bare_array_that_a_header_continues, Admin) {
  const std::string id = make_service();
  const std::string own = token(id, "");
  for (int i = 0; i < 3; ++i) {
    call(Method::post, "/v1/internal/services/check-permission", own, scope_body(id, "a"));
  }
  journals.flush(database);
  const std::string path = "/v1/internal/services/" + id + "/logs";
  const auto first = call(Method::get, path + "?limit=2", bearer);
  const json::Value entries = json::parse(first.body);
  BOOST_REQUIRE(entries.items().size() == 2U);
  std::vector<std::string> names;
  for (const auto& [name, value] : entries.items().front().members()) names.push_back(name);
  const std::vector<std::string> expected{"id",         "client_id",   "endpoint",
                                          "method",     "status_code", "response_time_ms",
                                          "ip_address", "user_agent",  "created_at"};
  BOOST_TEST(names == expected, boost::test_tools::per_element());
  BOOST_TEST(text_of(entries.items().front(), "endpoint") ==
             "/v1/internal/services/check-permission");
  BOOST_REQUIRE(first.headers.size() == 1U);
  BOOST_TEST(first.headers.front().name == "X-Next-Cursor");
  const auto rest = call(Method::get, path + "?cursor=" + first.headers.front().value, bearer);
  BOOST_TEST(json::parse(rest.body).items().size() == 1U);
  BOOST_TEST(rest.headers.empty());
  BOOST_TEST(get(path + "?limit=50&offset=2").items().size() == 1U);
  for (const std::string_view query :
       {"?limit=0", "?limit=1001", "?offset=-1", "?cursor=x", "?x=1"}) {
    BOOST_TEST(call(Method::get, path + std::string(query), bearer).status == 400, query);
  }
}

BOOST_FIXTURE_TEST_CASE(statistics_have_the_members_of_the_document, Admin) {
  const std::string path = "/v1/internal/services/" + make_service() + "/statistics";
  const auto body = get(path + "?since=24h");
  std::vector<std::string> names;
  for (const auto& [name, value] : body.members()) names.push_back(name);
  const std::vector<std::string> expected{"client_id",         "since",       "total_requests",
                                          "avg_response_time", "error_count", "success_rate"};
  BOOST_TEST(names == expected, boost::test_tools::per_element());
  BOOST_TEST(code_of(call(Method::get, path + "?since=31d", bearer)) == "since_invalid");
}

BOOST_FIXTURE_TEST_CASE(clean_up_by_request_is_audited, Admin) {
  const auto rows = [&] {
    return count("SELECT count(*) FROM sys_audit_logs WHERE event = 'tokens.cleaned_up'");
  };
  const std::int64_t before = rows();
  BOOST_TEST(post("/v1/internal/services/cleanup-tokens").body ==
             R"({"message":"Expired tokens cleaned up successfully"})");
  BOOST_TEST(rows() == before + 1);
}

}  // namespace
}  // namespace gatehouse::services
