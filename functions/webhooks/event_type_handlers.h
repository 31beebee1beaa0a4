#pragma once

#include "http/route.h"

namespace gatehouse::webhooks {

/// The routes of `/v1/event-types`: what can happen, for a tenant's secret key.
http::Routes event_type_routes();

}  // namespace gatehouse::webhooks
