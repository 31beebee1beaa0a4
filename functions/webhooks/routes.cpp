#include "webhooks/routes.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "webhooks/delivery_handlers.h"
#include "webhooks/endpoint_handlers.h"
#include "webhooks/event_handlers.h"
#include "webhooks/event_type_handlers.h"

namespace gatehouse::webhooks {

http::Routes routes(fcgi::Platform& platform) {
  http::Routes table = endpoint_routes(platform);
  for (http::Routes& more : std::array{event_type_routes(), event_routes(), delivery_routes()}) {
    std::ranges::move(more, std::back_inserter(table));
  }
  return table;
}

}  // namespace gatehouse::webhooks
