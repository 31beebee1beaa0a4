"""Idempotency-Key: a client may resend anything, and the work is done once."""

import contextlib
import itertools
import json
import os
import signal
import subprocess
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest
from conftest import Api
from lives import Users, ok, refused, within


def key():
    return {"Idempotency-Key": str(uuid.uuid4())}


def tenants_named(stack, name):
    return stack.cluster.psql("gatehouse", f"SELECT id FROM gatehouse.tenants WHERE name = '{name}'").split()


def test_resend_is_answered_as_the_first_request_was_and_does_nothing(api, stack):
    name, headers = uuid.uuid4().hex, key()
    first = api.post("/v1/tenants", json={"name": name}, headers=headers)
    assert first.status_code == 201 and "Idempotent-Replayed" not in first.headers
    again = api.post("/v1/tenants", json={"name": name}, headers=headers)
    assert (again.status_code, again.content) == (200, first.content)
    assert (again.headers["Idempotent-Replayed"], again.headers["Idempotency-Original-Status"]) == ("true", "201")
    assert again.headers["Cache-Control"] == "no-store"
    assert tenants_named(stack, name) == [first.json()["id"]]
    audited = stack.cluster.psql("gatehouse", f"SELECT count(*) FROM gatehouse.sys_audit_logs WHERE resource_id = '{first.json()['id']}'")
    assert audited.strip() == "1"


def test_key_with_another_request_is_refused(api):
    headers = key()
    ok(api.post("/v1/tenants", json={"name": "One"}, headers=headers), 201)
    refused(api.post("/v1/tenants", json={"name": "Two"}, headers=headers), 409, "idempotency_key_reused")


def test_error_that_would_come_again_is_kept_and_leaves_nothing(api, make_tenant):
    users = Users(api, make_tenant())
    ok(users.register("ann@example.com"), 201)
    headers, body = key(), {"email": "ann@example.com", "password": "password123"}
    first = api.post("/v1/auth/register", token=users.public, json=body, headers=headers)
    refused(first, 409, "email_already_registered")
    again = api.post("/v1/auth/register", token=users.public, json=body, headers=headers)
    assert (again.status_code, again.content) == (409, first.content)
    assert again.headers["Idempotency-Original-Status"] == "409"


def test_refused_credentials_are_not_kept(api, make_tenant):
    users, headers = Users(api, make_tenant()), key()
    body = {"email": "late@example.com", "password": "password123"}
    refused(api.post("/v1/auth/login", token=users.public, json=body, headers=headers), 401, "login_refused")
    ok(users.register("late@example.com", "password123"), 201)
    assert "token" in ok(api.post("/v1/auth/login", token=users.public, json=body, headers=headers))


def test_keys_of_different_callers_and_routes_are_different_keys(api, make_tenant):
    headers = key()
    first, second = Users(api, make_tenant()), Users(api, make_tenant())
    body = {"email": "ann@example.com", "password": "password123"}
    made = [ok(api.post("/v1/auth/register", token=users.public, json=body, headers=headers), 201)["id"] for users in (first, second)]
    assert made[0] != made[1]
    assert "token" in ok(api.post("/v1/auth/login", token=first.public, json=body, headers=headers))


@pytest.mark.parametrize("bad, code", [("x" * 256, "idempotency_key_invalid"), ("short", "idempotency_key_guessable"),
                                       ("\u00e9" * 20, "idempotency_key_invalid")])
def test_bad_key_is_refused(api, bad, code):
    refused(api.post("/v1/tenants", json={"name": "x"}, headers={"Idempotency-Key": bad.encode()}), 400, code)


def test_secrets_of_kept_answers_are_sealed_and_forgotten(api, stack):
    headers = key()
    tenant = ok(api.post("/v1/tenants", json={"name": "Sealed"}, headers=headers), 201)
    rows = stack.cluster.psql("gatehouse", "SELECT encode(answer_sealed, 'escape') FROM gatehouse.idempotency_records")
    assert rows.strip() and tenant["secret_key"] not in rows and tenant["id"] not in rows
    stack.cluster.psql("gatehouse", "UPDATE gatehouse.idempotency_records SET expires_at = now() - interval '1 s'")
    again = ok(api.post("/v1/tenants", json={"name": "Sealed"}, headers=headers), 201)
    assert again["id"] != tenant["id"]
    stack.cluster.psql("gatehouse", "UPDATE gatehouse.idempotency_records SET expires_at = now() - interval '1 s'")
    cleaned = subprocess.run([stack.program("services"), "cleanup-tokens"], env=stack.environment(), capture_output=True, text=True, check=True)
    assert json.loads(cleaned.stdout)["kept_answers"] >= 1
    assert stack.cluster.psql("gatehouse", "SELECT count(*) FROM gatehouse.idempotency_records").strip() == "0"


