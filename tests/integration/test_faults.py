"""PostgreSQL that stops, hangs or comes back; functions that are killed while they work."""

import os
import signal
import threading
import time

import pytest
from conftest import Api


@pytest.fixture(scope="module")
def faulty(make_stack):
    """A stack of this file's own: its tests break it. The database is durable, as in `make run`."""
    stack = make_stack(fast=False)
    stack.start()
    return stack


@pytest.fixture(scope="module")
def world(faulty):
    """A tenant with a user, a service token, and one request for each function that needs the database."""
    api = Api(faulty.url)
    admin = faulty.admin()
    client = (admin["client_id"], admin["client_secret"])
    tenant = api.post("/v1/tenants", json={"name": "Faults"}).json()
    account = {"email": "ann@example.com", "password": "password123"}
    assert api.post("/v1/auth/register", token=tenant["public_key"], json=account).status_code == 201
    user = api.post("/v1/auth/login", token=tenant["public_key"], json=account).json()["token"]
    service = api.post("/oauth/token", auth=client, data={"grant_type": "client_credentials"}).json()["access_token"]
    requests = {
        "a token": lambda: api.post("/oauth/token", auth=client, data={"grant_type": "client_credentials"}),
        "validation": lambda: api.post("/v1/internal/services/validate-token", json={"token": service}),
        "a new tenant": lambda: api.post("/v1/tenants", json={"name": "Another"}),
        "a tenant": lambda: api.get(f"/v1/tenants/{tenant['id']}"),
        "a login": lambda: api.post("/v1/auth/login", token=tenant["public_key"], json=account),
        "the user": lambda: api.get("/v1/users/me", token=user),
        "the services": lambda: api.get("/v1/internal/services", token=service),
        "readiness": lambda: api.get("/health/ready"),
    }
    yield requests
    api.close()


def all_recover(requests, seconds=10):
    deadline = time.monotonic() + seconds
    for name, send in requests.items():
        while (status := send().status_code) not in (200, 201):
            assert status == 503 and time.monotonic() < deadline, f"{name}: {status}"
            time.sleep(0.02)


def check_refused(requests):
    for name, send in requests.items():
        began = time.monotonic()
        answer = send()
        took = time.monotonic() - began
        assert answer.status_code == 503, f"{name}: {answer.status_code} {answer.text}"
        assert int(answer.headers["Retry-After"]) >= 1, name
        assert answer.json()["trace_id"] == answer.headers["X-Trace-Id"], name
        assert took < 2, f"{name}: {took:.2f} s"


def test_stopped_postgresql_is_a_503_within_two_seconds_and_its_return_is_noticed(faulty, world):
    all_recover(world)
    faulty.cluster.stop()
    try:
        # What was cached may be believed for cache_max_stale, and no longer.
        deadline = time.monotonic() + 2
        while world["a token"]().status_code == 200:
            assert time.monotonic() < deadline
        check_refused(world)
        assert Api(faulty.url).get("/health").json() == {"status": "ok"}
    finally:
        faulty.cluster.start()
    all_recover(world)


def test_hanging_postgresql_is_a_503_within_two_seconds(faulty, world):
    """A server that is there but does not answer: every process of it is stopped, none has ended."""
    all_recover(world)
    postmaster = faulty.cluster.pid()
    children = [int(pid) for pid in open(f"/proc/{postmaster}/task/{postmaster}/children").read().split()]
    for pid in (postmaster, *children):
        os.kill(pid, signal.SIGSTOP)
    try:
        deadline = time.monotonic() + 2
        while world["validation"]().status_code == 200:
            assert time.monotonic() < deadline
        check_refused(world)
    finally:
        for pid in (*children, postmaster):
            os.kill(pid, signal.SIGCONT)
    all_recover(world)


def test_restarted_postgresql_under_load_breaks_nothing_but_the_moment(faulty, world):
    seen, stop = [], threading.Event()

    def load(name):
        while not stop.is_set():
            seen.append((name, world[name]().status_code))

    threads = [threading.Thread(target=load, args=(name,)) for name in ("a token", "a new tenant", "the user")]
    for thread in threads:
        thread.start()
    try:
        faulty.cluster.stop(immediate=True)
        faulty.cluster.start()
        all_recover(world)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert {status for _, status in seen} <= {200, 201, 503}
    assert {name for name, status in seen if status in (200, 201)} == {"a token", "a new tenant", "the user"}


