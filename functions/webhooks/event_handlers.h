#pragma once

#include "http/route.h"

namespace gatehouse::webhooks {

/// The routes of `/v1/events`: applications publish, and read what happened instead of being told.
http::Routes event_routes();

}  // namespace gatehouse::webhooks
