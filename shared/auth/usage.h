#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/time.h"
#include "db/connection.h"

namespace gatehouse::auth {

/// When clients, their secrets and their grants were last used, kept in memory until it is written
/// down: noting costs no round trip. What is written is true to a minute, and each row is written
/// at most once in that time, by however many processes. A process that is killed loses what it
/// has not written. Bounded, thread-safe.
class Usage {
 public:
  explicit Usage(std::size_t most_clients) : most_clients_(most_clients) {}

  /// The client has shown who it is; by that secret, unless the id is empty.
  void authenticated(std::string_view client_id, std::string_view secret_id, Time now);
  /// A token with these scopes (joined by spaces) was issued to it: each counts as a use of the
  /// first of its grants that covers it.
  void issued(std::string_view client_id, const std::vector<std::string>& grants,
              std::string_view scope, Time now);

  /// Writes down what has been noted, and forgets it. Throws what Connection::write throws; what
  /// was not written is then kept for the next time.
  void flush(db::Connection& connection);

 private:
  struct Entry {
    Time at{};
    std::vector<std::string> secrets, grants;
    std::string scope;  ///< of the token before: the same needs no second look
  };
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  using Entries = std::unordered_map<std::string, Entry, Hash, std::equal_to<>>;

  /// Null where there is no room for another client.
  Entry* entry(std::string_view client_id, Time now);

  const std::size_t most_clients_;
  std::mutex mutex_;
  Entries entries_;
};

}  // namespace gatehouse::auth
