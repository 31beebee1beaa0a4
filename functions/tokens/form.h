#pragma once

#include <string>
#include <string_view>

#include "http/input.h"

namespace gatehouse::tokens {

/// The parameters of an OAuth request (RFC 6749 §3.2): unknown ones are ignored, one without a
/// value counts as absent.
class Form {
 public:
  /// Throws Failure 400 for what is no form and for a parameter that is there twice.
  explicit Form(std::string_view text);

  /// The value, which is handed over; "" where the parameter is absent or was taken.
  std::string take(std::string_view name);

 private:
  http::FormPairs pairs_;
};

}  // namespace gatehouse::tokens
