#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/value.h"

namespace gatehouse::http {

/// Reads the members of a JSON object, once each, with the errors that the API documents. The names
/// given to the constructor are all that the object may have: anything else is 400
/// `unknown_member`, so that a typo never passes in silence. Every accessor throws Failure 400:
/// `"name" is required`
/// (`name_required`) where it is absent, null or ""; `"name" must be a string` (`name_invalid`);
/// `"name" must be at most 100 bytes` (`name_too_long`). The optional_ ones return none where it is
/// absent or null. Holds a reference: `object` has to outlive it.
class Input {
 public:
  Input(const json::Value& object, std::initializer_list<std::string_view> allowed);

  bool has(std::string_view name) const;  ///< present, even as null

  /// `limit` is in bytes of UTF-8. Surrounding white space counts.
  std::string text(std::string_view name, std::size_t limit) const;
  std::optional<std::string> optional_text(std::string_view name, std::size_t limit) const;
  std::optional<std::int64_t> optional_integer(std::string_view name, std::int64_t least,
                                               std::int64_t most) const;
  std::optional<bool> optional_boolean(std::string_view name) const;
  std::optional<std::vector<std::string>> optional_texts(std::string_view name, std::size_t count,
                                                         std::size_t limit) const;
  /// A JSON object as its own text, at most `limit` bytes.
  std::optional<std::string> optional_object(std::string_view name, std::size_t limit) const;
  /// An e-mail address (RFC 5321 §4.1.2 without quoted local parts or literals; at most 254 bytes).
  std::string email(std::string_view name) const;
  std::optional<std::string> optional_email(std::string_view name) const;

 private:
  const json::Value* find(std::string_view name) const;
  const json::Value& object_;
};

/// The decoded `application/x-www-form-urlencoded` pairs, in order. Throws Failure 400 for bad
/// escapes, NULs, invalid UTF-8, or more than 32 pairs.
using FormPairs = std::vector<std::pair<std::string, std::string>>;
FormPairs parse_form(std::string_view text);

/// Reads a query string under the same rules as Input: unknown or repeated names are 400.
class Query {
 public:
  Query(std::string_view raw, std::initializer_list<std::string_view> allowed);
  std::optional<std::string> text(std::string_view name) const;  ///< none where absent or empty
  std::int64_t integer(std::string_view name, std::int64_t fallback, std::int64_t least,
                       std::int64_t most) const;

 private:
  FormPairs pairs_;
};

/// Where a list goes on: `limit` (`usual_limit` where absent, 1 to 1000) and `cursor` (the last id
/// of the page before).
struct Page {
  int limit = 100;
  std::string after;  ///< "" for the first page

  /// One more than is shown tells whether there is more.
  int to_read() const { return limit + 1; }
};
Page read_page(const Query& query, std::string_view id_prefix, int usual_limit = 100);

}  // namespace gatehouse::http
