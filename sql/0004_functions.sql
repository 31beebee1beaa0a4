-- Look-ups and chores that have to see every tenant. They belong to gatehouse_definer, which cannot log
-- in; what each of them returns is all that a caller learns.

CREATE FUNCTION lookup_api_key(p_hash bytea)
RETURNS TABLE (key_id text, kind text, tenant_id text, tenant_status text, expires_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = gatehouse, pg_temp
AS $$
  SELECT k.id, k.kind, k.tenant_id, t.status, k.expires_at
    FROM tenant_keys k JOIN tenants t ON t.id = k.tenant_id
   WHERE k.key_hash = p_hash
$$;

-- Whether a service that is bound to the tenant may still act.
CREATE FUNCTION tenant_is_active(p_tenant text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = gatehouse, pg_temp
AS $$
  SELECT EXISTS (SELECT FROM tenants WHERE id = p_tenant AND status = 'active')
$$;

-- Makes the rest of the transaction see the tenant's rows. Raises GH001 unless the session is neither
-- ended nor expired and belongs to that active user of that active tenant.
CREATE FUNCTION enter_session(p_tenant text, p_user text, p_session text, p_now timestamptz DEFAULT now())
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = gatehouse, pg_temp
AS $$
BEGIN
  PERFORM FROM sessions s
     JOIN users u ON u.id = s.user_id
     JOIN tenants t ON t.id = s.tenant_id
    WHERE s.id = p_session AND s.user_id = p_user AND s.tenant_id = p_tenant
      AND s.ended_at IS NULL AND s.expires_at > p_now
      AND u.tenant_id = p_tenant AND u.status = 'active' AND t.status = 'active';
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the session has ended' USING ERRCODE = 'GH001';
  END IF;
  PERFORM set_config('app.tenant', p_tenant, true);
END
$$;

-- Deletes at most p_batch rows of each kind; the caller repeats it until nothing is left. Sessions stay
-- for a day after their end, so that a user can still see where they were signed in.
CREATE FUNCTION cleanup_expired(p_batch int)
RETURNS TABLE (sessions int, one_time_tokens int, tenant_keys int, service_secrets int, signing_keys int)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = gatehouse, pg_temp
AS $$
#variable_conflict use_column
BEGIN
  DELETE FROM gatehouse.sessions WHERE id IN (
    (SELECT s.id FROM gatehouse.sessions s WHERE s.expires_at < now() - interval '1 day' LIMIT p_batch)
    UNION
    (SELECT s.id FROM gatehouse.sessions s WHERE s.ended_at < now() - interval '1 day' LIMIT p_batch));
  GET DIAGNOSTICS sessions = ROW_COUNT;
  DELETE FROM gatehouse.one_time_tokens WHERE token_hash IN (
    SELECT o.token_hash FROM gatehouse.one_time_tokens o
     WHERE o.expires_at < now() OR o.used_at IS NOT NULL LIMIT p_batch);
  GET DIAGNOSTICS one_time_tokens = ROW_COUNT;
  -- A newest key is never removed, even an expired one: it says which key a tenant had.
  DELETE FROM gatehouse.tenant_keys WHERE id IN (
    SELECT k.id FROM gatehouse.tenant_keys k WHERE k.expires_at < now()
       AND EXISTS (SELECT FROM gatehouse.tenant_keys newer
                    WHERE newer.tenant_id = k.tenant_id AND newer.kind = k.kind
                      AND (newer.created_at, newer.id) > (k.created_at, k.id))
     LIMIT p_batch);
  GET DIAGNOSTICS tenant_keys = ROW_COUNT;
  DELETE FROM gatehouse.service_secrets WHERE id IN (
    SELECT c.id FROM gatehouse.service_secrets c WHERE c.expires_at < now() LIMIT p_batch);
  GET DIAGNOSTICS service_secrets = ROW_COUNT;
  DELETE FROM gatehouse.signing_keys WHERE kid IN (
    SELECT k.kid FROM gatehouse.signing_keys k WHERE k.expires_at < now() LIMIT p_batch);
  GET DIAGNOSTICS signing_keys = ROW_COUNT;
  RETURN NEXT;
END
$$;

-- Statement-level trigger of everything that functions cache: bump_epoch('<topic>').
CREATE FUNCTION bump_epoch() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = gatehouse, pg_temp
AS $$
BEGIN
  IF EXISTS (SELECT FROM changed) THEN
    UPDATE epochs SET value = value + 1 WHERE topic = TG_ARGV[0];
  END IF;
  RETURN NULL;
END
$$;

-- Statements that changed no row bump nothing (`changed`): a cleanup with nothing to do empties no cache.
-- A new service or tenant needs no bump either: nobody can have cached its absence for long.
CREATE TRIGGER services_update AFTER UPDATE ON services REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION bump_epoch('clients');
CREATE TRIGGER services_delete AFTER DELETE ON services REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION bump_epoch('clients');
CREATE TRIGGER service_secrets_update AFTER UPDATE ON service_secrets REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION bump_epoch('clients');
CREATE TRIGGER service_secrets_delete AFTER DELETE ON service_secrets REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION bump_epoch('clients');
CREATE TRIGGER service_scopes_insert AFTER INSERT ON service_scopes REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION bump_epoch('clients');
CREATE TRIGGER service_scopes_update AFTER UPDATE ON service_scopes REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION bump_epoch('clients');
CREATE TRIGGER service_scopes_delete AFTER DELETE ON service_scopes REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION bump_epoch('clients');
CREATE TRIGGER tenant_keys_update AFTER UPDATE ON tenant_keys REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION bump_epoch('tenant_keys');
CREATE TRIGGER tenant_keys_delete AFTER DELETE ON tenant_keys REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION bump_epoch('tenant_keys');
CREATE TRIGGER signing_keys_insert AFTER INSERT ON signing_keys REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION bump_epoch('signing_keys');
CREATE TRIGGER signing_keys_update AFTER UPDATE ON signing_keys REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION bump_epoch('signing_keys');
CREATE TRIGGER signing_keys_delete AFTER DELETE ON signing_keys REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION bump_epoch('signing_keys');

-- PostgreSQL allows a list of columns only where there is no transition table.
CREATE FUNCTION bump_epoch_always() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = gatehouse, pg_temp
AS $$
BEGIN
  UPDATE epochs SET value = value + 1 WHERE topic = TG_ARGV[0];
  RETURN NULL;
END
$$;
CREATE TRIGGER tenants_status_of_keys AFTER UPDATE OF status ON tenants
  FOR EACH STATEMENT EXECUTE FUNCTION bump_epoch_always('tenant_keys');
CREATE TRIGGER tenants_status_of_clients AFTER UPDATE OF status ON tenants
  FOR EACH STATEMENT EXECUTE FUNCTION bump_epoch_always('clients');
