"""Clients that nobody here has written, used as their documents say, against a live system over TLS: openid-client, jose and
simple-oauth2 (npm), Authlib and requests-oauthlib (Debian), curl. All that they are told is the issuer's URL and who they are."""

import base64
import json
import subprocess

import jwt
import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, JsonWebToken
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata, get_well_known_url
from client_keys import Key
from conftest import Api
from cryptography.hazmat.primitives import serialization
from lives import REVOCATION_SECONDS, Service, ok, within
from node_clients import ClientError, NodeClients
from oauthlib.oauth2 import BackendApplicationClient
from requests_oauthlib import OAuth2Session as RequestsOAuth2Session

SCOPE = "orders.read orders.write"
SERVICES = "/v1/internal/services"
RESOURCE = "https://erp.example"


class World:
    """A system whose issuer is its https URL, and services in it."""

    def __init__(self, stack):
        self.stack, self.issuer = stack, stack.tls_url
        self.certificate = str(stack.run_dir / "nginx" / "certificate.pem")
        self.api = Api(stack.tls_url, verify=self.certificate)
        admin = stack.admin()
        self.admin = Service(self.api, admin["client_id"], admin["client_secret"])

    def service(self, scope=SCOPE, **members):
        made = ok(self.api.post(f"{SERVICES}/register", json={"service_name": "Standard", **members}), 201)
        for name in scope.split():
            ok(self.api.post(f"{SERVICES}/grant-scope", token=self.admin.token(), json={"client_id": made["client_id"], "scope_name": name}))
        return {"client_id": made["client_id"], "secret": made.get("client_secret")}

    def metadata(self):
        """RFC 8414, read by Authlib, which refuses what is not well-formed."""
        metadata = AuthorizationServerMetadata(ok(self.api.get(get_well_known_url(self.issuer).removeprefix(self.issuer))))
        metadata.validate_issuer(), metadata.validate_token_endpoint(), metadata.validate_jwks_uri()
        assert metadata["issuer"] == self.issuer
        return metadata

    def believed(self, token):
        return ok(self.api.post(f"{SERVICES}/validate-token", json={"token": token}))["valid"]


@pytest.fixture(scope="module")
def world(make_stack):
    stack = make_stack()
    stack.options.settings["issuer"] = stack.tls_url
    stack.start()
    world = World(stack)
    yield world
    world.api.close()


@pytest.fixture(scope="module")
def node(world):
    clients = NodeClients(world.certificate)
    yield clients
    clients.close()


@pytest.fixture
def service(world):
    return world.service()


def pkcs8(key, encoding=serialization.Encoding.PEM):
    return key.private.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def keyed(world, key, **members):
    return world.service(token_endpoint_auth_method="private_key_jwt", jwks={"keys": [key.jwk]}, **members)["client_id"]


def check(world, token, client_id, audience="gatehouse"):
    """That it is what a resource server takes, by PyJWT."""
    key = jwt.PyJWKSet.from_dict(ok(world.api.get("/.well-known/jwks.json")))[jwt.get_unverified_header(token)["kid"]].key
    claims = jwt.decode(token, key, algorithms=["ES256"], issuer=world.issuer, audience=audience)
    assert claims["client_id"] == client_id and claims["scope"] == SCOPE
    return claims


# --- openid-client

@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_openid_client_lives_a_tokens_life(world, node, service, method):
    how = {"issuer": world.issuer, "method": method, **service}
    assert node.call("metadata", **how)["issuer"] == world.issuer
    token = node.call("token", parameters={"scope": SCOPE}, **how)
    assert token["token_type"] == "bearer" and token["expires_in"] == 300
    claims = check(world, token["access_token"], service["client_id"])
    told = node.call("introspection", token=token["access_token"], **how)
    assert told["active"] and (told["client_id"], told["scope"], told["exp"]) == (service["client_id"], SCOPE, claims["exp"])
    node.call("revocation", token=token["access_token"], **how)
    assert within(REVOCATION_SECONDS, lambda: node.call("introspection", token=token["access_token"], **how) == {"active": False})
    assert not world.believed(token["access_token"])


