#pragma once

#include "fcgi/program.h"
#include "http/route.h"

namespace gatehouse::webhooks {

/// Everything that this function exposes. `platform` must outlive the table.
http::Routes routes(fcgi::Platform& platform);

}  // namespace gatehouse::webhooks
