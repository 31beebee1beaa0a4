#include "unit/egress/tls_server.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <stdexcept>

namespace gatehouse::test {

TlsServer::TlsServer(const std::string& names, const std::string& options) {
  std::string name = (std::filesystem::temp_directory_path() / "egress-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = name;
  const std::string make = "cd " + name +
                           " && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256"
                           " -nodes -days 1 -subj /CN=test -addext subjectAltName=" +
                           names + " -keyout key.pem -out cert.pem 2>/dev/null";
  if (std::system(make.c_str()) != 0) throw std::runtime_error("openssl req failed");

  const std::string serve = "cd " + name +
                            " && exec openssl s_server -accept 127.0.0.1:0 -www"
                            " -cert cert.pem -key key.pem " +
                            options + " 2>/dev/null";
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  process_ = fork();
  if (process_ == 0) {
    dup2(ends[1], STDOUT_FILENO);
    execl("/bin/sh", "sh", "-c", serve.c_str(), nullptr);
    _exit(127);
  }
  close(ends[1]);
  std::string said;
  char c = 0;
  while (said.find("ACCEPT 127.0.0.1:") == said.npos || c != '\n') {
    if (read(ends[0], &c, 1) != 1) break;
    said += c;
  }
  close(ends[0]);
  port_ = said.substr(said.rfind(':') + 1);
  while (!port_.empty() && port_.back() == '\n') port_.pop_back();
  if (port_.empty()) throw std::runtime_error("openssl s_server does not listen");
}

TlsServer::~TlsServer() {
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
  std::filesystem::remove_all(folder_);
}

}  // namespace gatehouse::test
