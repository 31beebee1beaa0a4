#pragma once

#include <string_view>
#include <utility>

#include "http/call.h"
#include "json/write.h"
#include "services/service.h"

/// What the files of handlers share.
namespace gatehouse::services {

/// A handler of internal:admin.
template <typename Handler>
auto managing(Handler handler) {
  return [handler = std::move(handler)](http::Call& call) {
    require_platform_service(call.caller);
    return handler(call);
  };
}

/// `{"message": text}`
inline http::Response message(std::string_view text) {
  json::Writer out;
  out.begin_object().member("message", text).end_object();
  return {200, out.take(), {}};
}

}  // namespace gatehouse::services
