-- Machine clients, the keys that sign tokens, and the epochs that caches watch. They belong to the
-- platform, not to a tenant, so grants protect them and no row-level security.

CREATE TABLE services (
  client_id text PRIMARY KEY,
  service_name text NOT NULL,
  description text NOT NULL DEFAULT '',
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled')),
  kind text NOT NULL DEFAULT 'service',
  tenant_id text REFERENCES tenants,
  system_id text,
  env text,
  audiences text[] NOT NULL DEFAULT '{}',  -- empty: the server's default audience only
  token_seconds int CHECK (token_seconds > 0),
  tokens_valid_from timestamptz,  -- tokens issued before this are revoked
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX services_by_tenant ON services (tenant_id) WHERE tenant_id IS NOT NULL;

CREATE TABLE service_secrets (
  id text PRIMARY KEY,
  client_id text NOT NULL REFERENCES services ON DELETE CASCADE,
  secret_hash bytea NOT NULL CONSTRAINT service_secrets_hash_unique UNIQUE,  -- HMAC-SHA-256 under the pepper
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz
);
CREATE INDEX service_secrets_by_client ON service_secrets (client_id);
CREATE INDEX service_secrets_expiring ON service_secrets (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE service_scopes (
  client_id text NOT NULL REFERENCES services ON DELETE CASCADE,
  scope text NOT NULL,
  granted_at timestamptz NOT NULL DEFAULT now(),
  granted_by text NOT NULL,
  PRIMARY KEY (client_id, scope)
);

-- A key's state follows from its times: published (now < signs_from), signing (the newest with
-- signs_from <= now that is not retired), retired (retired_at has come). It leaves the JWKS at expires_at.
CREATE TABLE signing_keys (
  kid text PRIMARY KEY,
  algorithm text NOT NULL CHECK (algorithm IN ('ES256', 'EdDSA', 'RS256', 'HS256')),
  public_jwk jsonb CHECK ((algorithm = 'HS256') = (public_jwk IS NULL)),
  private_sealed bytea NOT NULL,
  verification_sealed bytea CHECK ((algorithm = 'HS256') = (verification_sealed IS NOT NULL)),
  created_at timestamptz NOT NULL DEFAULT now(),
  signs_from timestamptz NOT NULL,
  retired_at timestamptz,
  expires_at timestamptz
);

-- A number per topic that grows whenever something cached under it changes.
CREATE TABLE epochs (
  topic text PRIMARY KEY,
  value bigint NOT NULL DEFAULT 1
);
INSERT INTO epochs (topic) VALUES ('clients'), ('tenant_keys'), ('signing_keys');
