#include "fixture.h"
#include "services/errors.h"

namespace gatehouse::services {
namespace {

using http::Method;

struct Agents : Fixture {
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

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace gatehouse::services
