#pragma once

#include "fcgi/program.h"
#include "http/route.h"

namespace gatehouse::webhooks {

/// The routes of `/v1/webhooks`: a tenant's endpoints, for its secret key. `platform` must outlive
/// the table.
http::Routes endpoint_routes(fcgi::Platform& platform);

}  // namespace gatehouse::webhooks
