#pragma once

#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "core/encoding.h"
#include "core/secret.h"
#include "crypto/hash.h"

namespace gatehouse::crypto {

/// The keyring file is missing, readable by others or not well-formed. what() names the file, the
/// line and the remedy, never a key.
class KeyringError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What was to be opened is damaged, belongs to other associated data, or its key is not in the
/// keyring.
class SealError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The secrets that are not in the database: the pepper, under which machine secrets are hashed,
/// and the keys that seal what has to be read back. Copies share the keys. Thread-safe.
///
/// The file (a regular file, mode 0600 or stricter) has one line `pepper <64 hex digits>` and one
/// or more lines `seal <id> <64 hex digits>`, id being 1-32 characters of [A-Za-z0-9_-]. The first
/// seal line seals, all of them open: so a key is replaced by writing the new one above the old.
/// `#` starts a comment.
class Keyring {
 public:
  /// Throws KeyringError.
  static Keyring load(const std::string& path);
  /// The same, of a text; `name` is what errors call it.
  static Keyring parse(std::string_view text, std::string_view name = "keyring");
  /// The text of a new keyring file with fresh random keys.
  static std::string generate();

  const HmacKey& pepper() const;

  /// A key for one purpose, from the pepper by HKDF-SHA-256 (RFC 5869) with `label` as its info.
  /// Equal labels give equal keys. Make it once and keep it: this is not for a request's path.
  HmacKey derived(std::string_view label) const;

  /// AES-256-GCM under the first seal key with a random 96-bit nonce. `associated_data` has to be
  /// given to open() again and ties the sealed bytes to their place (table, row id). The result is:
  /// version (1), length of the key's id, the id, nonce (12), ciphertext (as long as `plain`), tag
  /// (16).
  Bytes seal(std::string_view plain, std::string_view associated_data) const;
  /// Throws SealError, with the same text for every kind of tampering.
  Secret open(std::span<const std::byte> sealed, std::string_view associated_data) const;

 private:
  struct State;
  explicit Keyring(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

}  // namespace gatehouse::crypto
