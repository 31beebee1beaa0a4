#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

namespace gatehouse::test {

/// `openssl s_server`, which answers 200 to every GET, with a certificate that it signed itself.
class TlsServer {
 public:
  /// `names` as in a subjectAltName: `DNS:localhost`. More options of s_server behind it.
  explicit TlsServer(const std::string& names, const std::string& options = "");
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  std::string url(const std::string& host) const { return "https://" + host + ":" + port_ + "/"; }
  std::string certificate() const { return folder_ / "cert.pem"; }

 private:
  std::filesystem::path folder_;
  std::string port_;
  pid_t process_ = -1;
};

}  // namespace gatehouse::test
