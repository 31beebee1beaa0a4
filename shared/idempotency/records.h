#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "auth/principal.h"
#include "core/time.h"
#include "crypto/keyring.h"
#include "db/connection.h"

namespace gatehouse::idempotency {

/// What a resend has to have in common with the first request.
struct Attempt {
  std::string_view key;  ///< the header Idempotency-Key
  const auth::Principal& caller;
  std::string_view remote_address;  ///< part of the caller where it has shown no secret
  std::string_view method, route;   ///< the route as the table writes it
  std::string_view path, query, body;
};

/// An attempt as the database knows it. Neither tells anything about the request without the
/// keyring.
struct Claim {
  crypto::Digest id;           ///< over caller, route and key
  crypto::Digest fingerprint;  ///< over method, path, query and body
};

/// The answer that was given.
struct Kept {
  int status;
  std::string body;
};

/// The answers to requests with an Idempotency-Key. Claim, work, audit row and kept answer are one
/// transaction: a process that is killed at any point has done all of it or nothing. Thread-safe.
class Records {
 public:
  Records(const crypto::Keyring& keyring, std::chrono::seconds retention)
      : keyring_(keyring), hash_(keyring.derived("idempotency")), retention_(retention) {}

  /// Throws Failure 400 `idempotency_key_invalid`, `idempotency_key_guessable`.
  Claim claim(const Attempt& attempt) const;

  /// Begins the attempt: the kept answer, or nothing where the work is this transaction's to do.
  /// Throws Failure 409 `idempotency_key_reused`, `idempotency_in_progress`; never waits for
  /// another transaction.
  std::optional<Kept> begin(db::Transaction& transaction, const Claim& claim, Time now) const;

  /// Queues the answer in the transaction that did the work.
  void keep(db::Transaction& transaction, const Claim& claim, const Kept& answer, Time now) const;

 private:
  const crypto::Keyring& keyring_;
  const crypto::HmacKey hash_;
  const std::chrono::seconds retention_;
};

}  // namespace gatehouse::idempotency
