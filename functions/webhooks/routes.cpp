#include "webhooks/routes.h"

#include "webhooks/endpoint_handlers.h"

namespace gatehouse::webhooks {

http::Routes routes(fcgi::Platform& platform) {
  return endpoint_routes(platform);
}

}  // namespace gatehouse::webhooks
