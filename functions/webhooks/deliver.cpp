#include "webhooks/deliver.h"

#include <csignal>
#include <cstdio>

#include "core/log.h"
#include "json/write.h"
#include "webhooks/dispatcher.h"

namespace gatehouse::webhooks {
namespace {

sigset_t stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

std::string describe(const Tally& tally) {
  json::Writer out;
  out.begin_object()
      .member("events", tally.events)
      .member("delivered", tally.delivered)
      .member("failed", tally.failed)
      .member("dead_letters", tally.dead_letters)
      .member("cancelled", tally.cancelled)
      .member("interrupted", tally.interrupted)
      .end_object();
  return out.take();
}

}  // namespace

void deliver(const Settings& settings, const crypto::Keyring& keyring, const Clock& clock,
             bool once) {
  const sigset_t signals = stop_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  Dispatcher dispatcher(settings, keyring, clock);
  if (!once) log::info("delivering", {{"version", std::string_view(GATEHOUSE_VERSION)}});
  bool stopping = false;
  const Tally tally = dispatcher.run(once, [&] {
    const timespec at_once{};
    stopping = stopping || sigtimedwait(&signals, nullptr, &at_once) > 0;
    return stopping;
  });
  std::puts(describe(tally).c_str());
  log::flush(std::chrono::seconds(1));
}

}  // namespace gatehouse::webhooks
