#include "jose/jwt.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "core/encoding.h"
#include "json/parse.h"

namespace gatehouse::jose {
namespace {

/// NumericDates beyond what a double holds exactly are no dates, and their sums could overflow.
constexpr std::int64_t max_date = std::int64_t{1} << 53;

enum class Found { absent, good, wrong };

Found read_date(const json::Value& claims, std::string_view name, std::int64_t& out) {
  const auto* claim = claims.find(name);
  if (claim == nullptr) return Found::absent;
  if (!claim->is(json::Kind::number)) return Found::wrong;
  const auto seconds = claim->as_integer();
  if (!seconds || *seconds < 0 || *seconds > max_date) return Found::wrong;
  out = *seconds;
  return Found::good;
}

std::optional<Rejection> check_audience(const json::Value& claims, std::string_view audience) {
  const auto* aud = claims.find("aud");
  const auto is_string = [](const json::Value& value) { return value.is(json::Kind::string); };
  if (aud != nullptr && !is_string(*aud) &&
      !(aud->is(json::Kind::array) && std::ranges::all_of(aud->items(), is_string)))
    return Rejection::malformed;
  if (audience.empty()) return std::nullopt;
  if (aud == nullptr) return Rejection::wrong_audience;
  const auto matches = [&](const json::Value& value) { return value.as_string() == audience; };
  const bool meant = is_string(*aud) ? matches(*aud) : std::ranges::any_of(aud->items(), matches);
  return meant ? std::nullopt : std::optional(Rejection::wrong_audience);
}

std::optional<Rejection> check_dates(const json::Value& claims, std::int64_t now,
                                     std::int64_t skew) {
  std::int64_t exp = 0;
  if (read_date(claims, "exp", exp) != Found::good) return Rejection::malformed;
  if (now >= exp + skew) return Rejection::expired;
  for (const std::string_view name : {"nbf", "iat"}) {
    std::int64_t date = 0;
    const Found found = read_date(claims, name, date);
    if (found == Found::wrong) return Rejection::malformed;
    if (found == Found::good && date > now + skew) return Rejection::not_yet_valid;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Rejection> check_claims(const Verified& token, const Expectation& expectation) {
  return check_claims(token.typ, token.claims, expectation);
}

std::optional<Rejection> check_claims(std::string_view typ, const json::Value& claims,
                                      const Expectation& expectation) {
  if (typ != expectation.typ) return Rejection::wrong_type;
  const auto* iss = claims.find("iss");
  if (iss == nullptr || !iss->is(json::Kind::string)) return Rejection::malformed;
  if (iss->as_string() != expectation.issuer) return Rejection::wrong_issuer;
  if (const auto rejection = check_audience(claims, expectation.audience)) return rejection;
  return check_dates(claims, unix_seconds(expectation.now), expectation.skew.count());
}

std::string claimed_issuer(std::string_view token) {
  if (token.size() > max_token_bytes) return {};
  const std::size_t first = token.find('.');
  const std::size_t second = first == token.npos ? first : token.find('.', first + 1);
  if (second == token.npos) return {};
  const auto payload = from_base64url(token.substr(first + 1, second - first - 1));
  if (!payload) return {};
  try {
    const json::Value claims = json::parse(*payload);
    const auto* issuer = claims.find("iss");
    if (issuer != nullptr && issuer->is(json::Kind::string)) return issuer->as_string();
  } catch (const json::ParseError&) {
    // Then it is no token either.
  }
  return {};
}

}  // namespace gatehouse::jose
