-- What is over leaves in small steps that hold up nobody: README, "What is kept how long". Whoever cleans up says how
-- long it is to be kept, within the bounds below, which also bind whoever has taken over that function.

DROP FUNCTION cleanup_expired(int), cleanup_idempotency(int), journal_partitions_drop(int, int, int);

-- One index says when a row was over, whichever way it ended.
DROP INDEX sessions_expiring, sessions_ended, one_time_tokens_expiring;
CREATE INDEX sessions_over ON sessions (least(expires_at, ended_at));
CREATE INDEX one_time_tokens_over ON one_time_tokens (least(expires_at, used_at));
CREATE INDEX quotas_by_window ON quotas (window_start);

-- The day with which the audit trail begins: its oldest partition.
CREATE FUNCTION audit_begins() RETURNS timestamptz
LANGUAGE sql STABLE
SET search_path = gatehouse, pg_temp
SET timezone = 'UTC'
AS $$
  SELECT min(to_date(right(child.relname, 8), 'YYYYMMDD'))::timestamptz
    FROM pg_inherits i JOIN pg_class child ON child.oid = i.inhrelid
   WHERE i.inhparent = 'sys_audit_logs'::regclass AND child.relname ~ '_p[0-9]{8}$'
$$;

-- What leaves when it is over: `over` says when that was, `but` what stays nevertheless. A new table needs a row here and
-- the right for gatehouse_definer to delete from it.
CREATE TABLE cleanups (
  kind text PRIMARY KEY,
  relation regclass NOT NULL,
  key text NOT NULL,                        -- a column that names a row
  over text NOT NULL,                       -- an expression that an index begins with
  but text NOT NULL DEFAULT 'false',        -- a condition on r
  least_kept interval NOT NULL DEFAULT '0'
);
INSERT INTO cleanups (kind, relation, key, over) VALUES
  ('sessions', 'sessions', 'id', 'least(r.expires_at, r.ended_at)'),
  ('one_time_tokens', 'one_time_tokens', 'token_hash', 'least(r.expires_at, r.used_at)'),
  ('service_secrets', 'service_secrets', 'id', 'r.expires_at'),
  ('signing_keys', 'signing_keys', 'kid', 'r.expires_at'),
  ('kept_answers', 'idempotency_records', 'id', 'r.expires_at');
-- A newest key is never removed, even an expired one: it says which key a tenant had.
INSERT INTO cleanups (kind, relation, key, over, but) VALUES
  ('tenant_keys', 'tenant_keys', 'id', 'r.expires_at',
   'NOT EXISTS (SELECT FROM tenant_keys newer WHERE newer.tenant_id = r.tenant_id AND newer.kind = r.kind'
   ' AND (newer.created_at, newer.id) > (r.created_at, r.id))');
-- The longest window is a day: what is older counts for nothing any more.
INSERT INTO cleanups (kind, relation, key, over, least_kept)
  VALUES ('quotas', 'quotas', 'ctid', 'r.window_start', '1 day');

