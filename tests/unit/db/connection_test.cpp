#include <boost/test/unit_test.hpp>
#include <thread>

#include "database.h"
#include "unreliable_proxy.h"

using namespace gatehouse;
using namespace std::chrono_literals;
using test::UnreliableProxy;

namespace {

constexpr db::Statement pid{"test_pid", "SELECT pg_backend_pid() AS pid"};
constexpr db::Statement nap{"test_nap", "SELECT pg_sleep($1::float8)"};
constexpr db::Statement bump{"test_bump",
                             "UPDATE epochs SET value = value + 1 WHERE topic = 'clients'"};
constexpr db::Statement epoch{"test_epoch", "SELECT value FROM epochs WHERE topic = 'clients'"};
constexpr db::Statement divide{"test_divide", "SELECT 1 / $1::int AS result"};

std::int64_t epoch_now() {
  return test::count("SELECT value AS count FROM epochs WHERE topic = 'clients'");
}

db::ConnectionOptions superuser_through(const UnreliableProxy& proxy) {
  return {proxy.conninfo("owner") + " user=postgres options='-c search_path=gatehouse'", true,
          1500ms};
}

void terminate(std::int64_t backend) {
  test::execute("SELECT pg_terminate_backend(" + std::to_string(backend) + ", 5000)");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(connection)

BOOST_AUTO_TEST_CASE(a_refused_statement_leaves_the_connection_usable) {
  db::Connection connection(test::options("tokens"));
  const auto backend = connection.read(db::Scope::none(), pid).integer(0, "pid");
  for (int round = 0; round < 3; ++round) {
    BOOST_CHECK_EXCEPTION(connection.read(db::Scope::tenant("t"), divide, {0}), db::StatementError,
                          [](const auto& error) { return error.sqlstate() == "22012"; });
    BOOST_TEST(connection.read(db::Scope::tenant("t"), divide, {1}).integer(0, "result") == 1);
  }
  BOOST_TEST(connection.read(db::Scope::none(), pid).integer(0, "pid") == backend);
}

BOOST_AUTO_TEST_CASE(errors_do_not_quote_values) {
  db::Connection connection(test::options("tokens"));
  constexpr db::Statement cast{"test_cast", "SELECT $1::text::int"};
  BOOST_CHECK_EXCEPTION(connection.read(db::Scope::none(), cast, {"hunter2"}), db::StatementError,
                        [](const auto& error) {
                          return error.sqlstate() == "22P02" &&
                                 std::string(error.what()).find("hunter2") == std::string::npos;
                        });
}

BOOST_AUTO_TEST_CASE(nul_in_text_is_refused_and_nothing_of_its_pipeline_remains) {
  db::Connection connection(test::options("tokens"));
  constexpr db::Statement echo{
      "test_echo", "SELECT $1::text AS echo, current_setting('app.tenant', true) AS tenant"};
  BOOST_CHECK_EXCEPTION(
      connection.read(db::Scope::tenant("t1"), echo, {std::string_view("a\0b", 3)}),
      db::StatementError, [](const auto& error) { return error.sqlstate() == "22021"; });
  const auto row = connection.read(db::Scope::none(), echo, {"next"});
  BOOST_TEST(row.text(0, "echo") == "next");
  BOOST_TEST(row.text(0, "tenant") == "");
}

BOOST_AUTO_TEST_CASE(works_without_prepared_statements) {
  auto options = test::options("tokens");
  options.prepared_statements = false;
  db::Connection connection(options);
  for (int round = 0; round < 2; ++round) {
    BOOST_TEST(connection.read(db::Scope::tenant("t"), divide, {1}).integer(0, "result") == 1);
  }
  constexpr db::Statement prepared{"test_prepared",
                                   "SELECT count(*) AS count FROM pg_prepared_statements"};
  BOOST_TEST(connection.read(db::Scope::none(), prepared).integer(0, "count") == 0);
}

BOOST_AUTO_TEST_CASE(each_statement_is_prepared_once) {
  db::Connection connection(test::options("tokens"));
  for (int round = 0; round < 3; ++round) connection.read(db::Scope::tenant("t"), divide, {1});
  constexpr db::Statement prepared{"test_prepared",
                                   "SELECT count(*) AS count FROM pg_prepared_statements"};
  BOOST_TEST(connection.read(db::Scope::none(), prepared).integer(0, "count") == 3);
}

BOOST_AUTO_TEST_CASE(application_name_is_the_role) {
  db::Connection connection(test::options("users"));
  constexpr db::Statement name{"test_name", "SELECT current_setting('application_name') AS name"};
  BOOST_TEST(connection.read(db::Scope::none(), name).text(0, "name") == "gatehouse_users");
}

BOOST_AUTO_TEST_CASE(a_slow_statement_is_cut_off_by_the_server) {
  db::Connection connection(test::options("tokens"));
  const auto backend = connection.read(db::Scope::none(), pid).integer(0, "pid");
  const auto start = std::chrono::steady_clock::now();
  BOOST_CHECK_THROW(connection.write(db::Scope::none(), nap, {"5"}), db::Unavailable);
  BOOST_TEST((std::chrono::steady_clock::now() - start < 1400ms));
  BOOST_TEST(connection.read(db::Scope::none(), pid).integer(0, "pid") == backend);
  BOOST_TEST((connection.take_time_spent() >= 900ms));
  BOOST_TEST(connection.take_time_spent().count() == 0);
}

BOOST_AUTO_TEST_CASE(a_silent_server_costs_no_more_than_the_timeout) {
  UnreliableProxy proxy;
  db::Connection connection({proxy.conninfo("tokens"), true, 300ms});
  connection.read(db::Scope::none(), epoch);
  proxy.next(UnreliableProxy::Fault::silence);
  const auto start = std::chrono::steady_clock::now();
  BOOST_CHECK_THROW(connection.read(db::Scope::none(), epoch), db::Unavailable);
  BOOST_TEST((std::chrono::steady_clock::now() - start < 450ms));
  BOOST_CHECK_THROW(connection.read(db::Scope::none(), epoch),
                    db::Unavailable);  // does not answer a new one either
  proxy.next(UnreliableProxy::Fault::none);
}

BOOST_AUTO_TEST_CASE(an_unreachable_server_is_not_asked_again_within_the_pause) {
  db::Connection connection(
      {"host=/nonexistent dbname=gatehouse user=gatehouse_tokens", true, 1000ms});
  const auto start = std::chrono::steady_clock::now();
  bool paused = false;
  for (int round = 0; round < 50; ++round) {
    try {
      connection.read(db::Scope::none(), epoch);
      BOOST_FAIL("connected to nothing");
    } catch (const db::Unavailable& error) {
      paused = paused || std::string(error.what()).find("a moment ago") != std::string::npos;
    }
  }
  BOOST_TEST(paused);
  BOOST_TEST((std::chrono::steady_clock::now() - start < 500ms));
}

BOOST_AUTO_TEST_CASE(an_idle_connection_that_was_terminated_is_replaced_before_use) {
  db::Connection connection(test::superuser());
  const auto backend = connection.read(db::Scope::none(), pid).integer(0, "pid");
  terminate(backend);
  const auto before = epoch_now();
  connection.write(db::Scope::none(), bump);
  BOOST_TEST(epoch_now() == before + 1);
}

BOOST_AUTO_TEST_CASE(a_read_is_repeated_when_its_connection_is_lost) {
  UnreliableProxy proxy;
  for (const auto fault :
       {UnreliableProxy::Fault::cut_request, UnreliableProxy::Fault::cut_answer}) {
    db::Connection connection({proxy.conninfo("tokens"), true, 1500ms});
    connection.read(db::Scope::none(), epoch);
    const int before = proxy.connections();
    proxy.next(fault);
    BOOST_TEST(connection.read(db::Scope::none(), epoch).rows() == 1);
    BOOST_TEST(proxy.connections() == before + 1);
  }
}

BOOST_AUTO_TEST_CASE(a_write_whose_answer_is_lost_is_in_doubt_and_not_repeated) {
  UnreliableProxy proxy;
  db::Connection connection(superuser_through(proxy));
  connection.read(db::Scope::none(), epoch);
  const auto before = epoch_now();
  proxy.next(UnreliableProxy::Fault::cut_answer);
  BOOST_CHECK_THROW(connection.write(db::Scope::none(), bump), db::InDoubt);
  BOOST_TEST(epoch_now() == before + 1);
  connection.read(db::Scope::none(), epoch);
  proxy.next(UnreliableProxy::Fault::cut_request);
  BOOST_CHECK_THROW(connection.write(db::Scope::none(), bump), db::InDoubt);
  BOOST_TEST(epoch_now() == before + 1);
  connection.write(db::Scope::none(), bump);
  BOOST_TEST(epoch_now() == before + 2);
}

BOOST_AUTO_TEST_CASE(a_write_that_the_server_ended_itself_is_not_in_doubt) {
  auto options = test::superuser();
  db::Connection connection(options);
  const auto backend = connection.read(db::Scope::none(), pid).integer(0, "pid");
  std::thread killer([backend] {
    while (test::count(
               "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND pid = " +
               std::to_string(backend)) == 0) {
    }
    terminate(backend);
  });
  BOOST_CHECK_THROW(connection.write(db::Scope::none(), nap, {"10"}), db::Unavailable);
  killer.join();
}

BOOST_AUTO_TEST_CASE(copied_fields_arrive_as_they_were) {
  db::Connection connection(test::options("tokens"));
  const std::string text = "tab\tline\nreturn\rback\\slash \\N \\. \xc3\xa4";
  std::string line;
  const auto marker = test::unique("jti");
  db::copy_field(line, text);
  line += "\tservice\t";
  db::copy_field(line, marker);
  line += "\tnow\tnow\t\n";
  connection.copy("token_issuance(client_id, kind, jti, at, expires_at, scope)", line);
  BOOST_TEST(connection.read(db::Scope::none(), epoch).rows() == 1);  // pipelines work again
  db::Connection reader(test::superuser());
  constexpr db::Statement find{"test_find", "SELECT client_id FROM token_issuance WHERE jti = $1"};
  BOOST_TEST(reader.read(db::Scope::none(), find, {marker}).text(0, "client_id") == text);
}

BOOST_AUTO_TEST_CASE(a_large_copy_arrives_whole_and_a_wrong_one_not_at_all) {
  db::Connection connection(test::options("tokens"));
  const auto client = test::unique("svc");
  std::string lines;
  for (int row = 0; row < 40000; ++row)
    lines += client + "\tservice\tj\tnow\tnow\tsome scopes of some length\n";
  connection.copy("token_issuance(client_id, kind, jti, at, expires_at, scope)", lines);
  const std::string counted =
      "SELECT count(*) FROM token_issuance WHERE client_id = '" + client + "'";
  BOOST_TEST(test::count(counted) == 40000);
  BOOST_CHECK_THROW(connection.copy("token_issuance(client_id, kind, jti, at, expires_at, scope)",
                                    lines + "too few\n"),
                    db::StatementError);
  BOOST_CHECK_THROW(connection.copy("nowhere(x)", lines), db::StatementError);
  BOOST_TEST(test::count(counted) == 40000);
  BOOST_TEST(connection.read(db::Scope::none(), epoch).rows() == 1);
}

BOOST_AUTO_TEST_SUITE_END()
