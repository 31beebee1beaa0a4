#include "tokens/clients.h"

#include <algorithm>

#include "core/ids.h"
#include "crypto/machine_secret.h"
#include "tokens/store.h"

namespace gatehouse::tokens {
namespace {

constexpr std::chrono::seconds refusal_stands{1};

/// Compares every hash, whichever fits.
bool has_secret(const Client& client, const crypto::Digest& hash, Time now) {
  bool fits = false;
  for (const Client::SecretHash& secret : client.secrets) {
    const bool living = !secret.expires_at || *secret.expires_at > now;
    fits |= crypto::equal(secret.hash, hash) && living;
  }
  return fits;
}

bool refusal_still_stands(const Client& client, Time now) {
  return now >= client.read_at && now - client.read_at < refusal_stands;
}

std::string joined(const std::vector<std::string>& scopes) {
  std::string text;
  for (const std::string& scope : scopes) {
    if (!text.empty()) text += ' ';
    text += scope;
  }
  return text;
}

/// What the row leaves to the server's settings.
void complete(Client& client, const Settings& settings) {
  client.scope = joined(client.scopes);
  if (client.audiences.empty()) client.audiences.push_back(settings.audience);
  const bool lists_server =
      std::ranges::find(client.audiences, settings.audience) != client.audiences.end();
  client.default_audience = lists_server ? settings.audience : client.audiences.front();
  client.token_lifetime =
      client.token_lifetime == client.token_lifetime.zero()
          ? settings.service_token_lifetime
          : std::clamp(client.token_lifetime, shortest_service_token, longest_service_token);
}

}  // namespace

Clients::Pointer Clients::authenticate(std::string_view client_id, std::string_view secret,
                                       Client::Method way, db::Connection& connection, Time now) {
  if (!crypto::well_formed_machine_secret("secret_", secret)) return nullptr;
  const crypto::Digest hash = crypto::machine_secret_hash(keyring_, secret);
  return authenticate(client_id, connection, now, [&](const Client& client) {
    const bool fits = has_secret(client, hash, now);
    return fits && (client.method == Client::Method::secret || client.method == way);
  });
}

Clients::Pointer Clients::authenticate(std::string_view client_id, db::Connection& connection,
                                       Time now, const Proves& proves) {
  if (!is_id("svc_", client_id)) return nullptr;
  epochs_.ensure_fresh(connection);
  const std::int64_t epoch = epochs_.of(auth::Topic::clients);
  Pointer client = cache_.find(client_id, epoch);
  const auto believed = [&] { return proves(*client) && client->active; };
  if (client && believed()) return client;
  if (client && refusal_still_stands(*client, now)) return nullptr;

  client = load(client_id, connection, now, epoch);
  return believed() ? client : nullptr;
}

Clients::Pointer Clients::load(std::string_view client_id, db::Connection& connection, Time now,
                               std::int64_t epoch) {
  Client client = store::find_client(connection, client_id).value_or(Client{});
  client.read_at = now;
  complete(client, settings_);
  auto pointer = std::make_shared<const Client>(std::move(client));
  cache_.put(client_id, pointer, epoch);
  return pointer;
}

}  // namespace gatehouse::tokens
