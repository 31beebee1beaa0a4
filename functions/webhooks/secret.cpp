#include "webhooks/secret.h"

#include <array>
#include <stdexcept>
#include <string>

#include "core/random.h"

namespace gatehouse::webhooks {
namespace {

std::string place_of(std::string_view endpoint_id) {
  return "webhook_endpoints " + std::string(endpoint_id);
}

}  // namespace

Secret make_signing_secret() {
  // One in five has neither '+' nor '/': it can be marked by a double click, needs no quoting
  // anywhere and is found where it has leaked. That takes two of 288 bits.
  for (;;) {
    std::array<char, 36> random;
    random_bytes(std::as_writable_bytes(std::span(random)));
    std::string text(secret_prefix);
    text += Secret(to_base64(std::as_bytes(std::span(random)))).reveal();
    wipe(random);
    Secret secret(std::move(text));
    if (secret.reveal().find_first_of("+/") == std::string_view::npos) return secret;
  }
}

Secret standard_key(const Secret& secret) {
  auto key = from_base64(secret.reveal().substr(secret_prefix.size()));
  if (!key) throw std::logic_error("a stored signing secret is no base64");
  return Secret(*std::move(key));
}

Bytes seal_secret(const crypto::Keyring& keyring, std::string_view endpoint_id,
                  const Secret& secret) {
  return keyring.seal(secret.reveal(), place_of(endpoint_id));
}

Secret open_secret(const crypto::Keyring& keyring, std::string_view endpoint_id,
                   std::span<const std::byte> sealed) {
  return keyring.open(sealed, place_of(endpoint_id));
}

}  // namespace gatehouse::webhooks
