-- Agents: services that act without a person looking on. Each has thresholds, and can be stopped within a second.

ALTER TABLE services
  ADD COLUMN calls_per_hour int CHECK (calls_per_hour >= 1),
  ADD COLUMN writes_per_hour int CHECK (writes_per_hour >= 0),
  ADD COLUMN rate_per_minute int CHECK (rate_per_minute >= 1),
  ADD COLUMN max_per_call jsonb CHECK (jsonb_typeof(max_per_call) = 'object'),
  ADD CONSTRAINT services_kind CHECK (kind IN ('service', 'agent')),
  ADD CONSTRAINT services_agents_have_thresholds CHECK (
    num_nulls(calls_per_hour, writes_per_hour, rate_per_minute, max_per_call) = CASE kind WHEN 'agent' THEN 0 ELSE 4 END);

-- What is stopped: one agent, the agents that are bound to a tenant, or '*', all of them. An agent runs again once none of
-- the rows that are about it is left.
CREATE TABLE agent_kills (
  target text PRIMARY KEY CHECK (target = '*' OR target LIKE 'svc\_%' OR target LIKE 'tnt\_%'),
  reason text NOT NULL,
  killed_by text NOT NULL,
  killed_at timestamptz NOT NULL
);
-- Whoever makes a trigger has to be allowed to execute its function; who fires it need not.
SET LOCAL ROLE gatehouse_definer;
GRANT EXECUTE ON FUNCTION bump_epoch() TO gatehouse_owner;
RESET ROLE;
CREATE TRIGGER agent_kills_insert AFTER INSERT ON agent_kills REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION bump_epoch('clients');
CREATE TRIGGER agent_kills_delete AFTER DELETE ON agent_kills REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION bump_epoch('clients');
GRANT SELECT ON agent_kills TO gatehouse_function, gatehouse_operator;
GRANT INSERT, DELETE ON agent_kills TO gatehouse_services, gatehouse_operator;

-- What is to be known of an agent besides what every service has; NULL for a service that is none.
CREATE FUNCTION agent_of(p_service services) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = gatehouse, pg_temp
AS $$
  SELECT jsonb_build_object(
           'tenant_id', p_service.tenant_id, 'calls_per_hour', p_service.calls_per_hour,
           'writes_per_hour', p_service.writes_per_hour, 'rate_per_minute', p_service.rate_per_minute,
           'max_per_call', p_service.max_per_call,
           'killed', EXISTS (SELECT FROM agent_kills WHERE target IN (p_service.client_id, p_service.tenant_id, '*')))
   WHERE p_service.kind = 'agent'
$$;
REVOKE ALL ON FUNCTION agent_of(services) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION agent_of(services) TO gatehouse_function, gatehouse_operator;

-- What has been told about a quota in its window, so that it is told once: 0 nothing, 1 that it is nearly used up, 2 that it is.
ALTER TABLE quotas ADD COLUMN announced int NOT NULL DEFAULT 0;

-- As before, and says what has been announced and when the next window begins.
DROP FUNCTION take_quota(text, text, bigint, bigint, int);
CREATE FUNCTION take_quota(p_owner text, p_name text, p_amount bigint, p_most bigint, p_window int)
RETURNS TABLE (admitted boolean, used bigint, seconds_left bigint, starts_anew timestamptz, announced int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = gatehouse, pg_temp AS $$
DECLARE
  v_start timestamptz := to_timestamp(floor(extract(epoch FROM clock_timestamp()) / p_window) * p_window);
  v_row quotas;
BEGIN
  IF p_amount < 1 OR p_window NOT IN (3600, 86400) THEN
    RAISE EXCEPTION 'no such quota' USING ERRCODE = '22023';
  END IF;
  LOOP  -- the row may vanish between any two statements: quotas are cleaned up
    -- A transaction that waited may find a window that began while it did: it counts there.
    UPDATE quotas q
      SET window_start = GREATEST(q.window_start, v_start),
          used = CASE WHEN q.window_start < v_start THEN 0 ELSE q.used END + p_amount,
          announced = CASE WHEN q.window_start < v_start THEN 0 ELSE q.announced END
      WHERE q.owner = p_owner AND q.name = p_name
        AND CASE WHEN q.window_start < v_start THEN 0 ELSE q.used END + p_amount <= p_most
      RETURNING q.* INTO v_row;
    admitted := FOUND;
    EXIT WHEN admitted;
    SELECT * INTO v_row FROM quotas q WHERE q.owner = p_owner AND q.name = p_name;
    EXIT WHEN FOUND;
    INSERT INTO quotas AS q (owner, name, window_start, used) VALUES (p_owner, p_name, v_start, 0)
      ON CONFLICT ON CONSTRAINT quotas_pkey DO NOTHING;
  END LOOP;
  IF NOT admitted AND v_row.window_start < v_start THEN
    v_row := (p_owner, p_name, v_start, 0, 0);
  END IF;
  used := v_row.used;
  announced := v_row.announced;
  starts_anew := v_row.window_start + make_interval(secs => p_window);
  seconds_left := GREATEST(1, ceil(extract(epoch FROM starts_anew - clock_timestamp())));
  RETURN NEXT;
END
$$;

-- True for the one caller who is to tell it: that the quota whose window ends then has come to p_level.
CREATE FUNCTION announce_quota(p_owner text, p_name text, p_window int, p_starts_anew timestamptz, p_level int)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = gatehouse, pg_temp AS $$
DECLARE
  v_start timestamptz := p_starts_anew - make_interval(secs => p_window);
BEGIN
  -- The row may still be of an older window, or gone with the work that made it: what is refused leaves nothing behind.
  INSERT INTO quotas AS q (owner, name, window_start, used, announced) VALUES (p_owner, p_name, v_start, 0, p_level)
    ON CONFLICT ON CONSTRAINT quotas_pkey DO UPDATE
    SET window_start = v_start, announced = p_level, used = CASE WHEN q.window_start < v_start THEN 0 ELSE q.used END
    WHERE q.window_start < v_start OR (q.window_start = v_start AND q.announced < p_level);
  RETURN FOUND;
END
$$;

GRANT CREATE ON SCHEMA gatehouse TO gatehouse_definer;
ALTER FUNCTION take_quota(text, text, bigint, bigint, int) OWNER TO gatehouse_definer;
ALTER FUNCTION announce_quota(text, text, int, timestamptz, int) OWNER TO gatehouse_definer;
REVOKE CREATE ON SCHEMA gatehouse FROM gatehouse_definer;
SET LOCAL ROLE gatehouse_definer;
REVOKE ALL ON FUNCTION take_quota(text, text, bigint, bigint, int), announce_quota(text, text, int, timestamptz, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_quota(text, text, bigint, bigint, int) TO gatehouse_function, gatehouse_operator;
GRANT EXECUTE ON FUNCTION announce_quota(text, text, int, timestamptz, int) TO gatehouse_function;
RESET ROLE;
