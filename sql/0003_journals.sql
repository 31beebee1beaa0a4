-- What happened: append-only, one partition per day (UTC), old days dropped whole. Few indexes, because
-- the first two are written on the hot path, by COPY. COPY and row-level security exclude each other;
-- these two are readable by the platform's own roles only.

CREATE SEQUENCE access_log_id_seq CACHE 100;
CREATE TABLE access_log (
  id bigint NOT NULL DEFAULT nextval('access_log_id_seq'),
  at timestamptz NOT NULL,
  client_id text NOT NULL,
  tenant_id text,
  endpoint text NOT NULL,
  method text NOT NULL,
  status_code int NOT NULL,
  response_time_ms int NOT NULL,
  ip_address text,
  user_agent text,
  trace_id text
) PARTITION BY RANGE (at);
ALTER SEQUENCE access_log_id_seq OWNED BY access_log.id;
CREATE INDEX access_log_by_client ON access_log (client_id, at);

CREATE TABLE token_issuance (
  at timestamptz NOT NULL,
  client_id text NOT NULL,
  user_id text,
  jti text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('service', 'user', 'delegated')),
  scope text NOT NULL DEFAULT '',
  expires_at timestamptz NOT NULL,
  ip_address text,
  trace_id text
) PARTITION BY RANGE (at);
CREATE INDEX token_issuance_by_client ON token_issuance (client_id, at);

CREATE TABLE sys_audit_logs (
  id text NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  tenant_id text,  -- NULL: the platform's
  event text NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('success', 'failure')),
  actor_kind text NOT NULL,
  actor_id text,
  on_behalf_of text,
  source_ip text,
  route text,
  resource_type text,
  resource_id text,
  detail jsonb NOT NULL DEFAULT '{}',
  trace_id text,
  request_id text
) PARTITION BY RANGE (at);
CREATE INDEX sys_audit_logs_by_tenant ON sys_audit_logs (tenant_id, at);

-- Makes the partitions of today .. today + p_days for each journal; returns how many were missing.
-- Attaching a finished table takes a weaker lock on the journal than CREATE ... PARTITION OF.
CREATE FUNCTION journal_partitions_ensure(p_days int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = gatehouse, pg_temp
SET timezone = 'UTC'
AS $$
DECLARE
  journal text;
  partition text;
  day date;
  made int := 0;
BEGIN
  IF p_days NOT BETWEEN 0 AND 60 THEN
    RAISE EXCEPTION 'partitions can be made for 0 to 60 days ahead, not for %', p_days
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  FOREACH journal IN ARRAY ARRAY['access_log', 'token_issuance', 'sys_audit_logs'] LOOP
    FOR i IN 0 .. p_days LOOP
      day := current_date + i;
      partition := journal || to_char(day, '"_p"YYYYMMDD');
      CONTINUE WHEN to_regclass(partition) IS NOT NULL;
      PERFORM pg_advisory_xact_lock(hashtext('gatehouse.journal_partitions'));
      -- Another may have made it while this waited; to_regclass would still answer from its cache.
      CONTINUE WHEN EXISTS (SELECT FROM pg_class WHERE relname = partition
                                                   AND relnamespace = 'gatehouse'::regnamespace);
      EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', partition, journal);
      EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', journal, partition,
                     day::timestamptz, (day + 1)::timestamptz);
      made := made + 1;
    END LOOP;
  END LOOP;
  RETURN made;
END
$$;

-- Drops partitions that are wholly older than so many days, the oldest first and at most 24 at once, so that a
-- backlog fits the statement time-out; returns how many: repeat it until that is 0. Fewer than 1 day is refused.
CREATE FUNCTION journal_partitions_drop(p_access_log_days int, p_token_days int, p_audit_days int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = gatehouse, pg_temp
SET timezone = 'UTC'
AS $$
DECLARE
  row record;
  dropped int := 0;
BEGIN
  IF least(p_access_log_days, p_token_days, p_audit_days) IS NULL
     OR least(p_access_log_days, p_token_days, p_audit_days) < 1 THEN
    RAISE EXCEPTION 'journals are kept for at least one day' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  -- Whoever has taken over a function must not be able to remove what it did.
  IF p_audit_days < 90 THEN
    RAISE EXCEPTION 'the audit trail is kept for at least 90 days' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('gatehouse.journal_partitions'));
  FOR row IN
    SELECT child.relname AS partition
      FROM (VALUES ('access_log', p_access_log_days), ('token_issuance', p_token_days),
                   ('sys_audit_logs', p_audit_days)) AS kept (journal, days)
      JOIN pg_inherits i ON i.inhparent = to_regclass(kept.journal)
      JOIN pg_class child ON child.oid = i.inhrelid
     WHERE child.relname ~ '_p[0-9]{8}$'
       AND to_date(right(child.relname, 8), 'YYYYMMDD') < current_date - kept.days
     ORDER BY right(child.relname, 8)
     LIMIT 24
  LOOP
    EXECUTE format('DROP TABLE %I', row.partition);
    dropped := dropped + 1;
  END LOOP;
  RETURN dropped;
END
$$;

SELECT journal_partitions_ensure(7);
