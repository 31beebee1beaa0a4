"""The life of a tenant through nginx: created, changed, its keys rotated, disabled, enabled, and counted."""

import datetime
import time

import pytest
from conftest import Api
from lives import REVOCATION_SECONDS, Service, Users, claims_of, ok, refused, within

LONG = "a password beyond guessing"


@pytest.fixture
def tenant(make_tenant):
    return make_tenant("My app")


@pytest.fixture
def users(api, tenant):
    return Users(api, tenant)


def path_of(tenant, rest=""):
    return f"/v1/tenants/{tenant['id']}{rest}"


def rotate(api, tenant, kind, key=None, **body):
    answer = api.post(path_of(tenant, f"/keys/{kind}/rotate"), token=key or tenant["secret_key"], json=body)
    assert answer.headers["Cache-Control"] == "no-store"
    return ok(answer, 201)


def key_works(api, key):
    """Any key may try a login; what is asked is only whether the key is known."""
    answer = api.post("/v1/auth/login", token=key, json={"email": "nobody@example.com", "password": "wrong password"})
    assert answer.status_code == 401, answer.text
    return answer.json()["code"] == "login_refused"


def test_change_is_shown_and_leaves_the_rest(api, tenant, admin_token):
    changed = ok(api.patch(path_of(tenant), token=tenant["secret_key"], json={"name": "Renamed", "password_min_length": 9}))
    assert (changed["name"], changed["password_min_length"], changed["status"]) == ("Renamed", 9, "active")
    again = ok(api.patch(path_of(tenant), token=admin_token, json={"refuse_common_passwords": True}))
    assert {**changed, "refuse_common_passwords": True, "updated_at": again["updated_at"]} == again
    assert ok(api.get(path_of(tenant)))["name"] == "Renamed"


@pytest.mark.parametrize("kind", ["public", "secret"])
def test_rotated_key_works_during_its_overlap_and_not_after(api, tenant, kind):
    old = tenant[f"{kind}_key"]
    made = rotate(api, tenant, kind, grace_seconds=2)
    answered = time.monotonic()
    assert made["kind"] == kind and made["key"] != old
    assert key_works(api, made["key"]) and key_works(api, old)
    assert within(2 + REVOCATION_SECONDS, lambda: not key_works(api, old))
    assert time.monotonic() - answered > 1, "it ended before its overlap did"
    assert key_works(api, made["key"])


@pytest.mark.parametrize("kind", ["public", "secret"])
def test_without_overlap_the_old_key_stops_within_a_second(api, tenant, kind):
    old = tenant[f"{kind}_key"]
    assert key_works(api, old)
    made = rotate(api, tenant, kind, grace_seconds=0)
    assert within(REVOCATION_SECONDS, lambda: not key_works(api, old))
    assert key_works(api, made["key"])


def test_overlap_is_a_day_unless_said_otherwise(api, tenant):
    made = rotate(api, tenant, "public")
    span = datetime.datetime.fromisoformat(made["previous_expires_at"][:-1]) - \
        datetime.datetime.fromisoformat(made["created_at"][:-1])
    assert span == datetime.timedelta(days=1)
    assert key_works(api, tenant["public_key"])


def test_key_that_was_to_end_sooner_still_does(api, tenant):
    rotate(api, tenant, "public", grace_seconds=1)
    rotate(api, tenant, "public", grace_seconds=3600)
    assert within(1 + REVOCATION_SECONDS, lambda: not key_works(api, tenant["public_key"]))


def test_tenant_shows_its_new_public_key_and_another_fingerprint(api, tenant):
    before = ok(api.get(path_of(tenant)))
    public, secret = rotate(api, tenant, "public"), rotate(api, tenant, "secret")
    after = ok(api.get(path_of(tenant)))
    assert before["api_public_key"] == tenant["public_key"] and after["api_public_key"] == public["key"]
    assert after["api_secret_key_hash"] == secret["fingerprint"] != before["api_secret_key_hash"]


def test_keys_are_listed_without_the_secret_ones(api, tenant):
    public, secret = rotate(api, tenant, "public"), rotate(api, tenant, "secret")
    answer = api.get(path_of(tenant, "/keys"), token=secret["key"])
    keys = ok(answer)["keys"]
    assert sorted(key["kind"] for key in keys) == ["public", "public", "secret", "secret"]
    assert {key["id"] for key in keys if "expires_at" not in key} == {public["id"], secret["id"]}
    assert [key["public_key"] for key in keys if key["kind"] == "public"] == [public["key"], tenant["public_key"]]
    assert secret["key"] not in answer.text and tenant["secret_key"] not in answer.text


def test_disabled_tenant_stops_within_a_second_and_comes_back(api, tenant, users, admin_token):
    _, token = users.join("ann@example.com")
    service = Service.register(api, admin_token, ["user:read"], tenant["id"])
    own = service.token()

    def working():
        return (key_works(api, tenant["public_key"]), key_works(api, tenant["secret_key"]), users.alive(token),
                api.get("/api/internal/users", token=own).status_code == 200, service.ask().status_code == 200)

    assert within(REVOCATION_SECONDS, lambda: all(working()))
    assert ok(api.post(path_of(tenant, "/disable"), token=tenant["secret_key"]))["status"] == "disabled"
    assert within(REVOCATION_SECONDS, lambda: not any(working()))
    refused(api.get("/v1/users/me", token=token), 401, "session_ended")
    refused(api.get("/api/internal/users", token=own), 401, "client_not_active")
    refused(service.ask(), 401, "invalid_client")
    refused(api.post(path_of(tenant, "/enable"), token=tenant["secret_key"]), 401, "service_token_required")

    assert ok(api.post(path_of(tenant, "/enable"), token=admin_token))["status"] == "active"
    assert within(REVOCATION_SECONDS, lambda: all(working()))


