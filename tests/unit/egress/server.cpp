#include "unit/egress/server.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace gatehouse::test {

std::string Peer::request() {
  const auto more = [&] {
    std::array<char, 16384> buffer{};
    const ssize_t count = recv(fd_, buffer.data(), buffer.size(), 0);
    if (count > 0) read_.append(buffer.data(), static_cast<std::size_t>(count));
    return count > 0;
  };
  std::size_t end = 0;
  while ((end = read_.find("\r\n\r\n")) == std::string::npos) {
    if (!more()) return {};
  }
  std::size_t size = end + 4;
  const std::size_t length = read_.find("\r\nContent-Length: ");
  if (length < end) size += std::stoul(read_.substr(length + 18));
  while (read_.size() < size) {
    if (!more()) return {};
  }
  std::string request = read_.substr(0, size);
  read_.erase(0, size);
  return request;
}

bool Peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

void Peer::wait_for_close() {
  std::array<char, 4096> buffer{};
  while (recv(fd_, buffer.data(), buffer.size(), 0) > 0) {
  }
}

Server::Server(std::function<void(Peer&)> serve)
    : serve_(std::move(serve)), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener_, generic, size) != 0 || listen(listener_, 128) != 0 ||
      getsockname(listener_, generic, &size) != 0) {
    throw std::runtime_error("cannot listen");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

Server::~Server() {
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  close(listener_);
  {
    const std::lock_guard lock(mutex_);
    for (const int fd : open_) shutdown(fd, SHUT_RDWR);
  }
  for (std::thread& peer : peers_) peer.join();
}

void Server::accept_all() {
  while (true) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    ++connections_;
    const std::lock_guard lock(mutex_);
    open_.push_back(fd);
    peers_.emplace_back([this, fd] {
      Peer peer(fd);
      serve_(peer);
      const std::lock_guard again(mutex_);
      std::erase(open_, fd);
      close(fd);
    });
  }
}

std::string Server::url(std::string_view host) const {
  return "http://" + std::string(host) + ":" + std::to_string(port_) + "/";
}

std::string answer(std::string_view body, std::string_view more_headers) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(more_headers) + "\r\n" + std::string(body);
}

}  // namespace gatehouse::test
