#include <thread>

#include "fixture.h"
#include "services/errors.h"

namespace gatehouse::services {
namespace {

using http::Method;

/// Counts begin anew with the hour, which must not happen within a test.
void keep_clear_of_the_hours_end(Time now) {
  const Time end = std::chrono::ceil<std::chrono::hours>(now);
  if (end - now < std::chrono::seconds(15)) {
    std::this_thread::sleep_until(end + std::chrono::milliseconds(100));
  }
}

struct Agents : Fixture {
  Agents() { keep_clear_of_the_hours_end(now()); }

  std::string admin = token(make_service({"internal:admin"}), "internal:admin");

  std::string make_agent(const auth::Thresholds& thresholds = {}) {
    return commit([&](db::Transaction& transaction) {
             return register_service(transaction, keyring, "an agent", "", now(), thresholds);
           })
        .service.client_id;
  }
  http::Response enroll(const std::string& rest) {
    return call(Method::post, "/v1/internal/services/register", {},
                R"({"service_name":"Bot")" + rest + "}");
  }
  http::Response change(const std::string& id, const std::string& thresholds) {
    return call(Method::patch, "/v1/internal/services/" + id, admin,
                R"({"thresholds":)" + thresholds + "}");
  }
  /// How many audit rows and how many events tell that of the agent.
  std::string told(const std::string& id, const std::string& code) {
    const auto number = [&](const std::string& sql) { return std::to_string(count(sql)); };
    return number("SELECT count(*) FROM sys_audit_logs WHERE event = '" + code +
                  "' AND actor_kind = 'agent' AND resource_id = '" + id + "'") +
           ' ' +
           number("SELECT count(*) FROM events WHERE type = '" + code +
                  "' AND data->>'client_id' = '" + id + "'");
  }
  static std::string header_of(const http::Response& response, std::string_view name) {
    for (const http::Header& header : response.headers) {
      if (header.name == name) return std::string(header.value);
    }
    return {};
  }
  /// Names of `max_per_call` with their numbers, and the three thresholds, as stored.
  std::string stored(const std::string& id) {
    const Service service = find(id);
    json::Writer out;
    auth::write_thresholds(out, service.agent->thresholds);
    return out.take();
  }
};

BOOST_FIXTURE_TEST_SUITE(services_that_are_agents, Agents)

BOOST_AUTO_TEST_CASE(an_agent_that_states_none_has_thresholds) {
  const http::Response made = enroll(R"(,"kind":"agent")");
  BOOST_REQUIRE_MESSAGE(made.status == 201, made.body);
  const json::Value body = json::parse(made.body);
  BOOST_TEST(text_of(body, "kind") == "agent");
  const std::string usual =
      R"({"calls_per_hour":1000,"writes_per_hour":100,"rate_per_minute":60,"max_per_call":{"rows":500}})";
  BOOST_TEST(json::to_text(*body.find("thresholds")) == usual);
  BOOST_TEST(stored(text_of(body, "client_id")) == usual);
  BOOST_TEST(count("SELECT count(*) FROM sys_audit_logs WHERE event = 'service.registered'"
                   " AND detail->>'kind' = 'agent' AND detail->'thresholds'->>'calls_per_hour' ="
                   " '1000' AND resource_id = '" +
                   text_of(body, "client_id") + "'") == 1);
}

BOOST_AUTO_TEST_CASE(an_agent_may_state_some_of_them) {
  const http::Response made = enroll(
      R"(,"kind":"agent","thresholds":{"writes_per_hour":0,"max_per_call":{"rows":50,"files":1}})");
  BOOST_REQUIRE_MESSAGE(made.status == 201, made.body);
  BOOST_TEST(
      stored(text_of(json::parse(made.body), "client_id")) ==
      R"({"calls_per_hour":1000,"writes_per_hour":0,"rate_per_minute":60,"max_per_call":{"files":1,"rows":50}})");
}

BOOST_AUTO_TEST_CASE(bad_registrations_of_agents_are_refused) {
  const std::pair<const char*, const char*> bad[] = {
      {R"(,"kind":"robot")", "kind_invalid"},
      {R"(,"kind":7)", "kind_invalid"},
      {R"(,"thresholds":{})", "not_an_agent"},
      {R"(,"kind":"service","thresholds":{})", "not_an_agent"},
      {R"(,"kind":"agent","thresholds":null)", "thresholds_invalid"},
      {R"(,"kind":"agent","thresholds":{"calls_per_day":1})", "unknown_member"},
      {R"(,"kind":"agent","thresholds":{"calls_per_hour":0})", "calls_per_hour_invalid"},
      {R"(,"kind":"agent","thresholds":{"calls_per_hour":1000001})", "calls_per_hour_invalid"},
      {R"(,"kind":"agent","thresholds":{"writes_per_hour":-1})", "writes_per_hour_invalid"},
      {R"(,"kind":"agent","thresholds":{"rate_per_minute":1.5})", "rate_per_minute_invalid"},
      {R"(,"kind":"agent","thresholds":{"max_per_call":[]})", "max_per_call_invalid"},
      {R"(,"kind":"agent","thresholds":{"max_per_call":{"Rows":1}})", "max_per_call_invalid"},
      {R"(,"kind":"agent","thresholds":{"max_per_call":{"rows":"1"}})", "max_per_call_invalid"},
  };
  for (const auto& [rest, code] : bad) BOOST_TEST(code_of(enroll(rest)) == code, rest);
  std::string many = R"(,"kind":"agent","thresholds":{"max_per_call":{)";
  for (int i = 0; i < 16; ++i) many += "\"n" + std::to_string(i) + "\":1,";
  many.back() = '}';
  BOOST_TEST(code_of(enroll(many + "}")) == "max_per_call_invalid");
}

BOOST_AUTO_TEST_CASE(a_change_touches_the_thresholds_that_it_names) {
  const std::string id = make_agent({.calls_per_hour = 10, .writes_per_hour = 5});
  BOOST_TEST(change(id, R"({"calls_per_hour":20,"max_per_call":{"rows":null,"files":3}})").status ==
             200);
  BOOST_TEST(
      stored(id) ==
      R"({"calls_per_hour":20,"writes_per_hour":5,"rate_per_minute":60,"max_per_call":{"files":3}})");
  BOOST_TEST(change(id, R"({"writes_per_hour":null})").status == 200);
  BOOST_TEST(find(id).agent->thresholds.writes_per_hour == 100);
  BOOST_TEST(count("SELECT count(*) FROM sys_audit_logs WHERE event = 'service.changed' AND"
                   " detail->'thresholds'->>'calls_per_hour' = '20' AND resource_id = '" +
                   id + "'") == 2);
}

BOOST_AUTO_TEST_CASE(a_service_has_no_thresholds_and_becomes_no_agent) {
  const std::string id = make_service();
  BOOST_TEST(code_of(change(id, R"({"calls_per_hour":20})")) == "not_an_agent");
  BOOST_TEST(!find(id).agent);
}

BOOST_AUTO_TEST_CASE(the_lists_say_which_are_agents) {
  const std::string agent = make_agent(), service = make_service();
  const auto entry = [&](const std::string& list, const std::string& id) {
    const auto response = call(Method::get, list + "?limit=1&cursor=" + before(id), admin);
    return json::to_text(json::parse(response.body).find("services")->items().at(0));
  };
  const std::string listed = entry("/v1/internal/services", agent);
  BOOST_TEST(listed.find(R"("kind":"agent")") != listed.npos);
  BOOST_TEST(entry("/v1/internal/services", service).find(R"("kind":"service")") != listed.npos);
  const std::string full = entry("/api/internal/admin/services", agent);
  BOOST_TEST(full.find(R"("killed":false,"thresholds":{"calls_per_hour":1000,)") != full.npos);
  BOOST_TEST(entry("/api/internal/admin/services", service).find("thresholds") == full.npos);
}

BOOST_AUTO_TEST_CASE(an_agent_never_manages_what_holds_it_back) {
  const std::string agent = make_agent();
  const auto granted = [&](const std::string& scope) {
    return call(Method::post, "/v1/internal/services/grant-scope", admin,
                R"({"client_id":")" + agent + R"(","scope_name":")" + scope + R"("})");
  };
  BOOST_TEST(code_of(granted("internal:admin")) == "agent_cannot_manage");
  BOOST_TEST(granted("user:read").status == 200);
  BOOST_TEST(find(agent).scopes.size() == 1U);
}

BOOST_AUTO_TEST_CASE(the_database_knows_no_agent_without_thresholds) {
  const std::string agent = make_agent(), service = make_service();
  BOOST_CHECK_THROW(
      execute("UPDATE services SET kind = 'agent' WHERE client_id = '" + service + "'"),
      db::StatementError);
  BOOST_CHECK_THROW(
      execute("UPDATE services SET calls_per_hour = NULL WHERE client_id = '" + agent + "'"),
      db::StatementError);
}

BOOST_AUTO_TEST_CASE(what_an_agent_does_is_recorded_as_an_agents) {
  const std::string agent = make_agent(), bearer = token(agent, "");
  BOOST_TEST(call(Method::get, "/v1/internal/services", bearer).status == 403);
  journals.flush(database);
  BOOST_TEST(count("SELECT count(*) FROM sys_audit_logs WHERE actor_id = '" + agent +
                   "' AND actor_kind = 'agent' AND outcome = 'failure'") == 1);
}

BOOST_AUTO_TEST_CASE(calls_are_refused_beyond_the_threshold_and_told_of_once) {
  const std::string agent = make_agent({.calls_per_hour = 10}), bearer = token(agent, "");
  const std::string body = R"({"client_id":"svc_x","scope_name":"x"})";
  const auto ask = [&] {
    return call(Method::post, "/v1/internal/services/check-permission", bearer, body);
  };
  for (int i = 1; i <= 10; ++i) {
    BOOST_TEST(ask().status == 200);
    BOOST_TEST(told(agent, "agent.threshold_warning") == (i < 8 ? "0 0" : "1 1"));
  }
  BOOST_TEST(told(agent, "agent.threshold_reached") == "0 0");
  for (int i = 0; i < 3; ++i) {
    const http::Response refused = ask();
    BOOST_TEST(refused.status == 429);
    BOOST_TEST(code_of(refused) == "agent_threshold_reached");
    BOOST_TEST(refused.body.find("\\\"agent_calls\\\" of 10 calls per hour") != refused.body.npos);
    BOOST_TEST(header_of(refused, "RateLimit-Policy") == "\"agent_calls\";q=10;w=3600");
    BOOST_TEST(header_of(refused, "RateLimit").starts_with("\"agent_calls\";r=0;t="));
    const int wait = std::stoi(header_of(refused, "Retry-After"));
    BOOST_TEST((wait >= 1 && wait <= 3600));
  }
  BOOST_TEST(told(agent, "agent.threshold_reached") == "1 1");
  BOOST_TEST(count("SELECT count(*) FROM events WHERE type = 'agent.threshold_reached' AND"
                   " data->>'client_id' = '" +
                   agent +
                   "' AND data->>'policy' = 'agent_calls' AND data->>'limit' = '10' AND"
                   " data->>'used' = '10' AND (data->>'starts_anew_at')::timestamptz ="
                   " date_trunc('hour', now()) + interval '1 hour'") == 1);
}

BOOST_AUTO_TEST_CASE(a_higher_threshold_counts_at_once) {
  const std::string agent = make_agent({.calls_per_hour = 1}), bearer = token(agent, "");
  const auto status = [&] { return call(Method::get, "/v1/internal/services", bearer).status; };
  BOOST_TEST(status() == 403);
  BOOST_TEST(status() == 429);
  BOOST_TEST(change(agent, R"({"calls_per_hour":2})").status == 200);
  BOOST_TEST(status() == 403);
  BOOST_TEST(status() == 429);
}

BOOST_AUTO_TEST_CASE(an_agent_asks_for_no_more_rows_than_it_may_have) {
  // The list is the administrators', so this one was given the scope behind the API's back.
  const std::string agent = make_agent({.max_per_call = {{"rows", 2}}});
  execute("INSERT INTO service_scopes (client_id, scope, granted_by) VALUES ('" + agent +
          "', 'internal:admin', 'a test')");
  const std::string bearer = token(agent, "internal:admin");
  for (int i = 0; i < 4; ++i) make_service();
  const auto list = [&](const std::string& query) {
    return call(Method::get, "/v1/internal/services" + query, bearer);
  };
  BOOST_TEST(json::parse(list("").body).find("services")->items().size() == 2U);
  BOOST_TEST(json::parse(list("?limit=1").body).find("services")->items().size() == 1U);
  const http::Response refused = list("?limit=3");
  BOOST_TEST(refused.status == 403);
  BOOST_TEST(code_of(refused) == "agent_maximum_exceeded");
  BOOST_TEST(text_of(json::parse(refused.body), "error") ==
             "this agent may have at most 2 rows in one call");
  journals.flush(database);
  BOOST_TEST(count("SELECT count(*) FROM sys_audit_logs WHERE reason = 'agent_maximum_exceeded' AND"
                   " actor_kind = 'agent' AND actor_id = '" +
                   agent + "'") == 1);
  BOOST_TEST(call(Method::get, "/v1/internal/services?limit=1000", admin).status == 200);
}

BOOST_AUTO_TEST_CASE(writes_that_are_refused_leave_nothing_and_reads_go_on) {
  const std::string agent = make_agent({.writes_per_hour = 2});
  execute("INSERT INTO service_scopes (client_id, scope, granted_by) VALUES ('" + agent +
          "', 'internal:admin', 'a test')");
  const std::string bearer = token(agent, "internal:admin"), id = make_service();
  const auto grant_it = [&](const std::string& scope) {
    return call(Method::post, "/v1/internal/services/grant-scope", bearer,
                R"({"client_id":")" + id + R"(","scope_name":")" + scope + R"("})");
  };
  BOOST_TEST(grant_it("a").status == 200);
  BOOST_TEST(told(agent, "agent.threshold_warning") == "0 0");
  BOOST_TEST(grant_it("not a scope").status == 400);
  BOOST_TEST(grant_it("b").status == 200);
  BOOST_TEST(told(agent, "agent.threshold_warning") == "1 1");
  for (int i = 0; i < 2; ++i) {
    const http::Response refused = grant_it("c");
    BOOST_TEST(code_of(refused) == "agent_threshold_reached");
    BOOST_TEST(header_of(refused, "RateLimit-Policy") == "\"agent_writes\";q=2;w=3600");
  }
  BOOST_TEST(told(agent, "agent.threshold_reached") == "1 1");
  BOOST_TEST(find(id).scopes.size() == 2U);
  BOOST_TEST(count("SELECT count(*) FROM sys_audit_logs WHERE event = 'service.scope_granted' AND"
                   " actor_kind = 'agent' AND actor_id = '" +
                   agent + "'") == 2);
  BOOST_TEST(call(Method::get, "/v1/internal/services?limit=1", bearer).status == 200);
}

BOOST_AUTO_TEST_CASE(an_agent_that_may_not_write_is_told_so_once) {
  const std::string agent = make_agent({.writes_per_hour = 0});
  execute("INSERT INTO service_scopes (client_id, scope, granted_by) VALUES ('" + agent +
          "', 'internal:admin', 'a test')");
  const std::string bearer = token(agent, "internal:admin"), id = make_service();
  for (int i = 0; i < 2; ++i) {
    BOOST_TEST(code_of(call(Method::post, "/v1/internal/services/" + id + "/disable", bearer)) ==
               "agent_threshold_reached");
  }
  BOOST_TEST(find(id).status == "active");
  BOOST_TEST(told(agent, "agent.threshold_warning") == "0 0");
  BOOST_TEST(told(agent, "agent.threshold_reached") == "1 1");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace gatehouse::services
