#include "egress/client.h"

#include <utility>

#include "egress/transfer.h"

namespace gatehouse::egress {

Outcome Client::call(Request request) const {
  Checked checked = guard_.check(request.url);
  if (!checked.url) return failed(FailureKind::url, checked.refusal);
  Transfer transfer(guard_, *std::move(checked.url), std::move(request));
  return transfer.finish(curl_easy_perform(transfer.handle()));
}

}  // namespace gatehouse::egress
