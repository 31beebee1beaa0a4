"""Clients that have no secret: what they register, what they sign, and what nobody else can do in their name."""

import json
import subprocess

import jwt
import pytest
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from client_keys import JWT_BEARER, Key, ask, assertion, register
from cryptography.hazmat.primitives import serialization
from lives import claims_of, ok, refused, within

SERVICES = "/v1/internal/services"


@pytest.fixture
def keyed(api):
    """A client with a key, and the key."""
    key = Key()
    made = register(api, token_endpoint_auth_method="private_key_jwt", jwks={"keys": [key.jwk]})
    return made["client_id"], key


@pytest.fixture
def issuer(stack):
    return stack.url


def test_service_with_a_key_has_no_secret_and_shows_its_key(api, admin_token):
    key = Key()
    made = register(api, token_endpoint_auth_method="private_key_jwt", jwks={"keys": [key.jwk]})
    assert "client_secret" not in made and "warning" not in made
    assert made["jwks"]["keys"] == [{**key.jwk, "use": "sig"}]
    shown = ok(api.patch(f"{SERVICES}/{made['client_id']}", token=admin_token, json={"env": "prod"}))
    assert (shown["token_endpoint_auth_method"], shown["jwks"]) == ("private_key_jwt", made["jwks"])


@pytest.mark.parametrize("alg", ["ES256", "EdDSA", "RS256"])
def test_an_assertion_of_each_algorithm_gets_a_token(api, issuer, alg):
    key = Key(alg=alg)
    client = register(api, token_endpoint_auth_method="private_key_jwt", jwks={"keys": [key.jwk]})["client_id"]
    token = ok(ask(api, assertion(key, client, issuer), client_id=client))["access_token"]
    assert claims_of(token)["sub"] == client


def test_authlib_gets_tokens_by_a_key(stack, keyed):
    client, key = keyed
    pem = key.private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                    serialization.NoEncryption()).decode()
    session = OAuth2Session(client, pem, token_endpoint_auth_method="private_key_jwt")
    session.trust_env = False
    for _ in range(2):
        # Its own default is an hour.
        claims = {"exp": jwt.decode(assertion(key, client, stack.url), options={"verify_signature": False})["exp"]}
        session.register_client_auth_method(PrivateKeyJWT(stack.url, claims=claims, alg="ES256"))
        token = session.fetch_token(f"{stack.url}/oauth/token", grant_type="client_credentials")
        assert token["token_type"] == "Bearer" and claims_of(token["access_token"])["client_id"] == client


def test_r08_an_assertion_is_used_once(api, issuer, keyed):
    client, key = keyed
    signed = assertion(key, client, issuer)
    ok(ask(api, signed))
    refused(ask(api, signed), 401, "client_assertion_used")
    refused(ask(api, assertion(key, client, issuer, seconds=3600)), 401, "client_assertion_too_long")


def test_r07_the_token_endpoint_is_no_audience(api, issuer, keyed):
    client, key = keyed
    answer = ask(api, assertion(key, client, f"{issuer}/oauth/token"))
    refused(answer, 401, "client_assertion_audience")
    assert f'"{issuer}"' in answer.json()["next_step"] and answer.json()["error"] == "invalid_client"
    refused(ask(api, assertion(key, client, [issuer, f"{issuer}/oauth/token"])), 401, "client_assertion_audience")


@pytest.mark.parametrize("code, changed", [("client_assertion_invalid", {"iss": "svc_01hzzzzzzzzzzzzzzzzzzzzzzz"}),
                                           ("client_assertion_invalid", {"exp": "soon"}),
                                           ("client_assertion_expired", {"exp": 1}),
                                           ("client_assertion_not_yet_valid", {"nbf": 1 << 40}),
                                           ("client_assertion_id_required", {"jti": ""})])
def test_whoever_holds_the_key_is_told_what_is_wrong(api, issuer, keyed, code, changed):
    client, key = keyed
    refused(ask(api, assertion(key, client, issuer, **changed)), 401, code)
    # Nobody else is.
    refused(ask(api, assertion(Key(), client, issuer, **changed)), 401, "invalid_client")


def test_replaced_keys_take_effect_within_a_second(api, admin_token, issuer, keyed):
    client, old = keyed
    new = Key("k2", "EdDSA")
    path = f"{SERVICES}/{client}/keys"
    ok(api.put(path, token=admin_token, json={"keys": [old.jwk, new.jwk]}))
    assert within(1, lambda: ask(api, assertion(new, client, issuer)).status_code == 200)
    ok(ask(api, assertion(old, client, issuer)))
    ok(api.put(path, token=admin_token, json={"keys": [new.jwk]}))
    assert within(1, lambda: ask(api, assertion(old, client, issuer)).status_code == 401)
    ok(ask(api, assertion(new, client, issuer)))


def test_service_moves_from_its_secret_to_a_key_and_the_secret_ends(api, admin_token, issuer):
    made, key = register(api), Key()
    pair = (made["client_id"], made["client_secret"])
    by_secret = lambda: api.post("/oauth/token", auth=pair, data={"grant_type": "client_credentials"})  # noqa: E731
    ok(by_secret())
    ok(api.put(f"{SERVICES}/{made['client_id']}/keys", token=admin_token, json={"keys": [key.jwk]}))
    refused(ask(api, assertion(key, made["client_id"], issuer)), 401, "invalid_client")
    ok(api.patch(f"{SERVICES}/{made['client_id']}", token=admin_token,
                 json={"token_endpoint_auth_method": "private_key_jwt"}))
    assert within(1, lambda: by_secret().status_code == 401)
    ok(ask(api, assertion(key, made["client_id"], issuer)))


def test_used_ids_are_cleaned_up_and_the_assertion_is_no_good_by_then(stack, api, issuer, keyed):
    client, key = keyed
    ok(ask(api, assertion(key, client, issuer)))
    rows = "SELECT count(*) FROM gatehouse.used_once WHERE expires_at {} now()"
    assert int(stack.cluster.psql("gatehouse", rows.format(">"))) > 0
    stack.cluster.psql("gatehouse", "INSERT INTO gatehouse.used_once VALUES ('over', now() - interval '1 second')")
    done = subprocess.run([stack.program("services"), "--config", stack.config, "cleanup-tokens"], capture_output=True,
                          text=True, check=True)
    assert json.loads(done.stdout)["used_once"] >= 1
    assert int(stack.cluster.psql("gatehouse", rows.format("<"))) == 0
    assert int(stack.cluster.psql("gatehouse", rows.format(">"))) > 0


def test_operator_registers_a_service_with_a_key(stack, api, issuer, tmp_path):
    key, path = Key(), tmp_path / "jwks.json"
    path.write_text(json.dumps({"keys": [key.jwk]}))
    said = json.loads(stack.operate("--json", "service", "register", "--name", "Keyed", "--auth-method", "private_key_jwt",
                                    "--jwks", path))
    assert list(said) == ["client_id"]
    ok(ask(api, assertion(key, said["client_id"], issuer)))


@pytest.mark.parametrize("member", ["client_assertion", "client_secret"])
def test_r03_assertions_in_the_query_are_refused(api, member):
    answer = api.post(f"/oauth/token?{member}=x", data={"grant_type": "client_credentials", "client_assertion_type": JWT_BEARER})
    refused(answer, 400, "credentials_in_query")
