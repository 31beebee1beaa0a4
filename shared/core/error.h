#pragma once

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse {

/// A kind of refusal: everything about it that never changes. Kinds are constants, declared once in
/// the `errors.h` of the room or function that raises them, so that all of them can be listed.
struct ErrorKind {
  int status;                  ///< HTTP status
  std::string_view code;       ///< stable snake_case, for programs
  std::string_view error;      ///< one line for people; the source document's text where it has one
  std::string_view next_step;  ///< what the caller can do about it
};

/// A failure that the caller caused or can act upon. Raised where it is known, turned into an
/// answer in one place (http/pipeline). Anything else that is thrown becomes a 500 that says only
/// its trace id.
class Failure : public std::exception {
 public:
  explicit Failure(const ErrorKind& kind);

  /// For texts that name something of the request; `code` must stay a bounded set.
  Failure(int status, std::string code, std::string error, std::string next_step);

  Failure& retry_after(std::chrono::seconds span) & { return retry_after_ = span, *this; }
  Failure&& retry_after(std::chrono::seconds span) && {
    return retry_after_ = span, std::move(*this);
  }
  /// Value of `WWW-Authenticate` (RFC 6750 §3) that goes with a 401 or 403.
  Failure&& challenge(std::string value) && {
    return challenge_ = std::move(value), std::move(*this);
  }
  /// Value of `Allow`, for a 405.
  Failure&& allow(std::string methods) && { return allow_ = std::move(methods), std::move(*this); }

  /// A header of the answer that no other member is for.
  Failure&& header(std::string_view literal_name, std::string value) && {
    headers_.emplace_back(literal_name, std::move(value));
    return std::move(*this);
  }

  int status() const { return status_; }
  const std::string& code() const { return code_; }
  const std::string& error() const { return error_; }
  const std::string& next_step() const { return next_step_; }
  std::optional<std::chrono::seconds> retry_after() const { return retry_after_; }
  const std::string& challenge() const { return challenge_; }
  const std::string& allow() const { return allow_; }
  const std::vector<std::pair<std::string_view, std::string>>& headers() const { return headers_; }
  const char* what() const noexcept override { return error_.c_str(); }

 private:
  int status_;
  std::string code_, error_, next_step_, challenge_, allow_;
  std::optional<std::chrono::seconds> retry_after_;
  std::vector<std::pair<std::string_view, std::string>> headers_;
};

}  // namespace gatehouse
