#pragma once

#include "http/route.h"

namespace gatehouse::webhooks {

/// The routes of `/v1/deliveries`, and `recover` of an endpoint: what became of events, for a
/// tenant's secret key alone, since answers may hold what is nobody else's business.
http::Routes delivery_routes();

}  // namespace gatehouse::webhooks
