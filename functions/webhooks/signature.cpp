#include "webhooks/signature.h"

#include "core/encoding.h"
#include "crypto/hash.h"
#include "webhooks/secret.h"

namespace gatehouse::webhooks {
namespace {

crypto::Digest hmac(const Secret& key, std::string_view data) {
  return crypto::HmacKey(as_bytes(key.reveal())).sign(data);
}

}  // namespace

Headers sign(std::string_view event_id, Time now, std::string_view body, const Secret& secret,
             const Secret& previous) {
  const std::string timestamp = std::to_string(unix_seconds(now));
  std::string signed_text(event_id);
  signed_text.append(".").append(timestamp).append(".").append(body);
  std::string signatures = "v1," + to_base64(hmac(standard_key(secret), signed_text));
  if (!previous.empty()) {
    signatures += " v1," + to_base64(hmac(standard_key(previous), signed_text));
  }
  return {{"Content-Type", "application/json"},
          {"X-Signature", to_hex(hmac(secret, body))},
          {"webhook-id", std::string(event_id)},
          {"webhook-timestamp", timestamp},
          {"webhook-signature", std::move(signatures)}};
}

}  // namespace gatehouse::webhooks
