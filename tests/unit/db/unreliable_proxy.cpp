#include "unreliable_proxy.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>

#include "database.h"

namespace test {
namespace {

std::string server_directory() {
  const std::string& database = settings().database;
  const auto at = database.find("host=/");
  if (at == database.npos) throw std::runtime_error("the database is not on a unix socket");
  return database.substr(at + 5, database.find(' ', at) - at - 5);
}

sockaddr_un address_in(const std::string& directory) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = directory + "/.s.PGSQL.5432";
  if (path.size() >= sizeof address.sun_path) throw std::runtime_error("path too long");
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

bool wait(int file) {
  pollfd ready{file, POLLIN, 0};
  return ::poll(&ready, 1, 50) > 0;
}

/// Passes on what is there. False at the end.
bool forward(int from, int to) {
  std::array<char, 65536> data;
  const ssize_t size = ::read(from, data.data(), data.size());
  return size > 0 && (to < 0 || ::send(to, data.data(), std::size_t(size), MSG_NOSIGNAL) == size);
}

}  // namespace

UnreliableProxy::UnreliableProxy() {
  std::string pattern = "/tmp/gatehouse-proxy-XXXXXX";
  if (!::mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp");
  directory_ = pattern;
  const sockaddr_un address = address_in(directory_);
  listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) ||
      ::listen(listener_, 8)) {
    throw std::runtime_error("listen");
  }
  thread_ = std::thread([this] { run(); });
}

UnreliableProxy::~UnreliableProxy() {
  stopping_ = true;
  thread_.join();
  ::close(listener_);
  std::filesystem::remove_all(directory_);
}

std::string UnreliableProxy::conninfo(const std::string& role) const {
  return "host=" + directory_ + " dbname=gatehouse user=gatehouse_" + role;
}

void UnreliableProxy::run() {
  while (!stopping_) {
    if (!wait(listener_)) continue;
    const int client = ::accept(listener_, nullptr, nullptr);
    if (client < 0) continue;
    ++connections_;
    serve(client);
    ::close(client);
  }
}

void UnreliableProxy::serve(int client) {
  const int server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = address_in(server_directory());
  bool good = ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  while (good && !stopping_) {
    std::array<pollfd, 2> ready{{{client, POLLIN, 0}, {server, POLLIN, 0}}};
    if (::poll(ready.data(), ready.size(), 50) <= 0) continue;
    const Fault fault = fault_;
    if (fault == Fault::silence) {
      if (::recv(client, &ready, 1, MSG_PEEK | MSG_DONTWAIT) == 0) break;
      continue;
    }
    if (ready[0].revents) {
      if (fault == Fault::cut_request) {
        fault_ = Fault::none;
        break;
      }
      good = forward(client, server);
      if (good && fault == Fault::cut_answer) {
        fault_ = Fault::none;
        while (!stopping_ && !wait(server)) {
        }
        break;
      }
    }
    if (good && ready[1].revents) good = forward(server, client);
  }
  ::close(server);
}

}  // namespace test