@pytest.mark.parametrize("alg", ["ES256", "RS256", "EdDSA"])
def test_openid_client_authenticates_by_a_key(world, node, alg):
    key = Key(alg=alg)
    how = {"issuer": world.issuer, "method": "private_key_jwt", "client_id": keyed(world, key), "kid": key.kid, "alg": alg,
           "key": base64.b64encode(pkcs8(key, serialization.Encoding.DER)).decode()}
    token = node.call("token", parameters={"scope": SCOPE}, **how)["access_token"]
    check(world, token, how["client_id"])
    assert node.call("introspection", token=token, **how)["active"]
    node.call("revocation", token=token, **how)
    assert within(REVOCATION_SECONDS, lambda: not world.believed(token))


def test_openid_client_binds_its_token_to_a_key(world, node):
    bound = world.service("internal:admin", dpop_bound_access_tokens=True)
    got = node.call("dpop", issuer=world.issuer, method="client_secret_basic", parameters={}, resource=f"{world.issuer}{SERVICES}", **bound)
    assert got["token"]["token_type"] == "dpop" and (got["bound"], got["stolen"]) == (200, 401)


def test_openid_client_finds_a_tenants_own_issuer(world, node):
    tenant = ok(world.api.post("/v1/tenants", json={"name": "Own"}), 201)["id"]
    ok(world.api.patch(f"/v1/tenants/{tenant}", token=world.admin.token(), json={"own_issuer": True}))
    service, issuer = world.service(), f"{world.issuer}/t/{tenant}"
    ok(world.api.patch(f"{SERVICES}/{service['client_id']}", token=world.admin.token(), json={"tenant_id": tenant}))
    how = {"issuer": issuer, "method": "client_secret_basic", **service}

    def found():
        try:
            return node.call("metadata", **how)["issuer"] == issuer
        except ClientError:
            return False

    assert within(10, found)
    token = node.call("token", parameters={}, **how)["access_token"]
    jwks_uri = node.call("metadata", **how)["jwks_uri"]
    told = node.call("verified", issuer=issuer, jwks_uri=jwks_uri, audience="gatehouse", token=token)["payload"]
    assert (told["iss"], told["tenant"], told["sub"]) == (issuer, tenant, service["client_id"])


@pytest.mark.parametrize("wrong, parameters, status, error", [
    ({"secret": "wrong"}, {}, 401, "invalid_client"), ({"client_id": "svc_01hzzzzzzzzzzzzzzzzzzzzzzz"}, {}, 401, "invalid_client"),
    ({}, {"scope": "somebody.elses"}, 400, "invalid_scope"), ({}, {"resource": "https://elsewhere.example"}, 400, "invalid_target")])
def test_openid_client_understands_why_it_is_refused(world, node, service, wrong, parameters, status, error):
    with pytest.raises(ClientError) as caught:
        node.call("token", parameters=parameters, **{"issuer": world.issuer, "method": "client_secret_post", **service, **wrong})
    # A challenge is all that it reads of an answer that has one.
    assert caught.value.status == status and (caught.value.error or caught.value.code) in (error, "OAUTH_WWW_AUTHENTICATE_CHALLENGE")


# --- jose

def test_jose_verifies_by_the_published_keys_alone(world, node, service):
    ok(world.api.patch(f"{SERVICES}/{service['client_id']}", token=world.admin.token(), json={"audiences": [RESOURCE]}))
    how = {"issuer": world.issuer, "method": "client_secret_basic", **service}

    def token():
        try:
            return node.call("token", parameters={"resource": RESOURCE}, **how)["access_token"]
        except ClientError:
            return None

    assert within(REVOCATION_SECONDS, token)
    good, verify = token(), {"issuer": world.issuer, "jwks_uri": world.metadata()["jwks_uri"], "audience": RESOURCE}
    told = node.call("verified", token=good, **verify)
    assert told["protectedHeader"]["alg"] == "ES256" and told["payload"]["client_id"] == service["client_id"]
    head, payload, signature = good.split(".")
    for refused, code in {f"{head}.{payload}.{signature[::-1]}": "ERR_JWS_SIGNATURE_VERIFICATION_FAILED"}.items():
        with pytest.raises(ClientError) as caught:
            node.call("verified", token=refused, **verify)
        assert caught.value.code == code
    with pytest.raises(ClientError) as caught:
        node.call("verified", token=good, **{**verify, "audience": "gatehouse"})
    assert caught.value.code == "ERR_JWT_CLAIM_VALIDATION_FAILED"


# --- simple-oauth2

@pytest.mark.parametrize("options", [{"authorizationMethod": "header"}, {"authorizationMethod": "body"},
                                     {"authorizationMethod": "header", "credentialsEncodingMode": "loose"}, {"bodyFormat": "form"}], ids=str)
