-- Who may pass where nginx asks first (nginx/gatehouse/protect.conf): a policy for each name that a location sets.
CREATE TABLE gate_routes (
  name text PRIMARY KEY CHECK (name ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
  enabled boolean NOT NULL,
  methods text[] NOT NULL CHECK (cardinality(methods) > 0),
  callers text[] NOT NULL CHECK (
    cardinality(callers) > 0 AND callers <@ ARRAY['service', 'agent', 'user', 'secret_key', 'public_key']),
  scopes text[] NOT NULL,    -- of services and agents; empty: none is needed
  any_scope boolean NOT NULL,  -- one of them will do
  networks text[] NOT NULL,  -- that callers may come from; empty: anywhere
  tenants text[] NOT NULL,   -- that callers may be of; empty: any, or none
  rate_count int CHECK (rate_count >= 1),
  rate_seconds int CHECK (rate_seconds >= 1),
  rate_burst int CHECK (rate_burst >= 1),
  audience text NOT NULL,    -- `aud` of the assertion
  keep_authorization boolean NOT NULL,
  changed_by text NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CHECK (num_nulls(rate_count, rate_seconds, rate_burst) IN (0, 3))
);

INSERT INTO epochs (topic) VALUES ('gate_routes');
CREATE TRIGGER gate_routes_insert AFTER INSERT ON gate_routes REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION bump_epoch('gate_routes');
CREATE TRIGGER gate_routes_update AFTER UPDATE ON gate_routes REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION bump_epoch('gate_routes');
CREATE TRIGGER gate_routes_delete AFTER DELETE ON gate_routes REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION bump_epoch('gate_routes');

GRANT SELECT ON gate_routes TO gatehouse_tokens;
GRANT SELECT, INSERT, UPDATE, DELETE ON gate_routes TO gatehouse_services, gatehouse_operator;
