"""The security requirements (docs of OAuth, JWT, ASVS and the API Top 10) that apply, by number. Where another test
already proves one it is named here, and only what is missing there is tested below. `cases/` are the files of
test_cases.py, `unit/` and `functions/` the C++ tests.

    1   unknown, disabled, wrong secret alike    functions/tokens r01_, clients_test (same work); timing below
    2   two client authentications               functions/tokens r02_, cases/basic/header_and_body
    3   secrets in the query                     functions/tokens r03_, cases/queries, cases/keys/in_the_query
    4   enabled grants only                      functions/tokens r04_, cases/oauth; below
    5   scope outside the grant                  functions/tokens r05_, cases/oauth/scope_*
    6   resource outside the list                functions/tokens r06_, cases/oauth/*resource*; below
    7   an assertion's audience                  functions/tokens r07_, test_client_authentication.py r07_
    8   an assertion is used once and short      functions/tokens r08_, test_client_authentication.py r08_
    9   certificates come from nginx, cnf        test_client_certificates.py r09_, unit/fcgi/params_test
    10  DPoP                                     functions/tokens r10_, test_dpop.py r10_, unit/jose/proof_test
    11  token answers are not stored             functions/tokens r11_; all others below
    12  introspection                            functions/tokens r12_, test_limits.py r12_, test_revocation.py
    13  revocation                               functions/tokens r13_, test_revocation.py r13_
    14  the metadata's issuer                    functions/tokens r14_, functions/tenants r14_, test_published.py r14_
    16  forwarding and TLS headers               test_edge.py r16_, unit/fcgi/params_test, cases/injection/identity_headers; below
    17  algorithm fixed by the key               unit/jose/forged_test, cases/tokens/*alg_none*, test_forged_tokens.py
    18  kid from our own set, no jku/x5u/jwk     unit/jose/forged_test, cases/tokens/*_kid, *_url*, test_forged_tokens.py
    19  kinds of token are not interchangeable   functions/tokens r19_, cases/tokens/*_on_*, *_under_*; the whole table below
    20  iss, aud, exp, nbf                       unit/jose/jwt_test, cases/tokens/*_expired, *_wrong_*, test_forged_tokens.py
    21  a client's sub is no user's              below
    22  strength of keys                         unit/crypto/signing_test (weak keys), unit/jose/jwk_test; published ones below
    23  rotation under load                      unit/auth/key_rotation_test; below
    24  duplicates, base64url, size              unit/jose/forged_test, cases/tokens/*duplicate*, *padded, test_forged_tokens.py
    25  Argon2id, rehash, bounded                functions/users/login_test, unit/crypto/password_test, unit/fcgi/server_test; below
    26  length of passwords                      functions/users/registration_test, cases/members/*password*; below
    27  common passwords                         unit/crypto/password_test, test_tenants.py r27_
    28  throttling that locks nobody out         functions/users/login_guard_test, unit/limits/delay_test, test_limits.py r28_
    29  bad secrets block no valid holder        test_limits.py r29_
    30  accounts are not revealed                functions/users/login_test (same work), cases/members/login_of_*; timing below
    31  reset tokens                             functions/users/one_time_tokens_test, test_users.py r31_; stored hashed: 35
    32  no default accounts or secrets           below
    34  tokens end with what they depend on      test_users.py r34_, test_tenants.py, test_services.py r34_
    35  secrets: strength, once, hashed          unit/crypto/machine_secret_test, functions/tenants r35_, functions/services/service_test; below
    36  every object, every other tenant         test_access_matrix.py, cases/isolation, unit/db/row_security_test
    37  every function, every role               test_access_matrix.py, test_contract.py
    38  unknown members, no echo                 test_access_matrix.py, test_cases.py
    39  sizes of bodies, pages, queues           cases/sizes, unit/fcgi/server_test (hashing queue), test_edge.py (rates); pages below
        outgoing calls                       unit/egress/guard_test, dns_test (after DNS, rebinding), client_test (redirects)
    40  log of changes                           test_cases.py (logs whole and without secrets), unit/db/row_security_test; below
"""

import json
import stat
import statistics
import subprocess
import threading
import time

