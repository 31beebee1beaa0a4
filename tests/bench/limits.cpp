// What the functions' limits add to a token: processor time of the pipeline for POST /oauth/token
// with and without them, in this process. What FastCGI and nginx cost is left out, which makes
// their part larger than a client sees. BENCH_AUTHORIZATION holds a client's credentials as the
// header has them.
#include <cstdlib>
#include <ctime>
#include <memory>
#include <stdexcept>

#include "core/settings.h"
#include "core/time.h"
#include "crypto/keyring.h"
#include "http/pipeline.h"
#include "rounds.h"
#include "tokens/routes.h"

using namespace gatehouse;

namespace {

constexpr int requests = 4000;

double processor_microseconds() {
  timespec spent{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return 1e6 * double(spent.tv_sec) + 1e-3 * double(spent.tv_nsec);
}

}  // namespace

int main(int argc, char** argv) {
  const char* credentials = std::getenv("BENCH_AUTHORIZATION");
  if (credentials == nullptr) throw std::runtime_error("BENCH_AUTHORIZATION is not set");
  const Settings settings = load_settings(std::getenv("GATEHOUSE_CONFIG"),
                                          [](const char* name) { return std::getenv(name); });
  const SystemClock clock;
  const crypto::Keyring keyring = crypto::Keyring::load(settings.keyring_file);
  auth::Authenticator authenticator(settings, keyring, true);
  const idempotency::Records answers(keyring, settings.idempotency_retention);
  audit::Journals journals(static_cast<std::size_t>(settings.journal_entries));
  const limits::Policies policies = limits::Policies::load(settings.limits_file);
  http::Gate gate(policies, static_cast<std::size_t>(settings.cache_entries));
  fcgi::Platform platform{settings, clock, keyring, authenticator, journals, policies};
  const auto options = db::connection_options(settings, "gatehouse_tokens");
  db::Connection housekeeping(options);
  const http::Pipeline bare(tokens::routes(platform), {authenticator, answers, journals, clock});
  const http::Pipeline limited(tokens::routes(platform),
                               {authenticator, answers, journals, clock, &gate});

  const http::Request request{.method = http::Method::post,
                              .path = "/oauth/token",
                              .content_type = "application/x-www-form-urlencoded",
                              .authorization = credentials,
                              .user_agent = "bench",
                              .body = "grant_type=client_credentials",
                              .remote_address = "127.0.0.1",
                              .trace_id = "4bf92f3577b34da6a3ce929d0e0e4736",
                              .request_id = "req_4bf92f3577b34da6a3ce929d0e0e4736"};
  const auto round = [&](http::Worker& worker) {
    authenticator.epochs().refresh(housekeeping);
    journals.flush(housekeeping);
    const double began = processor_microseconds();
    for (int i = 0; i < requests; ++i) {
      if (worker.serve(request).status != 200) throw std::runtime_error("no token");
    }
    return (processor_microseconds() - began) / requests;
  };
  const auto without = bare.make_worker(options), with = limited.make_worker(options);
  bench::compare(
      argc > 1 ? std::atoi(argv[1]) : 41, [&] { return round(*without); },
      [&] { return round(*with); });
}
