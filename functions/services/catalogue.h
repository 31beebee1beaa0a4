#pragma once

#include "http/route.h"

namespace gatehouse::services {

/// The routes of `/v1/internal/scopes`: what each scope is for.
http::Routes catalogue_routes();

}  // namespace gatehouse::services
