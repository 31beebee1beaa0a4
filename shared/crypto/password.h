#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace gatehouse::crypto {

/// Argon2id's cost (RFC 9106). The parallelism is always 1: the pool of hashing threads is the
/// parallelism.
struct PasswordParameters {
  int memory_kib = 19456;
  int passes = 2;
};

/// Longest password in bytes; longer ones are refused, never truncated. NULs and any bytes are
/// allowed.
inline constexpr std::size_t max_password_bytes = 1024;

/// A stored hash is not of the form that hash_password writes, or asks for more than 1 GiB or 16
/// passes.
class PasswordHashError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// `$argon2id$v=19$m=19456,t=2,p=1$salt$hash` with a random salt of 16 bytes and a hash of 32.
/// Throws std::invalid_argument for a password over max_password_bytes. Takes about 20 ms; its
/// memory belongs to the calling thread and is kept for the next call.
std::string hash_password(std::string_view password, const PasswordParameters& parameters = {});

/// True if `phc` is the hash of this password. Reads parameters from `phc` within bounds, else
/// throws PasswordHashError. A password over max_password_bytes is never right.
bool verify_password(std::string_view password, const std::string& phc);

/// True if `phc` was made with other parameters than these. Throws PasswordHashError.
bool needs_rehash(const std::string& phc, const PasswordParameters& parameters);

/// Gives the calling thread's hashing memory back to the system, for a thread that goes idle.
void release_password_memory();

/// True if the password, in whatever case, is one of the few hundred that guessers try first.
bool is_common_password(std::string_view password);

}  // namespace gatehouse::crypto
