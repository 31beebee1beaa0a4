#include "webhooks/message.h"

#include "json/write.h"
#include "webhooks/secret.h"

namespace gatehouse::webhooks {

std::string body_of(const store::Message& message) {
  json::Writer out;
  out.begin_object()
      .member("id", message.event_id)
      .member("type", message.type)
      .member("timestamp", iso8601(message.happened_at))
      .key("data")
      .raw(message.data)
      .end_object();
  return out.take();
}

Headers sign(const store::Message& message, Time now, std::string_view body,
             const crypto::Keyring& keyring) {
  const auto open = [&](const Bytes& sealed) {
    return sealed.empty() ? Secret() : open_secret(keyring, message.endpoint_id, sealed);
  };
  return sign(message.event_id, now, body, open(message.secret_sealed),
              open(message.previous_secret_sealed));
}

std::string storable(std::string_view answer) {
  std::string out;
  out.reserve(answer.size());
  for (const char c : answer) {
    if (c == '\0')
      out += "\xEF\xBF\xBD";
    else
      out += c;
  }
  return out;
}

}  // namespace gatehouse::webhooks
