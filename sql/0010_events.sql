-- What happened, for whoever wants to be told: written in the transaction of the change itself, so that nothing is told
-- that did not happen and nothing is lost that did. One partition per day (UTC); old days are dropped whole.
CREATE TABLE events (
  id text NOT NULL,
  created_at timestamptz NOT NULL,
  tenant_id text,      -- NULL: the platform's
  type text NOT NULL,
  data json NOT NULL,  -- not jsonb: it goes out byte by byte as it came in
  trace_id text,
  PRIMARY KEY (id, created_at)
) PARTITION BY RANGE (created_at);
CREATE INDEX events_by_tenant ON events (tenant_id, created_at, id);

-- Like the audit trail: takes rows from everybody, shows a tenant its own.
ALTER TABLE events ENABLE ROW LEVEL SECURITY;
ALTER TABLE events FORCE ROW LEVEL SECURITY;
CREATE POLICY append ON events FOR INSERT WITH CHECK (true);
CREATE POLICY tenant ON events FOR SELECT
  USING (tenant_id = NULLIF(current_setting('app.tenant', true), ''));
CREATE POLICY platform ON events FOR SELECT TO gatehouse_operator, gatehouse_owner
  USING (current_setting('app.tenant', true) = '*');
GRANT INSERT ON events TO gatehouse_function, gatehouse_operator;
GRANT SELECT ON events TO gatehouse_operator;

-- As before, but for every partitioned table that there is, so that a new journal needs nothing here, and from yesterday
-- on: a row may be written a moment after its day, or by a host whose clock is behind.
CREATE OR REPLACE FUNCTION journal_partitions_ensure(p_days int) RETURNS int
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
  FOR journal IN SELECT relname FROM pg_class
                  WHERE relnamespace = 'gatehouse'::regnamespace AND relkind = 'p' ORDER BY relname LOOP
    FOR i IN -1 .. p_days LOOP
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

SELECT journal_partitions_ensure(7);
