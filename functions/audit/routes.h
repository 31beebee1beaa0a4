#pragma once

#include "fcgi/program.h"
#include "http/route.h"

namespace gatehouse::trail {

/// Everything this function exposes.
http::Routes routes(fcgi::Platform& platform);

}  // namespace gatehouse::trail
