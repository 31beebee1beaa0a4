#include "webhooks/dispatcher.h"

#include <algorithm>
#include <utility>

#include "audit/partitions.h"
#include "core/ids.h"
#include "core/log.h"
#include "core/random.h"
#include "webhooks/message.h"
#include "webhooks/news.h"

namespace gatehouse::webhooks {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t calls_at_once = 256;
constexpr std::size_t answer_bytes = 16 * 1024, answers_at_once = 32 * answer_bytes;
constexpr milliseconds shortest_pause = 100ms, longest_pause = 2s;
constexpr auto patience = 5s;

/// From -1 to 1.
double random_jitter() {
  std::uint32_t number = 0;
  random_bytes(std::as_writable_bytes(std::span(&number, 1)));
  return static_cast<double>(number) / 2147483647.5 - 1;
}

std::string_view name_of(Verdict::State state) {
  switch (state) {
    case Verdict::State::delivered:
      return "delivered";
    case Verdict::State::dead_letter:
      return "dead_letter";
    case Verdict::State::again:
    case Verdict::State::later:
      break;
  }
  return "pending";
}

/// The first of them, as many as PostgreSQL keeps well within its time limits: whatever receivers
/// answer, what one attempt came to must not keep others from being recorded.
std::span<const store::Result> kept_at_once(const std::vector<store::Result>& results) {
  std::size_t number = 0, bytes = 0;
  while (number < results.size() && bytes < answers_at_once)
    bytes += results[number++].answer.size();
  return std::span(results).first(number);
}

}  // namespace

Dispatcher::Dispatcher(const Settings& settings, const crypto::Keyring& keyring, const Clock& clock)
    : settings_(settings),
      keyring_(keyring),
      clock_(clock),
      lease_(2 * settings.webhook_timeout),
      schedule_(settings.webhook_retries),
      guard_(settings),
      connection_(db::connection_options(settings, "gatehouse_delivery")),
      // Endpoints have their limits, and nothing waits in the engine: a call begins when it is
      // claimed.
      engine_(guard_, {.calls = calls_at_once,
                       .calls_per_origin = calls_at_once,
                       .kept_connections = calls_at_once}) {
  be_another();
}

/// What the old one had claimed, and nobody knows of, is given back when its lease is over.
void Dispatcher::be_another() {
  worker_ = make_id("wrk_", clock_.now());
  claimed_.clear();
}

bool Dispatcher::lease_is_over() const {
  return steady_clock::now() - claimed_at_ >= lease_;
}

Tally Dispatcher::run(bool once, const std::function<bool()>& stop) {
  for (;;) {
    const bool stopping = stop();
    if (looked_at_.empty()) round_began_ = steady_clock::now();
    bool found = false;
    try {
      found = work(stopping);
      if (failing_since_ != SteadyTime{}) log::info("database_works_again");
      failing_since_ = {};
    } catch (const db::Unavailable& error) {
      note_failure(error, once);
    } catch (const db::InDoubt& error) {
      note_failure(error, once);
    } catch (const db::StatementError& error) {
      note_failure(error, once);
    }
    const bool idle = calls_.empty() && results_.empty();
    const bool works = failing_since_ == SteadyTime{};
    if (idle && (stopping || (once && works && !found))) break;
    if (stopping && !works && lease_is_over()) return tally_;
    // Looking through very many endpoints that must not be sent anything takes its time: it is not
    // done all the time.
    const auto round = std::chrono::duration_cast<milliseconds>(steady_clock::now() - round_began_);
    drive(found ? 0ms : std::clamp(4 * round, shortest_pause, longest_pause));
  }
  leave();
  return tally_;
}

void Dispatcher::leave() {
  try {
    store::leave(connection_, worker_);
  } catch (const std::exception& error) {  // then its lease ends by itself
    log::warn("worker_not_signed_off", {{"why", std::string_view(error.what())}});
  }
}

void Dispatcher::note_failure(const std::exception& error, bool once) {
  const auto now = steady_clock::now();
  if (failing_since_ == SteadyTime{}) {
    failing_since_ = now;
    log::error("database_failed", {{"why", std::string_view(error.what())}});
  }
  if (once && now - failing_since_ > patience) throw db::Unavailable(error.what());
}

