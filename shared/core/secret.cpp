#include "core/secret.h"

#include <cstring>
#include <utility>

namespace gatehouse {
namespace {

// A moved-from string keeps the bytes of a short text in its own body, beyond its size.
void scrub(std::string& text) noexcept {
  text.resize(text.capacity());
  wipe(text);
  text.clear();
}

}  // namespace

void wipe(std::span<char> bytes) {
  if (!bytes.empty()) explicit_bzero(bytes.data(), bytes.size());
}

Secret::Secret(Secret&& other) noexcept : value_(std::move(other.value_)) {
  scrub(other.value_);
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  scrub(value_);
  value_ = std::move(other.value_);
  scrub(other.value_);
  return *this;
}

}  // namespace gatehouse
