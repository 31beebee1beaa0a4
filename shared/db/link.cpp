#include "db/link.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <random>

namespace gatehouse::db {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds first_pause{20};
constexpr milliseconds longest_pause{1000};

/// Half to all of `span`: a hundred threads that lost one server must not come back as one.
milliseconds jittered(milliseconds span) {
  thread_local std::minstd_rand random{std::random_device{}()};
  return milliseconds(
      std::uniform_int_distribution<std::int64_t>(span.count() / 2, span.count())(random));
}

bool ends_connection(const PGresult* result) {
  const char* severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  return severity && (!std::strcmp(severity, "FATAL") || !std::strcmp(severity, "PANIC"));
}

std::string first_line(const char* text) {
  std::string_view view(text ? text : "");
  return std::string(view.substr(0, view.find('\n')));
}

}  // namespace

Link::Link(const ConnectionOptions& options) : conninfo_(options.conninfo) {
  char* error = nullptr;
  std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(
      PQconninfoParse(conninfo_.c_str(), &error), &PQconninfoFree);
  std::unique_ptr<char, decltype(&PQfreemem)> owned(error, &PQfreemem);
  if (!parsed) throw std::invalid_argument("database: " + first_line(error));
  for (const auto* option = parsed.get(); option->keyword; ++option) {
    if (!option->val) continue;
    if (!std::strcmp(option->keyword, "user")) role_ = option->val;
    if (!std::strcmp(option->keyword, "options")) options_ = option->val;
  }
  // PgBouncer refuses start-up options. There the defaults that bootstrap.sql gives the roles must
  // do.
  if (options.prepared_statements) {
    options_ += " -c timezone=UTC -c datestyle=ISO,YMD -c bytea_output=hex";
  }
}

PGconn* Link::ready(Deadline deadline) {
  if (connection_ && !alive()) close();
  if (!connection_) open(deadline);
  return connection_.get();
}

void Link::close() noexcept {
  connection_.reset();
  prepared.clear();
  doomed_ = false;
}

void Link::lose(const std::string& why, bool answered) {
  close();
  throw Lost(why, answered);
}

void Link::refuse(const std::string& why) {
  close();
  pause_ = std::clamp(pause_ * 2, first_pause, longest_pause);
  not_before_ = Clock::now() + jittered(pause_);
  throw Unavailable("cannot connect to PostgreSQL: " + why);
}

void Link::open(Deadline deadline) {
  if (Clock::now() < not_before_) throw Unavailable("PostgreSQL could not be reached a moment ago");
  // dbname first: what follows it overrides the string it is expanded from.
  const char* keywords[] = {"dbname", "application_name", "options", "client_encoding", nullptr};
  const char* values[] = {conninfo_.c_str(), role_.c_str(), options_.c_str(), "UTF8", nullptr};
  connection_.reset(PQconnectStartParams(keywords, values, 1));
  if (!connection_) throw std::bad_alloc();
  PGconn* raw = connection_.get();
  if (PQstatus(raw) == CONNECTION_BAD) refuse(first_line(PQerrorMessage(raw)));
  PQsetNoticeReceiver(raw, &Link::on_notice, this);
  for (auto state = PGRES_POLLING_WRITING; state != PGRES_POLLING_OK; state = PQconnectPoll(raw)) {
    if (state == PGRES_POLLING_FAILED) refuse(first_line(PQerrorMessage(raw)));
    pollfd ready{PQsocket(raw), short(state == PGRES_POLLING_READING ? POLLIN : POLLOUT), 0};
    int found;
    do {
      found = ::poll(&ready, 1, int(deadline.left().count()));
    } while (found < 0 && errno == EINTR);
    if (found <= 0) refuse("no answer by the deadline");
  }
  if (PQsetnonblocking(raw, 1) != 0 || !PQenterPipelineMode(raw))
    refuse("libpq refuses pipeline mode");
  pause_ = milliseconds(0);
}

bool Link::alive() {
  PGconn* raw = connection_.get();
  pollfd ready{PQsocket(raw), POLLIN, 0};
  // An idle server says nothing but notices, changed parameters and good-bye.
  while (::poll(&ready, 1, 0) > 0) {
    if (!PQconsumeInput(raw)) return false;
    PQisBusy(raw);  // parses, so that a good-bye reaches on_notice
    if (doomed_) return false;
  }
  return PQstatus(raw) == CONNECTION_OK;
}

short Link::wait(short events, Deadline deadline) {
  pollfd ready{PQsocket(connection_.get()), events, 0};
  int found;
  do {
    found = ::poll(&ready, 1, int(deadline.left().count()));
  } while (found < 0 && errno == EINTR);
  if (found <= 0) lose("PostgreSQL did not answer by the deadline");
  return ready.revents;
}

void Link::flush(Deadline deadline) {
  PGconn* raw = connection_.get();
  for (;;) {
    const int left = PQflush(raw);
    if (left == 0) return;
    if (left < 0) lose(first_line(PQerrorMessage(raw)));
    // A server that is itself blocked on sending reads nothing until we do.
    if (wait(POLLIN | POLLOUT, deadline) & ~POLLOUT && !PQconsumeInput(raw)) {
      lose(first_line(PQerrorMessage(raw)));
    }
  }
}

PgResult Link::next(Deadline deadline) {
  PGconn* raw = connection_.get();
  while (PQisBusy(raw)) {
    wait(POLLIN, deadline);
    if (!PQconsumeInput(raw)) lose(first_line(PQerrorMessage(raw)));
  }
  PgResult result(PQgetResult(raw), &PQclear);
  if (result && ends_connection(result.get())) {
    lose(first_line(PQresultErrorMessage(result.get())), true);
  }
  if (PQstatus(raw) != CONNECTION_OK) lose(first_line(PQerrorMessage(raw)));
  return result;
}

PgResult Link::drain(Deadline deadline) {
  PgResult failed(nullptr, &PQclear);
  while (PgResult result = next(deadline)) {
    if (PQresultStatus(result.get()) == PGRES_FATAL_ERROR && !failed) failed = std::move(result);
  }
  return failed;
}

void Link::pipeline(bool on) {
  PGconn* raw = connection_.get();
  if (!(on ? PQenterPipelineMode(raw) : PQexitPipelineMode(raw)))
    lose(first_line(PQerrorMessage(raw)));
}

void Link::on_notice(void* link, const PGresult* notice) {
  if (ends_connection(notice)) static_cast<Link*>(link)->doomed_ = true;
}

}  // namespace gatehouse::db
