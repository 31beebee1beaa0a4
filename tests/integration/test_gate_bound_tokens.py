"""Tokens that are bound to a key or a certificate, at the gate: worth as little without it as anywhere else."""

import pytest
from certificates import Authority, subject_of
from client_keys import Key, proof, register
from conftest import Api
from gate_world import SHOP, gate_world, identity, parameters
from lives import ok, refused, within

GRANT = {"grant_type": "client_credentials"}


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"), "authority")


@pytest.fixture(scope="module")
def world(make_stack, authority):
    with gate_world(make_stack, client_ca=str(authority.certificate)) as world:
        (world.files / "static" / "index.html").write_text("an index\n")
        yield world


def granted(world, **members):
    """A client that may write orders, by whatever it authenticates by."""
    made = register(world.api, **members)
    ok(world.api.post("/v1/internal/services/grant-scope", token=world.admin.get(),
                      json={"client_id": made["client_id"], "scope_name": "orders:write"}))
    return made


def token_with_scope(ask):
    """What is granted is in tokens a moment later."""
    answers = []

    def granted_now():
        answers.append(ask())
        return answers[-1].status_code == 200 and answers[-1].json().get("scope") == "orders:write"
    assert within(30, granted_now), answers[-1].text
    return answers[-1].json()["access_token"]


@pytest.fixture(scope="module")
def key():
    return Key()


@pytest.fixture(scope="module")
def bound(world, key):
    """A token that is bound to the key."""
    made = granted(world)
    sent = {"auth": (made["client_id"], made["client_secret"]), "data": GRANT}
    return token_with_scope(lambda: world.api.post(
        "/oauth/token", headers={"DPoP": proof(key, "POST", world.stack.url + "/oauth/token")}, **sent))


@pytest.fixture
def use(world, key, bound):
    """use(path) sends the bound token with a proof for that path."""
    def send(path="/orders/1", method="GET", with_key=key, scheme="DPoP", url=None, api=None, **changed):
        sent = proof(with_key, changed.pop("htm", method), url or world.stack.url + path, bound, **changed)
        return (api or world.api).request(method, path, headers={"Authorization": f"{scheme} {bound}", "DPoP": sent})
    return send


def test_r10_bound_token_passes_with_a_proof_of_each_request(world, use):
    for _ in range(2):
        assert identity(use())["Scope"] == "orders:write"
    assert use("/orders/2?page=3", method="POST").status_code == 200, "htu has no query"
    assert parameters(use("/php/x"))["Caller-Kind"] == "service"
    assert use("/static/page.txt").text == "a page\n"


def test_r10_upstream_sees_neither_token_nor_proof(use, bound):
    headers = use().json()["headers"]
    assert bound not in str(headers) and "authorization" not in headers


def test_r10_bound_token_is_worth_nothing_at_the_gate_without_its_proof(world, use, bound):
    before = len(world.http.served)
    answer = world.get(token=bound)
    refused(answer, 401, "dpop_required")
    assert answer.headers["WWW-Authenticate"].startswith("DPoP ")
    refused(world.get(headers={"Authorization": f"DPoP {bound}"}), 401, "dpop_proof_invalid")
    refused(use(scheme="Bearer"), 401, "dpop_required")
    refused(use(with_key=Key()), 401, "token_not_bound")
    assert len(world.http.served) == before


def test_r10_proof_is_for_the_protected_request_and_this_token(world, use, key, bound):
    before = len(world.http.served)
    for wrong in ({"htm": "POST"}, {"url": world.stack.url + "/orders/2"}, {"url": world.stack.url + "/gatehouse/decision"},
                  {"url": "https://evil.example/orders/1"}, {"iat": 1}):
        refused(use(**wrong), 401, "dpop_proof_invalid")
    for other in (None, "another.access.token"):
        sent = proof(key, "GET", world.stack.url + "/orders/1", other)
        refused(world.get(headers={"Authorization": f"DPoP {bound}", "DPoP": sent}), 401, "dpop_proof_invalid")
    assert len(world.http.served) == before


def test_r10_proof_passes_the_gate_once(world, key, bound):
    """Neither a remembered decision nor another route lets a second request pass on it."""
    headers = {"Authorization": f"DPoP {bound}", "DPoP": proof(key, "GET", world.stack.url + "/orders/1", bound)}
    assert world.get(headers=headers).status_code == 200
    for _ in range(2):
        refused(world.get(headers=headers), 401, "dpop_proof_invalid")
    fresh = [proof(key, "GET", world.stack.url + "/orders/1", bound) for _ in range(2)]
    refused(world.get(headers={**headers, "DPoP": ", ".join(fresh)}), 401, "dpop_proof_invalid")


def test_r10_nginx_may_ask_twice_about_one_request(world, use):
    """It does where it goes on to an index file."""
    for _ in range(2):
        assert use("/static/").text == "an index\n"


def test_r10_server_of_the_operators_own_says_what_its_proofs_are_for(world, use):
    refused(use("/x", api=world.shop_api), 401, "dpop_proof_invalid")
    refused(use("/x", api=world.site_api, url=SHOP + "/x"), 401, "dpop_proof_invalid")
    refused(use("/x", api=world.shop_api, url="https://evil.example/x"), 401, "dpop_proof_invalid")
    assert identity(use("/x", api=world.shop_api, url=SHOP + "/x"))["Route"] == "site"
    assert identity(use("/x", api=world.site_api))["Route"] == "site", "the issuer's, where it does not say"


def test_r09_token_of_a_certificate_passes_with_it_only(world, authority):
    mine, others = (authority.issue(name, f"/O=Example/CN={name}") for name in ("mine", "others"))
    client = granted(world, token_endpoint_auth_method="tls_client_auth", tls_client_auth_subject_dn=subject_of(mine))["client_id"]

    def connect(pair):
        api = Api(world.stack.tls_url, verify=str(world.stack.run_dir / "nginx" / "certificate.pem"))
        api.cert = pair
        return api
    with connect(mine) as owner, connect(others) as thief, connect(None) as nobody:
        token = token_with_scope(lambda: owner.post("/oauth/token", data={**GRANT, "client_id": client}))
        for _ in range(2):  # the second time it is remembered
            assert identity(owner.get("/orders/1", token=token))["Client"] == client
            for api in (thief, nobody, world.api):
                refused(api.get("/orders/1", token=token), 401, "certificate_mismatch")
