#include "crypto/password.h"

#include <argon2.h>
#include <sys/mman.h>

#include <array>
#include <charconv>
#include <new>
#include <optional>
#include <span>

#include "core/encoding.h"
#include "core/random.h"
#include "core/secret.h"
#include "crypto/hash.h"

namespace gatehouse::crypto {
namespace {

constexpr std::size_t salt_bytes = 16;
constexpr std::size_t hash_bytes = 32;
constexpr int max_memory_kib = 1024 * 1024;
constexpr int max_passes = 16;

/// The calling thread's hashing memory. To fault in 19 MiB anew for each hash costs a fifth of the
/// hash.
class HashingMemory {
 public:
  HashingMemory() = default;
  ~HashingMemory() { release(); }
  HashingMemory(const HashingMemory&) = delete;
  HashingMemory& operator=(const HashingMemory&) = delete;

  std::uint8_t* get(std::size_t bytes) {
    // A single hash with large parameters must not pin its memory for good.
    if (bytes > size_ || bytes < size_ / 4) {
      release();
      void* got =
          ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (got == MAP_FAILED) return nullptr;
      start_ = got;
      size_ = bytes;
      // Argon2 jumps about: without huge pages it is bound by TLB misses. A wish, so no error.
      (void)::madvise(start_, size_, MADV_HUGEPAGE);
    }
    return static_cast<std::uint8_t*>(start_);
  }

  void release() {
    if (start_ != nullptr) ::munmap(start_, size_);
    start_ = nullptr;
    size_ = 0;
  }

 private:
  void* start_ = nullptr;
  std::size_t size_ = 0;
};

HashingMemory& memory() {
  thread_local HashingMemory own;
  return own;
}

int allocate(std::uint8_t** out, std::size_t bytes) {
  *out = memory().get(bytes);
  return *out == nullptr ? ARGON2_MEMORY_ALLOCATION_ERROR : ARGON2_OK;
}

// Argon2 wipes the memory before it gives it back; it stays for the next hash.
void keep(std::uint8_t*, std::size_t) {}

using Hash = std::array<std::uint8_t, hash_bytes>;

Hash argon2id(std::string_view password, std::span<const std::byte> salt,
              const PasswordParameters& parameters) {
  Hash hash{};
  argon2_context context{};
  context.out = hash.data();
  context.outlen = hash.size();
  // Argon2 writes to neither: ARGON2_FLAG_CLEAR_PASSWORD is not set.
  context.pwd = reinterpret_cast<std::uint8_t*>(const_cast<char*>(password.data()));
  context.pwdlen = static_cast<std::uint32_t>(password.size());
  context.salt = reinterpret_cast<std::uint8_t*>(const_cast<std::byte*>(salt.data()));
  context.saltlen = static_cast<std::uint32_t>(salt.size());
  context.t_cost = static_cast<std::uint32_t>(parameters.passes);
  context.m_cost = static_cast<std::uint32_t>(parameters.memory_kib);
  context.lanes = context.threads = 1;
  context.version = ARGON2_VERSION_13;
  context.allocate_cbk = allocate;
  context.free_cbk = keep;
  context.flags = ARGON2_DEFAULT_FLAGS;
  const int result = argon2id_ctx(&context);
  if (result == ARGON2_MEMORY_ALLOCATION_ERROR) throw std::bad_alloc();
  if (result != ARGON2_OK)
    throw PasswordHashError(std::string("Argon2 failed: ") + argon2_error_message(result));
  return hash;
}

std::string unpadded(std::span<const std::byte> bytes) {
  std::string text = to_base64(bytes);
  text.resize(text.find_last_not_of('=') + 1);
  return text;
}

std::optional<std::string> from_unpadded(std::string_view text) {
  std::string padded(text);
  if (padded.find('=') != std::string::npos) return std::nullopt;
  padded.append((4 - padded.size() % 4) % 4, '=');
  return from_base64(padded);
}

struct Parsed {
  PasswordParameters parameters;
  std::string salt, hash;
};

/// Reads the text from front to back; whatever does not fit leaves it failed.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  void literal(std::string_view expected) {
    if (!rest_.starts_with(expected)) return fail();
    rest_.remove_prefix(expected.size());
  }

  int number(int max) {
    int value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc() || value < 1 || value > max) return fail(), 0;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }

  std::string base64(std::size_t min_bytes, std::size_t max_bytes) {
    const auto text = rest_.substr(0, rest_.find('$'));
    auto bytes = from_unpadded(text);
    if (!bytes || bytes->size() < min_bytes || bytes->size() > max_bytes) return fail(), "";
    rest_.remove_prefix(text.size());
    return std::move(*bytes);
  }

  bool done() const { return !failed_ && rest_.empty(); }

 private:
  void fail() { failed_ = true; }

  std::string_view rest_;
  bool failed_ = false;
};

Parsed parse(std::string_view phc) {
  Reader reader(phc);
  Parsed parsed;
  reader.literal("$argon2id$v=19$m=");
  parsed.parameters.memory_kib = reader.number(max_memory_kib);
  reader.literal(",t=");
  parsed.parameters.passes = reader.number(max_passes);
  reader.literal(",p=1$");
  parsed.salt = reader.base64(8, 64);
  reader.literal("$");
  parsed.hash = reader.base64(hash_bytes, hash_bytes);
  if (!reader.done())
    throw PasswordHashError("a stored password hash is not $argon2id$v=19$m=..,t=..,p=1$salt$hash");
  return parsed;
}

std::span<char> chars(Hash& hash) {
  return {reinterpret_cast<char*>(hash.data()), hash.size()};
}

}  // namespace

std::string hash_password(std::string_view password, const PasswordParameters& parameters) {
  if (password.size() > max_password_bytes)
    throw std::invalid_argument("a password has at most 1024 bytes");
  if (parameters.memory_kib > max_memory_kib || parameters.passes > max_passes)
    throw std::invalid_argument("these password parameters could never be verified");
  std::array<std::byte, salt_bytes> salt;
  random_bytes(salt);
  Hash hash = argon2id(password, salt, parameters);
  std::string phc = "$argon2id$v=19$m=" + std::to_string(parameters.memory_kib) +
                    ",t=" + std::to_string(parameters.passes) + ",p=1$" + unpadded(salt) + "$" +
                    unpadded(std::as_bytes(std::span(hash)));
  wipe(chars(hash));
  return phc;
}

bool verify_password(std::string_view password, const std::string& phc) {
  const Parsed parsed = parse(phc);
  if (password.size() > max_password_bytes) return false;
  Hash hash = argon2id(password, as_bytes(parsed.salt), parsed.parameters);
  const bool same = equal(std::as_bytes(std::span(hash)), as_bytes(parsed.hash));
  wipe(chars(hash));
  return same;
}

bool needs_rehash(const std::string& phc, const PasswordParameters& parameters) {
  const Parsed parsed = parse(phc);
  return parsed.parameters.memory_kib != parameters.memory_kib ||
         parsed.parameters.passes != parameters.passes || parsed.salt.size() != salt_bytes;
}

void release_password_memory() {
  memory().release();
}

}  // namespace gatehouse::crypto
