"""Errors that a system which is well does not answer: provoked in a function of the test's own, beside those of the stack."""

import json
import subprocess
import threading
import time

import pytest
from fastcgi import ask


@pytest.fixture
def start(stack, tmp_path):
    """start(name, **settings) runs a function of its own and gives its socket. It logs where the stack's functions do."""
    started = []

    def run(name, **settings):
        path = tmp_path / f"{name}.sock"
        environment = {**stack.environment(), **{f"GATEHOUSE_{key.upper()}": str(value) for key, value in settings.items()}}
        with (stack.logs / f"rare-{name}.log").open("ab") as log:
            started.append(subprocess.Popen([stack.program(name), "--listen", path], env=environment, stderr=log))
        return path
    yield run
    for process in started:
        process.terminate()
    for process in started:
        process.wait(30)


def body_of(answer):
    head, _, body = answer.partition("\r\n\r\n")
    return int(head.split()[1]), head, json.loads(body)


def test_database_that_nobody_has_migrated_is_a_503_that_says_so(stack, start):
    stack.cluster.psql("postgres", "CREATE DATABASE unmigrated")
    path = start("system", database=stack.cluster.conninfo.replace("dbname=gatehouse", "dbname=unmigrated"))
    status, head, problem = body_of(ask(path, "GET", "/health/ready"))
    assert (status, problem["code"]) == (503, "database_not_ready") and "Retry-After: 1\r\n" in head
    assert "gatehouse migrate" in problem["next_step"]


def test_more_logins_than_can_be_hashed_are_a_503_and_no_one_waits_for_ever(stack, start, make_tenant):
    tenant = make_tenant("Crowded")
    path = start("users", hashing_threads=1, hashing_queue=1)
    account = {"email": "crowd@example.com", "password": "a crowded password"}
    headers = {"HTTP_AUTHORIZATION": f"Bearer {tenant['public_key']}", "CONTENT_TYPE": "application/json", "REMOTE_ADDR": "127.0.0.1"}
    assert ask(path, "POST", "/v1/auth/register", account, headers).startswith("Status: 201")
    answers, deadline = [], time.monotonic() + 60

    def log_in():
        while not any(problem.get("code") == "overloaded" for _, _, problem in answers) and time.monotonic() < deadline:
            answers.append(body_of(ask(path, "POST", "/v1/auth/login", account, headers, seconds=60)))

    crowd = [threading.Thread(target=log_in) for _ in range(8)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    refused = [(head, problem) for status, head, problem in answers if status == 503]
    assert refused and all(problem["code"] == "overloaded" and "Retry-After: 1\r\n" in head for head, problem in refused)
    assert {status for status, _, _ in answers} <= {200, 503} and any(status == 200 for status, _, _ in answers)
