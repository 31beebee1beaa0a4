-- 10,000 tenants with 100 users each, for the figures that must not depend on how much there is. Nobody can
-- log in as one of them: their passwords and keys are hashes of nothing.
SET search_path = gatehouse;
SET synchronous_commit = off;

INSERT INTO tenants (id, name)
SELECT 'tnt_0' || translate(substr(md5('tenant' || n), 1, 25), 'abcdef', 'ghjkmn'), 'Seeded ' || n
  FROM generate_series(1, 10000) n;

INSERT INTO tenant_keys (id, tenant_id, kind, key_hash, public_key, fingerprint)
SELECT 'tky_0' || translate(substr(md5(kind || id), 1, 25), 'abcdef', 'ghjkmn'), id, kind,
       sha256((kind || id)::bytea), CASE kind WHEN 'public' THEN 'pub_' || md5(id) END, substr(md5(kind || id), 1, 16)
  FROM tenants, unnest(ARRAY['public', 'secret']) kind WHERE name LIKE 'Seeded %';

INSERT INTO users (id, tenant_id, email, email_key, password_hash)
SELECT 'usr_0' || translate(substr(md5(t.id || n), 1, 25), 'abcdef', 'ghjkmn'), t.id,
       'user' || n || '@example.com', 'user' || n || '@example.com', '$argon2id$v=19$m=19456,t=2,p=1$AAAA$AAAA'
  FROM tenants t, generate_series(1, 100) n WHERE t.name LIKE 'Seeded %';

INSERT INTO services (client_id, service_name)
SELECT 'svc_0' || translate(substr(md5('service' || n), 1, 25), 'abcdef', 'ghjkmn'), 'Seeded ' || n
  FROM generate_series(1, 10000) n;
ANALYZE;
