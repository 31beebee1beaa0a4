"""The life of a user through nginx: registered, logged in and out, changed, disabled and deleted."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import Api
from lives import PASSWORD, Users, claims_of, ok, refused

NEW = "another horse battery"
ANN = "ann@example.com"


@pytest.fixture
def users(api, make_tenant):
    return Users(api, make_tenant())


@pytest.fixture
def ann(users):
    """Id and token of a user who has just logged in."""
    return users.join(ANN)


def change_password(api, token, current, wanted):
    return api.post("/v1/users/me/password", token=token, json={"current_password": current, "new_password": wanted})


def test_user_registers_logs_in_changes_and_sees_it(api, users):
    profile = {"name": "Ann", "nested": {"list": [1, 2.50, None]}}
    made = ok(api.post("/v1/auth/register", token=users.public,
                       json={"email": "Ann@Example.com", "password": PASSWORD, "profile": profile}), 201)
    login = ok(users.log_in("aNN@example.COM"))
    assert login["user"] == made and made["email"] == "Ann@Example.com"
    assert ok(api.get("/v1/users/me", token=login["token"])) == made

    changed = ok(api.patch("/v1/users/me", token=login["token"], json={"profile": {"name": "Anna"}}))
    assert changed == {**made, "profile": {"name": "Anna"}}
    changed = ok(api.patch("/v1/users/me", token=login["token"], json={"email": "anna@example.com", "current_password": PASSWORD}))
    assert changed == {**made, "profile": {"name": "Anna"}, "email": "anna@example.com"}
    assert ok(api.get("/v1/users/me", token=login["token"])) == changed
    refused(users.log_in("ann@example.com"), 401, "login_refused")
    ok(users.log_in("anna@example.com"))


def test_address_is_not_changed_by_a_token_alone(api, ann):
    """Who holds a token for a moment could keep the account by its address."""
    _, token = ann
    refused(api.patch("/v1/users/me", token=token, json={"email": "thief@example.com"}), 400, "current_password_required")
    refused(api.patch("/v1/users/me", token=token, json={"email": "thief@example.com", "current_password": "a guess"}),
            422, "current_password_wrong")
    assert ok(api.get("/v1/users/me", token=token))["email"] == ANN


def test_long_list_ends_early_and_goes_on(api, users, stack):
    """nginx takes 1 MiB of an answer off a function at once; more would leave a thread to a slow reader."""
    count, profile = 120, {"filler": "x" * 8000}
    stack.cluster.psql("gatehouse", f"""
        INSERT INTO gatehouse.users (id, tenant_id, email, email_key, password_hash, profile)
        SELECT 'usr_' || lpad(n::text, 26, '0'), '{users.tenant["id"]}', n || '@example.com', n || '@example.com', '-',
               '{json.dumps(profile)}' FROM generate_series(1, {count}) n""")
    seen, cursor = [], ""
    while cursor is not None:
        answer = api.get(f"/v1/users?limit=1000&cursor={cursor}", token=users.secret)
        assert len(answer.content) < 1024 * 1024
        page = ok(answer)
        seen += [user["id"] for user in page["users"]]
        cursor = page.get("next_cursor")
    assert len(seen) == len(set(seen)) == count


def test_r34_sessions_are_listed_and_one_is_ended(api, users, ann):
    _, token = ann
    other = users.token(ANN)
    listed = ok(api.get("/v1/users/me/sessions", token=token))["sessions"]
    assert sorted(session["current"] for session in listed) == [False, True]
    assert all(session["user_agent"].startswith("python-requests/") for session in listed)
    another = next(session["id"] for session in listed if not session["current"])
    ok(api.delete(f"/v1/users/me/sessions/{another}", token=token))
    assert users.alive(token) and not users.alive(other)
    refused(api.delete(f"/v1/users/me/sessions/{another}", token=token), 404, "session_not_found")
    assert len(ok(api.get("/v1/users/me/sessions", token=token))["sessions"]) == 1


def test_sessions_are_listed_by_pages(api, users, ann):
    _, token = ann
    for _ in range(2):
        users.token(ANN)
    seen, cursor = [], ""
    while cursor is not None:
        page = ok(api.get(f"/v1/users/me/sessions?limit=1{cursor}", token=token))
        seen += [session["id"] for session in page["sessions"]]
        cursor = f"&cursor={page['next_cursor']}" if "next_cursor" in page else None
    assert len(seen) == len(set(seen)) == 3


def test_r34_token_is_refused_at_once_after_logout_and_the_others_are_not(api, users, ann):
    _, token = ann
    other = users.token(ANN)
    ok(api.post("/v1/auth/logout", token=token))
    refused(api.get("/v1/users/me", token=token), 401, "session_ended")
    assert users.alive(other)


def test_logout_of_all_ends_every_session_of_the_user_and_of_nobody_else(api, users, ann):
    _, bobs = users.join("bob@example.com")
    tokens = [ann[1], users.token(ANN), users.token(ANN)]
    assert ok(api.post("/v1/auth/logout-all", token=tokens[0]))["ended_sessions"] == 3
    assert not any(users.alive(token) for token in tokens)
    assert users.alive(bobs)
    assert users.alive(users.token(ANN))


def test_r34_changed_password_ends_the_other_sessions(api, users, ann):
    _, token = ann
    other, reset = users.token(ANN), users.request("password-reset", ANN)
    refused(change_password(api, token, "not the current one", NEW), 422, "current_password_wrong")
    assert users.alive(other)
    ok(change_password(api, token, PASSWORD, NEW))
    assert users.alive(token) and not users.alive(other)
    refused(users.log_in(ANN), 401, "login_refused")
    ok(users.log_in(ANN, NEW))
    refused(users.reset(reset, "a third horse battery"), 400, "one_time_token_invalid")


def test_r31_reset_sets_the_password_once_and_ends_all_sessions(users, ann):
    _, token = ann
    reset = users.request("password-reset", ANN)
    assert users.alive(token)
    ok(users.reset(reset, NEW))
    assert not users.alive(token)
    refused(users.log_in(ANN), 401, "login_refused")
    ok(users.log_in(ANN, NEW))
    refused(users.reset(reset, "a third horse battery"), 400, "one_time_token_invalid")
    ok(users.log_in(ANN, NEW))


def test_reset_that_was_used_ends_those_asked_for_before(users, ann):
    first, second = users.request("password-reset", ANN), users.request("password-reset", ANN)
    ok(users.reset(second, NEW))
    refused(users.reset(first, "a third horse battery"), 400, "one_time_token_invalid")


@pytest.mark.parametrize("purpose", ["password-reset", "email-verification"])
def test_r31_one_time_token_expires(api, stack, users, ann, purpose):
    user, _ = ann
    token = users.request(purpose, ANN)
    stack.cluster.psql("gatehouse", "UPDATE gatehouse.one_time_tokens SET expires_at = now() - interval '1 second' "
                                    f"WHERE user_id = '{user}'")
    body = {"token": token} | ({"new_password": NEW} if purpose == "password-reset" else {})
    refused(api.post(f"/v1/auth/{purpose}/confirm", token=users.public, json=body), 400, "one_time_token_invalid")


def test_address_is_verified_once_and_a_new_one_is_not(api, users, ann):
    user, token = ann

    def verified():
        return ok(api.get(f"/v1/users/{user}", token=users.secret))["email_verified_at"]

    def confirm(one_time):
        return api.post("/v1/auth/email-verification/confirm", token=users.public, json={"token": one_time})

    assert verified() is None
    one_time = users.request("email-verification", ANN)
    ok(confirm(one_time))
    assert verified() is not None
    refused(confirm(one_time), 400, "one_time_token_invalid")
    sent_to_the_old = users.request("email-verification", ANN)
    ok(api.patch("/v1/users/me", token=token, json={"email": "anna@example.com", "current_password": PASSWORD}))
    assert verified() is None
    refused(confirm(sent_to_the_old), 400, "one_time_token_invalid")
    assert verified() is None


def test_r34_disabled_user_is_out_at_once_and_has_to_log_in_again(api, users, ann):
    user, token = ann
    assert ok(api.post(f"/v1/users/{user}/disable", token=users.secret))["status"] == "disabled"
    assert not users.alive(token)
    refused(users.log_in(ANN), 401, "login_refused")
    assert ok(api.post(f"/v1/users/{user}/enable", token=users.secret))["status"] == "active"
    assert not users.alive(token), "what was ended does not come back"
    assert users.alive(users.token(ANN))


def test_tenant_ends_the_sessions_of_a_user(api, users, ann):
    user, token = ann
    path = f"/v1/users/{user}/sessions"
    assert len(ok(api.get(path, token=users.secret))["sessions"]) == 1
    assert ok(api.delete(path, token=users.secret))["ended_sessions"] == 1
    assert not users.alive(token)
    assert ok(api.get(path, token=users.secret))["sessions"] == []


def test_tenant_changes_a_user_and_the_roles_are_in_the_next_token(api, users, ann):
    user, token = ann
    assert claims_of(token)["roles"] == []
    changed = ok(api.patch(f"/v1/users/{user}", token=users.secret, json={"roles": ["editor", "billing:read"]}))
    assert changed["roles"] == ["editor", "billing:read"]
    assert claims_of(users.token(ANN))["roles"] == ["editor", "billing:read"]


def test_deleted_user_is_gone_and_its_address_is_free(api, users, ann):
    user, token = ann
    reset = users.request("password-reset", ANN)
    ok(api.delete(f"/v1/users/{user}", token=users.secret))
    assert not users.alive(token)
    refused(users.log_in(ANN), 401, "login_refused")
    refused(api.get(f"/v1/users/{user}", token=users.secret), 404, "user_not_found")
    refused(users.reset(reset, NEW), 400, "one_time_token_invalid")
    again, _ = users.join(ANN)
    assert again != user
    assert [one["id"] for one in ok(api.get("/v1/users", token=users.secret))["users"]] == [again]


def test_every_user_is_in_the_list_once(api, users):
    made = [ok(users.register(f"user{number}@example.com"), 201)["id"] for number in range(5)]
    seen, cursor = [], ""
    while cursor is not None:
        page = ok(api.get(f"/v1/users?limit=2{cursor}", token=users.secret))
        seen += [one["id"] for one in page["users"]]
        cursor = f"&cursor={page['next_cursor']}" if "next_cursor" in page else None
    assert seen == sorted(made)


def at_once(stack, count, send):
    """What `send(api, number)` answers, from that many threads with connections of their own."""
    def one(number):
        with Api(stack.url) as api:
            return send(api, number)
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_of_32_registrations_of_one_address_at_once_one_succeeds(api, stack, users):
    def register(own, number):
        email = ANN.upper() if number % 2 else ANN
        return Users(own, users.tenant).register(email)

    answers = at_once(stack, 32, register)
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 31
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"email_already_registered"}
    assert len(ok(api.get("/v1/users", token=users.secret))["users"]) == 1


def test_r31_of_16_resets_with_one_token_at_once_one_succeeds(stack, users, ann):
    reset = users.request("password-reset", ANN)
    answers = at_once(stack, 16, lambda own, number: Users(own, users.tenant).reset(reset, f"password number {number}"))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 15
    winner = next(number for number, answer in enumerate(answers) if answer.status_code == 200)
    ok(users.log_in(ANN, f"password number {winner}"))


def test_logins_at_once_all_succeed_and_each_has_a_session(api, stack, users, ann):
    answers = at_once(stack, 16, lambda own, _: Users(own, users.tenant).log_in(ANN))
    tokens = {ok(answer)["token"] for answer in answers}
    assert len(tokens) == 16
    assert len(ok(api.get("/v1/users/me/sessions", token=ann[1]))["sessions"]) == 17