/// True where there may be more to do at once.
bool Dispatcher::work(bool stopping) {
  keep_results();
  if (stopping) return false;
  found_ |= keep_house();
  return feed();
}

/// A round is over when all endpoints that have something waiting were looked at.
bool Dispatcher::feed() {
  if (!claimed_.empty()) send_claimed();
  const store::Waiting waiting = store::look(connection_, looked_at_);
  looked_at_ = waiting.more_from.value_or("");
  if (waiting.events) found_ |= fan_out();
  if (waiting.due) found_ |= store::line_up_due(connection_) > 0;
  if (!waiting.gone.empty()) {
    const std::int64_t cancelled = store::cancel_of(connection_, waiting.gone);
    tally_.cancelled += cancelled;
    found_ |= cancelled > 0;
  }
  if (!waiting.endpoints.empty()) found_ |= claim(waiting.endpoints);
  return waiting.more_from || std::exchange(found_, false);
}

bool Dispatcher::fan_out() {
  std::int64_t events = 0;
  // An event has up to as many deliveries as a tenant has endpoints.
  events_at_once_.run([&](int most) {
    audit::with_partitions(connection_,
                           [&] { events = store::fan_out(connection_, most, clock_); });
  });
  tally_.events += events;
  return events > 0;
}

bool Dispatcher::claim(const std::vector<std::string>& endpoints) {
  const std::size_t free = calls_at_once - calls_.size();
  if (free == 0) return false;
  claimed_at_ = steady_clock::now();
  try {
    // However many are slow: what they leave free is never taken by one endpoint alone, nor by one
    // tenant's.
    claimed_ = store::claim(connection_, endpoints,
                            {.worker = worker_,
                             .lease = lease_,
                             .most = free,
                             .most_of_each = std::max<std::size_t>(1, free / 4),
                             .under_way = under_way_});
  } catch (...) {
    be_another();
    throw;
  }
  if (claimed_.empty()) return false;
  send_claimed();
  return true;
}

void Dispatcher::send_claimed() {
  while (!claimed_.empty()) {
    std::vector<store::Claimed> next;
    std::vector<store::Message> messages;
    // Their data may have 256 KiB each.
    messages_at_once_.run([&](int most) {
      next.assign(claimed_.begin(),
                  claimed_.begin() + std::min<std::ptrdiff_t>(std::ssize(claimed_), most));
      messages = store::messages(connection_, next);
    });
    // A call that begins now ends before the lease does.
    if (steady_clock::now() - claimed_at_ >= lease_ - settings_.webhook_timeout) {
      return be_another();
    }
    claimed_.erase(claimed_.begin(), claimed_.begin() + std::ssize(next));
    for (const store::Claimed& one : next) {
      const auto found = std::ranges::find(messages, one.delivery_id, &store::Message::delivery_id);
      if (found != messages.end()) {
        send(one, *found);
      } else {
        results_.push_back({.claimed = one, .worker = worker_, .state = "cancelled"});
      }
    }
  }
}

void Dispatcher::send(const store::Claimed& claimed, const store::Message& message) {
  const Time now = clock_.now();
  egress::Request request{
      .method = egress::Method::post, .url = message.url, .headers = {}, .body = body_of(message)};
  try {
    request.headers = sign(message, now, request.body, keyring_);
  } catch (const std::exception& error) {  // another's keyring, say
    log::error("secret_not_opened", {{"endpoint", std::string_view(message.endpoint_id)},
                                     {"why", std::string_view(error.what())}});
    egress::Outcome outcome;
    outcome.failure = egress::FailureKind::internal;
    outcome.text = egress::text_of(egress::FailureKind::internal);
    return finish(claimed, worker_, now, outcome);
  }
  request.limits.total = settings_.webhook_timeout;
  request.limits.body_bytes = answer_bytes;
  request.cut_long_body = true;
  const auto id = std::make_shared<egress::Engine::Id>();
  *id = engine_.submit(std::move(request),
                       [this, claimed, worker = worker_, now, id](const egress::Outcome& outcome) {
                         calls_.erase(*id);
                         if (--under_way_[claimed.tenant_id] == 0) {
                           under_way_.erase(claimed.tenant_id);
                         }
                         finish(claimed, worker, now, outcome);
                       });
  calls_.insert(*id);
  ++under_way_[claimed.tenant_id];
}

