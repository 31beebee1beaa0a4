-- Access tokens that their clients have given up before they end. A token is no row; its revocation is one, for as
-- long as the token would have lived. Functions keep those that live in memory and read what is new by its epoch.

CREATE TABLE revoked_tokens (
  jti text PRIMARY KEY,
  client_id text NOT NULL,
  expires_at timestamptz NOT NULL,  -- of the token
  epoch bigint NOT NULL             -- value of the topic revoked_tokens since when it counts
);
CREATE INDEX revoked_tokens_by_epoch ON revoked_tokens (epoch);
CREATE INDEX revoked_tokens_expiring ON revoked_tokens (expires_at);
INSERT INTO epochs (topic) VALUES ('revoked_tokens');

-- False where it was revoked before. The row of the epoch is locked until the transaction ends, so that epochs appear in
-- their order: whoever has seen one has seen all before it.
CREATE FUNCTION revoke_token(p_jti text, p_client text, p_expires_at timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = gatehouse, pg_temp AS $$
DECLARE
  v_epoch bigint;
BEGIN
  IF EXISTS (SELECT FROM revoked_tokens WHERE jti = p_jti) THEN
    RETURN false;
  END IF;
  UPDATE epochs SET value = value + 1 WHERE topic = 'revoked_tokens' RETURNING value INTO v_epoch;
  INSERT INTO revoked_tokens (jti, client_id, expires_at, epoch) VALUES (p_jti, p_client, p_expires_at, v_epoch)
    ON CONFLICT DO NOTHING;
  RETURN FOUND;
END
$$;

GRANT SELECT (jti, expires_at, epoch) ON revoked_tokens TO gatehouse_function;
REVOKE ALL ON FUNCTION revoke_token(text, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION revoke_token(text, text, timestamptz) TO gatehouse_tokens;
GRANT SELECT, DELETE, UPDATE (expires_at) ON revoked_tokens TO gatehouse_definer;

-- As before, with one more kind of rows.
GRANT CREATE ON SCHEMA gatehouse TO gatehouse_definer;
SET LOCAL ROLE gatehouse_definer;
CREATE OR REPLACE FUNCTION cleanup(p_kind text, p_kept int, p_batch int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = gatehouse, pg_temp
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
  v_before timestamptz := now() - make_interval(secs => p_kept);
  v_deleted int;
BEGIN
  IF p_kept IS NULL OR p_kept < 0 OR p_batch IS NULL OR p_batch NOT BETWEEN 1 AND 10000 THEN
    RAISE EXCEPTION 'no such clean-up' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  CASE p_kind
    WHEN 'sessions' THEN
      DELETE FROM sessions WHERE id = ANY (ARRAY(
        SELECT id FROM sessions WHERE least(expires_at, ended_at) < v_before
         ORDER BY least(expires_at, ended_at) LIMIT p_batch FOR UPDATE SKIP LOCKED));
    WHEN 'one_time_tokens' THEN
      DELETE FROM one_time_tokens WHERE token_hash = ANY (ARRAY(
        SELECT token_hash FROM one_time_tokens WHERE least(expires_at, used_at) < v_before
         ORDER BY least(expires_at, used_at) LIMIT p_batch FOR UPDATE SKIP LOCKED));
    WHEN 'tenant_keys' THEN
      DELETE FROM tenant_keys WHERE id = ANY (ARRAY(
        SELECT k.id FROM tenant_keys k WHERE k.expires_at < v_before
           AND EXISTS (SELECT FROM tenant_keys newer
                        WHERE newer.tenant_id = k.tenant_id AND newer.kind = k.kind
                          AND (newer.created_at, newer.id) > (k.created_at, k.id))
         ORDER BY k.expires_at LIMIT p_batch FOR UPDATE OF k SKIP LOCKED));
    WHEN 'service_secrets' THEN
      DELETE FROM service_secrets WHERE id = ANY (ARRAY(
        SELECT id FROM service_secrets WHERE expires_at < v_before
         ORDER BY expires_at LIMIT p_batch FOR UPDATE SKIP LOCKED));
    WHEN 'signing_keys' THEN
      DELETE FROM signing_keys WHERE kid = ANY (ARRAY(
        SELECT kid FROM signing_keys WHERE expires_at < v_before
         ORDER BY expires_at LIMIT p_batch FOR UPDATE SKIP LOCKED));
    WHEN 'revoked_tokens' THEN
      -- A minute later than the token's end, by when no clock believes it any more.
      DELETE FROM revoked_tokens WHERE jti = ANY (ARRAY(
        SELECT jti FROM revoked_tokens WHERE expires_at < least(v_before, now() - interval '1 minute')
         ORDER BY expires_at LIMIT p_batch FOR UPDATE SKIP LOCKED));
    WHEN 'kept_answers' THEN
      DELETE FROM idempotency_records WHERE id = ANY (ARRAY(
        SELECT id FROM idempotency_records WHERE expires_at < v_before
         ORDER BY expires_at LIMIT p_batch FOR UPDATE SKIP LOCKED));
    WHEN 'used_once' THEN
      DELETE FROM used_once WHERE id = ANY (ARRAY(
        SELECT id FROM used_once WHERE expires_at < v_before
         ORDER BY expires_at LIMIT p_batch FOR UPDATE SKIP LOCKED));
    WHEN 'quotas' THEN
      DELETE FROM quotas WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM quotas WHERE window_start < least(v_before, now() - interval '1 day')
         ORDER BY window_start LIMIT p_batch FOR UPDATE SKIP LOCKED));
    WHEN 'audit_seals' THEN
      v_before := coalesce(audit_begins(), '-infinity');
      WITH oldest AS (SELECT seq, greatest(to_at, created_at) AS at FROM audit_seals ORDER BY seq LIMIT p_batch + 1),
           anchor AS (SELECT coalesce(min(seq) FILTER (WHERE at >= v_before), max(seq) + 1) - 1 AS seq FROM oldest)
      DELETE FROM audit_seals WHERE seq = ANY (ARRAY(
        SELECT seq FROM audit_seals WHERE seq < (SELECT seq FROM anchor) FOR UPDATE SKIP LOCKED));
    ELSE
      RAISE EXCEPTION 'no such clean-up' USING ERRCODE = 'invalid_parameter_value';
  END CASE;
  GET DIAGNOSTICS v_deleted = ROW_COUNT;
  RETURN v_deleted;
END
$$;
RESET ROLE;
REVOKE CREATE ON SCHEMA gatehouse FROM gatehouse_definer;
