#include "crypto/keyring.h"

#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "core/random.h"
#include "crypto/handles.h"
#include "crypto/seal.h"

namespace gatehouse::crypto {
namespace {

constexpr std::size_t key_bytes = 32;
constexpr std::size_t max_file_bytes = 65536;
constexpr std::string_view make_one =
    "Make one with `gatehouse keyring create PATH`, or restore it from your backup: what an old "
    "one "
    "sealed only that one opens.";

class File {
 public:
  explicit File(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

std::string read_all(int fd, const std::string& path) {
  // One allocation from the start, so that no grown-out-of buffer keeps the keys.
  std::string text(max_file_bytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(fd, text.data() + size, text.size() - size);
    if (got == 0) break;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw KeyringError(path + ": cannot be read: " + std::strerror(errno));
    size += static_cast<std::size_t>(got);
  }
  if (size > max_file_bytes) throw KeyringError(path + ": is larger than 64 KiB: not a keyring");
  text.resize(size);
  return text;
}

std::string_view next_word(std::string_view& line) {
  const auto start = std::min(line.find_first_not_of(" \t\r"), line.size());
  line.remove_prefix(start);
  const auto length = std::min(line.find_first_of(" \t\r"), line.size());
  const auto word = line.substr(0, length);
  line.remove_prefix(length);
  return word;
}

bool valid_key_id(std::string_view id) {
  const auto allowed = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_';
  };
  return !id.empty() && id.size() <= max_seal_id && std::ranges::all_of(id, allowed);
}

Secret secret_of(Bytes& bytes) {
  Secret secret{std::string(as_text(bytes))};
  wipe({reinterpret_cast<char*>(bytes.data()), bytes.size()});
  return secret;
}

std::string random_hex() {
  Bytes key(key_bytes);
  random_bytes(key);
  auto hex = to_hex(key);
  wipe({reinterpret_cast<char*>(key.data()), key.size()});
  return hex;
}

/// What went wrong in a line, and what to do.
class Line {
 public:
  Line(std::string_view name, std::size_t number) : name_(name), number_(number) {}

  [[noreturn]] void refuse(const std::string& why) const {
    throw KeyringError(std::string(name_) + ", line " + std::to_string(number_) + ": " + why);
  }

  Secret key(std::string_view hex) const {
    auto bytes = from_hex(hex);
    if (!bytes || bytes->size() != key_bytes)
      refuse("a key is 64 hexadecimal digits; `openssl rand -hex 32` makes one.");
    if (std::ranges::all_of(*bytes, [&](std::byte b) { return b == bytes->front(); }))
      refuse("this key is a placeholder; put the output of `openssl rand -hex 32` in its place.");
    return secret_of(*bytes);
  }

 private:
  std::string_view name_;
  std::size_t number_;
};

}  // namespace

struct Keyring::State {
  State(Secret pepper_bytes, std::vector<SealKey> keys)
      : pepper_secret(std::move(pepper_bytes)),
        pepper(as_bytes(pepper_secret.reveal())),
        seal_keys(std::move(keys)) {}

  const Secret pepper_secret;
  const HmacKey pepper;
  const std::vector<SealKey> seal_keys;
};

Keyring Keyring::load(const std::string& path) {
  const File file(path);
  if (file.fd() < 0)
    throw KeyringError(path + ": cannot be opened: " + std::strerror(errno) + ". " +
                       (errno == ENOENT ? std::string(make_one)
                                        : "Let it belong to the user that the functions run as."));
  struct stat status {};
  if (::fstat(file.fd(), &status) != 0 || !S_ISREG(status.st_mode))
    throw KeyringError(path + ": is not a regular file");
  if ((status.st_mode & 077) != 0)
    throw KeyringError(path + ": others may read or write it. Run `chmod 600 " + path +
                       "`; if others could read it before, replace its keys.");
  const Secret text(read_all(file.fd(), path));
  return parse(text.reveal(), path);
}

Keyring Keyring::parse(std::string_view text, std::string_view name) {
  std::optional<Secret> pepper;
  std::vector<SealKey> seal_keys;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line = line.substr(0, line.find('#'));
    const Line where(name, number);

    const auto kind = next_word(line);
    if (kind.empty()) continue;
    if (kind == "pepper") {
      if (pepper)
        where.refuse("there is a pepper already; keep the one that made the stored hashes.");
      pepper = where.key(next_word(line));
    } else if (kind == "seal") {
      std::string id(next_word(line));
      if (!valid_key_id(id)) where.refuse("a seal key's id is 1-32 of A-Z a-z 0-9 - _");
      if (std::ranges::any_of(seal_keys, [&](const SealKey& key) { return key.id == id; }))
        where.refuse("this id is taken; give the new seal key another one.");
      seal_keys.push_back({std::move(id), where.key(next_word(line))});
    } else {
      where.refuse("expected `pepper <64 hex digits>` or `seal <id> <64 hex digits>`.");
    }
    if (!next_word(line).empty()) where.refuse("there is something behind the key; remove it.");
  }
  if (!pepper) throw KeyringError(std::string(name) + ": has no pepper. " + std::string(make_one));
  if (seal_keys.empty())
    throw KeyringError(std::string(name) + ": has no seal key. " + std::string(make_one));
  return Keyring(std::make_shared<const State>(std::move(*pepper), std::move(seal_keys)));
}

std::string Keyring::generate() {
  return "# Gatehouse keyring: mode 0600, back it up apart from the database.\n"
         "# The first seal key seals; the others only open what they sealed.\n"
         "pepper " +
         random_hex() + "\nseal k1 " + random_hex() + "\n";
}

const HmacKey& Keyring::pepper() const {
  return state_->pepper;
}

HmacKey Keyring::derived(std::string_view label) const {
  EVP_KDF* method = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
  if (method == nullptr) openssl_failed("EVP_KDF_fetch");
  EVP_KDF_CTX* made = EVP_KDF_CTX_new(method);
  EVP_KDF_free(method);
  const auto context = expect(made, "EVP_KDF_CTX_new");

  char digest[] = "SHA256";
  const auto octets = [](const char* name, std::string_view value) {
    return OSSL_PARAM_construct_octet_string(name, const_cast<char*>(value.data()), value.size());
  };
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
      octets(OSSL_KDF_PARAM_KEY, state_->pepper_secret.reveal()),
      octets(OSSL_KDF_PARAM_INFO, label), OSSL_PARAM_construct_end()};
  std::array<std::byte, key_bytes> key;
  expect(EVP_KDF_derive(context.get(), reinterpret_cast<unsigned char*>(key.data()), key.size(),
                        parameters),
         "EVP_KDF_derive");
  HmacKey result(key);
  wipe({reinterpret_cast<char*>(key.data()), key.size()});
  return result;
}

Bytes Keyring::seal(std::string_view plain, std::string_view associated_data) const {
  return seal_with(state_->seal_keys.front(), plain, associated_data);
}

Secret Keyring::open(std::span<const std::byte> sealed, std::string_view associated_data) const {
  return open_with(state_->seal_keys, sealed, associated_data);
}

}  // namespace gatehouse::crypto
