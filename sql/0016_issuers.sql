-- A tenant may have an issuer of its own: signing keys that sign its tokens and nobody else's. Keys without a tenant are
-- the platform's. A tenant has its issuer while it has a key that is not retired.

ALTER TABLE signing_keys ADD COLUMN tenant_id text REFERENCES tenants;
CREATE INDEX signing_keys_by_tenant ON signing_keys (coalesce(tenant_id, ''));
GRANT SELECT (tenant_id) ON signing_keys TO gatehouse_function;

-- Everybody verifies everybody's tokens; which columns a role may read is in its grants.
ALTER TABLE signing_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE signing_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY verify ON signing_keys FOR SELECT USING (true);
CREATE POLICY platform ON signing_keys TO gatehouse_operator, gatehouse_owner, gatehouse_tokens
  USING (current_setting('app.tenant', true) = '*') WITH CHECK (current_setting('app.tenant', true) = '*');
CREATE POLICY definer ON signing_keys TO gatehouse_definer USING (true);
-- tenants: opens and closes the issuer of the tenant that asks.
CREATE POLICY tenant_insert ON signing_keys FOR INSERT TO gatehouse_tenants
  WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant', true), ''));
CREATE POLICY tenant_update ON signing_keys FOR UPDATE TO gatehouse_tenants
  USING (tenant_id = NULLIF(current_setting('app.tenant', true), ''))
  WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant', true), ''));
GRANT INSERT (kid, tenant_id, algorithm, public_jwk, private_sealed, verification_sealed, created_at, signs_from)
  ON signing_keys TO gatehouse_tenants, gatehouse_tokens;
GRANT UPDATE (retired_at, expires_at) ON signing_keys TO gatehouse_tenants, gatehouse_tokens;
