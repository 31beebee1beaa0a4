#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

namespace gatehouse::test {

/// The server side of FastCGI, as nginx speaks it: one connection, one request at a time.
class FastCgiClient {
 public:
  explicit FastCgiClient(const std::string& path) : fd_(socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("cannot connect");
    }
    const timeval patience{5, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  ~FastCgiClient() { close(fd_); }
  FastCgiClient(const FastCgiClient&) = delete;
  FastCgiClient& operator=(const FastCgiClient&) = delete;

  void send(std::map<std::string, std::string> params, std::string_view body = {},
            bool keep = true) {
    if (!params.contains("CONTENT_LENGTH")) params["CONTENT_LENGTH"] = std::to_string(body.size());
    std::string bytes =
        record(1, std::string("\0\1", 2) + (keep ? '\1' : '\0') + std::string(5, '\0'));
    std::string encoded;
    for (const auto& [name, value] : params) {
      encoded += length(name.size()) + length(value.size()) + name + value;
    }
    bytes += records(4, encoded) + record(4, {}) + records(5, body) + record(5, {});
    if (write(fd_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
      throw std::runtime_error("short write");
    }
  }

  /// Stdout of the answer: CGI headers and body. Throws where the connection ends before it.
  std::string receive() {
    std::string out;
    while (true) {
      const std::string header = exactly(8);
      const auto byte = [&](int i) { return static_cast<unsigned char>(header[i]); };
      const std::string content = exactly((byte(4) << 8) + byte(5));
      exactly(byte(6));
      if (byte(1) == 3) return out;  // FCGI_END_REQUEST
      if (byte(1) == 6) out += content;
    }
  }

  std::string ask(const std::string& path) {
    send({{"REQUEST_METHOD", "GET"}, {"REQUEST_URI", path}});
    return receive();
  }

 private:
  static std::string length(std::size_t size) {
    if (size < 128) return std::string(1, static_cast<char>(size));
    std::string four;
    for (int shift = 24; shift >= 0; shift -= 8) four += static_cast<char>(size >> shift);
    four[0] = static_cast<char>(four[0] | '\x80');
    return four;
  }
  static std::string record(int type, std::string_view content) {
    std::string bytes{'\1',
                      static_cast<char>(type),
                      '\0',
                      '\1',
                      static_cast<char>(content.size() >> 8),
                      static_cast<char>(content.size()),
                      '\0',
                      '\0'};
    return bytes.append(content);
  }
  static std::string records(int type, std::string_view content) {
    std::string bytes;
    while (!content.empty()) {
      const std::string_view part = content.substr(0, 32768);
      bytes += record(type, part);
      content.remove_prefix(part.size());
    }
    return bytes;
  }
  std::string exactly(std::size_t size) {
    std::string bytes(size, '\0');
    std::size_t have = 0;
    while (have < size) {
      const ssize_t got = read(fd_, bytes.data() + have, size - have);
      if (got <= 0) throw std::runtime_error("the connection ended");
      have += static_cast<std::size_t>(got);
    }
    return bytes;
  }
  int fd_;
};

}  // namespace gatehouse::test
