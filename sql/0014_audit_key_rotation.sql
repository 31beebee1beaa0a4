-- The key that seals can be replaced. Each successor comes with a JWS by the key before it (shared/audit/seal_keys.h), so that
-- whoever trusts an older key can trust it too; the first key has none.
ALTER TABLE audit_keys ADD COLUMN introduction text;
GRANT INSERT ON audit_keys TO gatehouse_operator;
