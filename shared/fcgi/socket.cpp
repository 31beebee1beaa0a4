#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

#include "fcgi/server.h"

namespace gatehouse::fcgi {
namespace {

/// Waiting connections: a full backlog is an instant 502 in nginx, so it holds what four threads
/// serve in a good tenth of a second.
constexpr int backlog = 4096;

[[noreturn]] void fail(const std::string& path, const char* what) {
  throw std::runtime_error("cannot listen on " + path + ": " + what);
}

}  // namespace

int listen_on(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) fail(path, "the path is longer than 107 bytes");
  std::memcpy(address.sun_path, path.data(), path.size());
  const auto* name = reinterpret_cast<const sockaddr*>(&address);

  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail(path, std::strerror(errno));
  if (connect(fd, name, sizeof address) == 0) {
    close(fd);
    fail(path, "another process is listening there");
  }
  if (errno == ECONNREFUSED) unlink(path.c_str());  // left by a process that was killed

  const mode_t before = umask(0117);  // 0660 from the first moment on
  const int bound = bind(fd, name, sizeof address);
  umask(before);
  if (bound < 0 || listen(fd, backlog) < 0) fail(path, std::strerror(errno));
  return fd;
}

bool is_listener(int fd) {
  int listening = 0;
  socklen_t size = sizeof listening;
  return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening != 0;
}

}  // namespace gatehouse::fcgi
