#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::limits {

/// The policy file is missing or not acceptable; what() names the file, the line and the remedy.
class PolicyError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// `count` requests in each `window`, of which `burst` may come at once after a pause.
struct Rate {
  std::int64_t count = 1;
  std::chrono::seconds window{1};
  std::int64_t burst = 1;

  std::chrono::nanoseconds cost() const { return std::chrono::nanoseconds(window) / count; }
};

/// One name that a route may carry, at both layers.
struct Policy {
  std::string name;
  std::optional<Rate> address;  ///< nginx's, per client address; only deploy/ reads it
  std::optional<Rate> caller;   ///< the functions', per caller; absent: no limit
  bool dry_run = false;         ///< what would be refused is logged and goes on
  std::string header;           ///< value of `RateLimit-Policy`: `"name";q=<burst>;w=<its refill>`
};

/// Failed attempts per source and target (the account or client that somebody claims to be).
struct FailurePolicy {
  Rate rate;
  bool dry_run = false;
  std::string header;  ///< value of `RateLimit-Policy`
};

/// How long a source waits before its next guess at an account: after `free` failures `first`,
/// then twice as long each time, up to `most`.
struct DelayPolicy {
  std::int64_t free = 3;
  std::chrono::seconds first{1}, most{900};
  bool dry_run = false;
};

/// What a caller may do in each hour or day, counted in the database.
struct QuotaPolicy {
  std::string name;
  std::int64_t most = 0;
  std::chrono::seconds window{};  ///< an hour or a day
  bool dry_run = false;
};

/// The policy file: one for nginx and the functions. deploy/limits.conf is the one that is shipped,
/// built in, and says what its lines mean. Immutable.
class Policies {
 public:
  /// Throws PolicyError.
  static Policies load(const std::string& path);
  static Policies parse(std::string_view text, const std::string& name);
  /// deploy/limits.conf as it was when the program was built.
  static const Policies& shipped();

  /// Null where there is no policy of that name.
  const Policy* find(std::string_view name) const;
  const QuotaPolicy* quota(std::string_view name) const;
  const std::vector<Policy>& all() const { return policies_; }
  const FailurePolicy& failures() const { return *failures_; }
  const DelayPolicy& login_delay() const { return *login_delay_; }

 private:
  friend class Parser;
  Policies() = default;
  std::vector<Policy> policies_;
  std::vector<QuotaPolicy> quotas_;
  std::optional<FailurePolicy> failures_;
  std::optional<DelayPolicy> login_delay_;
};

}  // namespace gatehouse::limits
