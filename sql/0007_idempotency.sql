-- Answers to requests that carried an Idempotency-Key, so that a resend gets what the first one got. The id
-- is an HMAC over caller, route and key, the fingerprint one over the request; the answer is sealed under the keyring.
-- Written in the transaction of the work itself: there is no row for work that was not done.

CREATE TABLE idempotency_records (
  id bytea PRIMARY KEY,
  fingerprint bytea NOT NULL,
  status int NOT NULL,
  answer_sealed bytea NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX idempotency_records_expiring ON idempotency_records (expires_at);

-- running: another transaction is at it; kept: the row's columns are its answer; free: it is this transaction's to do,
-- and until it ends everybody else is told `running`. An advisory lock, because an INSERT of the same key would
-- wait for the other transaction instead of saying so.
CREATE FUNCTION idempotency_claim(p_id bytea, p_now timestamptz)
RETURNS TABLE (state text, fingerprint bytea, status int, answer_sealed bytea)
LANGUAGE plpgsql
SET search_path = gatehouse, pg_temp
AS $$
BEGIN
  IF NOT pg_try_advisory_xact_lock(('x' || encode(substr(p_id, 1, 8), 'hex'))::bit(64)::bigint) THEN
    RETURN QUERY SELECT 'running', NULL::bytea, NULL::int, NULL::bytea;
    RETURN;
  END IF;
  -- A statement of its own, so that it sees what the holder before has committed.
  RETURN QUERY SELECT 'kept', r.fingerprint, r.status, r.answer_sealed FROM idempotency_records r
                WHERE r.id = p_id AND r.expires_at > p_now;
  IF NOT FOUND THEN
    RETURN QUERY SELECT 'free', NULL::bytea, NULL::int, NULL::bytea;
  END IF;
END
$$;

CREATE FUNCTION cleanup_idempotency(p_batch int) RETURNS int
LANGUAGE sql SECURITY DEFINER
SET search_path = gatehouse, pg_temp
AS $$
  WITH gone AS (
    DELETE FROM idempotency_records WHERE id IN (
      SELECT id FROM idempotency_records WHERE expires_at < now() LIMIT p_batch FOR UPDATE SKIP LOCKED)
    RETURNING 1)
  SELECT count(*)::int FROM gone
$$;

REVOKE ALL ON FUNCTION idempotency_claim(bytea, timestamptz), cleanup_idempotency(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION idempotency_claim(bytea, timestamptz) TO gatehouse_function;
GRANT SELECT, INSERT, UPDATE ON idempotency_records TO gatehouse_function;
GRANT EXECUTE ON FUNCTION cleanup_idempotency(int) TO gatehouse_services, gatehouse_operator;
