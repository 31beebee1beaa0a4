"""What is in the audit trail besides changes - who was not let in, and why - and who may read it."""

import datetime
import uuid

import pytest
from audit_trail import Trail
from cli import within
from conftest import Api


@pytest.fixture(scope="module")
def trail(own_stack):
    return Trail(own_stack)


@pytest.fixture(scope="module")
def api(trail):
    with Api(trail.stack.url) as api:
        yield api


@pytest.fixture(scope="module")
def tenant(api):
    tenant = api.post("/v1/tenants", json={"name": "Refusing"}).json()
    user = api.post("/v1/auth/register", token=tenant["public_key"], json={"email": "someone@example.com", "password": "password123"})
    return {**tenant, "user_id": user.json()["id"]}


def service_token(trail, api, *scopes):
    made = trail.do("service", "register", "--name", "Reader", *(part for scope in scopes for part in ("--scope", scope)))
    answer = api.post("/oauth/token", auth=(made["client_id"], made["client_secret"]), data={"grant_type": "client_credentials"})
    return made["client_id"], answer.json()["access_token"]


def refusal(trail, trace_id):
    """The row of that request; the journal writes it within a moment, or within ten seconds if there are many."""
    within(30, lambda: trail.rows(f"trace_id = '{trace_id}'"))
    return trail.row(f"trace_id = '{trace_id}'")


def expect(row, **members):
    assert row["outcome"] == "failure"
    assert {name: row[name] for name in members} == members


def log_in(api, tenant, email, password):
    return api.post("/v1/auth/login", token=tenant["public_key"], json={"email": email, "password": password})


def test_failed_login_names_the_account_and_no_address(trail, api, tenant):
    known = refusal(trail, log_in(api, tenant, "someone@example.com", "wrong-password").json()["trace_id"])
    expect(known, event="login.refused", reason="login_refused", tenant_id=tenant["id"], resource_type="user", resource_id=tenant["user_id"],
           actor_kind="public_key", route="/v1/auth/login", source_ip="127.0.0.1")
    unknown = refusal(trail, log_in(api, tenant, "nobody@example.com", "wrong-password").json()["trace_id"])
    expect(unknown, event="login.refused", reason="login_refused", resource_type="user", resource_id=None)
    assert "example.com" not in str([known, unknown]) and "wrong-password" not in str([known, unknown])


def test_successful_login_is_there_too(trail, api, tenant):
    answer = log_in(api, tenant, "someone@example.com", "password123")
    assert answer.status_code == 200
    row = trail.row(f"event = 'user.logged_in' AND trace_id = '{answer.headers['X-Trace-Id']}'")
    assert (row["outcome"], row["resource_id"], row["reason"]) == ("success", tenant["user_id"], None)


@pytest.mark.parametrize("send", ["oauth", "json"])
def test_failed_client_authentication_names_the_client(trail, api, send):
    made = trail.do("service", "register", "--name", "Guessed")
    wrong = made["client_secret"][:-1] + ("a" if made["client_secret"][-1] != "a" else "b")

    def attempt(client_id):
        if send == "oauth":
            return api.post("/oauth/token", auth=(client_id, wrong), data={"grant_type": "client_credentials"})
        return api.post("/v1/internal/services/authenticate", json={"client_id": client_id, "client_secret": wrong})

    row = refusal(trail, attempt(made["client_id"]).json()["trace_id"])
    expect(row, event="client.refused", resource_type="service", resource_id=made["client_id"], actor_kind="anonymous", actor_id=None)
    assert row["reason"] and wrong not in str(row)
    strange = refusal(trail, attempt("somebody@example.com").json()["trace_id"])
    expect(strange, event="client.refused", resource_id=None)
    assert "example.com" not in str(strange)


def test_refused_access_names_the_caller_where_one_is_known(trail, api, tenant):
    client_id, token = service_token(trail, api, "user:read")
    answer = api.get("/api/internal/tenants", token=token)
    assert answer.status_code == 403
    expect(refusal(trail, answer.json()["trace_id"]), event="access.refused", reason="insufficient_scope", actor_kind="service",
           actor_id=client_id, route="/api/internal/tenants", detail={"method": "GET"})
    expect(refusal(trail, api.get("/v1/users").json()["trace_id"]), event="access.refused", reason="api_key_required", actor_kind="anonymous")
    expect(refusal(trail, api.post("/v1/auth/login", token="pub_nonsense", json={}).json()["trace_id"]),
           event="access.refused", reason="api_key_unknown", route="/v1/auth/login")


