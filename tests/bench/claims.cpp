/// What it takes to find, claim and read the next deliveries, and to give them back: medians of
/// some rounds, in microseconds. The database is one that tests/bench/deliver.py has filled.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "core/ids.h"
#include "core/settings.h"
#include "core/time.h"
#include "db/connection.h"
#include "webhooks/queue_store.h"
#include "webhooks/result_store.h"

using namespace gatehouse;

namespace {

using std::chrono::steady_clock;

class Stopwatch {
 public:
  /// Microseconds since the last call of this.
  double lap() {
    const auto now = steady_clock::now();
    const double span = std::chrono::duration<double, std::micro>(now - last_).count();
    last_ = now;
    return span;
  }

 private:
  steady_clock::time_point last_ = steady_clock::now();
};

double median(std::vector<double>& of) {
  std::sort(of.begin(), of.end());
  return of[of.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  namespace store = webhooks::store;
  const auto rounds = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 101;
  const Settings settings = load_settings(std::getenv("GATEHOUSE_CONFIG"),
                                          [](const char* name) { return std::getenv(name); });
  db::Connection connection(db::connection_options(settings, "gatehouse_delivery"));
  const std::string worker = make_id("wrk_", SystemClock().now());
  std::vector<double> look, claim, read, give_back;
  std::size_t claimed_all = 0;
  for (std::size_t round = 0; round < rounds; ++round) {
    Stopwatch watch;
    const store::Waiting waiting = store::look(connection, "");
    look.push_back(watch.lap());
    const auto claimed = store::claim(
        connection, waiting.endpoints,
        {.worker = worker, .lease = std::chrono::seconds(60), .most = 128, .most_of_each = 64});
    claim.push_back(watch.lap());
    claimed_all += claimed.size();
    store::messages(connection, claimed);
    read.push_back(watch.lap());
    std::vector<store::Result> results;
    results.reserve(claimed.size());
    for (const store::Claimed& one : claimed) {
      results.push_back({.claimed = one, .worker = worker, .state = "pending"});
    }
    db::Transaction transaction(connection, db::Scope::none());
    store::record(transaction, results);
    transaction.commit();
    give_back.push_back(watch.lap());
  }
  store::leave(connection, worker);
  std::printf("{\"look\":%.0f,\"claim\":%.0f,\"read\":%.0f,\"give_back\":%.0f,\"claimed\":%zu}\n",
              median(look), median(claim), median(read), median(give_back), claimed_all / rounds);
}
