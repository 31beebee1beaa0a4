#pragma once

#include "core/error.h"

namespace gatehouse::system::errors {

inline constexpr ErrorKind database_not_ready{503, "database_not_ready",
                                              "the database is not ready",
                                              "Run `gatehouse migrate`, then repeat the request."};

}  // namespace gatehouse::system::errors