-- At most p_batch seals of days whose rows are gone, but for the newest of them: the chain goes on from it, and
-- verifying sees by its signature that nothing younger was cut off. By when they were made too, as verifying does:
-- whoever adds a row chooses its day.
CREATE FUNCTION cleanup_audit_seals(p_batch int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = gatehouse, pg_temp
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
  v_before timestamptz := coalesce(audit_begins(), '-infinity');
  v_deleted int;
BEGIN
  IF p_batch IS NULL OR p_batch NOT BETWEEN 1 AND 10000 THEN
    RAISE EXCEPTION 'no such clean-up' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  WITH oldest AS (SELECT seq, greatest(to_at, created_at) AS at FROM audit_seals ORDER BY seq LIMIT p_batch + 1),
       anchor AS (SELECT coalesce(min(seq) FILTER (WHERE at >= v_before), max(seq) + 1) - 1 AS seq FROM oldest)
  DELETE FROM audit_seals WHERE seq = ANY (ARRAY(
    SELECT seq FROM audit_seals WHERE seq < (SELECT seq FROM anchor) FOR UPDATE SKIP LOCKED));
  GET DIAGNOSTICS v_deleted = ROW_COUNT;
  RETURN v_deleted;
END
$$;

-- Deletes at most p_batch rows of one kind that were over p_kept seconds ago; fewer than p_batch: nothing is left but
-- what others are at just now. Rows that anybody has locked are left out, so that no two wait for each other.
-- The order makes it an index scan even where most rows are over.
CREATE FUNCTION cleanup(p_kind text, p_kept int, p_batch int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = gatehouse, pg_temp
AS $$
DECLARE
  rule cleanups;
  v_deleted int;
BEGIN
  IF p_kind = 'audit_seals' THEN
    RETURN cleanup_audit_seals(p_batch);
  END IF;
  SELECT * INTO rule FROM cleanups WHERE kind = p_kind;
  IF NOT FOUND OR p_kept IS NULL OR p_kept < 0 OR p_batch IS NULL OR p_batch NOT BETWEEN 1 AND 10000 THEN
    RAISE EXCEPTION 'no such clean-up' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  EXECUTE format('DELETE FROM %1$s WHERE %2$I = ANY (ARRAY(SELECT r.%2$I FROM %1$s r WHERE %3$s < $1 AND NOT (%4$s)'
                 ' ORDER BY %3$s LIMIT $2 FOR UPDATE OF r SKIP LOCKED))',
                 rule.relation, rule.key, rule.over, rule.but)
    USING now() - greatest(make_interval(secs => p_kept), rule.least_kept), p_batch;
  GET DIAGNOSTICS v_deleted = ROW_COUNT;
  RETURN v_deleted;
END
$$;

-- What leaves by whole days, and whose days those are: of `access_log`, `token_issuance`, `audit` or `events`.
CREATE TABLE journals (
  name text PRIMARY KEY,
  kept_as text NOT NULL
);
INSERT INTO journals VALUES
  ('access_log', 'access_log'), ('token_issuance', 'token_issuance'), ('sys_audit_logs', 'audit'), ('events', 'events');

-- Drops one partition that is wholly older than its journal's days; returns its name, NULL where none is due, and 'busy'
-- where somebody reads or writes each journal that has one: dropping needs the journal for itself, and while it waits
-- everybody else waits behind it, so it gives up soon and the caller tries again later. Days of the audit trail do not leave
-- it without a row that says so: p_event is that row's id.
CREATE FUNCTION journal_partition_drop(p_access_log_days int, p_token_days int, p_audit_days int, p_event_days int,
                                       p_event text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = gatehouse, pg_temp
SET timezone = 'UTC'
SET lock_timeout = '50ms'
AS $$
DECLARE
  due record;
  busy boolean := false;
BEGIN
  IF num_nulls(p_access_log_days, p_token_days, p_audit_days, p_event_days) > 0
     OR least(p_access_log_days, p_token_days, p_audit_days, p_event_days) < 1 THEN
    RAISE EXCEPTION 'journals are kept for at least one day' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  -- Whoever has taken over a function must not be able to remove what it did.
  IF p_audit_days < 90 THEN
    RAISE EXCEPTION 'the audit trail is kept for at least 90 days' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF NOT pg_try_advisory_xact_lock(hashtext('gatehouse.journal_partitions')) THEN
    RETURN 'busy';
  END IF;
  FOR due IN
    SELECT DISTINCT ON (j.name) j.name AS journal, kept.days, child.relname AS partition
      FROM (VALUES ('access_log', p_access_log_days), ('token_issuance', p_token_days), ('audit', p_audit_days),
                   ('events', p_event_days)) AS kept (kept_as, days)
      JOIN journals j USING (kept_as)
      JOIN pg_inherits i ON i.inhparent = j.name::regclass
      JOIN pg_class child ON child.oid = i.inhrelid
     WHERE child.relname ~ '_p[0-9]{8}$'
       AND to_date(right(child.relname, 8), 'YYYYMMDD') < current_date - kept.days
     ORDER BY j.name, right(child.relname, 8)
  LOOP
    BEGIN
      EXECUTE format('DROP TABLE %I', due.partition);
      IF due.journal = 'sys_audit_logs' THEN
        INSERT INTO sys_audit_logs (id, event, outcome, actor_kind, actor_id, resource_type, resource_id, detail)
          VALUES (p_event, 'audit.day_expired', 'success', 'job', 'cleanup-tokens', 'audit_trail', due.partition,
                  jsonb_build_object('kept_days', due.days));
      END IF;
      RETURN due.partition;
    EXCEPTION WHEN lock_not_available THEN
      busy := true;
    END;
  END LOOP;
  RETURN CASE WHEN busy THEN 'busy' END;
END
$$;

-- Locking a row takes the right to change some column of it; the definer's functions change none of these.
GRANT UPDATE (expires_at) ON sessions, one_time_tokens, tenant_keys, service_secrets, signing_keys TO gatehouse_definer;
GRANT SELECT, DELETE, UPDATE (expires_at) ON idempotency_records TO gatehouse_definer;
GRANT DELETE ON quotas TO gatehouse_definer;
GRANT SELECT, DELETE, UPDATE (to_at) ON audit_seals TO gatehouse_definer;
CREATE POLICY definer ON audit_seals TO gatehouse_definer USING (true);
CREATE POLICY definer ON idempotency_records TO gatehouse_definer USING (true);
GRANT CREATE ON SCHEMA gatehouse TO gatehouse_definer;
GRANT SELECT ON cleanups TO gatehouse_definer;
ALTER FUNCTION cleanup(text, int, int) OWNER TO gatehouse_definer;
ALTER FUNCTION cleanup_audit_seals(int) OWNER TO gatehouse_definer;
SET LOCAL ROLE gatehouse_definer;
REVOKE ALL ON FUNCTION cleanup(text, int, int), cleanup_audit_seals(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cleanup(text, int, int) TO gatehouse_services, gatehouse_operator;

RESET ROLE;
REVOKE CREATE ON SCHEMA gatehouse FROM gatehouse_definer;
REVOKE ALL ON FUNCTION audit_begins(), journal_partition_drop(int, int, int, int, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_begins() TO gatehouse_definer, gatehouse_operator, gatehouse_audit;
GRANT EXECUTE ON FUNCTION journal_partition_drop(int, int, int, int, text) TO gatehouse_services, gatehouse_operator;
