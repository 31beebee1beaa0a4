-- What tokens say beyond their client's id: scopes that they hold unasked, claims of the client's own; and the catalogue of
-- scopes, which says what each is for.
ALTER TABLE services
  ADD COLUMN default_scopes text[],  -- NULL: every grant that is no wildcard
  -- json, not jsonb: numbers in their spelling
  ADD COLUMN custom_claims json CHECK (json_typeof(custom_claims) = 'object');

CREATE TABLE scopes (
  name text PRIMARY KEY,
  description text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE, DELETE ON scopes TO gatehouse_services, gatehouse_operator;

INSERT INTO scopes (name, description) VALUES
  ('internal:admin', 'Manage services, tenants and agents'),
  ('auth:token', 'Obtain tokens to act for a user'),
  ('token.introspect', 'See tokens of others'),
  ('tenant:read', 'Read the list of tenants'),
  ('user:read', 'Read users of any tenant, or of the tenant that the client is bound to'),
  ('user:write', 'Make such users');
