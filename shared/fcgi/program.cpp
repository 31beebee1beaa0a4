#include "fcgi/program.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string>
#include <thread>

#include "audit/partitions.h"
#include "core/log.h"
#include "db/housekeeper.h"
#include "fcgi/arguments.h"
#include "fcgi/cgi.h"
#include "fcgi/server.h"
#include "http/pipeline.h"

namespace gatehouse::fcgi {
namespace {

using namespace std::chrono_literals;

log::Level log_level(const Settings& settings) {
  if (settings.log_level == "debug") return log::Level::debug;
  if (settings.log_level == "warn") return log::Level::warn;
  if (settings.log_level == "error") return log::Level::error;
  return log::Level::info;
}

/// All that lives as long as the process, in the order in which it is needed.
class Process {
 public:
  Process(const Function& function, Settings settings)
      : function_(function),
        settings_(std::move(settings)),
        keyring_(crypto::Keyring::load(settings_.keyring_file)),
        authenticator_(settings_, keyring_, function.signs_tokens),
        answers_(keyring_, settings_.idempotency_retention),
        journals_(static_cast<std::size_t>(settings_.journal_entries)),
        policies_(settings_.limits_file.empty() ? limits::Policies::shipped()
                                                : limits::Policies::load(settings_.limits_file)),
        gate_(policies_, static_cast<std::size_t>(settings_.cache_entries)),
        platform_{settings_, clock_, keyring_, authenticator_, journals_, policies_},
        database_(db::connection_options(settings_, "gatehouse_" + std::string(function.name))),
        pipeline_(function.routes(platform_), {authenticator_, answers_, journals_, clock_, &gate_,
                                               http::parse_request_log(settings_.request_log)}) {
    gate_.check(pipeline_.routes());
  }

  void serve_one_cgi_request() {
    serve_cgi(*pipeline_.make_worker(database_));
    db::Connection connection(database_);
    journals_.flush(connection);
    authenticator_.usage().flush(connection);
    log::flush(1s);
  }

  void run_job(const std::string& name) {
    db::Connection connection(database_);
    function_.jobs.at(name)(platform_, connection);
  }

  /// Until SIGTERM or SIGINT.
  void serve(int listener) {
    sigset_t stop_signals;
    sigemptyset(&stop_signals);
    sigaddset(&stop_signals, SIGTERM);
    sigaddset(&stop_signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);

    db::Housekeeper housekeeper(database_);
    if (authenticates()) look_after(housekeeper);
    housekeeper.every(250ms, "log", [](db::Connection&) { log::flush(); });

    Server server(server_options(listener), [this] { return pipeline_.make_worker(database_); });
    housekeeper.start();
    server.start();
    log::info("serving", {{"version", std::string_view(GATEHOUSE_VERSION)}});
    int signal = 0;
    sigwait(&stop_signals, &signal);
    log::info("stopping", {{"signal", std::int64_t{signal}}});
    server.stop();
    journals_.finish();
    housekeeper.stop();
    log::flush(1s);
  }

 private:
  /// Where everybody is let in, nothing is cached and nothing journalled.
  bool authenticates() const {
    return std::ranges::any_of(pipeline_.routes(),
                               [](const http::Route& route) { return !route.access.open(); });
  }

  void look_after(db::Housekeeper& housekeeper) {
    housekeeper.every(settings_.cache_refresh, "epochs", [this](db::Connection& connection) {
      authenticator_.epochs().refresh(connection);
    });
    housekeeper.every(settings_.cache_refresh, "journals",
                      [this](db::Connection& connection) { journals_.flush(connection); });
    housekeeper.every(10s, "usage", [this](db::Connection& connection) {
      authenticator_.usage().flush(connection);
    });
    housekeeper.every(1h, "partitions", [](db::Connection& connection) {
      connection.write(db::Scope::none(), audit::ensure_partitions);
    });
  }