def test_simple_oauth2_obtains_and_revokes(world, node, service, options):
    how = {"issuer": world.issuer, "options": options, **service}
    token = node.call("simple_token", parameters={"scope": SCOPE.split()}, **how)
    check(world, token["access_token"], service["client_id"])
    assert (token["token_type"], token["expires_in"]) == ("Bearer", 300) and token["expires_at"]
    assert node.call("simple_revocation", token=token["access_token"], **how)
    assert within(REVOCATION_SECONDS, lambda: not world.believed(token["access_token"]))
    with pytest.raises(ClientError) as caught:
        node.call("simple_token", parameters={"scope": "somebody.elses"}, **how)
    assert (caught.value.status, caught.value.error) == (400, "invalid_scope")


# --- Authlib, requests-oauthlib

@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_authlib_lives_a_tokens_life(world, service, method):
    metadata = world.metadata()
    session = OAuth2Session(service["client_id"], service["secret"], token_endpoint_auth_method=method,
                            revocation_endpoint_auth_method=method, scope=SCOPE)
    session.trust_env, session.verify = False, world.certificate
    token = session.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")
    keys = JsonWebKey.import_key_set(session.get(metadata["jwks_uri"], withhold_token=True).json())
    claims = JsonWebToken(["ES256"]).decode(token["access_token"], keys, claims_options={
        "iss": {"essential": True, "value": world.issuer}, "aud": {"essential": True, "value": "gatehouse"}})
    claims.validate()
    assert claims["client_id"] == service["client_id"] and claims.header["typ"] == "at+jwt"
    told = session.introspect_token(metadata["introspection_endpoint"], token=token["access_token"], token_type_hint="access_token").json()
    assert told["active"] and told["sub"] == service["client_id"]
    assert session.revoke_token(metadata["revocation_endpoint"], token=token["access_token"], token_type_hint="access_token").status_code == 200
    assert within(REVOCATION_SECONDS, lambda: not world.believed(token["access_token"]))


def test_requests_oauthlib_uses_what_it_obtains(world):
    service = world.service("internal:admin")
    session = RequestsOAuth2Session(client=BackendApplicationClient(client_id=service["client_id"]))
    session.trust_env = False
    token = session.fetch_token(world.metadata()["token_endpoint"], client_secret=service["secret"], verify=world.certificate)
    assert token["token_type"] == "Bearer" and token["expires_in"] == 300
    assert session.get(world.issuer + SERVICES, verify=world.certificate).status_code == 200
    with pytest.raises(Exception, match="invalid_scope"):
        session.fetch_token(world.metadata()["token_endpoint"], client_secret=service["secret"], verify=world.certificate, scope=["not.held"])


# --- curl

def test_curl_lives_a_tokens_life(world, service):
    metadata = world.metadata()

    def curl(url, *arguments):
        done = subprocess.run(["curl", "-sS", "--fail-with-body", "--noproxy", "*", "--cacert", world.certificate, "--max-time", "15", url, *arguments],
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    me = ("-u", f"{service['client_id']}:{service['secret']}")
    token = curl(metadata["token_endpoint"], *me, "-d", "grant_type=client_credentials", "--data-urlencode", f"scope={SCOPE}")["access_token"]
    check(world, token, service["client_id"])
    assert curl(f"{world.issuer}{SERVICES}/check-permission", "--oauth2-bearer", token, "-H", "Content-Type: application/json", "-d",
                json.dumps({"client_id": service["client_id"], "scope_name": "orders.read"})) == {"has_permission": True}
    assert curl(metadata["introspection_endpoint"], *me, "-d", f"token={token}")["active"]
    curl(metadata["revocation_endpoint"], *me, "-d", f"token={token}")
    assert within(REVOCATION_SECONDS, lambda: curl(metadata["introspection_endpoint"], *me, "-d", f"token={token}") == {"active": False})


@pytest.mark.parametrize("path", ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"])
def test_what_the_metadata_name_is_there(world, path):
    metadata = ok(world.api.get(path))
    # RFC 8414 §2: who offers private_key_jwt says which algorithms.
    assert {"ES256", "RS256", "EdDSA"} < set(metadata["token_endpoint_auth_signing_alg_values_supported"])
    for name, url in metadata.items():
        if name.endswith(("_endpoint", "_uri")):
            assert requests.post(url, verify=world.certificate, timeout=15).status_code not in (404, 502, 503), name
