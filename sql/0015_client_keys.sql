-- How a service proves who it is, beside its secrets: by a key of its own or by a certificate, and whether its tokens
-- are bound to a key. NULL as method: by secret, in the header or in the body. Names are those of RFC 7591 §2.
ALTER TABLE services
  ADD COLUMN auth_method text CHECK (auth_method IN ('client_secret_basic', 'client_secret_post', 'private_key_jwt',
                                                     'tls_client_auth', 'self_signed_tls_client_auth')),
  ADD COLUMN jwks jsonb,              -- public keys; each with kid and alg
  ADD COLUMN jwks_uri text,           -- where it publishes them itself
  ADD COLUMN certificate_check text   -- what of the client's certificate is compared with certificate_value
    CHECK (certificate_check IN ('subject_dn', 'san_dns', 'san_uri', 'sha256')),
  ADD COLUMN certificate_value text,
  ADD COLUMN dpop_bound boolean NOT NULL DEFAULT false,
  ADD CHECK (jwks IS NULL OR jwks_uri IS NULL),
  ADD CHECK ((certificate_check IS NULL) = (certificate_value IS NULL));

-- What may be used once: ids of client assertions and DPoP proofs, each as 128 bits of a hash, kept as long as the thing
-- itself would be good. One row decides for all hosts.
CREATE TABLE used_once (
  id bytea PRIMARY KEY,
  expires_at timestamptz NOT NULL
);
CREATE INDEX used_once_expiring ON used_once (expires_at);

-- Every function takes DPoP proofs; none has to know what others have taken.
GRANT INSERT ON used_once TO gatehouse_function;

-- As before, with a branch for these.
GRANT SELECT, DELETE, UPDATE (expires_at) ON used_once TO gatehouse_definer;
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
