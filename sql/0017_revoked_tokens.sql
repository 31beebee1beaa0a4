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
-- A minute later than the token's end, by when no clock believes it any more.
INSERT INTO cleanups (kind, relation, key, over, least_kept)
  VALUES ('revoked_tokens', 'revoked_tokens', 'jti', 'r.expires_at', '1 minute');
