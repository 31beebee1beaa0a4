#include "core/settings.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <map>

#include "core/claim_names.h"
#include "core/spans.h"

using namespace gatehouse;             // NOLINT
using namespace std::chrono_literals;  // NOLINT

namespace {

class File {
 public:
  explicit File(std::string_view text) {
    std::string name = (std::filesystem::temp_directory_path() / "settings-XXXXXX").string();
    const int fd = mkstemp(name.data());
    BOOST_REQUIRE(fd >= 0);
    close(fd);
    path_ = name;
    std::ofstream(path_) << text;
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

using Environment = std::map<std::string, std::string>;

Settings load(std::string_view text, const Environment& environment = {}) {
  const File file(text);
  return load_settings(file.path(), [&](const char* name) -> const char* {
    const auto found = environment.find(name);
    return found == environment.end() ? nullptr : found->second.c_str();
  });
}

std::string refusal(std::string_view text, const Environment& environment = {}) {
  try {
    load(text, environment);
  } catch (const SettingsError& error) {
    return error.what();
  }
  return "accepted";
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(absent_file_means_defaults) {
  const Settings settings =
      load_settings("/nonexistent/gatehouse.conf", [](const char*) { return nullptr; });
  BOOST_TEST(settings.issuer == "http://localhost:8080");
  BOOST_TEST(settings.argon2_memory_kib == 19456);
}

BOOST_AUTO_TEST_CASE(file_sets_every_kind_of_value) {
  const Settings settings = load(
      "# a comment\n\n"
      "issuer = https://id.example.com   # the public one\r\n"
      "  prepared_statements=false\n"
      "threads = 8\n"
      "database_timeout = 2s\n"
      "cache_refresh = 100\n"
      "user_token_lifetime = 12h\n"
      "service_token_lifetime = 120\n"
      "database = host=db password=a#b=c dbname=x");
  BOOST_TEST(settings.issuer == "https://id.example.com");
  BOOST_TEST(!settings.prepared_statements);
  BOOST_TEST(settings.threads == 8);
  BOOST_TEST((settings.database_timeout == 2000ms));
  BOOST_TEST((settings.cache_refresh == 100ms));
  BOOST_TEST((settings.user_token_lifetime == 12h));
  BOOST_TEST((settings.service_token_lifetime == 120s));
  BOOST_TEST(settings.database == "host=db password=a#b=c dbname=x");
}

BOOST_AUTO_TEST_CASE(environment_wins_over_the_file) {
  const Environment environment = {{"GATEHOUSE_THREADS", " 3 "}, {"GATEHOUSE_LOG_LEVEL", "debug"}};
  const Settings settings = load("threads = 8\n", environment);
  BOOST_TEST(settings.threads == 3);
  BOOST_TEST(settings.log_level == "debug");
}

BOOST_AUTO_TEST_CASE(refusal_names_file_line_setting_and_remedy) {
  const std::string what = refusal("# one\nthreads = many\n");
  BOOST_TEST(contains(what, ":2: threads must be a whole number from 0 to 1024"), what);
  BOOST_TEST(contains(what, "correct the value"), what);
}

BOOST_AUTO_TEST_CASE(refusal_names_the_environment_variable) {
  const std::string what = refusal("", {{"GATEHOUSE_CACHE_REFRESH", "soon"}});
  BOOST_TEST(contains(what,
                      "environment variable GATEHOUSE_CACHE_REFRESH: cache_refresh must be "
                      "milliseconds from 10 to 10000"),
             what);
}

BOOST_AUTO_TEST_CASE(unknown_setting_is_refused) {
  BOOST_TEST(contains(refusal("thraeds = 1\n"), ":1: there is no setting \"thraeds\""));
}

BOOST_AUTO_TEST_CASE(setting_given_twice_is_refused) {
  BOOST_TEST(contains(refusal("threads = 1\nthreads = 2\n"), ":2: threads is set twice"));
}

BOOST_AUTO_TEST_CASE(line_without_equals_sign_is_refused) {
  BOOST_TEST(contains(refusal("threads 4\n"), ":1: expected `name = value`"));
}

BOOST_AUTO_TEST_CASE(values_out_of_bounds_are_refused) {
  for (const char* const line : {"threads = -1",
                                 "threads = 1025",
                                 "threads = 99999999999999999999",
                                 "threads = 0x10",
                                 "threads = 4 5",
                                 "threads =",
                                 "threads = 4s",
                                 "service_token_lifetime = 0",
                                 "service_token_lifetime = 2d",
                                 "service_token_lifetime = 1500ms",
                                 "service_token_lifetime = 5 weeks",
                                 "database_timeout = 9223372036854775807d",
                                 "database_timeout = -1s",
                                 "hashing_queue = 0",
                                 "argon2_memory_kib = 8",
                                 "prepared_statements = yes",
                                 "signing_algorithm = none",
                                 "signing_algorithm = es256",
                                 "tenant_signup = maybe",
                                 "log_level = loud",
                                 "request_log = some",
                                 "database =",
                                 "audience =",
                                 "keyring_file ="}) {
    BOOST_TEST(contains(refusal(line), " must be "), line);
  }
}

BOOST_AUTO_TEST_CASE(issuer_must_be_a_plain_url) {
  for (const char* const value :
       {"", "localhost", "ftp://x", "https://", "https:///x", "https://x/", "https://x?a",
        "https://x#a", "https://user@x", "https://x y"}) {
    BOOST_TEST(contains(refusal(std::string("issuer = ") + value), "issuer must be"), value);
  }
  BOOST_TEST(load("issuer = https://id.example.com/t1").issuer == "https://id.example.com/t1");
}

BOOST_AUTO_TEST_CASE(allowlist_takes_addresses_and_networks) {
  const std::string good = "127.0.0.1, 10.0.0.0/8,::1 ,fd00::/8";
  BOOST_TEST(load("tenant_signup_allowlist = " + good).tenant_signup_allowlist == good);
  for (const char* const value : {"localhost", "10.0.0.0/33", "::1/129", "10.0.0.0/", "10.0.0.0/-1",
                                  "10.0.0.0/8x", "10.0.0.0,", ",", "10.0.0"}) {
    BOOST_TEST(contains(refusal(std::string("tenant_signup_allowlist = ") + value), "must be"),
               value);
  }
}

BOOST_AUTO_TEST_CASE(egress_networks_cannot_be_everything) {
  const std::string good = "10.0.0.0/8, 192.168.1.7,fc00::/7";
  BOOST_TEST(load("egress_allow_cidrs = " + good).egress_allow_cidrs == good);
  for (const char* const value : {"0.0.0.0/0", "10.0.0.0/7", "::/0", "fc00::/6", "intranet"}) {
    BOOST_TEST(contains(refusal(std::string("egress_allow_cidrs = ") + value), "must be"), value);
  }
}

BOOST_AUTO_TEST_CASE(egress_ports_and_sockets_are_numbers) {
  BOOST_TEST(load("egress_ports = 443, 8000-8999").egress_ports == "443, 8000-8999");
  for (const char* const value : {"", "0", "65536", "443-", "-443", "9-8", "443,,80", "https"}) {
    BOOST_TEST(contains(refusal(std::string("egress_ports = ") + value), "must be"), value);
  }
  const std::string good = "192.0.2.1:443, [2001:db8::1]:8443";
  BOOST_TEST(load("egress_own_sockets = " + good).egress_own_sockets == good);
  for (const char* const value : {"192.0.2.1", "2001:db8::1:443", "[192.0.2.1]:443", "[]:1",
                                  "db.example:5432", "192.0.2.1:0", ":443"}) {
    BOOST_TEST(contains(refusal(std::string("egress_own_sockets = ") + value), "must be"), value);
  }
}

BOOST_AUTO_TEST_CASE(times_of_retries_are_spans_with_units) {
  BOOST_TEST(load("webhook_retries = 250ms, 1m,36m").webhook_retries == "250ms, 1m,36m");
  BOOST_TEST(load("webhook_retries =").webhook_retries.empty());
  std::string many = "1s";
  for (int i = 0; i < 20; ++i) many += ",1s";
  for (const std::string& value :
       std::vector<std::string>{"10", "0s", "-1s", "1s,", ",", "1s;2s", "1 s", "31d", "1y",
                                "99999999999999999999s", "9223372036854775807d", many}) {
    BOOST_TEST(contains(refusal("webhook_retries = " + value), "must be"), value);
  }
}

BOOST_AUTO_TEST_CASE(spans_are_read_in_their_order) {
  using Spans = std::vector<std::chrono::milliseconds>;
  BOOST_TEST((parse_spans("10s, 60s,6m,36m,216m") == Spans{10s, 60s, 6min, 36min, 216min}));
  BOOST_TEST((parse_spans(" 1ms ,2h,30d") == Spans{1ms, 2h, 720h}));
  BOOST_TEST((parse_spans(" ") == Spans{}));
  BOOST_TEST(!parse_spans("1s 2s"));
}

BOOST_AUTO_TEST_CASE(claims_of_clients_are_names_that_nobody_else_gives_a_meaning_to) {
  for (const char* good :
       {"", "department", "a, b,c", "https://example.com/level", "cost_center"}) {
    BOOST_TEST(gatehouse::parse_claim_names(good).has_value(), good);
  }
  BOOST_TEST((gatehouse::parse_claim_names("a, b,c") == std::vector<std::string>{"a", "b", "c"}));
  for (const char* bad : {"sub", "iss", "a,sub", "scope", "tenant", "clientId", "cnf", "act", ",",
                          "a,", "a,,b", "a,a", "two words", "quo\"te", "back\\slash", " "}) {
    BOOST_TEST(!gatehouse::parse_claim_names(bad).has_value(), bad);
  }
  BOOST_TEST(!gatehouse::parse_claim_names(std::string(65, 'a')).has_value());
}

BOOST_AUTO_TEST_CASE(allowlist_signup_needs_a_list) {
  BOOST_TEST(contains(refusal("tenant_signup = allowlist"), "needs tenant_signup_allowlist"));
  BOOST_TEST(load("tenant_signup=allowlist\ntenant_signup_allowlist=::1").tenant_signup ==
             "allowlist");
}

BOOST_AUTO_TEST_CASE(caches_are_refreshed_before_they_are_stale) {
  BOOST_TEST(
      contains(refusal("cache_refresh = 500\ncache_max_stale = 400"), "cache_max_stale must not"));
}

BOOST_AUTO_TEST_CASE(no_refusal_shows_the_value) {
  const std::string what = refusal("database =\n", {{"GATEHOUSE_THREADS", "hunter2"}});
  BOOST_TEST(!contains(what, "hunter2"));
  BOOST_TEST(!contains(refusal("", {{"GATEHOUSE_THREADS", "hunter2"}}), "hunter2"));
}

BOOST_AUTO_TEST_CASE(directory_is_no_settings_file) {
  BOOST_CHECK_THROW(load_settings("/", [](const char*) { return nullptr; }), SettingsError);
}

BOOST_AUTO_TEST_CASE(defaults_as_described_are_accepted_and_change_nothing) {
  std::string file;
  for (const SettingInfo& row : describe_settings()) {
    BOOST_TEST(!row.help.empty());
    file += std::string(row.name) + " = " + row.default_value + "\n";
  }
  BOOST_TEST(!file.empty());
  const Settings settings = load(file);
  BOOST_TEST((settings.jwks_max_age == Settings().jwks_max_age));
  BOOST_TEST((settings.cache_max_stale == Settings().cache_max_stale));
  BOOST_TEST(settings.database == Settings().database);
}
