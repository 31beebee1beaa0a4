#include <algorithm>

#include "egress/request.h"
#include "egress/transfer.h"

namespace gatehouse::egress {

std::string_view text_of(FailureKind kind) {
  switch (kind) {
    case FailureKind::url:
      return "the URL may not be called";
    case FailureKind::address:
    case FailureKind::dns:
      return "the host's name does not resolve to an address that may be called";
    case FailureKind::connect:
      return "nobody accepted the connection";
    case FailureKind::tls:
      return "no TLS connection with a trusted certificate for this host's name";
    case FailureKind::time_out:
      return "the answer took too long";
    case FailureKind::too_large:
      return "the answer is too large";
    case FailureKind::redirect:
      return "the answer is a redirect; redirects are not followed";
    case FailureKind::broken:
      return "the connection was closed before the end of an HTTP answer";
    case FailureKind::cancelled:
      return "the call was cancelled";
    case FailureKind::internal:
      break;
  }
  return "the call could not be made; this is not the receiver's fault";
}

std::string_view Outcome::header(std::string_view name) const {
  const auto found =
      std::ranges::find(headers, name, [](const auto& one) { return std::string_view(one.first); });
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

Outcome failed(FailureKind kind, std::string_view text) {
  Outcome outcome;
  outcome.failure = kind;
  outcome.text = text;
  return outcome;
}

}  // namespace gatehouse::egress
