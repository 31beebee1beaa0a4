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

-- Every function takes DPoP proofs. Of several at once it learns which were new by what its INSERT returns.
GRANT INSERT, SELECT (id) ON used_once TO gatehouse_function;

INSERT INTO cleanups (kind, relation, key, over) VALUES ('used_once', 'used_once', 'id', 'r.expires_at');
GRANT SELECT, DELETE, UPDATE (expires_at) ON used_once TO gatehouse_definer;
