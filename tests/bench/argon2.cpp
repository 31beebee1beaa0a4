// Hashes per second that the default Argon2id parameters allow, with one thread per core.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "crypto/password.h"

int main(int argc, char** argv) {
  using Clock = std::chrono::steady_clock;
  const auto began = Clock::now();
  const auto end = began + std::chrono::seconds(argc > 1 ? std::atoi(argv[1]) : 5);
  const std::string stored = gatehouse::crypto::hash_password("correct horse");
  std::atomic<int> hashes{0};
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < std::thread::hardware_concurrency(); ++i) {
    threads.emplace_back([&] {
      while (Clock::now() < end) {
        if (!gatehouse::crypto::verify_password("correct horse", stored)) std::abort();
        ++hashes;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::printf("%.2f\n", hashes / std::chrono::duration<double>(Clock::now() - began).count());
}
