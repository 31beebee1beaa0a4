#include "limits/policies.h"

#include <boost/test/unit_test.hpp>

namespace gatehouse::limits {

using namespace std::chrono_literals;

namespace {

const std::string least =
    "limit default 200/s 400 400/s 800\nfailures 60/m 60\ndelay login 3 1s 15m\n";

Policies parse(const std::string& more) {
  return Policies::parse(least + more, "limits.conf");
}

/// The error of a file with this line, "" if it is accepted.
std::string error_of(const std::string& line) {
  try {
    parse(line);
    return {};
  } catch (const PolicyError& error) {
    return error.what();
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(policies)

BOOST_AUTO_TEST_CASE(each_kind_of_line_is_read) {
  const Policies all = parse(
      "limit login 120/m 60 20/h 100  # why\n\nlimit open 5/s 5 -\nlimit inner - 7/d 1\n"
      "quota audit_export 24/d\nconnections 512 dry_run\n");
  const Policy& login = *all.find("login");
  BOOST_TEST(login.address->count == 120);
  BOOST_TEST((login.address->window == 60s));
  BOOST_TEST(login.address->burst == 60);
  BOOST_TEST(login.caller->count == 20);
  BOOST_TEST((login.caller->window == 1h));
  BOOST_TEST(login.header == "\"login\";q=100;w=18000");
  BOOST_TEST(!login.dry_run);
  BOOST_TEST(!all.find("open")->caller);
  BOOST_TEST(!all.find("inner")->address);
  BOOST_TEST((all.find("inner")->caller->window == 24h));
  BOOST_TEST(all.find("nothing") == nullptr);
  BOOST_TEST(all.quota("audit_export")->most == 24);
  BOOST_TEST((all.quota("audit_export")->window == 24h));
  BOOST_TEST(all.failures().rate.count == 60);
  BOOST_TEST(all.login_delay().free == 3);
  BOOST_TEST((all.login_delay().most == 15min));
}

BOOST_AUTO_TEST_CASE(dry_run_is_of_one_line_or_of_all) {
  const Policies one = parse("limit login 1/s 1 1/s 1 dry_run\n");
  BOOST_TEST(one.find("login")->dry_run);
  BOOST_TEST(!one.find("default")->dry_run);
  BOOST_TEST(!one.login_delay().dry_run);
  const Policies all = parse("dry_run\nquota export 1/h\n");
  BOOST_TEST(all.find("default")->dry_run);
  BOOST_TEST(all.failures().dry_run);
  BOOST_TEST(all.login_delay().dry_run);
  BOOST_TEST(all.quota("export")->dry_run);
}

BOOST_AUTO_TEST_CASE(what_is_not_understood_is_refused_with_its_line) {
  for (const char* line : {"limit",
                           "limit a",
                           "limit A 1/s 1 1/s 1",
                           "limit a 1/s",
                           "limit a 1/s 1",
                           "limit a 1/s 0 -",
                           "limit a 0/s 1 -",
                           "limit a 1/x 1 -",
                           "limit a 1 1 -",
                           "limit a 1/h 1 -",
                           "limit a -1/s 1 -",
                           "limit a 1/s 1 - -",
                           "limit a 1/s 1 1/d 32",
                           "limit a 9999999/s 1 -",
                           "limit default 1/s 1 -",
                           "failures 1/s 1",
                           "failures -",
                           "connections",
                           "connections 0",
                           "connections 65536",
                           "connections 5/s",
                           "delay login 3 1s 15m",
                           "quota a 1/s",
                           "quota a",
                           "quota a 0/d",
                           "rate a 1/s",
                           "limit a 1/s 1 1/s 1 dryrun"}) {
    BOOST_TEST(error_of(line).starts_with("limits.conf:4: "), line);
  }
}

BOOST_AUTO_TEST_CASE(a_file_without_what_is_always_needed_is_refused) {
  for (const char* text : {"", "failures 1/s 1\ndelay login 3 1s 1m", "limit default 1/s 1 -"}) {
    BOOST_CHECK_THROW(Policies::parse(text, "limits.conf"), PolicyError);
  }
  BOOST_CHECK_THROW(Policies::parse("limit default - -\nfailures 1/s 1\ndelay login 3 1s 1m", "f"),
                    PolicyError);
  BOOST_CHECK_THROW(Policies::load("/nowhere/limits.conf"), PolicyError);
}

BOOST_AUTO_TEST_CASE(the_limits_that_are_built_in_are_good) {
  BOOST_TEST(Policies::shipped().find("login") != nullptr);
  BOOST_TEST(Policies::shipped().quota("audit_export") != nullptr);
  for (const Policy& policy : Policies::shipped().all()) BOOST_TEST(!policy.dry_run);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace gatehouse::limits
