-- Row-level security of every tenant table, forced on the owner as well. A transaction sees the rows of
-- the tenant in app.tenant; after one that set it the setting reads '', hence NULLIF: no tenant, no rows.
-- '*' means every tenant, for the roles named in the policies `platform` and for nobody else.
-- Where a role has both policies PostgreSQL cannot turn them into an index condition, so statements
-- name their tenant themselves (`WHERE tenant_id = $1`): the policy is the net, not the plan.

DO $$
DECLARE
  t record;
BEGIN
  FOR t IN SELECT * FROM (VALUES ('tenants', 'id'), ('tenant_keys', 'tenant_id'), ('users', 'tenant_id'),
                                 ('sessions', 'tenant_id'), ('one_time_tokens', 'tenant_id'))
                         AS tenant_tables (name, tenant) LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t.name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t.name);
    EXECUTE format($f$CREATE POLICY tenant ON %I
                      USING (%I = NULLIF(current_setting('app.tenant', true), ''))
                      WITH CHECK (%I = NULLIF(current_setting('app.tenant', true), ''))$f$,
                   t.name, t.tenant, t.tenant);
    EXECUTE format('CREATE POLICY definer ON %I TO gatehouse_definer USING (true)', t.name);
    EXECUTE format($f$CREATE POLICY platform ON %I TO gatehouse_operator, gatehouse_owner
                      USING (current_setting('app.tenant', true) = '*')
                      WITH CHECK (current_setting('app.tenant', true) = '*')$f$, t.name);
  END LOOP;
END
$$;

CREATE POLICY platform_read ON tenants FOR SELECT TO gatehouse_tenants, gatehouse_users, gatehouse_tokens, gatehouse_services
  USING (current_setting('app.tenant', true) = '*');
CREATE POLICY platform_read ON users FOR SELECT TO gatehouse_users
  USING (current_setting('app.tenant', true) = '*');

-- The audit trail takes rows from everybody, shows a tenant its own, and lets nobody change any.
ALTER TABLE sys_audit_logs ENABLE ROW LEVEL SECURITY;
ALTER TABLE sys_audit_logs FORCE ROW LEVEL SECURITY;
CREATE POLICY append ON sys_audit_logs FOR INSERT WITH CHECK (true);
CREATE POLICY tenant ON sys_audit_logs FOR SELECT
  USING (tenant_id = NULLIF(current_setting('app.tenant', true), ''));
CREATE POLICY platform ON sys_audit_logs FOR SELECT TO gatehouse_operator, gatehouse_owner
  USING (current_setting('app.tenant', true) = '*');
