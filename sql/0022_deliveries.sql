-- What is sent to whom, and what came of it. README, "Webhooks".

-- One event for one endpoint. `pending` ones have a row in webhook_queue too, or will have with the next fan-out.
CREATE TABLE webhook_deliveries (
  id text NOT NULL,
  created_at timestamptz NOT NULL,
  tenant_id text NOT NULL,
  endpoint_id text NOT NULL,
  event_id text NOT NULL,
  event_created_at timestamptz NOT NULL,
  event_type text NOT NULL,
  ordering_key text,
  state text NOT NULL CHECK (state IN ('pending', 'delivered', 'dead_letter', 'cancelled')),
  attempts int NOT NULL DEFAULT 0,
  interrupted int NOT NULL DEFAULT 0,  -- of those, whose end nobody has seen
  last_attempt_at timestamptz,
  last_status int,                     -- NULL: no answer
  last_failure text,                   -- why there was none
  next_attempt_at timestamptz,         -- NULL: as soon as it is its turn
  finished_at timestamptz,
  PRIMARY KEY (id, created_at)
) PARTITION BY RANGE (created_at);
CREATE INDEX webhook_deliveries_by_tenant ON webhook_deliveries (tenant_id, created_at, id);
CREATE INDEX webhook_deliveries_by_endpoint ON webhook_deliveries (endpoint_id, created_at, id);
CREATE INDEX webhook_dead_letters ON webhook_deliveries (tenant_id, created_at, id) WHERE state = 'dead_letter';

CREATE TABLE webhook_attempts (
  delivery_id text NOT NULL,
  number int NOT NULL,
  at timestamptz NOT NULL,
  tenant_id text NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('delivered', 'failed', 'interrupted')),
  latency_ms int,
  status int,
  failure text,
  answer text,  -- at most 16 KiB of it
  PRIMARY KEY (delivery_id, number, at)
) PARTITION BY RANGE (at);

-- An event that is in the queue for a second time has a new number: the end of the line is where it joins it.
ALTER TABLE event_queue
  ADD COLUMN delivery_id text,  -- to be sent again; NULL: deliveries are yet to be made
  ADD COLUMN delivery_created_at timestamptz,
  ADD CHECK (num_nulls(delivery_id, delivery_created_at) IN (0, 2)),
  ADD CHECK (delivery_id IS NULL OR endpoint_id IS NOT NULL);

-- When it may be sent something next, of an endpoint with a rate.
ALTER TABLE webhook_endpoints ADD COLUMN paced_until timestamptz;

-- Who delivers. Whoever is not heard of by then is dead to the others, and what it had claimed is theirs.
CREATE TABLE webhook_workers (
  id text PRIMARY KEY,
  alive_until timestamptz NOT NULL
);

-- Only what waits or is under way: what is finished costs nobody anything. The index of those that are ready holds nothing that
-- must not be sent yet, so that finding the next of an endpoint costs the same whatever else waits.
CREATE TABLE webhook_queue (
  delivery_id text PRIMARY KEY,
  delivery_created_at timestamptz NOT NULL,
  endpoint_id text NOT NULL,
  sequence bigint NOT NULL,
  ordering_key text,            -- NULL: in any order
  state text NOT NULL CHECK (state IN ('ready', 'claimed', 'later', 'held')),  -- held: behind another of its key
  due_at timestamptz,           -- of one that is to be tried later
  tries int NOT NULL DEFAULT 0,  -- attempts that it has used up
  worker text,                  -- of one that is claimed
  CHECK ((state = 'later') = (due_at IS NOT NULL)),
  CHECK ((state = 'claimed') = (worker IS NOT NULL))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX webhook_queue_ready ON webhook_queue (endpoint_id, sequence) WHERE state = 'ready';
CREATE INDEX webhook_queue_claimed ON webhook_queue (endpoint_id) WHERE state = 'claimed';
CREATE INDEX webhook_queue_later ON webhook_queue (due_at) WHERE state = 'later';
CREATE INDEX webhook_queue_keys ON webhook_queue (endpoint_id, ordering_key, sequence) WHERE ordering_key IS NOT NULL;

ALTER TABLE webhook_deliveries ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook_deliveries FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON webhook_deliveries
  USING (tenant_id = NULLIF(current_setting('app.tenant', true), ''))
  WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant', true), ''));
CREATE POLICY delivery ON webhook_deliveries TO gatehouse_delivery USING (true);

ALTER TABLE webhook_attempts ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook_attempts FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON webhook_attempts
  USING (tenant_id = NULLIF(current_setting('app.tenant', true), ''))
  WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant', true), ''));
CREATE POLICY delivery ON webhook_attempts TO gatehouse_delivery USING (true);

GRANT SELECT ON webhook_deliveries, webhook_attempts TO gatehouse_webhooks;
GRANT INSERT (delivery_id, delivery_created_at) ON event_queue TO gatehouse_webhooks;
GRANT UPDATE (state, next_attempt_at, finished_at) ON webhook_deliveries TO gatehouse_webhooks;
GRANT SELECT, INSERT, UPDATE ON webhook_deliveries TO gatehouse_delivery;
GRANT SELECT, INSERT ON webhook_attempts TO gatehouse_delivery;
GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_queue, webhook_workers TO gatehouse_delivery;
GRANT UPDATE (event_created_at) ON event_queue TO gatehouse_delivery;  -- which locking its rows takes
GRANT UPDATE (paced_until) ON webhook_endpoints TO gatehouse_delivery;

-- They leave with their events.
INSERT INTO journals VALUES ('webhook_deliveries', 'events'), ('webhook_attempts', 'events');

SELECT journal_partitions_ensure(7);
