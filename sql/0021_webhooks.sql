-- Who is told of what: events that have an order, the catalogue of their types, and the endpoints of tenants.

-- Whose turn it is. Drawn when the event is written: of two events, the second of which was begun after the first was
-- committed, the second has the higher number.
CREATE SEQUENCE event_sequence;
GRANT USAGE ON SEQUENCE event_sequence TO gatehouse_function, gatehouse_operator;

ALTER TABLE events
  ADD COLUMN sequence bigint NOT NULL DEFAULT nextval('event_sequence'),
  -- Whoever polls must not miss what is committed later under a lower number: below the oldest running transaction
  -- nothing can be added any more.
  ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  ADD COLUMN ordering_key text,  -- what it is about, where that matters to the order of deliveries
  ADD COLUMN source text,        -- who told of it; NULL: this system
  ADD COLUMN bytes int NOT NULL DEFAULT 0;  -- of data, so that a page can be measured without reading it
DROP INDEX events_by_tenant;
CREATE INDEX events_feed ON events (tenant_id, xid, sequence);

-- All columns but xid: nobody who only appends can slip a row under what has been read.
REVOKE INSERT ON events FROM gatehouse_function, gatehouse_operator;
GRANT INSERT (id, created_at, tenant_id, type, data, trace_id, sequence, ordering_key, source, bytes)
  ON events TO gatehouse_function, gatehouse_operator;

-- Events of tenants for which no endpoints have been looked up yet. A row comes with its event and leaves in the transaction
-- that makes the event's deliveries: each is looked at once.
CREATE TABLE event_queue (
  sequence bigint PRIMARY KEY,
  event_id text NOT NULL,
  event_created_at timestamptz NOT NULL,
  endpoint_id text  -- the only one that is to get it (a ping); NULL: all that want its type
);
CREATE INDEX event_queue_by_age ON event_queue (event_created_at);
GRANT INSERT (sequence, event_id, event_created_at, endpoint_id) ON event_queue TO gatehouse_function, gatehouse_operator;
-- Where nobody delivers, what is waiting leaves with its event's day.
GRANT SELECT, DELETE, UPDATE (event_created_at) ON event_queue TO gatehouse_definer;
INSERT INTO cleanups (kind, relation, key, over)
  VALUES ('event_queue', 'event_queue', 'sequence', 'r.event_created_at');

-- The patterns that stand for a type: itself, `user.*` for `user.created` (one level, as in scopes), and `*`.
CREATE FUNCTION event_patterns(p_type text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = gatehouse, pg_temp
AS $$
  SELECT ARRAY[p_type, regexp_replace(p_type, '[^.]+$', '*'), '*']
$$;

CREATE TABLE event_types (
  tenant_id text REFERENCES tenants,  -- NULL: the platform's own, which every tenant sees
  name text NOT NULL CHECK (name ~ '^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){1,3}$' AND length(name) <= 128),
  description text NOT NULL,
  schema json,   -- JSON Schema of `data`; NULL: not said
  example json,  -- of `data`
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  UNIQUE NULLS NOT DISTINCT (tenant_id, name)
);

CREATE TABLE webhook_endpoints (
  id text PRIMARY KEY,
  tenant_id text NOT NULL REFERENCES tenants,
  url text NOT NULL CHECK (length(url) <= 2048),
  description text NOT NULL,
  event_types text[] NOT NULL CHECK (cardinality(event_types) BETWEEN 1 AND 100),  -- patterns
  ordered boolean NOT NULL,  -- events of one ordering key go out one after the other
  max_concurrency int NOT NULL CHECK (max_concurrency BETWEEN 1 AND 64),
  rate_per_second int CHECK (rate_per_second BETWEEN 1 AND 10000),
  status text NOT NULL CHECK (status IN ('enabled', 'disabled')),
  disabled_reason text CHECK (disabled_reason IN ('requested', 'gone')),
  secret_sealed bytea NOT NULL,
  previous_secret_sealed bytea,         -- signs too, until it ends
  previous_secret_until timestamptz,
  failing_since timestamptz,            -- the first failure after the last success
  probe_at timestamptz,                 -- of an endpoint that is parked: when it is tried next
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CHECK ((status = 'disabled') = (disabled_reason IS NOT NULL)),
  CHECK (num_nulls(previous_secret_sealed, previous_secret_until) IN (0, 2))
);
CREATE INDEX webhook_endpoints_by_tenant ON webhook_endpoints (tenant_id, id);

ALTER TABLE event_types ENABLE ROW LEVEL SECURITY;
ALTER TABLE event_types FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON event_types
  USING (tenant_id = NULLIF(current_setting('app.tenant', true), ''))
  WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant', true), ''));
CREATE POLICY shared ON event_types FOR SELECT USING (tenant_id IS NULL);
CREATE POLICY catalogue ON event_types TO gatehouse_owner USING (tenant_id IS NULL) WITH CHECK (tenant_id IS NULL);

ALTER TABLE webhook_endpoints ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook_endpoints FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON webhook_endpoints
  USING (tenant_id = NULLIF(current_setting('app.tenant', true), ''))
  WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant', true), ''));

-- webhooks: endpoints and types of a tenant, and its events; those of the platform for its administrators.
GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_endpoints, event_types TO gatehouse_webhooks;
GRANT SELECT ON events TO gatehouse_webhooks;
CREATE POLICY platform_read ON events FOR SELECT TO gatehouse_webhooks
  USING (current_setting('app.tenant', true) = '*');

-- delivery: works for every tenant at once, as a role of its own that no request reaches.
GRANT SELECT, DELETE ON event_queue TO gatehouse_delivery;
GRANT SELECT ON webhook_endpoints TO gatehouse_delivery;
GRANT UPDATE (status, disabled_reason, failing_since, probe_at, updated_at) ON webhook_endpoints TO gatehouse_delivery;
GRANT SELECT ON events TO gatehouse_delivery;
CREATE POLICY delivery ON webhook_endpoints TO gatehouse_delivery USING (true);
CREATE POLICY delivery ON events FOR SELECT TO gatehouse_delivery USING (true);

REVOKE ALL ON FUNCTION event_patterns(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION event_patterns(text) TO gatehouse_webhooks, gatehouse_delivery;
