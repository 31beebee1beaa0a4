-- The audit trail can be proven: refusals are in it with their reason, every row knows the transaction that wrote it,
-- and seals (shared/audit/seal.h) sign what was there.

ALTER TABLE sys_audit_logs ADD COLUMN reason text;
-- A transaction that began earlier may commit later; only the transaction's id tells which rows can still appear.
ALTER TABLE sys_audit_logs ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX sys_audit_logs_by_xid ON sys_audit_logs (xid);

-- All columns but xid: nobody who only appends can slip a row under a horizon that has been sealed.
REVOKE INSERT ON sys_audit_logs FROM gatehouse_function, gatehouse_operator;
GRANT INSERT (id, at, tenant_id, event, outcome, reason, actor_kind, actor_id, on_behalf_of, source_ip, route, resource_type,
              resource_id, detail, trace_id, request_id)
  ON sys_audit_logs TO gatehouse_function, gatehouse_operator;

-- Ed25519 keys that sign seals and nothing else; the newest signs. None is ever removed: it verifies its seals for ever.
CREATE TABLE audit_keys (
  kid text PRIMARY KEY,
  public_jwk jsonb NOT NULL,
  private_sealed bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE audit_seals (
  seq bigint PRIMARY KEY,           -- 1, 2, 3 ... without a gap, over all tenants
  tenant_id text NOT NULL,          -- '': the platform's trail
  seal text NOT NULL,               -- JWS; what it says counts, the other columns only find it
  to_at timestamptz NOT NULL,       -- of the latest row
  row_ids text[] NOT NULL,          -- which rows, in the order of the tree, to name the one that was tampered with
  leaves bytea NOT NULL,            -- their hashes, 32 bytes each
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX audit_seals_by_tenant ON audit_seals (tenant_id, seq);

-- audit: reads the trail for whoever may, and seals it.
GRANT SELECT ON sys_audit_logs TO gatehouse_audit;
GRANT SELECT, INSERT ON audit_keys, audit_seals TO gatehouse_audit;
GRANT SELECT ON audit_keys, audit_seals TO gatehouse_operator;
CREATE POLICY platform_read ON sys_audit_logs FOR SELECT TO gatehouse_audit
  USING (current_setting('app.tenant', true) = '*');

-- Whoever seals or verifies sees all; a tenant has no use for seals but those of its export.
ALTER TABLE audit_seals ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_seals FORCE ROW LEVEL SECURITY;
CREATE POLICY platform ON audit_seals TO gatehouse_audit, gatehouse_operator, gatehouse_owner
  USING (current_setting('app.tenant', true) = '*') WITH CHECK (current_setting('app.tenant', true) = '*');