import jwt
import pytest
from access_matrix import ROUTES, fill, path_of, scoped
from case_world import machine_secret, secrets_in, world  # noqa: F401
from cluster import ROLES, ClusterError
from conftest import Api
from edges import log_line
from lives import PASSWORD, Service, Users, claims_of, ok, refused, within

GRANTS = ["password", "refresh_token", "authorization_code", "implicit", "urn:ietf:params:oauth:grant-type:device_code",
          "urn:ietf:params:oauth:grant-type:jwt-bearer", "urn:ietf:params:oauth:grant-type:token-exchange"]


@pytest.fixture
def users(api, make_tenant):
    return Users(api, make_tenant())


def medians(rounds, requests):
    """The median time of each request, in turns, so that whatever else the machine does concerns all alike."""
    took = {name: [] for name in requests}
    for _ in range(rounds):
        for name, send in requests.items():
            began = time.perf_counter()
            assert send().status_code == 401
            took[name].append(time.perf_counter() - began)
    return {name: statistics.median(times) for name, times in took.items()}


def test_r01_refused_clients_take_the_same_time(api, admin_token):
    active, disabled = Service.register(api, admin_token), Service.register(api, admin_token)
    ok(api.post(f"/v1/internal/services/{disabled.id}/disable", token=admin_token))
    wrong = machine_secret("secret_")

    def ask(client_id, secret):
        return lambda: api.post("/oauth/token", auth=(client_id, secret), data={"grant_type": "client_credentials"})

    assert within(1, lambda: disabled.ask().status_code == 401)
    took = medians(80, {"unknown": ask("svc_01hzzzzzzzzzzzzzzzzzzzzzzz", wrong), "disabled": ask(disabled.id, disabled.secret),
                        "wrong secret": ask(active.id, wrong)})
    assert max(took.values()) < 2 * min(took.values()), took


@pytest.mark.parametrize("grant", GRANTS)
def test_r04_no_other_grant_is_taken_from_an_authenticated_client(api, admin_token, grant):
    service = Service.register(api, admin_token)
    answer = service.ask(grant_type=grant, username="ann@example.com", password=PASSWORD, code="x", assertion="x")
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


def test_r04_there_is_no_authorization_endpoint(api):
    for path in ("/oauth/authorize", "/authorize", "/oauth2/authorize"):
        refused(api.get(f"{path}?response_type=code"), 404, "route_not_found")


def test_r06_a_token_is_for_one_audience_and_no_other_takes_it(api, admin_token):
    service = Service.register(api, admin_token)
    path = f"/v1/internal/services/{service.id}"
    assert claims_of(service.token())["aud"] == "gatehouse"
    ok(api.patch(path, token=admin_token, json={"audiences": ["https://erp.example", "https://mes.example"]}))
    assert within(1, lambda: claims_of(service.token())["aud"] == "https://erp.example")
    other = service.token(resource="https://mes.example")
    assert claims_of(other)["aud"] == "https://mes.example"
    refused(service.check(other), 401, "service_token_invalid")
    for target in ("gatehouse", "*", "https://erp.example/", "https://ERP.example"):
        answer = service.ask(audience=target)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_target"), target


def test_r11_answers_that_hold_a_secret_are_not_stored(api, admin_token, users):
    user, _ = users.join("ann@example.com")
    service = Service.register(api, admin_token, ["auth:token"])
    tenant, public, secret = users.tenant["id"], users.public, users.secret
    account = {"email": "ann@example.com", "password": PASSWORD}
    calls = [("/v1/tenants", None, {"name": "Another"}), ("/v1/auth/login", public, account),
             ("/v1/auth/password-reset", secret, {"email": account["email"]}),
             ("/v1/auth/email-verification", secret, {"email": account["email"]}),
             (f"/v1/tenants/{tenant}/keys/public/rotate", secret, {}), (f"/v1/tenants/{tenant}/keys/secret/rotate", secret, {}),
             ("/v1/internal/services/register", None, {"service_name": "Another"}),
             ("/v1/internal/services/authenticate", None, {"client_id": service.id, "client_secret": service.secret}),
             ("/api/internal/auth/token", service.token(), {"tenant_id": tenant, "user_id": user})]
    for path, token, body in calls:
        answer = api.post(path, token=token, json=body)
        assert answer.ok, answer.text
        assert answer.headers["Cache-Control"] == "no-store", path


