"""One JSON line a request on each function's stderr: what it says, what it never says, and that nothing is lost."""

import json
import os
import re
import signal
import subprocess
import time

import pytest
from conftest import Api
from fastcgi import ask

FIELDS = ["time", "level", "function", "event", "trace_id", "request_id", "method", "route", "caller_kind", "caller", "tenant",
          "status", "code", "duration_us", "database_us", "body_bytes"]


def lines_of(log, trace_id):
    return [json.loads(line) for line in log.read_text().splitlines() if trace_id in line and line.endswith("}")]


def line_of(stack, function, answer, seconds=10):
    """The request's line. It is written within a quarter of a second, on a machine that has the time."""
    deadline = time.monotonic() + seconds
    while not (found := lines_of(stack.logs / f"{function}.log", answer.headers["X-Trace-Id"])):
        assert time.monotonic() < deadline, "no line"
        time.sleep(0.02)
    requests = [line for line in found if line["event"] == "request"]
    assert len(requests) == 1, found
    return requests[0]


@pytest.fixture(scope="module")
def world(api, make_tenant, admin):
    tenant = make_tenant("Logged")
    account = {"email": "logged@example.com", "password": "a password for the log"}
    user = api.post("/v1/auth/register", token=tenant["public_key"], json=account).json()
    token = api.post("/v1/auth/login", token=tenant["public_key"], json=account).json()["token"]
    return {"tenant": tenant, "account": account, "user": user, "token": token}


def test_success_names_route_caller_and_cost(stack, api, world):
    answer = api.get("/v1/users/me", token=world["token"])
    line = line_of(stack, "users", answer)
    assert list(line) == FIELDS
    assert (line["level"], line["function"], line["method"], line["route"]) == ("info", "users", "GET", "/v1/users/me")
    assert (line["caller_kind"], line["caller"], line["tenant"]) == ("user", world["user"]["id"], world["tenant"]["id"])
    assert (line["status"], line["code"], line["body_bytes"]) == (200, None, len(answer.content))
    assert line["request_id"] == answer.headers["X-Request-Id"]
    assert 0 < line["database_us"] <= line["duration_us"] < 60e6
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])


def test_route_is_the_pattern_and_neither_path_nor_query_is_logged(stack, api, world):
    answer = api.get(f"/v1/users/{world['user']['id']}?x=hushed", token=world["tenant"]["secret_key"])
    line = line_of(stack, "users", answer)
    assert (line["route"], line["status"], line["code"]) == ("/v1/users/:id", 200, None)
    assert line["caller_kind"] == "secret_key" and line["tenant"] == world["tenant"]["id"]
    answer = api.get("/v1/users/a/b/hushed-path")
    line = line_of(stack, "users", answer)
    assert (line["route"], line["status"], line["code"], line["caller"]) == (None, 404, "route_not_found", None)
    assert "hushed" not in (stack.logs / "users.log").read_text()


def test_client_that_obtains_a_token_is_named(stack, api):
    admin = stack.admin()
    answer = api.post("/oauth/token", auth=(admin["client_id"], admin["client_secret"]), data={"grant_type": "client_credentials"})
    line = line_of(stack, "tokens", answer)
    assert (line["route"], line["caller_kind"], line["caller"]) == ("/oauth/token", "service", admin["client_id"])


def test_refusal_is_one_warning_with_the_address(stack, api):
    answer = api.get("/v1/users", token="sec_nonsense")
    line = line_of(stack, "users", answer)
    assert (line["level"], line["status"], line["code"], line["caller_kind"]) == ("warn", 401, "api_key_unknown", "anonymous")
    assert list(line) == [*FIELDS, "remote_addr"] and line["remote_addr"] in ("127.0.0.1", "::1")
    assert len(lines_of(stack.logs / "users.log", answer.headers["X-Trace-Id"])) == 1, "no second line says the same"


def test_replayed_error_keeps_its_code(stack, api, world):
    headers = {"Idempotency-Key": os.urandom(16).hex()}
    bad = {"email": "no address", "password": "password123"}
    for _ in range(2):
        answer = api.post("/v1/auth/register", token=world["tenant"]["public_key"], json=bad, headers=headers)
        assert line_of(stack, "users", answer)["code"] == answer.json()["code"] == "email_invalid"


