#include "auth/usage.h"

#include <algorithm>

#include "auth/scopes.h"

namespace gatehouse::auth {
namespace {

/// Rows of one statement, which has to end in time.
constexpr std::size_t batch = 1000;

// In the order of the keys, so that no two processes wait for each other. What was deleted
// meanwhile has no use to keep. A row that is younger than a minute is left alone.
constexpr db::Statement write_clients{
    "auth_note_clients",
    "INSERT INTO service_usage AS u (client_id, last_used_at)"
    " SELECT n.id, max(n.at) FROM unnest($1::text[], $2::timestamptz[]) n (id, at)"
    "   JOIN services s ON s.client_id = n.id LEFT JOIN service_usage k ON k.client_id = n.id"
    "  WHERE k.last_used_at IS NULL OR k.last_used_at <= n.at - interval '1 minute'"
    "  GROUP BY n.id ORDER BY n.id"
    " ON CONFLICT (client_id) DO UPDATE"
    "    SET last_used_at = greatest(u.last_used_at, EXCLUDED.last_used_at)"};
constexpr db::Statement write_secrets{
    "auth_note_secrets",
    "INSERT INTO service_secret_usage AS u (secret_id, last_used_at)"
    " SELECT n.id, max(n.at) FROM unnest($1::text[], $2::timestamptz[]) n (id, at)"
    "   JOIN service_secrets s ON s.id = n.id LEFT JOIN service_secret_usage k ON k.secret_id = "
    "n.id"
    "  WHERE k.last_used_at IS NULL OR k.last_used_at <= n.at - interval '1 minute'"
    "  GROUP BY n.id ORDER BY n.id"
    " ON CONFLICT (secret_id) DO UPDATE"
    "    SET last_used_at = greatest(u.last_used_at, EXCLUDED.last_used_at)"};
constexpr db::Statement write_scopes{
    "auth_note_scopes",
    "INSERT INTO service_scope_usage AS u (client_id, scope, last_used_at)"
    " SELECT n.id, n.scope, max(n.at)"
    "   FROM unnest($1::text[], $2::text[], $3::timestamptz[]) n (id, scope, at)"
    "   JOIN service_scopes s ON s.client_id = n.id AND s.scope = n.scope"
    "   LEFT JOIN service_scope_usage k ON k.client_id = n.id AND k.scope = n.scope"
    "  WHERE k.last_used_at IS NULL OR k.last_used_at <= n.at - interval '1 minute'"
    "  GROUP BY n.id, n.scope ORDER BY n.id, n.scope"
    " ON CONFLICT (client_id, scope) DO UPDATE"
    "    SET last_used_at = greatest(u.last_used_at, EXCLUDED.last_used_at)"};

/// Columns of rows on their way.
struct Columns {
  std::vector<std::string> ids, scopes, times;

  void add(const std::string& id, Time at, const std::string& scope = {}) {
    ids.push_back(id);
    if (!scope.empty()) scopes.push_back(scope);
    times.push_back(db::timestamp_text(at));
  }
  void write(db::Connection& connection, const db::Statement& statement) {
    if (ids.empty()) return;
    const std::string id = db::array_literal(ids), at = db::array_literal(times);
    if (scopes.empty()) {
      connection.write(db::Scope::none(), statement, {id, at});
    } else {
      connection.write(db::Scope::none(), statement, {id, db::array_literal(scopes), at});
    }
    *this = {};
  }
  void write_if_full(db::Connection& connection, const db::Statement& statement) {
    if (ids.size() >= batch) write(connection, statement);
  }
};

void add_once(std::vector<std::string>& texts, std::string_view text) {
  if (std::ranges::find(texts, text) == texts.end()) texts.emplace_back(text);
}

}  // namespace

Usage::Entry* Usage::entry(std::string_view client_id, Time now) {
  auto found = entries_.find(client_id);
  if (found == entries_.end()) {
    if (entries_.size() >= most_clients_) return nullptr;
    found = entries_.emplace(client_id, Entry{}).first;
  }
  found->second.at = std::max(found->second.at, now);
  return &found->second;
}

void Usage::authenticated(std::string_view client_id, std::string_view secret_id, Time now) {
  const std::lock_guard lock(mutex_);
  Entry* const used = entry(client_id, now);
  if (used != nullptr && !secret_id.empty()) add_once(used->secrets, secret_id);
}

void Usage::issued(std::string_view client_id, const std::vector<std::string>& grants,
                   std::string_view scope, Time now) {
  const std::lock_guard lock(mutex_);
  Entry* const used = entry(client_id, now);
  if (used == nullptr || used->scope == scope) return;
  used->scope = scope;
  for (const std::string_view one : split_scope(scope)) {
    if (const std::string* grant = covering(grants, one)) add_once(used->grants, *grant);
  }
}

void Usage::flush(db::Connection& connection) {
  Entries noted;
  {
    const std::lock_guard lock(mutex_);
    noted.swap(entries_);
  }
  try {
    Columns clients, secrets, scopes;
    for (const auto& [client_id, used] : noted) {
      clients.add(client_id, used.at);
      for (const std::string& secret : used.secrets) secrets.add(secret, used.at);
      for (const std::string& grant : used.grants) scopes.add(client_id, used.at, grant);
      clients.write_if_full(connection, write_clients);
      secrets.write_if_full(connection, write_secrets);
      scopes.write_if_full(connection, write_scopes);
    }
    clients.write(connection, write_clients);
    secrets.write(connection, write_secrets);
    scopes.write(connection, write_scopes);
  } catch (...) {
    const std::lock_guard lock(mutex_);
    if (entries_.empty()) entries_.swap(noted);
    throw;
  }
}

}  // namespace gatehouse::auth
