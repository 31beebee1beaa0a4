#pragma once

#include "commands.h"

namespace gatehouse::cli {

/// `service secret add|list|revoke|rotate`.
void add_secret(CLI::App& service, Environment& environment);

}  // namespace gatehouse::cli
