#include "users/password_hasher.h"

namespace gatehouse::users {
namespace {

/// A stored hash that no password has: its salt and its hash are zeros.
std::string hash_of_nobody(const crypto::PasswordParameters& parameters) {
  return "$argon2id$v=19$m=" + std::to_string(parameters.memory_kib) +
         ",t=" + std::to_string(parameters.passes) + ",p=1$" + std::string(22, 'A') + "$" +
         std::string(43, 'A');
}

}  // namespace

PasswordHasher::PasswordHasher(const crypto::PasswordParameters& parameters)
    : parameters_(parameters), nobody_(hash_of_nobody(parameters)) {}

std::string PasswordHasher::hash(const Secret& password) const {
  ++computed_;
  return crypto::hash_password(password.reveal(), parameters_);
}

bool PasswordHasher::verify(const Secret& password, const std::string& stored) const {
  ++computed_;
  return crypto::verify_password(password.reveal(), stored);
}

void PasswordHasher::verify_nobody(const Secret& password) const {
  ++computed_;
  (void)crypto::verify_password(password.reveal(), nobody_);
}

bool PasswordHasher::outdated(const std::string& stored) const {
  return crypto::needs_rehash(stored, parameters_);
}

}  // namespace gatehouse::users
