#include "tokens/key_fetcher.h"

#include <chrono>
#include <exception>
#include <string_view>

#include "core/log.h"

namespace gatehouse::tokens {
namespace {

using namespace std::chrono_literals;

/// Of one server: who has many clients there waits for his own.
constexpr egress::EngineLimits limits{.calls_per_origin = 4, .kept_connections = 16};

}  // namespace

void log_key_failure(std::string_view url, std::string_view why) {
  log::warn("jwks_uri_failed", {{"url", url.substr(0, url.find('?'))}, {"why", why}});
}

KeyFetcher::KeyFetcher(const egress::Guard& guard)
    : guard_(guard), engine_(std::make_unique<egress::Engine>(guard, limits)) {}

KeyFetcher::~KeyFetcher() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    engine_->wake();
  }
  if (thread_.joinable()) thread_.join();
}

void KeyFetcher::get(std::string url, Done done) {
  const std::lock_guard lock(mutex_);
  wanted_.emplace_back(std::move(url), std::move(done));
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  engine_->wake();
}

void KeyFetcher::run() {
  while (!ending_) {
    try {
      submit_wanted();
      engine_->run_until(Deadline::in(1min));
    } catch (const std::exception& error) {
      log::error("key_fetcher_failed", {{"what", std::string_view(error.what())}});
      give_up();
    }
  }
}

void KeyFetcher::submit_wanted() {
  std::vector<std::pair<std::string, Done>> wanted;
  {
    const std::lock_guard lock(mutex_);
    wanted.swap(wanted_);
  }
  for (auto& [url, done] : wanted) submit(url, std::move(done));
}

void KeyFetcher::submit(const std::string& url, Done done) {
  const std::uint64_t id = ++last_;
  under_way_.emplace(id, std::move(done));
  egress::Request request{.url = url, .headers = {}, .body = {}};
  request.limits.connect = 2s;
  request.limits.total = 3s;
  engine_->submit(std::move(request), [this, id, url](egress::Outcome outcome) {
    const auto asked = under_way_.extract(id);
    if (outcome.succeeded()) return asked.mapped()(std::move(outcome.body));
    log_key_failure(url,
                    outcome.failure ? outcome.text : std::string_view("the answer is no success"));
    asked.mapped()(std::nullopt);
  });
}

/// An engine that has failed is not gone on with.
void KeyFetcher::give_up() {
  auto engine = std::make_unique<egress::Engine>(guard_, limits);
  {
    const std::lock_guard lock(mutex_);
    engine_.swap(engine);
  }
  for (const auto& [id, done] : std::exchange(under_way_, {})) done(std::nullopt);
}

}  // namespace gatehouse::tokens