def test_function_sees_the_answers_of_no_other(api, stack):
    """All have the keyring, so what opens them is not what keeps them apart."""
    headers = key()
    ok(api.post("/v1/tenants", json={"name": "Apart"}, headers=headers), 201)

    def as_role(role, sql):
        done = subprocess.run([stack.cluster.binaries / "psql", "-X", "-q", "-A", "-t", "-h", stack.cluster.socket_directory, "-U",
                               f"gatehouse_{role}", "-d", "gatehouse", "-c", sql], capture_output=True, text=True)
        return done.stdout.strip(), done.stderr

    count = "SELECT count(*) FROM idempotency_records WHERE kept_by IS DISTINCT FROM current_user"
    newest = "SELECT kept_by FROM gatehouse.idempotency_records ORDER BY created_at DESC LIMIT 1"
    assert stack.cluster.psql("gatehouse", newest).strip() == "gatehouse_tenants"
    for role in ("tokens", "tenants", "users", "services", "audit"):
        assert as_role(role, count) == ("0", "")
    assert as_role("tenants", "SELECT count(*) > 0 FROM idempotency_records")[0] == "t"
    assert "row-level security" in as_role("users", "INSERT INTO idempotency_records VALUES ('x', 'x', 200, 'x', now(), now(), 'gatehouse_tenants')")[1]
    assert api.post("/v1/tenants", json={"name": "Apart"}, headers=headers).headers["Idempotent-Replayed"] == "true"


def test_parallel_duplicates_do_the_work_once(api, stack):
    """32 at once for each key: one does it, whoever comes meanwhile is told so at once, the others get its answer."""
    run, keys = uuid.uuid4().hex, 200

    def send(number):
        with Api(stack.url) as mine:
            return mine.post("/v1/tenants", json={"name": f"{run}-{number}"},
                             headers={"Idempotency-Key": f"{run}-{number:04}"}).status_code

    with ThreadPoolExecutor(32) as pool:
        for number in range(keys):
            statuses = list(pool.map(send, [number] * 32))
            assert set(statuses) <= {201, 200, 409} and statuses.count(201) == 1, statuses
    count = stack.cluster.psql("gatehouse", f"SELECT count(*), count(DISTINCT name) FROM gatehouse.tenants WHERE name LIKE '{run}-%'")
    assert count.strip() == f"{keys}|{keys}"


def test_running_request_is_said_at_once_and_never_waited_for(api, stack, make_tenant):
    """Somebody holds the tenant's row: the first request waits for it, its duplicate does not."""
    tenant, headers = make_tenant(), key()
    path = f"/v1/tenants/{tenant['id']}"
    holder = psycopg2.connect(host=str(stack.cluster.socket_directory), dbname="gatehouse", user="postgres")
    try:
        with holder.cursor() as cursor:
            cursor.execute("SELECT 1 FROM gatehouse.tenants WHERE id = %s FOR UPDATE", (tenant["id"],))
        with ThreadPoolExecutor(1) as pool:
            def change(session):
                return session.patch(path, token=tenant["secret_key"], json={"name": "Later"}, headers=headers)
            first = pool.submit(change, Api(stack.url))
            waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'UPDATE tenants%'"
            assert within(5, lambda: stack.cluster.psql("gatehouse", waiting).strip() == "1" or first.done())
            answer = change(api)
            if not first.done():  # its lock time-out may have come first on a slow machine
                refused(answer, 409, "idempotency_in_progress")
                assert int(answer.headers["Retry-After"]) >= 1
            holder.rollback()
            assert first.result().status_code in (200, 503)
        assert within(5, lambda: change(api).status_code == 200)
    finally:
        holder.close()


@pytest.fixture(scope="module")
def faulty(make_stack):
    stack = make_stack(fast=False)
    stack.start()
    return stack


@pytest.mark.parametrize("victim", ["function", "PostgreSQL"])
def test_killed_at_any_moment_each_key_is_done_once_or_not_at_all(faulty, victim):
    """Clients resend until they are answered, while what serves them is killed again and again."""
    run, answers, stop, kills = uuid.uuid4().hex, {}, threading.Event(), []

    def client(first):
        with Api(faulty.url) as api:
            for number in itertools.count(first, 4):
                if number >= 120 and len(kills) > 4:
                    break
                name, deadline = f"{run}-{number}", time.monotonic() + 30
                while True:
                    answer = api.post("/v1/tenants", json={"name": name}, headers={"Idempotency-Key": f"{name}-key"})
                    if answer.status_code in (200, 201):
                        answers[name] = answer.json()["id"]
                        break
                    assert answer.status_code in (409, 503), answer.text
                    assert time.monotonic() < deadline

    def kill():
        while not stop.wait(0.15):
            if victim == "function":
                with contextlib.suppress(ProcessLookupError):  # the last one that was killed has no successor yet
                    os.kill(faulty.process_id("tenants"), signal.SIGKILL)
                    kills.append(victim)
            else:
                kills.append(victim)
                faulty.cluster.stop(immediate=True)
                faulty.cluster.start()

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(client, range(4)))
    finally:
        stop.set()
        killer.join()
    stored = dict(line.split("|") for line in faulty.cluster.psql(
        "gatehouse", f"SELECT name, id FROM gatehouse.tenants WHERE name LIKE '{run}-%'").split())
    rows = faulty.cluster.psql("gatehouse", f"SELECT count(*) FROM gatehouse.tenants WHERE name LIKE '{run}-%'")
    assert len(answers) >= 120 and stored == answers and rows.strip() == str(len(answers))
