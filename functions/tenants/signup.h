#pragma once

#include <string_view>

#include "core/settings.h"

namespace gatehouse::tenants {

/// Throws Failure 403 `signup_closed` unless the settings let somebody at this address create a
/// tenant.
void require_signup_open(const Settings& settings, std::string_view remote_address);

/// Whether an address (v4, v6) is one of a comma-separated list of addresses and CIDR networks.
/// Nothing is in a list that cannot be read.
bool in_networks(std::string_view address, std::string_view networks);

}  // namespace gatehouse::tenants