void Dispatcher::finish(const store::Claimed& claimed, std::string worker, Time at,
                        const egress::Outcome& outcome) {
  const Verdict verdict = judge(outcome,
                                {.failures = claimed.failures,
                                 .probe = claimed.probe,
                                 .jitter = random_jitter(),
                                 .now = clock_.now()},
                                schedule_);
  const bool delivered = verdict.state == Verdict::State::delivered;
  store::Result result{.claimed = claimed,
                       .worker = std::move(worker),
                       .state = std::string(name_of(verdict.state)),
                       .wait = verdict.wait,
                       .outcome = delivered ? "delivered" : "failed",
                       .at = at,
                       .latency = std::chrono::duration_cast<milliseconds>(outcome.latency),
                       .status = outcome.status,
                       .failure = outcome.text,
                       .answer = storable(outcome.body)};
  result.claimed.failures = verdict.failures;
  results_.push_back(std::move(result));
  delivered ? ++tally_.delivered : ++tally_.failed;
  if (!verdict.receivers || (delivered && !claimed.failing)) return;
  store::Health& health = health_[claimed.endpoint_id];
  health.succeeded |= delivered;
  health.gone |= verdict.gone;
  health.hush = std::max(health.hush, verdict.hush);
}

void Dispatcher::keep_results() {
  while (!results_.empty()) {
    const auto some = kept_at_once(results_);
    try {
      keep(some);
    } catch (const db::StatementError&) {
      // What PostgreSQL does not take of one must not hold up the others.
      for (const store::Result& one : some) keep_alone(one);
    }
    health_.clear();
    results_.erase(results_.begin(), results_.begin() + std::ssize(some));
  }
}

void Dispatcher::keep_alone(const store::Result& result) {
  try {
    keep(std::span(&result, 1));
  } catch (const db::StatementError& error) {
    log::error("result_lost", {{"delivery", std::string_view(result.claimed.delivery_id)},
                               {"why", std::string_view(error.what())}});
    be_another();
  }
}

void Dispatcher::keep(std::span<const store::Result> results) {
  audit::with_partitions(connection_, [&] {
    db::Transaction transaction(connection_, db::Scope::none());
    const auto given_up = store::record(transaction, results);
    tell(transaction, given_up, clock_.now());
    // With the first of them: none is lined up again for an endpoint that is just disabled.
    if (!health_.empty()) {
      tell(transaction, store::note_health(transaction, health_, settings_.webhook_park_after),
           clock_.now());
    }
    transaction.commit();
    for (const store::GivenUp& one : given_up) {
      ++(one.state == "cancelled" ? tally_.cancelled : tally_.dead_letters);
    }
  });
}

bool Dispatcher::keep_house() {
  const auto now = steady_clock::now();
  if (house_kept_ != SteadyTime{} && now - house_kept_ < lease_ / 8) return false;
  house_kept_ = now;  // also where it fails: what waits comes first
  const std::int64_t interrupted = store::release_dead(connection_, lease_);
  if (interrupted > 0) log::warn("deliveries_interrupted", {{"number", interrupted}});
  tally_.interrupted += interrupted;
  const std::int64_t cancelled =
      store::cancel_older(connection_, std::chrono::days(settings_.event_days));
  tally_.cancelled += cancelled;
  store::forget_plans(connection_);
  log::flush();
  return interrupted + cancelled > 0;
}

void Dispatcher::drive(milliseconds pause) {
  if (lease_is_over()) {
    for (const egress::Engine::Id id : calls_) engine_.cancel(id);
  }
  engine_.run_until(Deadline::in(pause));
  while (engine_.run_until(Deadline::in(0ms)) > 0) {
  }
}

}  // namespace gatehouse::webhooks