  ServerOptions server_options(int listener) const {
    const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    bool hashes = false;
    for (const http::Route& route : pipeline_.routes()) hashes |= route.lane == http::Lane::hashing;
    const int hashing = settings_.hashing_threads > 0 ? settings_.hashing_threads : cores;
    return {.listener = listener,
            .threads = settings_.threads > 0 ? settings_.threads : 2 * cores,
            .hashing_threads = hashes ? hashing : 0,
            .hashing_queue = settings_.hashing_queue};
  }

  const Function& function_;
  const Settings settings_;
  const SystemClock clock_;
  const crypto::Keyring keyring_;
  auth::Authenticator authenticator_;
  const idempotency::Records answers_;
  audit::Journals journals_;
  const limits::Policies policies_;
  http::Gate gate_;
  Platform platform_;
  const db::ConnectionOptions database_;
  http::Pipeline pipeline_;
};

/// The route table needs no settings file and no keyring: it is asked for by tools.
void print_routes(const Function& function) {
  const Settings settings;
  const SystemClock clock;
  const crypto::Keyring keyring = crypto::Keyring::parse(crypto::Keyring::generate());
  auth::Authenticator authenticator(settings, keyring, false);
  audit::Journals journals(1);
  Platform platform{settings, clock, keyring, authenticator, journals};
  std::puts(describe_routes(function, function.routes(platform)).c_str());
}

/// A core dump would hold the pepper, sealing keys and whatever password was being checked.
void leave_no_core_dump() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0);
}

void start(const Function& function, const Arguments& arguments) {
  leave_no_core_dump();
  Settings settings =
      load_settings(arguments.settings_path, [](const char* name) { return std::getenv(name); });
  log::configure(function.name, log_level(settings));
  Process process(function, std::move(settings));
  if (arguments.action == Arguments::Action::job) return process.run_job(arguments.job);
  if (!arguments.listen.empty()) return process.serve(listen_on(arguments.listen));
  if (is_listener(STDIN_FILENO)) return process.serve(STDIN_FILENO);
  if (started_as_cgi()) return process.serve_one_cgi_request();
  throw UsageError("nothing to serve: fd 0 is no listening socket; see --listen");
}

}  // namespace

int run(const Function& function, int argc, char** argv) {
  // A web server passes a query without '=' as the command line of a CGI program (RFC 3875 §4.4).
  if (!is_listener(STDIN_FILENO) && started_as_cgi()) argc = std::min(argc, 1);
  try {
    const Arguments arguments = parse_arguments(function, argc, argv);
    switch (arguments.action) {
      case Arguments::Action::help:
        std::fputs(help_text(function).c_str(), stdout);
        break;
      case Arguments::Action::version:
        std::puts(GATEHOUSE_VERSION);
        break;
      case Arguments::Action::routes:
        print_routes(function);
        break;
      case Arguments::Action::serve:
      case Arguments::Action::job:
        start(function, arguments);
        break;
    }
    return 0;
  } catch (const UsageError& error) {
    std::fprintf(stderr, "gatehouse-%s: %s\n\n%s", std::string(function.name).c_str(), error.what(),
                 help_text(function).c_str());
    return 2;
  } catch (const SettingsError& error) {
    std::fprintf(stderr, "gatehouse-%s: %s\n", std::string(function.name).c_str(), error.what());
    return 2;
  } catch (const limits::PolicyError& error) {
    std::fprintf(stderr, "gatehouse-%s: %s\n", std::string(function.name).c_str(), error.what());
    return 2;
  } catch (const crypto::KeyringError& error) {
    std::fprintf(stderr, "gatehouse-%s: %s\n", std::string(function.name).c_str(), error.what());
    return 2;
  } catch (const db::Unavailable& error) {
    std::fprintf(stderr,
                 "gatehouse-%s: %s\nWhat was done so far stays done: run it again; if it fails "
                 "again, `gatehouse config check` says why.\n",
                 std::string(function.name).c_str(), error.what());
    return 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "gatehouse-%s: %s\n", std::string(function.name).c_str(), error.what());
    return 1;
  }
}

}  // namespace gatehouse::fcgi
