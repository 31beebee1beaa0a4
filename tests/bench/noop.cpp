// A function that does nothing: reads the body, answers 300 bytes. Same transport, same nginx; what
// a real function costs is measured against it.
#include <csignal>
#include <string>

#include "fcgi/server.h"

using namespace gatehouse;

namespace {

class NoopWorker final : public http::Worker {
 public:
  http::Lane lane(const http::Request&) const override { return http::Lane::requests; }
  http::Response serve(const http::Request&) override { return {200, answer_, {}}; }
  http::Response refuse(const http::Request&, const Failure&) override { return {503, {}, {}}; }

 private:
  const std::string answer_ = "{\"nothing\":\"" + std::string(286, 'x') + "\"}";
};

}  // namespace

int main() {
  sigset_t stop_signals;
  sigemptyset(&stop_signals);
  sigaddset(&stop_signals, SIGTERM);
  sigaddset(&stop_signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);
  fcgi::Server server({.listener = 0, .threads = 4}, [] { return std::make_unique<NoopWorker>(); });
  server.start();
  int signal = 0;
  sigwait(&stop_signals, &signal);
  server.stop();
}
