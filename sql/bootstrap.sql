-- Roles and the database. Run by a superuser with psql, as often as one likes; what exists is only
-- brought up to date:
--
--     psql -X -v ON_ERROR_STOP=1 -d postgres -f sql/bootstrap.sql
--     gatehouse migrate
--
-- Nobody has a password: functions reach PostgreSQL through its unix socket with `peer` and an ident map.
--
--   gatehouse_owner     owns the database and everything in it; runs migrations, nothing else
--   gatehouse_definer   cannot log in; owns the look-ups that have to see every tenant
--   gatehouse_operator  the operator's command line
--   gatehouse_function  cannot log in; what every function may do: authenticate callers, write the journals
--   gatehouse_<group>   one per function, a member of gatehouse_function, with what that function needs besides;
--                       only gatehouse_system, which authenticates nobody, is no member
--   gatehouse_delivery  the part of webhooks that sends: sees every tenant, and no request reaches it
--
-- None of them has BYPASSRLS. Policies count for members of a role too, so the owner, which has to be a
-- member of gatehouse_definer to give it functions, does not inherit.

DO $$
DECLARE
  functions CONSTANT text[] := ARRAY['gatehouse_tokens', 'gatehouse_tenants', 'gatehouse_users',
                                     'gatehouse_services', 'gatehouse_audit', 'gatehouse_webhooks',
                                     'gatehouse_delivery'];
  r text;
BEGIN
  FOREACH r IN ARRAY ARRAY['gatehouse_owner', 'gatehouse_definer', 'gatehouse_operator', 'gatehouse_function',
                           'gatehouse_system'] || functions LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN
      EXECUTE format('CREATE ROLE %I', r);
    END IF;
    EXECUTE format('ALTER ROLE %I WITH %s %s NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOREPLICATION', r,
                   CASE WHEN r IN ('gatehouse_definer', 'gatehouse_function') THEN 'NOLOGIN' ELSE 'LOGIN' END,
                   CASE r WHEN 'gatehouse_owner' THEN 'NOINHERIT' ELSE 'INHERIT' END);
    EXECUTE format('ALTER ROLE %I SET search_path = gatehouse', r);
    EXECUTE format('ALTER ROLE %I SET timezone = %L', r, 'UTC');
    EXECUTE format('ALTER ROLE %I SET datestyle = %L', r, 'ISO, YMD');
    EXECUTE format('ALTER ROLE %I SET lock_timeout = %L', r,
                   CASE r WHEN 'gatehouse_owner' THEN '10s' ELSE '500ms' END);
    EXECUTE format('ALTER ROLE %I SET statement_timeout = %L', r,
                   CASE r WHEN 'gatehouse_owner' THEN '0' WHEN 'gatehouse_operator' THEN '10s' ELSE '1s' END);
    EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = %L', r, '5s');
    -- Queries here touch a handful of rows; compiling them would cost more than running them.
    EXECUTE format('ALTER ROLE %I SET jit = off', r);
  END LOOP;
  FOREACH r IN ARRAY functions LOOP
    EXECUTE format('GRANT gatehouse_function TO %I', r);
  END LOOP;
  -- All of their statements go by keys, and plans are kept: they must not be those of tables that were small.
  FOREACH r IN ARRAY ARRAY['gatehouse_webhooks', 'gatehouse_delivery'] LOOP
    EXECUTE format('ALTER ROLE %I SET enable_seqscan = off', r);
    EXECUTE format('ALTER ROLE %I SET enable_hashjoin = off', r);
    EXECUTE format('ALTER ROLE %I SET enable_mergejoin = off', r);
  END LOOP;
END
$$;

GRANT gatehouse_definer TO gatehouse_owner;

-- Byte order, so that an index means the same under every version of the C library.
SELECT 'CREATE DATABASE gatehouse OWNER gatehouse_owner TEMPLATE template0 ENCODING ''UTF8'''
       ' LC_COLLATE ''C'' LC_CTYPE ''C.UTF-8'''
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'gatehouse')
\gexec

ALTER DATABASE gatehouse OWNER TO gatehouse_owner;
REVOKE ALL ON DATABASE gatehouse FROM PUBLIC;
GRANT CONNECT ON DATABASE gatehouse TO gatehouse_operator, gatehouse_function, gatehouse_system;
