#include "egress/engine.h"

#include <algorithm>
#include <new>
#include <stdexcept>
#include <utility>

#include "egress/transfer.h"

namespace gatehouse::egress {
namespace {

void expect(CURLMcode code) {
  if (code == CURLM_OUT_OF_MEMORY) throw std::bad_alloc();
  if (code != CURLM_OK) throw std::runtime_error(curl_multi_strerror(code));
}

}  // namespace

struct Engine::Multi {
  MultiHandle handle;
};

struct Engine::Origin {
  std::size_t under_way = 0;
  std::deque<Call*> waiting;
  bool in_turns = false;
};

struct Engine::Call {
  Call(const Guard& guard, Url url, Request request)
      : transfer(guard, std::move(url), std::move(request)) {}

  Id id = 0;
  Transfer transfer;
  Done done;
  Origin* origin = nullptr;
  bool begun = false;
};

Engine::Engine(const Guard& guard, EngineLimits limits)
    : guard_(guard), limits_(limits), multi_(std::make_unique<Multi>()) {
  prepare_library();
  multi_->handle.reset(curl_multi_init());
  if (!multi_->handle) throw std::bad_alloc();
  expect(curl_multi_setopt(multi_->handle.get(), CURLMOPT_MAXCONNECTS,
                           static_cast<long>(limits_.kept_connections)));
}

Engine::~Engine() {
  for (const auto& [id, call] : calls_) {
    if (call->begun) curl_multi_remove_handle(multi_->handle.get(), call->transfer.handle());
  }
}

Engine::Id Engine::submit(Request request, Done done) {
  const Id id = ++last_id_;
  Checked checked = guard_.check(request.url);
  if (!checked.url) {
    ended_.emplace_back(std::move(done), failed(FailureKind::url, checked.refusal));
    return id;
  }
  auto call = std::make_unique<Call>(guard_, *std::move(checked.url), std::move(request));
  call->id = id;
  call->done = std::move(done);
  auto& origin = origins_[call->transfer.origin()];
  if (!origin) origin = std::make_unique<Origin>();
  call->origin = origin.get();
  origin->waiting.push_back(call.get());
  calls_.emplace(id, std::move(call));
  line_up(*origin);
  return id;
}

void Engine::line_up(Origin& origin) {
  if (origin.in_turns || origin.waiting.empty()) return;
  if (origin.under_way >= limits_.calls_per_origin) return;
  turns_.push_back(&origin);
  origin.in_turns = true;
}

void Engine::begin_what_may() {
  while (under_way_ < limits_.calls && !turns_.empty()) {
    Origin& origin = *turns_.front();
    turns_.pop_front();
    origin.in_turns = false;
    Call& call = *origin.waiting.front();
    origin.waiting.pop_front();
    begin(call);
    line_up(origin);
  }
}

void Engine::begin(Call& call) {
  curl_easy_setopt(call.transfer.handle(), CURLOPT_PRIVATE, &call);
  expect(curl_multi_add_handle(multi_->handle.get(), call.transfer.handle()));
  call.begun = true;
  ++call.origin->under_way;
  ++under_way_;
}

void Engine::end(Call& call, Outcome outcome) {
  Origin& origin = *call.origin;
  if (call.begun) {
    curl_multi_remove_handle(multi_->handle.get(), call.transfer.handle());
    --origin.under_way;
    --under_way_;
  } else {
    std::erase(origin.waiting, &call);
  }
  ended_.emplace_back(std::move(call.done), std::move(outcome));
  if (origin.in_turns && origin.waiting.empty()) {
    std::erase(turns_, &origin);
    origin.in_turns = false;
  }
  line_up(origin);
  if (origin.under_way == 0 && origin.waiting.empty()) origins_.erase(call.transfer.origin());
  calls_.erase(Id(call.id));
}

bool Engine::cancel(Id id) {
  const auto found = calls_.find(id);
  if (found == calls_.end()) return false;
  end(*found->second, failed(FailureKind::cancelled, text_of(FailureKind::cancelled)));
  return true;
}

void Engine::collect() {
  int left = 0;
  while (const CURLMsg* const message = curl_multi_info_read(multi_->handle.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    char* self = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &self);
    Call& call = *reinterpret_cast<Call*>(self);
    end(call, call.transfer.finish(code));
  }
}

std::size_t Engine::report() {
  std::size_t count = 0;
  // Those that end while this runs are for the next time, or a Done that submits would keep it
  // here.
  for (std::size_t left = ended_.size(); left > 0; --left, ++count) {
    auto [done, outcome] = std::move(ended_.front());
    ended_.pop_front();
    if (done) done(std::move(outcome));
  }
  return count;
}

std::size_t Engine::run_until(Deadline deadline) {
  CURLM* const handle = multi_->handle.get();
  while (true) {
    begin_what_may();
    int running = 0;
    expect(curl_multi_perform(handle, &running));
    collect();
    if (!ended_.empty()) return report();
    if (woken_.exchange(false) || deadline.passed()) return 0;
    // The least rate is looked at as often as curl is run, whatever comes or does not.
    constexpr std::chrono::milliseconds longest{1'000};
    const auto span = std::min(deadline.left(), longest);
    expect(curl_multi_poll(handle, nullptr, 0, static_cast<int>(span.count()), nullptr));
  }
}

void Engine::wake() {
  woken_ = true;
  curl_multi_wakeup(multi_->handle.get());
}

}  // namespace gatehouse::egress
