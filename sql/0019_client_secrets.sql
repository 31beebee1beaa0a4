-- Several secrets of a client, and when clients, secrets and scopes were last used.

-- A secret's end is told once; one that a rotation lets end has been told of by the rotation.
ALTER TABLE service_secrets ADD COLUMN expiry_told_at timestamptz;
CREATE INDEX service_secrets_to_tell ON service_secrets (expires_at)
  WHERE expires_at IS NOT NULL AND expiry_told_at IS NULL;

-- Tables of their own: a change of a client, a secret or a scope advances the epoch that caches watch, and being used
-- changes nothing that they hold. `tokens` writes them in batches.
CREATE TABLE service_usage (
  client_id text PRIMARY KEY REFERENCES services ON DELETE CASCADE,
  last_used_at timestamptz NOT NULL
);
CREATE TABLE service_secret_usage (
  secret_id text PRIMARY KEY REFERENCES service_secrets ON DELETE CASCADE,
  last_used_at timestamptz NOT NULL
);
CREATE TABLE service_scope_usage (
  client_id text NOT NULL,
  scope text NOT NULL,
  last_used_at timestamptz NOT NULL,
  PRIMARY KEY (client_id, scope),
  FOREIGN KEY (client_id, scope) REFERENCES service_scopes ON DELETE CASCADE
);
GRANT SELECT, INSERT, UPDATE ON service_usage, service_secret_usage, service_scope_usage TO gatehouse_tokens;
GRANT SELECT ON service_usage, service_secret_usage, service_scope_usage TO gatehouse_services, gatehouse_operator;
