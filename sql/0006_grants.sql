-- Who may do what: each role what its function needs, column by column where a column is secret.

GRANT USAGE ON SCHEMA gatehouse TO gatehouse_definer, gatehouse_operator, gatehouse_function,
  gatehouse_system;
GRANT SELECT ON schema_migrations TO gatehouse_operator, gatehouse_function, gatehouse_system;

-- The definer's own functions. It needs CREATE on the schema only while it becomes their owner.
GRANT SELECT ON tenants TO gatehouse_definer;
GRANT SELECT, DELETE ON tenant_keys, sessions, one_time_tokens TO gatehouse_definer;
GRANT SELECT (id, expires_at), DELETE ON service_secrets TO gatehouse_definer;
GRANT SELECT (kid, expires_at), DELETE ON signing_keys TO gatehouse_definer;
GRANT SELECT (id, tenant_id, status) ON users TO gatehouse_definer;
GRANT SELECT, UPDATE ON epochs TO gatehouse_definer;
GRANT CREATE ON SCHEMA gatehouse TO gatehouse_definer;
ALTER FUNCTION lookup_api_key(bytea) OWNER TO gatehouse_definer;
ALTER FUNCTION tenant_is_active(text) OWNER TO gatehouse_definer;
ALTER FUNCTION enter_session(text, text, text, timestamptz) OWNER TO gatehouse_definer;
ALTER FUNCTION cleanup_expired(int) OWNER TO gatehouse_definer;
ALTER FUNCTION bump_epoch() OWNER TO gatehouse_definer;
ALTER FUNCTION bump_epoch_always() OWNER TO gatehouse_definer;
REVOKE CREATE ON SCHEMA gatehouse FROM gatehouse_definer;
SET LOCAL ROLE gatehouse_definer;
REVOKE ALL ON FUNCTION lookup_api_key(bytea), tenant_is_active(text), enter_session(text, text, text, timestamptz), cleanup_expired(int),
  bump_epoch(), bump_epoch_always() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lookup_api_key(bytea), tenant_is_active(text) TO gatehouse_function;
GRANT EXECUTE ON FUNCTION enter_session(text, text, text, timestamptz) TO gatehouse_function;
GRANT EXECUTE ON FUNCTION cleanup_expired(int) TO gatehouse_services, gatehouse_operator;
RESET ROLE;
REVOKE ALL ON FUNCTION journal_partitions_ensure(int), journal_partitions_drop(int, int, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION journal_partitions_drop(int, int, int) TO gatehouse_services, gatehouse_operator;

-- What every function does: authenticate its callers, watch the epochs, write the journals.
GRANT SELECT ON epochs, services, service_scopes TO gatehouse_function;
GRANT SELECT (kid, algorithm, public_jwk, verification_sealed, created_at, signs_from, retired_at, expires_at)
  ON signing_keys TO gatehouse_function;
GRANT INSERT ON access_log, token_issuance, sys_audit_logs TO gatehouse_function;
GRANT USAGE ON SEQUENCE access_log_id_seq TO gatehouse_function;
GRANT EXECUTE ON FUNCTION journal_partitions_ensure(int) TO gatehouse_function, gatehouse_operator;

-- tokens: signs; checks clients' secrets; opens a session for the user it makes a delegated token for.
GRANT SELECT (private_sealed) ON signing_keys TO gatehouse_tokens, gatehouse_users;
GRANT SELECT ON service_secrets TO gatehouse_tokens;
GRANT SELECT (id, name, status, user_token_seconds) ON tenants TO gatehouse_tokens;
GRANT SELECT (id, tenant_id, status, roles) ON users TO gatehouse_tokens;
GRANT INSERT ON sessions TO gatehouse_tokens;

-- tenants: tenants and their keys; figures about users, without anything that identifies one.
GRANT SELECT, INSERT, UPDATE ON tenants TO gatehouse_tenants;
GRANT SELECT, INSERT, UPDATE, DELETE ON tenant_keys TO gatehouse_tenants;
GRANT SELECT (id, tenant_id, status, email_verified_at, created_at) ON users TO gatehouse_tenants;
GRANT SELECT (id, tenant_id, user_id, created_at, expires_at, ended_at) ON sessions TO gatehouse_tenants;

-- users
GRANT SELECT, INSERT, UPDATE, DELETE ON users, sessions, one_time_tokens TO gatehouse_users;
GRANT SELECT ON tenants TO gatehouse_users;

-- services
GRANT SELECT, INSERT, UPDATE, DELETE ON services, service_secrets, service_scopes TO gatehouse_services;
GRANT SELECT ON access_log TO gatehouse_services;
GRANT SELECT (id, name, status) ON tenants TO gatehouse_services;

-- The operator's command line.
GRANT SELECT, UPDATE ON tenants TO gatehouse_operator;
GRANT SELECT (id, tenant_id, status, created_at) ON users TO gatehouse_operator;
GRANT SELECT, INSERT, UPDATE, DELETE ON services, service_secrets, service_scopes, signing_keys TO gatehouse_operator;
GRANT SELECT ON epochs, access_log, token_issuance TO gatehouse_operator;
GRANT SELECT, INSERT ON sys_audit_logs TO gatehouse_operator;
