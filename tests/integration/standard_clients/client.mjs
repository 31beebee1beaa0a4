// Does with npm's clients, used as their documents say, what it is told: one JSON object {call, ...arguments} a line; answers
// {result} or {error} in the same way. All is asked over TLS, of a server that is known by its issuer's URL alone.
import { createInterface } from "node:readline";
import * as jose from "jose";
import * as openid from "openid-client";
import { ClientCredentials } from "simple-oauth2";

const ALGORITHM = { ES256: { name: "ECDSA", namedCurve: "P-256" }, RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, EdDSA: { name: "Ed25519" } };

// What openid-client has to prove itself by.
async function credential({ method, secret, key, kid, alg }) {
  if (method === "client_secret_basic") return openid.ClientSecretBasic(secret);
  if (method === "client_secret_post") return openid.ClientSecretPost(secret);
  const der = Buffer.from(key, "base64");
  return openid.PrivateKeyJwt({ kid, key: await crypto.subtle.importKey("pkcs8", der, ALGORITHM[alg], false, ["sign"]) });
}

async function discovered({ issuer, client_id, ...how }) {
  return openid.discovery(new URL(issuer), client_id, undefined, await credential(how), { algorithm: "oauth2" });
}

const simple = ({ issuer, client_id, secret, options }) =>
  new ClientCredentials({ client: { id: client_id, secret }, auth: { tokenHost: issuer, tokenPath: "/oauth/token", revokePath: "/oauth/revoke" }, options });

const keySets = {};

const calls = {
  // openid-client
  metadata: async (how) => (await discovered(how)).serverMetadata(),
  token: async ({ parameters, ...how }) => openid.clientCredentialsGrant(await discovered(how), parameters),
  introspection: async ({ token, ...how }) => openid.tokenIntrospection(await discovered(how), token),
  revocation: async ({ token, ...how }) => openid.tokenRevocation(await discovered(how), token),
  // A token bound to a key, and the status of a resource that is asked for with it and, in vain, without its key.
  async dpop({ parameters, resource, ...how }) {
    const config = await discovered(how);
    const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair("ES256"));
    const token = await openid.clientCredentialsGrant(config, parameters, { DPoP });
    const ask = (options) => openid.fetchProtectedResource(config, token.access_token, new URL(resource), "GET", null, null, options);
    const bound = await ask({ DPoP });
    const stolen = await fetch(resource, { headers: { authorization: `Bearer ${token.access_token}` } });
    return { token, bound: bound.status, stolen: stolen.status };
  },
  // jose
  async verified({ issuer, jwks_uri, audience, token }) {
    keySets[jwks_uri] ??= jose.createRemoteJWKSet(new URL(jwks_uri));
    const { payload, protectedHeader } = await jose.jwtVerify(token, keySets[jwks_uri], { issuer, audience, typ: "at+jwt", requiredClaims: ["sub", "client_id", "jti", "exp", "iat"] });
    return { payload, protectedHeader };
  },
  // simple-oauth2
  simple_token: async ({ parameters, ...how }) => (await simple(how).getToken(parameters)).token,
  async simple_revocation({ token, ...how }) {
    await simple(how).createToken({ access_token: token }).revoke("access_token");
    return true;
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { call, ...told } = JSON.parse(line);
  let answer;
  try {
    answer = { result: (await calls[call](told)) ?? null };
  } catch (error) {
    answer = { error: { code: error.code, error: error.error ?? error.data?.payload?.error, status: error.status ?? error.output?.statusCode, message: error.message } };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
