#include "tokens/clients.h"

#include <algorithm>

#include "auth/custom_claims.h"
#include "auth/scopes.h"
#include "core/ids.h"
#include "crypto/machine_secret.h"
#include "tokens/store.h"

namespace gatehouse::tokens {
namespace {

constexpr std::chrono::seconds refusal_stands{1};

/// The living secret that fits, or null. Compares every hash, whichever fits.
const Client::SecretHash* fitting(const Client& client, const crypto::Digest& hash, Time now) {
  const Client::SecretHash* fits = nullptr;
  for (const Client::SecretHash& secret : client.secrets) {
    const bool living = !secret.expires_at || *secret.expires_at > now;
    if (crypto::equal(secret.hash, hash) && living) fits = &secret;
  }
  return fits;
}

bool refusal_still_stands(const Client& client, Time now) {
  return client.refused && now >= client.read_at && now - client.read_at < refusal_stands;
}

/// What a token holds where its request names no scope: what the client prefers, as far as it is
/// still granted, else all of its grants. A wildcard is no scope.
std::string usual_scope(const Client& client) {
  std::string text;
  for (const std::string& scope : client.default_scopes ? *client.default_scopes : client.scopes) {
    if (auth::covering(client.scopes, scope) == nullptr) continue;
    if (!text.empty()) text += ' ';
    text += scope;
  }
  return text;
}

/// What the row leaves to the server's settings.
void complete(Client& client, const Settings& settings) {
  client.scope = usual_scope(client);
  client.custom_claims = auth::claim_members(client.custom_claims, settings.custom_claims);
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
  const Client::SecretHash* used = nullptr;
  Pointer client = find(client_id, connection, now, [&](const Client& claimed) {
    used = fitting(claimed, hash, now);
    return used != nullptr && (claimed.method == Client::Method::secret || claimed.method == way);
  });
  if (client) usage_.authenticated(client_id, used->id, now);
  return client;
}

Clients::Pointer Clients::authenticate(std::string_view client_id, db::Connection& connection,
                                       Time now, const Proves& proves) {
  Pointer client = find(client_id, connection, now, proves);
  if (client) usage_.authenticated(client_id, {}, now);
  return client;
}

Clients::Pointer Clients::find(std::string_view client_id, db::Connection& connection, Time now,
                               const Proves& proves) {
  if (!is_id("svc_", client_id)) return nullptr;
  epochs_.ensure_fresh(connection);
  const std::int64_t epoch = epochs_.of(auth::Topic::clients);
  Pointer client = cache_.find(client_id, epoch);
  if (client && proves(*client) && client->active) return client;
  if (client && refusal_still_stands(*client, now)) return nullptr;

  client = load(client_id, connection, now, epoch, proves);
  return client->refused ? nullptr : client;
}

Clients::Pointer Clients::load(std::string_view client_id, db::Connection& connection, Time now,
                               std::int64_t epoch, const Proves& proves) {
  auto client =
      std::make_shared<Client>(store::find_client(connection, client_id).value_or(Client{}));
  client->read_at = now;
  complete(*client, settings_);
  client->refused = !(proves(*client) && client->active);
  cache_.put(client_id, client, epoch);
  return client;
}

}  // namespace gatehouse::tokens