def test_r19_no_kind_of_token_stands_in_for_another(api, admin_token, users):
    _, user = users.join("ann@example.com")
    service = Service.register(api, admin_token)
    held = {"user": user, "service": service.token(), "reset": users.request("password-reset", "ann@example.com"),
            "verification": users.request("email-verification", "ann@example.com"), "public": users.public,
            "secret": users.secret, "client_secret": service.secret}

    def valid(token):
        return ok(api.post("/v1/internal/services/validate-token", json={"token": token}))["valid"]

    def confirm(token):
        return api.post("/v1/auth/email-verification/confirm", token=users.public, json={"token": token}).status_code == 200

    uses = {"user": users.alive, "service": lambda token: service.check(token).status_code == 200, "validated": valid,
            "key": lambda token: api.get("/v1/users", token=token).status_code == 200,
            "reset": lambda token: users.reset(token, "another horse battery").status_code == 200, "verification": confirm}
    admitted = {"user": "user", "service": "service", "validated": "service", "key": "secret", "reset": "reset",
                "verification": "verification"}
    # What ends a session comes last.
    for use, works in uses.items():
        for name, token in held.items():
            if name != admitted[use]:
                assert not works(token), f"{name} as {use}"
    assert [use for use, works in uses.items() if not works(held[admitted[use]])] == []


def test_r16_what_is_forwarded_moves_neither_issuer_nor_tls(api, stack, admin_token):
    service = Service.register(api, admin_token)
    forged = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Forwarded-Port": "443",
              "X-Forwarded-Ssl": "on", "Front-End-Https": "on", "Forwarded": "for=10.1.2.3;host=evil.example;proto=https"}
    answer = api.post("/oauth/token", auth=(service.id, service.secret), data={"grant_type": "client_credentials"}, headers=forged)
    assert claims_of(ok(answer)["access_token"])["iss"] == stack.url
    assert "Strict-Transport-Security" not in answer.headers and "evil.example" not in answer.text + str(answer.headers)


def test_r21_a_clients_subject_is_never_a_users(api, admin_token, users):
    user, token = users.join("ann@example.com")
    service = Service.register(api, admin_token, ["auth:token"])
    assert claims_of(token)["sub"] == user and user.startswith("usr_")
    assert claims_of(service.token())["sub"] == service.id and service.id.startswith("svc_")
    # A client's id is no user's, wherever a user's is asked for.
    refused(api.post("/api/internal/auth/token", token=service.token(),
                     json={"tenant_id": users.tenant["id"], "user_id": service.id}), 404, "user_not_found")
    refused(api.get(f"/v1/users/{service.id}", token=users.secret), 404, "user_not_found")


def test_r22_published_keys_are_strong_and_public(api):
    keys = ok(api.get("/.well-known/jwks.json"))["keys"]
    assert keys
    for key in keys:
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & set(key)
        assert key["use"] == "sig" and key["kid"]
        if key["kty"] == "RSA":
            assert jwt.PyJWK(key).key.key_size >= 2048
        else:
            assert (key["kty"], key["crv"]) in {("EC", "P-256"), ("OKP", "Ed25519")}


@pytest.fixture(scope="module")
def fresh(make_stack):
    """A stack that nobody has used yet, whose keys rotate within seconds."""
    stack = make_stack(settings={"jwks_max_age": "1s"})
    stack.start()
    return stack


def test_r32_a_new_installation_has_no_accounts_and_no_known_secret(fresh, stack):
    counted = fresh.cluster.psql("gatehouse", "SELECT (SELECT count(*) FROM gatehouse.tenants), (SELECT count(*) FROM "
                                 "gatehouse.users), (SELECT count(*) FROM gatehouse.services)").strip()
    assert counted == "0|0|1", "the one service is the operator's own, of admin.json"
    assert fresh.admin()["client_secret"] != stack.admin()["client_secret"]
    assert (fresh.run_dir / "keyring").read_text() != (stack.run_dir / "keyring").read_text()
    for secret in (fresh.admin_file, fresh.run_dir / "keyring"):
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    with Api(fresh.url) as api:
        refused(api.post("/oauth/token", auth=tuple(stack.admin()[name] for name in ("client_id", "client_secret")),
                         data={"grant_type": "client_credentials"}), 401, "invalid_client")


