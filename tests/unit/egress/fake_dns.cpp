#include "unit/egress/fake_dns.h"

#include <dlfcn.h>
#include <netdb.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>

namespace gatehouse::test {
namespace {

struct Name {
  std::vector<std::vector<std::string>> answers;
  int lookups = 0;
  int inside = 0;  ///< look-ups that have not returned
  bool held = false;
};

std::mutex mutex;
std::condition_variable changed;
std::map<std::string, Name> names;  // guarded by mutex

using GetAddrInfo = int (*)(const char*, const char*, const addrinfo*, addrinfo**);

GetAddrInfo real_getaddrinfo() {
  static const auto function = reinterpret_cast<GetAddrInfo>(dlsym(RTLD_NEXT, "getaddrinfo"));
  return function;
}

int answer_of(Name& name, std::unique_lock<std::mutex>& lock, const char* service,
              const addrinfo* hints, addrinfo** result) {
  const auto turn = std::min<std::size_t>(name.lookups++, name.answers.size() - 1);
  const std::vector<std::string> addresses = name.answers[turn];
  ++name.inside;
  changed.wait(lock, [&] { return !name.held; });
  *result = nullptr;
  addrinfo** end = result;
  for (const std::string& address : addresses) {
    if (real_getaddrinfo()(address.c_str(), service, hints, end) != 0) continue;
    while (*end != nullptr) end = &(*end)->ai_next;
  }
  --name.inside;
  changed.notify_all();
  return *result == nullptr ? EAI_NONAME : 0;
}

}  // namespace

FakeDns::FakeDns(std::string name, std::vector<std::vector<std::string>> answers)
    : name_(std::move(name)) {
  const std::lock_guard lock(mutex);
  names[name_].answers = std::move(answers);
}

FakeDns::~FakeDns() {
  release();
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return names[name_].inside == 0; });
  names.erase(name_);
}

int FakeDns::lookups() const {
  const std::lock_guard lock(mutex);
  return names[name_].lookups;
}

void FakeDns::hold() {
  const std::lock_guard lock(mutex);
  names[name_].held = true;
}

void FakeDns::release() {
  const std::lock_guard lock(mutex);
  names[name_].held = false;
  changed.notify_all();
}

}  // namespace gatehouse::test

// The program's own comes before the C library's, for curl too.
extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                           addrinfo** result) {
  using namespace gatehouse::test;  // NOLINT
  std::unique_lock lock(mutex);
  const auto found = node == nullptr ? names.end() : names.find(node);
  if (found != names.end()) return answer_of(found->second, lock, service, hints, result);
  lock.unlock();
  return real_getaddrinfo()(node, service, hints, result);
}