@pytest.mark.parametrize("victim", ["tenants", "PostgreSQL"])
def test_nothing_acknowledged_is_lost_when_processes_are_killed_at_work(faulty, world, victim):
    all_recover(world)
    acknowledged, stop = [], threading.Event()

    def create():
        with Api(faulty.url) as api:
            while not stop.is_set():
                answer = api.post("/v1/tenants", json={"name": "Kept"})
                if answer.status_code == 201:
                    acknowledged.append(answer.json()["id"])
                else:
                    assert answer.status_code == 503, answer.text

    threads = [threading.Thread(target=create) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(5):
            before = len(acknowledged)
            deadline = time.monotonic() + 10
            while len(acknowledged) < before + 20:
                assert time.monotonic() < deadline, "nothing is acknowledged any more"
                time.sleep(0.005)
            if victim == "PostgreSQL":
                faulty.cluster.stop(immediate=True)  # SIGQUIT: no checkpoint, recovery from the log
                faulty.cluster.start()
            else:
                pid = faulty.process_id(victim)
                os.kill(pid, signal.SIGKILL)
                while faulty.process_id(victim) == pid:
                    time.sleep(0.005)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    all_recover(world)
    stored = set(faulty.cluster.psql("gatehouse", "SELECT id FROM gatehouse.tenants").split())
    audited = set(faulty.cluster.psql(
        "gatehouse", "SELECT resource_id FROM gatehouse.sys_audit_logs WHERE event = 'tenant.created'").split())
    assert len(acknowledged) >= 100
    assert set(acknowledged) <= stored, "an acknowledged tenant is gone"
    assert stored == audited, "a change and its audit row are one transaction"


def test_requests_that_are_refused_unread_harm_nobody_elses(faulty, world):
    """More headers than a function takes: its connection to nginx must live on, since others' requests come on it."""
    all_recover(world)
    failures, stop = [], threading.Event()

    def attack():
        with Api(faulty.url) as api:
            while not stop.is_set():
                answer = api.get("/v1/users/me", headers={f"X-{n}": "x" for n in range(140)})
                assert answer.json()["code"] == "request_unreadable", answer.text

    def innocent():
        with Api(faulty.url) as api:
            for _ in range(1500):
                status = api.get("/v1/users/me", token="garbage").status_code
                if status != 401:
                    failures.append(status)

    attackers = [threading.Thread(target=attack) for _ in range(3)]
    victims = [threading.Thread(target=innocent) for _ in range(3)]
    for thread in attackers + victims:
        thread.start()
    for thread in victims:
        thread.join()
    stop.set()
    for thread in attackers:
        thread.join()
    assert failures == []


def test_two_copies_of_a_function_share_its_socket_and_what_one_revokes_the_other_refuses(faulty, world):
    """Both see a revocation within a second, although it came through one of them."""
    import subprocess
    api, admin = Api(faulty.url), faulty.admin()
    token = api.post("/oauth/token", auth=(admin["client_id"], admin["client_secret"]),
                     data={"grant_type": "client_credentials"}).json()["access_token"]
    path = faulty.run_dir / "second.sock"
    copy = subprocess.Popen([faulty.program("services"), "--listen", path], env=faulty.environment(), stderr=subprocess.DEVNULL)
    try:
        service = api.post("/v1/internal/services/register", json={"service_name": "Short-lived"}).json()
        own = api.post("/oauth/token", auth=(service["client_id"], service["client_secret"]),
                       data={"grant_type": "client_credentials"}).json()["access_token"]
        check = {"client_id": service["client_id"], "scope_name": "x"}
        from fastcgi import ask
        headers = {"HTTP_AUTHORIZATION": f"Bearer {own}", "CONTENT_TYPE": "application/json"}
        send = lambda: ask(path, "POST", "/v1/internal/services/check-permission", check, headers)  # noqa: E731
        assert send().startswith("Status: 200")
        answer = api.post(f"/v1/internal/services/{service['client_id']}/disable", token=token)
        revoked = time.monotonic()
        assert answer.status_code == 200
        while send().startswith("Status: 200"):
            assert time.monotonic() - revoked < 1, "still accepted after a second"
        assert send().startswith("Status: 401")
    finally:
        copy.terminate()
        assert copy.wait(10) == 0
        api.close()
