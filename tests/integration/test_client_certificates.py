"""Clients that authenticate by a TLS certificate (RFC 8705), through the real nginx."""

import urllib.parse
from pathlib import Path

import pytest
from certificates import Authority, self_signed, sha256_of, subject_of
from conftest import Api
from lives import claims_of, ok, refused, within

GRANT = {"grant_type": "client_credentials"}
SERVICES = "/v1/internal/services"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"), "authority")


@pytest.fixture(scope="module")
def other_authority(tmp_path_factory):
    """One that nginx has never heard of."""
    return Authority(tmp_path_factory.mktemp("other"), "other")


@pytest.fixture(scope="module")
def tls_stack(make_stack, authority):
    stack = make_stack(client_ca=str(authority.certificate))
    stack.start()
    return stack


@pytest.fixture(scope="module")
def with_certificate(tls_stack):
    """with_certificate(pair) gives an Api over TLS with that client certificate; None for none."""
    made = []

    def connect(pair):
        api = Api(tls_stack.tls_url, verify=str(tls_stack.run_dir / "nginx" / "certificate.pem"))
        api.cert = pair
        made.append(api)
        return api

    yield connect
    for api in made:
        api.close()


@pytest.fixture(scope="module")
def plain(tls_stack):
    """Without TLS."""
    with Api(tls_stack.url) as api:
        yield api


def register(api, **members):
    return ok(api.post(f"{SERVICES}/register", json={"service_name": "By certificate", **members}), 201)["client_id"]


def ask(api, client):
    return api.post("/oauth/token", data={**GRANT, "client_id": client})


def named(pair):
    return {"tls_client_auth_subject_dn": subject_of(pair)}


@pytest.mark.parametrize("member, value", [("tls_client_auth_subject_dn", "CN=orders,OU=Line 3,O=Example"),
                                           ("tls_client_auth_san_dns", "orders.example"),
                                           ("tls_client_auth_san_uri", "urn:example:orders")])
def test_client_is_known_by_a_name_of_its_certificate(with_certificate, plain, authority, member, value):
    mine = authority.issue("orders", "/O=Example/OU=Line 3/CN=orders", "DNS:orders.example,URI:urn:example:orders")
    others = authority.issue("billing", "/O=Example/OU=Line 3/CN=billing", "DNS:billing.example,URI:urn:example:billing")
    assert subject_of(mine) == "CN=orders,OU=Line 3,O=Example"
    client = register(plain, token_endpoint_auth_method="tls_client_auth", **{member: value})
    token = ok(ask(with_certificate(mine), client))["access_token"]
    assert claims_of(token)["cnf"] == {"x5t#S256": sha256_of(mine)}
    refused(ask(with_certificate(others), client), 401, "invalid_client")
    refused(ask(with_certificate(None), client), 401, "client_credentials_required")


def test_r09_names_count_only_in_certificates_of_the_operators_authority(with_certificate, plain, authority, other_authority,
                                                                        tmp_path):
    mine = authority.issue("erp", "/O=Example/CN=erp", "DNS:erp.example")
    client = register(plain, token_endpoint_auth_method="tls_client_auth", **named(mine))
    ok(ask(with_certificate(mine), client))
    for forged in (other_authority.issue("erp", "/O=Example/CN=erp", "DNS:erp.example"),
                   self_signed(tmp_path, "erp", "/O=Example/CN=erp")):
        assert subject_of(forged) == subject_of(mine)
        refused(ask(with_certificate(forged), client), 401, "invalid_client")


def test_self_signed_certificate_counts_as_the_one_that_it_is(with_certificate, plain, tmp_path):
    mine, alike = self_signed(tmp_path, "mine", "/CN=mes"), self_signed(tmp_path, "alike", "/CN=mes")
    client = register(plain, token_endpoint_auth_method="self_signed_tls_client_auth",
                      tls_client_certificate_sha256=sha256_of(mine))
    token = ok(ask(with_certificate(mine), client))["access_token"]
    assert claims_of(token)["cnf"] == {"x5t#S256": sha256_of(mine)}
    refused(ask(with_certificate(alike), client), 401, "invalid_client")


def test_r09_bound_token_is_worth_nothing_without_its_certificate(with_certificate, plain, authority):
    mine = authority.issue("wms", "/O=Example/CN=wms")
    others = authority.issue("thief", "/O=Example/CN=thief")
    client = register(plain, token_endpoint_auth_method="tls_client_auth", **named(mine))
    token = ok(ask(with_certificate(mine), client))["access_token"]
    body = {"client_id": client, "scope_name": "user:read"}
    ok(with_certificate(mine).post(f"{SERVICES}/check-permission", token=token, json=body))
    for api in (with_certificate(others), with_certificate(None), plain):
        answer = api.post(f"{SERVICES}/check-permission", token=token, json=body)
        refused(answer, 401, "certificate_mismatch")
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    # Whoever asks about a token is told what its bearer has to hold.
    assert ok(plain.post(f"{SERVICES}/validate-token", json={"token": token}))["cnf"] == {"x5t#S256": sha256_of(mine)}


def test_r09_headers_make_no_certificate(with_certificate, plain, authority):
    mine = authority.issue("mes", "/O=Example/CN=mes")
    client = register(plain, token_endpoint_auth_method="tls_client_auth", **named(mine))
    token = ok(ask(with_certificate(mine), client))["access_token"]
    escaped = urllib.parse.quote(Path(mine[0]).read_text())
    forged = {name: value for header, value in (("Tls-Certificate", escaped), ("Tls-Verified", "SUCCESS"))
              for name in (f"Gatehouse-{header}", f"GATEHOUSE_{header.upper().replace('-', '_')}", f"X-{header}")}
    forged.update({"X-Client-Cert": escaped, "X-SSL-Client-Verify": "SUCCESS", "SSL_CLIENT_CERT": escaped})
    for api in (plain, with_certificate(None)):
        answer = api.post("/oauth/token", data={**GRANT, "client_id": client}, headers=forged)
        refused(answer, 401, "client_credentials_required")
        answer = api.post(f"{SERVICES}/check-permission", token=token, headers=forged,
                          json={"client_id": client, "scope_name": "a"})
        refused(answer, 401, "certificate_mismatch")


def test_certificate_is_no_way_round_a_secret_nor_a_secret_round_a_certificate(tls_stack, with_certificate, plain, authority):
    mine = authority.issue("hr", "/O=Example/CN=hr")
    made = ok(plain.post(f"{SERVICES}/register", json={"service_name": "By secret"}), 201)
    refused(ask(with_certificate(mine), made["client_id"]), 401, "invalid_client")
    # A certificate beside a secret is none of the token endpoint's business.
    pair = (made["client_id"], made["client_secret"])
    token = ok(with_certificate(mine).post("/oauth/token", auth=pair, data=GRANT))["access_token"]
    assert "cnf" not in claims_of(token)
    admin = tls_stack.admin()
    admin_token = ok(plain.post("/oauth/token", auth=(admin["client_id"], admin["client_secret"]), data=GRANT))["access_token"]
    ok(plain.patch(f"{SERVICES}/{pair[0]}", token=admin_token, json={"token_endpoint_auth_method": "tls_client_auth", **named(mine)}))
    assert within(1, lambda: plain.post("/oauth/token", auth=pair, data=GRANT).status_code == 401)
    ok(ask(with_certificate(mine), pair[0]))


def test_without_a_certificate_everything_else_goes_on(with_certificate):
    assert with_certificate(None).get("/health").status_code == 200
