#include "system/routes.h"

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstdlib>
#include <string>

#include "fcgi/program.h"
#include "http/pipeline.h"
#include "json/parse.h"

namespace gatehouse::system {
namespace {

using namespace std::chrono_literals;

/// The function as a process has it; `conninfo` replaces the database of the settings.
struct Process {
  explicit Process(const std::string& conninfo = {})
      : settings(
            load_settings(std::getenv("GATEHOUSE_CONFIG"), [](const char*) { return nullptr; })),
        options(db::connection_options(settings, "gatehouse_system")) {
    if (!conninfo.empty()) options.conninfo = conninfo;
  }

  http::Response get(std::string_view path) {
    http::Request request;
    request.method = http::Method::get;
    request.path = path;
    db::Connection connection(options);
    return pipeline.serve(request, connection);
  }

  Settings settings;
  crypto::Keyring keyring = crypto::Keyring::load(settings.keyring_file);
  SystemClock clock;
  auth::Authenticator authenticator{settings, keyring, false};
  audit::Journals journals{1};
  fcgi::Platform platform{settings, clock, keyring, authenticator, journals};
  idempotency::Records answers{keyring, settings.idempotency_retention};
  http::Pipeline pipeline{routes(platform), {authenticator, answers, journals, clock}};
  db::ConnectionOptions options;
};

constexpr const char* nowhere = "host=/nonexistent dbname=gatehouse user=gatehouse_system";

std::string header(const http::Response& response, std::string_view name) {
  for (const http::Header& header : response.headers) {
    if (header.name == name) return header.value;
  }
  return "(absent)";
}

BOOST_AUTO_TEST_CASE(health_needs_no_database) {
  const auto response = Process(nowhere).get("/health");
  BOOST_TEST(response.status == 200);
  BOOST_TEST(response.body == R"({"status":"ok"})");
}

BOOST_AUTO_TEST_CASE(version_needs_no_database) {
  const auto response = Process(nowhere).get("/version");
  BOOST_TEST(response.status == 200);
  BOOST_TEST(response.body == R"({"version":")" GATEHOUSE_VERSION R"(","name":"gatehouse"})");
}

BOOST_AUTO_TEST_CASE(readiness_counts_the_migrations) {
  const auto response = Process().get("/health/ready");
  BOOST_TEST(response.status == 200);
  const json::Value body = json::parse(response.body);
  BOOST_TEST(body.find("status")->as_string() == "ok");
  BOOST_TEST(body.find("database")->as_string() == "ok");
  BOOST_TEST(body.find("migrations")->as_integer().value() >= 6);
}

BOOST_AUTO_TEST_CASE(readiness_without_a_database_is_503_in_time) {
  const auto began = std::chrono::steady_clock::now();
  const auto response = Process(nowhere).get("/health/ready");
  BOOST_TEST(response.status == 503);
  BOOST_TEST(header(response, "Retry-After") == "1");
  BOOST_TEST((std::chrono::steady_clock::now() - began < 2s));
}

BOOST_AUTO_TEST_CASE(readiness_of_a_database_that_was_not_set_up_is_503) {
  Process process;
  // Any database of the cluster that has no schema of ours.
  process.options.conninfo = process.settings.database + " dbname=postgres user=gatehouse_system";
  const auto response = process.get("/health/ready");
  BOOST_TEST(response.status == 503);
  BOOST_TEST(header(response, "Retry-After") == "1");
  BOOST_TEST(json::parse(response.body).find("code")->as_string() == "database_not_ready");
}

}  // namespace
}  // namespace gatehouse::system