@pytest.mark.parametrize("resending", [False, True])
def test_use_of_an_ended_session_is_a_refusal_like_any_other(trail, api, tenant, resending):
    """Who holds the token of a session that was ended is the one to look for."""
    token = log_in(api, tenant, "someone@example.com", "password123").json()["token"]
    assert api.post("/v1/auth/logout", token=token).status_code == 200
    headers = {"Idempotency-Key": str(uuid.uuid4())} if resending else {}
    answer = api.patch("/v1/users/me", token=token, json={"profile": {}}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "session_ended")
    expect(refusal(trail, answer.json()["trace_id"]), event="access.refused", reason="session_ended", tenant_id=tenant["id"], actor_kind="user",
           actor_id=tenant["user_id"], route="/v1/users/me", detail={"method": "PATCH"})
    assert answer.json()["trace_id"] in (trail.stack.logs / "users.log").read_text()


def test_flood_of_equal_refusals_is_a_few_rows_that_count_them(trail, api):
    before = trail.rows("route = '/v1/users/:id'")
    for _ in range(300):
        assert api.get("/v1/users/usr_x", token="sec_nonsense").status_code == 401

    def counted():
        rows = trail.rows("route = '/v1/users/:id'")[len(before):]
        return rows, sum(row["detail"].get("count", 1) for row in rows)

    within(30, lambda: counted()[1] == 300)
    assert len(counted()[0]) < 100


def test_tenant_reads_its_own_trail_and_no_other(trail, api, tenant):
    other = api.post("/v1/tenants", json={"name": "Other"}).json()
    answer = api.get("/v1/audit", token=tenant["secret_key"], params={"limit": 1000})
    assert answer.status_code == 200
    entries = answer.json()["entries"]
    assert {entry["tenant_id"] for entry in entries} == {tenant["id"]}
    assert {"tenant.created", "user.registered", "login.refused"} <= {entry["event"] for entry in entries}
    assert api.get("/v1/audit", token=tenant["secret_key"], params={"tenant_id": tenant["id"]}).status_code == 200
    foreign = api.get("/v1/audit", token=tenant["secret_key"], params={"tenant_id": other["id"]})
    assert (foreign.status_code, foreign.json()["code"]) == (404, "tenant_not_found")
    assert api.get("/v1/audit", token=tenant["public_key"]).status_code == 403
    assert api.get("/v1/audit").status_code == 401
    assert api.get("/v1/audit", token=service_token(trail, api, "user:read")[1]).status_code == 403


def test_administrator_reads_every_trail(trail, api, tenant):
    token = service_token(trail, api, "internal:admin")[1]

    def read(**query):
        answer = api.get("/v1/audit", token=token, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()["entries"]

    everything = read(limit=1000)
    assert tenant["id"] in {entry.get("tenant_id") for entry in everything} and None in {entry.get("tenant_id") for entry in everything}
    moments = [entry["created_at"] for entry in everything]
    assert moments == sorted(moments, reverse=True)
    assert {entry["tenant_id"] for entry in read(tenant_id=tenant["id"])} == {tenant["id"]}
    assert {entry["event"] for entry in read(event="user.registered")} == {"user.registered"}
    assert {entry["outcome"] for entry in read(outcome="failure")} == {"failure"}
    assert {entry["resource_id"] for entry in read(resource_id=tenant["user_id"])} == {tenant["user_id"]}
    key = next(entry["actor_id"] for entry in everything if entry["actor_kind"] == "public_key")
    assert {entry["actor_id"] for entry in read(actor_id=key)} == {key}
    tomorrow = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)).strftime("%Y-%m-%d")
    assert read(**{"from": tomorrow}) == [] and read(to="2020-01-01T00:00:00Z") == []
    assert read(**{"from": "2020-01-01", "to": moments[-1], "limit": 1000}) == []
    until_tomorrow = read(**{"from": "2020-01-01", "to": tomorrow, "limit": 1000})
    # Refusals come into the trail a moment after they happened, so some may stand between by now.
    assert [entry for entry in until_tomorrow if entry in everything] == everything


def test_pages_hold_every_row_once(trail, api, tenant):
    def read(cursor=None):
        answer = api.get("/v1/audit", token=tenant["secret_key"], params={"limit": 2, **({"cursor": cursor} if cursor else {})})
        assert answer.status_code == 200, answer.text
        return answer.json()

    page, ids = read(), []
    while True:
        ids += [entry["id"] for entry in page["entries"]]
        if "next_cursor" not in page:
            break
        page = read(page["next_cursor"])
    assert len(ids) == len(set(ids))
    assert sorted(ids) == sorted(row["id"] for row in trail.rows(f"tenant_id = '{tenant['id']}'"))


@pytest.mark.parametrize("query, code", [("outcome=maybe", "outcome_invalid"), ("from=yesterday", "moment_invalid"), ("to=2024-13-01", "moment_invalid"),
                                         ("cursor=1", "cursor_invalid"), ("cursor=1-aud_x", "cursor_invalid"), ("limit=0", None), ("evnt=x", None)])
def test_bad_filters_are_refused(api, tenant, query, code):
    answer = api.get(f"/v1/audit?{query}", token=tenant["secret_key"])
    assert answer.status_code == 400
    assert code in (None, answer.json()["code"])
