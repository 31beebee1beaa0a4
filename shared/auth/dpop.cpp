#include "auth/dpop.h"

#include <algorithm>

#include "core/encoding.h"
#include "crypto/hash.h"
#include "jose/proof.h"

namespace gatehouse::auth {
namespace {

constexpr std::chrono::seconds skew{5};
constexpr std::size_t jti_limit = 256;
/// NumericDates beyond what a double holds exactly are no dates.
constexpr std::int64_t latest_date = std::int64_t{1} << 53;

/// nullopt where it is no whole number of seconds that a clock could show.
std::optional<Time> issued_at(const json::Value& claims) {
  const json::Value* claim = claims.find("iat");
  const auto seconds =
      claim != nullptr && claim->is(json::Kind::number) ? claim->as_integer() : std::nullopt;
  if (!seconds || *seconds < 0 || *seconds > latest_date) return std::nullopt;
  return from_unix_seconds(*seconds);
}

std::string normal(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const auto authority = url.find("://");
  if (authority == url.npos) return std::string(url);
  const auto path = std::min(url.find('/', authority + 3), url.size());
  std::string text(url.substr(0, path));
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  for (const auto& [scheme, port] : {std::pair("https://", ":443"), std::pair("http://", ":80")}) {
    if (text.starts_with(scheme) && text.ends_with(port)) {
      text.resize(text.size() - std::string_view(port).size());
    }
  }
  return text.append(url.substr(path));
}

/// What is wrong with the claims; "" where nothing is.
std::string_view problem_of(const json::Value& claims, const ProvenRequest& request, Time now) {
  if (claims.text("htm") != request.method) return "the proof's htm is not the method";
  if (!same_target(claims.text("htu"), request.url)) return "the proof's htu is not this URL";
  const auto at = issued_at(claims);
  if (!at) return "the proof's iat is no time";
  if (*at < now - longest_proof - skew) return "the proof is older than a minute";
  if (*at > now + skew) return "the proof's iat lies in the future";
  if (!request.access_token.empty() &&
      claims.text("ath") != to_base64url(crypto::sha256(request.access_token))) {
    return "the proof's ath is not the hash of this token";
  }
  const std::string jti = claims.text("jti");
  if (jti.empty() || jti.size() > jti_limit) return "the proof has no jti of at most 256 bytes";
  return {};
}

}  // namespace

bool same_target(std::string_view a, std::string_view b) {
  return normal(a) == normal(b);
}

DpopProof check_dpop_proof(std::string_view text, const ProvenRequest& request, UsedOnce& used,
                           db::Connection& connection, Time now) {
  const auto proof = jose::verify_proof(text, "dpop+jwt");
  if (!proof) return {{}, "the DPoP header is no proof that is signed by the key in it"};
  if (const auto problem = problem_of(proof->claims, request, now); !problem.empty()) {
    return {{}, problem};
  }
  if (!request.key.empty() && proof->thumbprint != request.key) return {proof->thumbprint, {}};
  const Time until = *issued_at(proof->claims) + longest_proof + 2 * skew;
  if (!used.take(connection, "dpop", proof->thumbprint, proof->claims.text("jti"), until)) {
    return {{}, "the proof has been used before"};
  }
  return {proof->thumbprint, {}};
}

}  // namespace gatehouse::auth
