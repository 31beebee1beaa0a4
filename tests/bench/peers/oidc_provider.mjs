// oidc-provider as one runs it for machines: production mode, a process per core, signed access tokens (ES256, RFC 9068) of
// five minutes, which it need not store, and nothing switched on that a token request does not need.
import cluster from "node:cluster";
import { generateKeyPairSync } from "node:crypto";
import { availableParallelism } from "node:os";
import { Provider } from "oidc-provider";

const { PORT, CLIENT_ID, CLIENT_SECRET, SCOPE, KEY } = process.env;
const issuer = `http://127.0.0.1:${PORT}`;

if (cluster.isPrimary) {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = { ...privateKey.export({ format: "jwk" }), kid: "1", use: "sig", alg: "ES256" };
  for (let process = 0; process < availableParallelism(); process++) cluster.fork({ KEY: JSON.stringify(key) });
} else {
  const api = { scope: SCOPE, accessTokenFormat: "jwt", accessTokenTTL: 300, jwt: { sign: { alg: "ES256" } } };
  new Provider(issuer, {
    jwks: { keys: [JSON.parse(KEY)] },
    clients: [{
      client_id: CLIENT_ID, client_secret: CLIENT_SECRET, token_endpoint_auth_method: "client_secret_basic",
      grant_types: ["client_credentials"], response_types: [], redirect_uris: [], id_token_signed_response_alg: "ES256",
    }],
    cookies: { keys: ["of no use here"] },
    scopes: [SCOPE],
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true, defaultResource: () => `${issuer}/api`, useGrantedResource: () => true, getResourceServerInfo: () => api,
      },
    },
  }).listen(Number(PORT), "127.0.0.1");
}