class Verifier:
    """A third party: it keeps the JWKS as long as it may, and no token's kid makes it ask again before."""

    def __init__(self, api):
        self.api, self.ends, self.keys = api, 0.0, None

    def verify(self, token):
        if time.monotonic() >= self.ends:
            answer = self.api.get("/.well-known/jwks.json")
            assert answer.headers["Cache-Control"] == "public, max-age=1"
            self.keys, self.ends = jwt.PyJWKSet.from_dict(ok(answer)), time.monotonic() + 1
        kid = jwt.get_unverified_header(token)["kid"]
        jwt.decode(token, self.keys[kid].key, algorithms=["ES256"], audience="gatehouse")
        return kid


def test_r23_keys_rotate_under_load_without_a_failed_verification(fresh):
    with Api(fresh.url) as api:
        admin = fresh.admin()
        service = Service.register(api, Service(api, admin["client_id"], admin["client_secret"]).token())
        users = Users(api, ok(api.post("/v1/tenants", json={"name": "Rotation"}), 201))
        _, user = users.join("ann@example.com")
        failures, kids, verified, stop = [], [], [0], threading.Event()

        def load():
            with Api(fresh.url) as own:
                mine, verifier = Service(own, service.id, service.secret), Verifier(own)
                first = mine.token()
                while not stop.is_set():
                    try:
                        made = mine.token()
                        kid = verifier.verify(made)
                        statuses = [mine.check(one).status_code for one in (made, first)]
                        statuses.append(own.get("/v1/users/me", token=user).status_code)
                        assert statuses == [200] * 3, statuses
                        verified[0] += 1
                        if kid not in kids:
                            kids.append(kid)
                    except Exception as error:  # noqa: BLE001 whatever it is, it must not be
                        failures.append(repr(error))
                        return

        threads = [threading.Thread(target=load) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            for rotations in (1, 2):
                fresh.operate("keys", "rotate")
                assert within(10, lambda: failures or len(kids) == 1 + rotations)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        assert failures == []
        assert len(kids) == 3 and verified[0] > 100


def test_r25_passwords_are_argon2id_with_their_parameters(stack, users):
    user = ok(users.register("ann@example.com"), 201)["id"]
    stored = stack.cluster.psql("gatehouse", f"SELECT password_hash FROM gatehouse.users WHERE id = '{user}'")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize("password", ["aaaaaa", "      ", "ümlaut", "a" * 64, "p" * 1023 + "!", "🐎" * 256, "tab\tand \"quotes\" \\ 'x"])
def test_r26_any_password_of_6_to_1024_bytes_is_taken_whole(users, password):
    ok(users.register("ann@example.com", password), 201)
    ok(users.log_in("ann@example.com", password))
    for other in (password[:-1] + "?", password[:-1] or "x", password + " ", password.upper() + "x"):
        if len(other.encode()) <= 1024:
            refused(users.log_in("ann@example.com", other), 401, "login_refused")


def test_r30_a_login_takes_as_long_for_nobody(api, users):
    users.join("ann@example.com")
    disabled, _ = users.join("bob@example.com")
    ok(api.post(f"/v1/users/{disabled}/disable", token=users.secret))
    took = medians(15, {"unknown": lambda: users.log_in("nobody@example.com"),
                        "wrong": lambda: users.log_in("ann@example.com", "wrong password"),
                        "disabled": lambda: users.log_in("bob@example.com")})
    assert max(took.values()) < 2 * min(took.values()), took


def test_r35_no_secret_is_in_the_database(world, stack):  # noqa: F811
    """A dump of all rows, of a world in which every kind of secret was made and used."""
    cluster = stack.cluster
    dump = subprocess.run([cluster.binaries / "pg_dump", "-h", cluster.socket_directory, "-U", "postgres", "--data-only",
                           "gatehouse"], capture_output=True, text=True, check=True).stdout
    assert world["a.tenant_id"] in dump and world["a.public_key"] in dump, "public keys are shown to anybody"
    secrets = [secret for secret in secrets_in(world, "\n".join(world.values()).encode()) if not secret.startswith("pub_")]
    assert len(secrets) > 60
    assert [secret for secret in secrets if secret in dump or secret.encode().hex() in dump] == []


@pytest.mark.parametrize("route", [route for route in ROUTES if route.row["method"] == "GET"], ids=str)
def test_r35_no_secret_is_shown_again(api, world, route):  # noqa: F811
    owner = {"secret_key": "b.secret_key", "user_token": "b.user_token", "service_token": scoped(route)}[route.row["access"][0]]
    answer = api.get(path_of(route, world), token=world[owner])
    assert answer.status_code == 200, answer.text
    shown = [secret for secret in secrets_in(world, answer.content) if secret in answer.text and not secret.startswith("pub_")]
    assert shown == []


LISTS = {"/v1/users": "b.secret_key", "/v1/users/{b.user_id}/sessions": "b.secret_key", "/v1/users/me/sessions": "b.user_token",
         "/v1/internal/services": "admin.token", "/v1/internal/services/{plain.client_id}/logs": "admin.token",
         "/api/internal/admin/services": "admin.token", "/api/internal/users": "platform.token",
         "/api/internal/tenants": "platform.token"}


@pytest.mark.parametrize("path", LISTS)
def test_r39_a_page_has_at_most_1000_entries(api, world, path):  # noqa: F811
    url, token = fill(path, world), world[LISTS[path]]
    assert api.get(f"{url}?limit=1000", token=token).status_code == 200
    for limit in ("1001", "0", "-1", "99999999999999999999"):
        refused(api.get(f"{url}?limit={limit}", token=token), 400, "limit_invalid")


def test_r40_every_change_is_in_the_audit_log_with_who_and_what(api, stack, users):
    user, token = users.join("ann@example.com")
    answers = {"user.changed": api.patch("/v1/users/me", token=token, json={"profile": {"name": "a name of nobody"}}),
               "user.disabled": api.post(f"/v1/users/{user}/disable", token=users.secret),
               "tenant.key_rotated": api.post(f"/v1/tenants/{users.tenant['id']}/keys/secret/rotate", token=users.secret, json={})}
    actors = {"user.changed": "user", "user.disabled": "secret_key", "tenant.key_rotated": "secret_key"}
    for event, answer in answers.items():
        assert answer.ok, answer.text
        row = stack.cluster.psql("gatehouse", "SELECT row_to_json(l) FROM gatehouse.sys_audit_logs l "
                                              f"WHERE trace_id = '{answer.headers['X-Trace-Id']}'")
        entry = json.loads(row)
        assert (entry["event"], entry["outcome"], entry["tenant_id"]) == (event, "success", users.tenant["id"])
        assert entry["actor_kind"] == actors[event] and entry["actor_id"] and entry["source_ip"] in ("127.0.0.1", "::1")
        assert entry["request_id"] == answer.headers["X-Request-Id"]
        assert "a name of nobody" not in row and users.secret not in row


def test_r40_what_is_refused_is_in_the_edges_log_and_in_the_audit_log_with_its_reason(stack, users):
    answer = users.log_in("nobody@example.com")
    refused(answer, 401, "login_refused")
    line = log_line(stack.run_dir, answer.headers["X-Trace-Id"])
    assert (line["path"], line["status"]) == ("/v1/auth/login", 401)
    find = f"SELECT event, outcome, reason FROM gatehouse.sys_audit_logs WHERE trace_id = '{answer.headers['X-Trace-Id']}'"
    within(10, lambda: stack.cluster.psql("gatehouse", find).strip() == "login.refused|failure|login_refused")


@pytest.mark.parametrize("change", ["UPDATE gatehouse.{} SET trace_id = NULL", "DELETE FROM gatehouse.{}", "TRUNCATE gatehouse.{}"])
@pytest.mark.parametrize("role", [role for role in ROLES if role != "owner"])
def test_r40_no_program_can_rewrite_the_log(stack, role, change):
    for journal in ("sys_audit_logs", "access_log", "token_issuance"):
        with pytest.raises(ClusterError, match="permission denied"):
            stack.cluster.psql("gatehouse", f"SET ROLE gatehouse_{role}; {change.format(journal)}")
