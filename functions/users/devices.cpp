#include "users/devices.h"

#include <array>

#include "core/encoding.h"
#include "core/random.h"

namespace gatehouse::users {
namespace {

constexpr std::string_view prefix = "dvt_";
constexpr std::size_t name_size = 16, mac_size = 16;

}  // namespace

Devices::Devices(const crypto::Keyring& keyring) : key_(keyring.derived("login device")) {}

std::string Devices::mac(std::string_view name, std::string_view tenant_id,
                         std::string_view email_key) const {
  // Neither a name of fixed length nor a tenant id can hold what would shift the borders.
  std::string text(name);
  text.append(tenant_id).append("\n").append(email_key);
  return std::string(as_text(key_.sign(text)).substr(0, mac_size));
}

std::string Devices::make_token(std::string_view tenant_id, std::string_view email_key) const {
  std::array<std::byte, name_size> random{};
  random_bytes(random);
  const std::string name(as_text(random));
  std::string token(prefix);
  append_base64url(token, as_bytes(name + mac(name, tenant_id, email_key)));
  return token;
}

std::optional<std::string> Devices::name(std::string_view token, std::string_view tenant_id,
                                         std::string_view email_key) const {
  if (!token.starts_with(prefix)) return std::nullopt;
  const auto bytes = from_base64url(token.substr(prefix.size()));
  if (!bytes || bytes->size() != name_size + mac_size) return std::nullopt;
  std::string name = bytes->substr(0, name_size);
  if (!crypto::equal(mac(name, tenant_id, email_key), bytes->substr(name_size))) {
    return std::nullopt;
  }
  return name;
}

}  // namespace gatehouse::users