def test_disabled_tenant_leaves_others_alone(api, tenant, users, make_tenant):
    _, token = users.join("ann@example.com")
    other = make_tenant("Another")
    ok(api.post(path_of(other, "/disable"), token=other["secret_key"]))
    assert within(REVOCATION_SECONDS, lambda: not key_works(api, other["public_key"]))
    assert users.alive(token) and key_works(api, tenant["public_key"])


def test_statistics_count_registrations_and_logins(api, tenant, users):
    ann, token = users.join("ann@example.com")
    users.join("bob@example.com")
    users.token("ann@example.com")
    ok(api.post(f"/v1/users/{ann}/disable", token=users.secret))
    found = ok(api.get(path_of(tenant, "/statistics?days=7"), token=users.secret))
    totals = {name: found[name] for name in ("total_users", "disabled_users", "verified_users", "active_users", "open_sessions")}
    assert totals == {"total_users": 2, "disabled_users": 1, "verified_users": 0, "active_users": 2, "open_sessions": 1}
    assert found["tenant_id"] == tenant["id"]
    dates = [datetime.date.fromisoformat(day["date"]) for day in found["days"]]
    assert len(dates) == 7 and all(after - before == datetime.timedelta(days=1) for before, after in zip(dates, dates[1:]))
    assert found["since"] == f"{dates[0]}T00:00:00Z"
    # All in the last day, or in the last two where midnight was in between.
    assert sum(day["registrations"] for day in found["days"][-2:]) == 2
    assert sum(day["logins"] for day in found["days"][-2:]) == 3
    assert not any(day["registrations"] or day["logins"] for day in found["days"][:-2])


def test_r27_password_rules_of_a_tenant_take_effect(api, tenant, users):
    _, token = users.join("ann@example.com", "123456")
    ok(api.patch(path_of(tenant), token=users.secret, json={"password_min_length": 10, "refuse_common_passwords": True}))
    answer = users.register("bob@example.com", "nine char")
    refused(answer, 400, "password_too_short")
    assert answer.json()["error"] == '"password" must be at least 10 characters'
    refused(users.register("bob@example.com", "1234567890"), 422, "password_too_common")
    refused(users.register("bob@example.com", "QwErTyUiOp"), 422, "password_too_common")
    ok(users.register("bob@example.com", LONG), 201)

    def change(wanted):
        return api.post("/v1/users/me/password", token=token, json={"current_password": "123456", "new_password": wanted})

    refused(change("nine char"), 400, "new_password_too_short")
    refused(change("1234567890"), 422, "password_too_common")
    reset = users.request("password-reset", "ann@example.com")
    refused(users.reset(reset, "1234567890"), 422, "password_too_common")
    # Who had a short one before still logs in, and a refused reset leaves the token good.
    ok(users.log_in("ann@example.com", "123456"))
    ok(users.reset(reset, LONG))


def test_token_lifetime_of_a_tenant_is_in_the_next_token(api, tenant, users):
    def lifetime(token):
        claims = claims_of(token)
        return claims["exp"] - claims["iat"]

    _, token = users.join("ann@example.com")
    assert lifetime(token) == 86400
    ok(api.patch(path_of(tenant), token=users.secret, json={"user_token_seconds": 120}))
    token = users.token("ann@example.com")
    assert lifetime(token) == 120
    listed = ok(api.get("/v1/users/me/sessions", token=token))["sessions"]
    current = next(session for session in listed if session["current"])
    assert current["expires_at"] == datetime.datetime.fromtimestamp(
        claims_of(token)["exp"], datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_nobody_creates_tenants_where_signup_is_closed(make_stack):
    stack = make_stack(settings={"tenant_signup": "closed"})
    stack.start()
    with Api(stack.url) as api:
        refused(api.post("/v1/tenants", json={"name": "My app"}), 403, "signup_closed")
    assert stack.cluster.psql("gatehouse", "SELECT count(*) FROM gatehouse.tenants").strip() == "0"
    stack.stop()


def test_only_listed_addresses_create_tenants_where_signup_is_by_allowlist(make_stack):
    """nginx takes a forwarded address from this machine as a proxy's, so that one client can come from several."""
    stack = make_stack(settings={"tenant_signup": "allowlist", "tenant_signup_allowlist": "192.0.2.0/24, 2001:db8::/32"},
                       trusted_proxies=["127.0.0.1", "::1"])
    stack.start()
    with Api(stack.url) as api:
        def create(address):
            return api.post("/v1/tenants", json={"name": "My app"}, headers={"X-Forwarded-For": address})
        for address in ("192.0.2.7", "2001:db8::7"):
            ok(create(address), 201)
        for address in ("198.51.100.7", "2001:db9::7", "127.0.0.1"):
            refused(create(address), 403, "signup_closed")
    stack.stop()
