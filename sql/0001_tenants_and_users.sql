-- Tenants, their API keys, their users, and what users hold. Ids are TypeIDs: they sort by creation.

CREATE TABLE tenants (
  id text PRIMARY KEY,
  name text NOT NULL,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled')),
  password_min_length int NOT NULL DEFAULT 6 CHECK (password_min_length BETWEEN 6 AND 1024),
  refuse_common_passwords boolean NOT NULL DEFAULT false,
  user_token_seconds int CHECK (user_token_seconds > 0),  -- NULL: the server's default
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- The current key of a kind is the newest by (created_at, id). A rotated one has expires_at = end of its overlap.
CREATE TABLE tenant_keys (
  id text PRIMARY KEY,
  tenant_id text NOT NULL REFERENCES tenants ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind IN ('public', 'secret')),
  key_hash bytea NOT NULL CONSTRAINT tenant_keys_hash_unique UNIQUE,  -- HMAC-SHA-256 under the pepper
  public_key text CHECK ((kind = 'public') = (public_key IS NOT NULL)),
  fingerprint text NOT NULL,  -- first 16 hex digits of key_hash
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz
);
CREATE INDEX tenant_keys_current ON tenant_keys (tenant_id, kind, created_at DESC, id DESC);
CREATE INDEX tenant_keys_expiring ON tenant_keys (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE users (
  id text PRIMARY KEY,
  tenant_id text NOT NULL REFERENCES tenants ON DELETE CASCADE,
  email text NOT NULL,      -- as it was typed
  email_key text NOT NULL,  -- in lower case: what is unique and looked up
  password_hash text NOT NULL,
  -- Kept as it was sent (json, not jsonb): members in their order, numbers in their spelling.
  profile json NOT NULL DEFAULT '{}' CHECK (json_typeof(profile) = 'object'),
  roles text[] NOT NULL DEFAULT '{}',
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled')),
  email_verified_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT users_email_unique UNIQUE (tenant_id, email_key),
  CONSTRAINT users_tenant_id_unique UNIQUE (tenant_id, id)
);
CREATE INDEX users_by_creation ON users (tenant_id, created_at);

-- The foreign key names the tenant too: no row can hold a user of another tenant, whatever a function does.
CREATE TABLE sessions (
  id text PRIMARY KEY,
  tenant_id text NOT NULL,
  user_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  ended_at timestamptz,
  end_reason text,
  ip_address text,
  user_agent text,
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX sessions_by_user ON sessions (tenant_id, user_id, created_at);
CREATE INDEX sessions_by_creation ON sessions (tenant_id, created_at);
CREATE INDEX sessions_expiring ON sessions (expires_at);
CREATE INDEX sessions_ended ON sessions (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE one_time_tokens (
  token_hash bytea PRIMARY KEY,
  tenant_id text NOT NULL,
  user_id text NOT NULL,
  purpose text NOT NULL CHECK (purpose IN ('password_reset', 'email_verification')),
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  used_at timestamptz,
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX one_time_tokens_by_user ON one_time_tokens (tenant_id, user_id);
CREATE INDEX one_time_tokens_expiring ON one_time_tokens (expires_at);
