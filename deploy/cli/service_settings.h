#pragma once

#include "commands.h"

namespace gatehouse::cli {

/// `service set`: what a service's tokens hold, and how long they live.
void add_service_settings(CLI::App& service, Environment& environment);

}  // namespace gatehouse::cli
