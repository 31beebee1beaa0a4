#pragma once

#include <chrono>
#include <cstdint>

#include "core/time.h"
#include "db/connection.h"
#include "fcgi/program.h"
#include "http/route.h"

namespace gatehouse::services {

/// The routes of `/v1/internal/services/:client_id/secrets`. A client that authenticates by a
/// secret never loses its last living one by them: who wants it without is told to disable it, who
/// wants another to rotate.
http::Routes secret_routes(fcgi::Platform& platform);

/// Publishes `service.secret_expiring` for at most so many secrets that end within `notice`, once
/// for each, in one transaction. Returns how many; fewer than `most`: no more are due.
std::int64_t tell_expiring_secrets(db::Connection& connection, std::chrono::seconds notice,
                                   int most, Time now);

}  // namespace gatehouse::services
