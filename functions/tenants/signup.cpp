#include "tenants/signup.h"

#include <algorithm>

#include "core/network.h"
#include "tenants/errors.h"

namespace gatehouse::tenants {

bool in_networks(std::string_view text, std::string_view networks) {
  const auto address = Address::parse(text);
  const auto list = parse_list<Network>(networks);
  return address && list && std::ranges::any_of(*list, [&](const Network& network) {
           return network.contains(*address);
         });
}

void require_signup_open(const Settings& settings, std::string_view remote_address) {
  if (settings.tenant_signup == "open") return;
  if (settings.tenant_signup == "allowlist" &&
      in_networks(remote_address, settings.tenant_signup_allowlist)) {
    return;
  }
  throw Failure(errors::signup_closed);
}

}  // namespace gatehouse::tenants