def test_request_that_no_function_reads_is_logged_too(stack, api):
    answer = api.get("/v1/users/me", headers={f"X-{n}": "x" for n in range(140)})
    line = line_of(stack, "users", answer)
    assert (line["status"], line["code"]) == (400, "request_unreadable")


def test_fault_is_two_lines_of_one_trace_what_was_thrown_and_what_was_answered(own_stack):
    with Api(own_stack.url) as api:
        own_stack.cluster.psql("gatehouse", "ALTER TABLE gatehouse.tenants RENAME TO elsewhere")
        try:
            answer = api.get("/v1/tenants/tnt_01jcvk9zq4e8r9v3m5x7t2b6ah")
        finally:
            own_stack.cluster.psql("gatehouse", "ALTER TABLE gatehouse.elsewhere RENAME TO tenants")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    line = line_of(own_stack, "tenants", answer)
    assert (line["level"], line["code"], line["route"]) == ("error", "internal_error", "/v1/tenants/:id")
    fault, request = lines_of(own_stack.logs / "tenants.log", answer.headers["X-Trace-Id"])
    assert (fault["event"], fault["level"], fault["sqlstate"]) == ("statement_failed", "error", "42P01")
    assert [fault[name] for name in FIELDS[4:8]] == [request[name] for name in FIELDS[4:8]]
    assert "tenants" in fault["what"] and fault["what"] not in answer.text


@pytest.fixture
def listening(stack, tmp_path):
    """listening(setting) starts a function of its own and gives (socket, process); its stderr is a pipe."""
    started = []

    def start(setting, stderr=subprocess.PIPE):
        path = tmp_path / f"{len(started)}.sock"
        process = subprocess.Popen([stack.program("tenants"), "--listen", path], stderr=stderr,
                                   env={**stack.environment(), "GATEHOUSE_REQUEST_LOG": setting})
        started.append(process)
        return path, process
    yield start
    for process in started:
        process.kill()
        process.wait()


NOT_THERE = ("GET", "/v1/tenants/tnt_01jcvk9zq4e8r9v3m5x7t2b6ah")


@pytest.mark.parametrize("setting, logged", [("all", [200, 404, 401]), ("errors", [404, 401]), ("off", [])])
def test_setting_says_which_requests_are_logged_and_sigterm_loses_none(listening, make_tenant, setting, logged):
    path, process = listening(setting)
    tenant = make_tenant()
    assert ask(path, "GET", f"/v1/tenants/{tenant['id']}").startswith("Status: 200")
    assert ask(path, *NOT_THERE).startswith("Status: 404")
    assert ask(path, "GET", f"/v1/tenants/{tenant['id']}/statistics").startswith("Status: 401")
    process.send_signal(signal.SIGTERM)
    lines = [json.loads(line) for line in process.stderr]
    assert process.wait(20) == 0
    assert [line["status"] for line in lines if line["event"] == "request"] == logged
    assert [line["event"] for line in lines if line["event"] != "request"] == ["serving", "stopping"]


def test_log_that_nobody_reads_stops_no_request_and_tells_what_it_lost(listening):
    """A pipe holds 64 KiB and the function 1 MiB: after that lines are dropped, and requests answered all the same."""
    path, process = listening("all")
    answered = 0
    for _ in range(4000):
        assert ask(path, *NOT_THERE).startswith("Status: 404")
        answered += 1
    lines = []
    for line in process.stderr:
        lines.append(json.loads(line))
        if lines[-1]["event"] == "log_lines_dropped":
            process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    dropped = sum(line["count"] for line in lines if line["event"] == "log_lines_dropped")
    assert dropped > 0
    assert dropped + sum(line["event"] == "request" for line in lines) == answered


def test_plain_cgi_logs_its_request(stack):
    environment = {**stack.environment(), "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET", "REQUEST_URI": NOT_THERE[1]}
    done = subprocess.run([stack.program("tenants")], env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          timeout=30)
    line = json.loads(done.stderr)
    assert (line["event"], line["route"], line["status"], line["code"]) == ("request", "/v1/tenants/:id", 404, "tenant_not_found")
    assert f"X-Trace-Id: {line['trace_id']}" in done.stdout
