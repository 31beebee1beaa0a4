"""Tokens that are worth nothing without a key (RFC 9449), through nginx: obtained, used, and stolen in vain."""

import pytest
from client_keys import Key, assertion, ask, proof, register
from lives import REVOCATION_SECONDS, Users, claims_of, ok, refused, within

GRANT = {"grant_type": "client_credentials"}
CHECK = "/v1/internal/services/check-permission"


@pytest.fixture
def client(api):
    made = register(api, dpop_bound_access_tokens=True)
    return made["client_id"], made["client_secret"]


@pytest.fixture
def obtain(api, stack, client):
    """obtain(key) answers what the token endpoint does."""
    def ask_with(key, **changed):
        return api.post("/oauth/token", auth=client, data=GRANT,
                        headers={"DPoP": proof(key, "POST", f"{stack.url}/oauth/token", **changed)})
    return ask_with


@pytest.fixture
def use(api, stack, client):
    """use(token, key) sends the token with a proof to a route that any service opens."""
    def send(token, key, scheme="DPoP", **changed):
        headers = {"Authorization": f"{scheme} {token}", "DPoP": proof(key, "POST", stack.url + CHECK, token, **changed)}
        return api.post(CHECK, headers=headers, json={"client_id": client[0], "scope_name": "a"})
    return send


@pytest.mark.parametrize("alg", ["ES256", "EdDSA", "RS256"])
def test_token_of_a_bound_client_works_with_proofs_of_its_key(api, client, obtain, use, alg):
    key = Key(alg=alg)
    refused(api.post("/oauth/token", auth=client, data=GRANT), 400, "invalid_dpop_proof")
    answer = ok(obtain(key))
    assert answer["token_type"] == "DPoP" and set(claims_of(answer["access_token"])["cnf"]) == {"jkt"}
    for _ in range(2):
        assert ok(use(answer["access_token"], key)) == {"has_permission": False}


def test_r10_stolen_token_is_of_no_use(api, stack, client, obtain, use):
    key, thief = Key(), Key()
    token = ok(obtain(key))["access_token"]
    body = {"client_id": client[0], "scope_name": "a"}
    answer = api.post(CHECK, token=token, json=body)
    refused(answer, 401, "dpop_required")
    assert answer.headers["WWW-Authenticate"].startswith("DPoP ")
    refused(use(token, thief), 401, "token_not_bound")
    refused(use(token, key, scheme="Bearer"), 401, "dpop_required")
    # A proof that was overheard is no better: it is good once, for one URL and one token.
    overheard = {"Authorization": f"DPoP {token}", "DPoP": proof(key, "POST", stack.url + CHECK, token)}
    ok(api.post(CHECK, headers=overheard, json=body))
    refused(api.post(CHECK, headers=overheard, json=body), 401, "dpop_proof_invalid")
    refused(use(token, key, htu=f"{stack.url}/oauth/token"), 401, "dpop_proof_invalid")
    refused(use(token, key, htm="GET"), 401, "dpop_proof_invalid")
    refused(use(token, key, iat=1), 401, "dpop_proof_invalid")


def test_r10_what_a_bound_service_obtains_for_a_user_is_bound_too(api, stack, make_tenant, client, obtain):
    tenant, key = make_tenant(), Key()
    user, _ = Users(api, tenant).join("bound@example.com")
    stack.operate("service", "grant", client[0], "auth:token")
    assert within(REVOCATION_SECONDS, lambda: "auth:token" in ok(obtain(key)).get("scope", ""))
    own = ok(obtain(key))["access_token"]
    delegation, me = "/api/internal/auth/token", "/v1/users/me"
    answer = ok(api.post(delegation, json={"tenant_id": tenant["id"], "user_id": user},
                         headers={"Authorization": f"DPoP {own}", "DPoP": proof(key, "POST", stack.url + delegation, own)}))
    token = answer["access_token"]
    assert answer["token_type"] == "DPoP"
    refused(api.get(me, token=token), 401, "dpop_required")
    headers = {"Authorization": f"DPoP {token}", "DPoP": proof(key, "GET", stack.url + me, token)}
    assert ok(api.get(me, headers=headers))["id"] == user


def test_r10_host_header_does_not_say_what_a_proof_is_for(api, client):
    forged = proof(Key(), "POST", "https://evil.example/oauth/token")
    answer = api.post("/oauth/token", auth=client, data=GRANT, headers={"DPoP": forged, "Host": "evil.example"})
    refused(answer, 400, "invalid_dpop_proof")
    assert answer.json()["error"] == "invalid_dpop_proof"


def test_key_of_the_client_and_key_of_the_token_are_two(api, stack):
    signing, binding = Key(), Key("k2", "EdDSA")
    made = register(api, token_endpoint_auth_method="private_key_jwt", jwks={"keys": [signing.jwk]})
    api.headers["DPoP"] = proof(binding, "POST", f"{stack.url}/oauth/token")
    try:
        answer = ok(ask(api, assertion(signing, made["client_id"], stack.url)))
    finally:
        del api.headers["DPoP"]
    assert answer["token_type"] == "DPoP"
    assert ok(api.post("/v1/internal/services/validate-token", json={"token": answer["access_token"]}))["cnf"] == \
        claims_of(answer["access_token"])["cnf"]


def test_binding_can_be_asked_of_a_client_later(api, admin_token):
    made = register(api)
    pair = made["client_id"], made["client_secret"]
    ok(api.post("/oauth/token", auth=pair, data=GRANT))
    ok(api.patch(f"/v1/internal/services/{pair[0]}", token=admin_token, json={"dpop_bound_access_tokens": True}))
    assert within(1, lambda: api.post("/oauth/token", auth=pair, data=GRANT).status_code == 400)
