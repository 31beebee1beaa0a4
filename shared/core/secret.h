#pragma once

#include <span>
#include <string>
#include <string_view>

namespace gatehouse {

/// Overwrites memory in a way that the compiler may not drop.
void wipe(std::span<char> bytes);

/// A string that is wiped when it goes and that nothing prints: it has no operator<<, no
/// conversion. Move-only, so that no copy stays behind unnoticed.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { wipe(value_); }

  /// The one way to the plain text: named so that every use of it can be found.
  std::string_view reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

}  // namespace gatehouse
