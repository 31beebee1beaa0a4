#include "auth/access.h"

#include <boost/test/unit_test.hpp>
#include <type_traits>

#include "http/route.h"

namespace gatehouse::auth {

// A row of a route table that names no rule must not compile: there is nothing to default to.
static_assert(!std::is_default_constructible_v<Access>);
static_assert(!std::is_default_constructible_v<http::Route>);

BOOST_AUTO_TEST_CASE(rule_admits_what_it_names_and_nothing_else) {
  const Access rule = Access::secret_key() | Access::service("internal:admin");
  BOOST_TEST(rule.admits(Credential::secret_key));
  BOOST_TEST(rule.admits(Credential::service_token));
  BOOST_TEST(!rule.admits(Credential::public_key));
  BOOST_TEST(!rule.admits(Credential::user_token));
  BOOST_TEST(!rule.admits(Credential::none));
  BOOST_TEST(rule.scope() == "internal:admin");
  BOOST_TEST(!rule.open());
}

BOOST_AUTO_TEST_CASE(open_rules_ask_the_pipeline_for_nothing) {
  BOOST_TEST(Access::anyone().open());
  BOOST_TEST(Access::client_secret().open());
  BOOST_TEST(Access::client_secret().by_client_secret());
  BOOST_TEST(!Access::anyone().by_client_secret());
}

}  // namespace gatehouse::auth
