#pragma once

#include <cstdint>
#include <mutex>
#include <shared_mutex>
#include <string_view>
#include <unordered_map>

#include "auth/epoch.h"
#include "core/siphash.h"
#include "core/time.h"
#include "db/connection.h"

namespace gatehouse::auth {

/// The tokens that were revoked before they end (RFC 7009), by `jti`. Thread-safe.
///
/// All that live are in memory, since asking for each token that comes would cost a round trip:
/// about 70 bytes each, so 100,000 are 7 MB in each function, read in a fifth of a second when it
/// starts. What is added later is read by itself, however many there are. They forget themselves
/// when their tokens end: the default of five minutes makes 100,000 of 330 revocations a second.
class Revocations {
 public:
  explicit Revocations(EpochWatch& epochs);

  /// Whether the token was revoked, as far as the current epoch goes; what that has brought is read
  /// on `connection` first. Throws what Connection::read throws.
  bool contains(std::string_view jti, db::Connection& connection, Time now);

  std::size_t size() const;

 private:
  void read_news(db::Connection& connection, std::int64_t epoch, Time now);
  std::uint64_t key_of(std::string_view jti) const { return SipHash(key_).add(jti).finish(); }

  EpochWatch& epochs_;
  const SipHash::Key key_;
  mutable std::shared_mutex mutex_;
  std::int64_t epoch_ = 0;  ///< all revocations up to this one are here
  Time swept_{};
  std::unordered_map<std::uint64_t, Time> ends_;  ///< when the tokens end, by the hash of their id
};

}  // namespace gatehouse::auth
