-- Quotas per hour or day. One row for each owner and quota, whatever time passes: a new window takes the old one's
-- place, so nothing has to be cleaned up but what belonged to owners that are gone.
CREATE TABLE quotas (
  owner text NOT NULL,  -- a tenant's or client's id
  name text NOT NULL,
  window_start timestamptz NOT NULL,
  used bigint NOT NULL CHECK (used >= 0),
  PRIMARY KEY (owner, name)
) WITH (fillfactor = 70);

-- Takes p_amount if that leaves used <= p_most. Callers of one quota wait for each other on its row until their
-- transactions end, which is what makes it exact. By PostgreSQL's clock: hosts need not agree about the time.
CREATE FUNCTION take_quota(p_owner text, p_name text, p_amount bigint, p_most bigint, p_window int)
RETURNS TABLE (admitted boolean, used bigint, seconds_left bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = gatehouse, pg_temp AS $$
DECLARE
  v_start timestamptz := to_timestamp(floor(extract(epoch FROM clock_timestamp()) / p_window) * p_window);
  v_used bigint;
BEGIN
  IF p_amount < 1 OR p_window NOT IN (3600, 86400) THEN
    RAISE EXCEPTION 'no such quota' USING ERRCODE = '22023';
  END IF;
  INSERT INTO quotas AS q (owner, name, window_start, used) VALUES (p_owner, p_name, v_start, 0)
    ON CONFLICT ON CONSTRAINT quotas_pkey DO NOTHING;
  -- A transaction that waited may find a window that began while it did: it counts there.
  UPDATE quotas q
    SET window_start = GREATEST(q.window_start, v_start),
        used = CASE WHEN q.window_start < v_start THEN 0 ELSE q.used END + p_amount
    WHERE q.owner = p_owner AND q.name = p_name
      AND CASE WHEN q.window_start < v_start THEN 0 ELSE q.used END + p_amount <= p_most
    RETURNING q.used INTO v_used;
  admitted := FOUND;
  IF NOT admitted THEN
    SELECT CASE WHEN q.window_start < v_start THEN 0 ELSE q.used END INTO v_used
      FROM quotas q WHERE q.owner = p_owner AND q.name = p_name;
  END IF;
  used := v_used;
  seconds_left := GREATEST(1, ceil(extract(epoch FROM v_start) + p_window - extract(epoch FROM clock_timestamp())));
  RETURN NEXT;
END
$$;

GRANT SELECT, INSERT, UPDATE ON quotas TO gatehouse_definer;
GRANT CREATE ON SCHEMA gatehouse TO gatehouse_definer;
ALTER FUNCTION take_quota(text, text, bigint, bigint, int) OWNER TO gatehouse_definer;
REVOKE CREATE ON SCHEMA gatehouse FROM gatehouse_definer;
SET LOCAL ROLE gatehouse_definer;
REVOKE ALL ON FUNCTION take_quota(text, text, bigint, bigint, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_quota(text, text, bigint, bigint, int) TO gatehouse_function, gatehouse_operator;
RESET ROLE;
