#include "http/gate.h"

#include <boost/test/unit_test.hpp>

#include "core/error.h"

namespace gatehouse::http {

namespace {

using auth::Credential;
using auth::Principal;

limits::Policies policies(const std::string& failures, const std::string& login = "1/d 2") {
  return limits::Policies::parse("limit default 1/s 1 1/d 2\nlimit login - " + login +
                                     "\nlimit free - -\nfailures " + failures +
                                     "\ndelay login 3 1s 15m\n",
                                 "limits.conf");
}

struct Fixture {
  const limits::Policies rules = policies("1/d 2");
  Gate gate{rules, 4096};

  static Route route(std::string_view policy) {
    return {.method = Method::post,
            .path = "/x",
            .handle = {},
            .access = auth::Access::anyone(),
            .rate = {policy}};
  }
  static Request from(std::string_view address, std::string_view authorization = {}) {
    Request request;
    request.remote_address = address;
    request.authorization = authorization;
    return request;
  }
  static Principal client(const std::string& id) {
    return {.credential = Credential::service_token, .client_id = id};
  }

  /// How many of ten are let through.
  static int admitted(Gate& gate, const Request& request, std::string_view policy,
                      const Principal& caller) {
    const Route to = route(policy);
    int count = 0;
    for (int i = 0; i < 10; ++i) {
      try {
        gate.admit(request, to, caller);
        ++count;
      } catch (const Failure& failure) {
        BOOST_TEST(failure.code() == "rate_limited");
      }
    }
    return count;
  }
  int admitted(const Request& request, std::string_view policy, const Principal& caller) {
    return admitted(gate, request, policy, caller);
  }
  int unauthorized(const Request& request, std::string_view claimed, bool guess = true) {
    int count = 0;
    for (int i = 0; i < 10; ++i) {
      try {
        gate.authentication_failed(request, claimed, guess);
        ++count;
      } catch (const Failure& failure) {
        BOOST_TEST(failure.code() == "too_many_failures");
      }
    }
    return count;
  }
  bool may_try(const Request& request) {
    try {
      gate.before_authentication(request);
      return true;
    } catch (const Failure&) {
      return false;
    }
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(gate_of_limits, Fixture)

BOOST_AUTO_TEST_CASE(callers_are_counted_by_their_id_wherever_they_are) {
  BOOST_TEST(admitted(from("192.0.2.1"), "login", client("a")) == 2);
  BOOST_TEST(admitted(from("192.0.2.2"), "login", client("a")) == 0);
  BOOST_TEST(admitted(from("192.0.2.1"), "login", client("b")) == 2);
  BOOST_TEST(admitted(from("192.0.2.1"), "default", client("a")) == 2);
}

BOOST_AUTO_TEST_CASE(a_public_key_is_counted_for_each_address) {
  const Principal key{.credential = Credential::public_key, .tenant_id = "t", .key_id = "k"};
  BOOST_TEST(admitted(from("192.0.2.1"), "login", key) == 2);
  BOOST_TEST(admitted(from("192.0.2.2"), "login", key) == 2);
}

BOOST_AUTO_TEST_CASE(strangers_are_counted_by_address_where_the_route_says_so) {
  BOOST_TEST(admitted(from("192.0.2.1"), "login", {}) == 2);
  BOOST_TEST(admitted(from("192.0.2.2"), "login", {}) == 2);
  BOOST_TEST(admitted(from("192.0.2.1"), "default", {}) == 10);
  BOOST_TEST(admitted(from("192.0.2.1"), "free", client("a")) == 10);
}

BOOST_AUTO_TEST_CASE(a_refusal_says_which_policy_and_how_long) {
  admitted(from("192.0.2.1"), "login", client("a"));
  try {
    gate.admit(from("192.0.2.1"), route("login"), client("a"));
    BOOST_FAIL("admitted");
  } catch (const Failure& failure) {
    BOOST_TEST(failure.status() == 429);
    BOOST_TEST((failure.retry_after().value() > std::chrono::hours(23)));
    const std::string seconds = std::to_string(failure.retry_after()->count());
    BOOST_REQUIRE(failure.headers().size() == 2U);
    BOOST_TEST(failure.headers()[0].second == "\"login\";q=2;w=172800");
    BOOST_TEST(failure.headers()[1].second == "\"login\";r=0;t=" + seconds);
  }
}

BOOST_AUTO_TEST_CASE(an_answer_tells_what_is_left_unless_the_policy_is_the_default) {
  const auto standing = gate.admit(from("192.0.2.1"), route("login"), client("a"));
  BOOST_REQUIRE(standing.has_value());
  BOOST_TEST(standing->policy == "\"login\";q=2;w=172800");
  BOOST_TEST(standing->rate.starts_with("\"login\";r=1;t="));
  BOOST_TEST(!gate.admit(from("192.0.2.1"), route("default"), client("a")).has_value());
}

BOOST_AUTO_TEST_CASE(wrong_credentials_are_counted_for_source_and_target) {
  BOOST_TEST(unauthorized(from("192.0.2.1"), "a") == 2);
  BOOST_TEST(unauthorized(from("192.0.2.1"), "b") == 2);
  BOOST_TEST(unauthorized(from("192.0.2.2"), "a") == 2);
  BOOST_TEST(unauthorized(from("2001:db8::1"), "a") == 2);
  BOOST_TEST(unauthorized(from("2001:db8::2"), "a") == 0);
  BOOST_TEST(unauthorized(from("::ffff:192.0.2.3"), "a") == 2);
  BOOST_TEST(unauthorized(from("192.0.2.3"), "a") == 0);
}

BOOST_AUTO_TEST_CASE(a_wrong_credential_is_not_looked_up_again_and_others_still_are) {
  const Request wrong = from("192.0.2.1", "Bearer wrong");
  BOOST_TEST(may_try(wrong));
  unauthorized(wrong, "");
  BOOST_TEST(!may_try(wrong));
  BOOST_TEST(may_try(from("192.0.2.1", "Bearer right")));
  BOOST_TEST(may_try(from("192.0.2.2", "Bearer wrong")));
  BOOST_TEST(admitted(from("192.0.2.1", "Bearer right"), "login", client("a")) == 2);
}

BOOST_AUTO_TEST_CASE(what_was_good_once_counts_against_itself_only) {
  BOOST_TEST(unauthorized(from("192.0.2.1", "Bearer old"), "", false) == 2);
  BOOST_TEST(unauthorized(from("192.0.2.1", "Bearer guess"), "") == 2);
}

BOOST_AUTO_TEST_CASE(a_dry_run_refuses_nobody) {
  const limits::Policies dry = policies("1/d 2 dry_run", "1/d 2 dry_run");
  Gate lenient(dry, 4096);
  BOOST_TEST(admitted(lenient, from("192.0.2.1"), "login", client("a")) == 10);
  for (int i = 0; i < 10; ++i) {
    const Request wrong = from("192.0.2.1", "Bearer wrong");
    BOOST_CHECK_NO_THROW(lenient.before_authentication(wrong));
    BOOST_CHECK_NO_THROW(lenient.authentication_failed(wrong, ""));
  }
}

BOOST_AUTO_TEST_CASE(an_agent_has_a_rate_of_its_own_besides) {
  Principal agent = client("a");
  agent.agent = std::make_shared<auth::Agent>(auth::Agent{.thresholds = {.rate_per_minute = 3}});
  const auto standing = gate.admit(from("192.0.2.1"), route("login"), agent);
  BOOST_REQUIRE(standing.has_value());
  BOOST_TEST(standing->policy == "\"login\";q=2;w=172800, \"agent_rate\";q=3;w=60");
  BOOST_TEST(standing->rate.ends_with("\"agent_rate\";r=2;t=20"));
  BOOST_TEST(admitted(from("192.0.2.1"), "free", agent) == 2);
  try {
    gate.admit(from("192.0.2.2"), route("free"), agent);
    BOOST_FAIL("admitted");
  } catch (const Failure& failure) {
    BOOST_TEST(failure.code() == "rate_limited");
    BOOST_TEST(failure.headers()[0].second == "\"agent_rate\";q=3;w=60");
  }
  BOOST_TEST(admitted(from("192.0.2.1"), "free", client("b")) == 10);
}

BOOST_AUTO_TEST_CASE(a_route_whose_policy_is_missing_is_found_at_start) {
  BOOST_CHECK_NO_THROW(gate.check({route("login"), route("default")}));
  BOOST_CHECK_THROW(gate.check({route("login"), route("unheard_of")}), limits::PolicyError);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace gatehouse::http
