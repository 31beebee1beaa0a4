#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "core/secret.h"
#include "crypto/password.h"

namespace gatehouse::users {

/// Argon2id under this server's parameters. Every call but outdated() costs one hash (about 20 ms),
/// so it belongs on the hashing lane and outside of any transaction. Thread-safe.
class PasswordHasher {
 public:
  explicit PasswordHasher(const crypto::PasswordParameters& parameters);

  std::string hash(const Secret& password) const;
  bool verify(const Secret& password, const std::string& stored) const;
  /// The work of verify() for an account that does not exist, so that its absence takes as long.
  void verify_nobody(const Secret& password) const;
  /// True where the stored hash was made under other parameters.
  bool outdated(const std::string& stored) const;

  /// How many hashes have been computed: what a stranger could read from the time of an answer.
  std::uint64_t computed() const { return computed_; }

 private:
  const crypto::PasswordParameters parameters_;
  const std::string nobody_;
  mutable std::atomic<std::uint64_t> computed_{0};
};

}  // namespace gatehouse::users
