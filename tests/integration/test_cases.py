"""Every file of cases/ is a bad request and the answer that the documents promise. What holds for all of them is
checked here, whatever the file says; the form of the files is in case_file.py, what they talk about in case_world.py."""

import json
import re
from pathlib import Path

import pytest
from case_file import fill, load_all
from case_world import secrets_in, world  # noqa: F401
from edges import exchange, log_line

ROOT = Path(__file__).parent / "cases"
CASES = load_all(ROOT)
MEMBERS = {"error", "code", "message", "next_step", "trace_id", "request_id"}
# RFC 6749 §5.2 and §4.1.2.1, RFC 8707 §2, RFC 7009 §2.2.1
OAUTH_ERRORS = {"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type",
                "invalid_scope", "invalid_target", "unsupported_token_type", "server_error", "temporarily_unavailable"}
# What nginx refuses before any route is known.
EDGE_CODES = {"bad_request", "route_not_found", "method_not_allowed", "body_too_large", "uri_too_long", "headers_too_large"}


def answer_of(sent, stack):
    """Status, headers (lower-case names, each once) and body of the answer to bytes."""
    head, _, body = exchange(stack.port, sent).partition(b"\r\n\r\n")
    first, *rest = head.decode("ascii").split("\r\n")
    pairs = [(name.lower(), value) for name, _, value in (line.partition(": ") for line in rest)]
    assert len(dict(pairs)) == len(pairs), f"a header is there twice: {pairs}"
    return int(first.split()[1]), dict(pairs), body.decode()


def check_every_answer(case, world, sent, status, headers, text):
    assert status != 500
    assert re.fullmatch("[0-9a-f]{32}", headers["x-trace-id"]) and re.fullmatch("req_[0-9a-f]{32}", headers["x-request-id"])
    assert headers["content-type"] == "application/json" and "set-cookie" not in headers
    for secret in secrets_in(world, sent):
        assert secret not in text and secret not in str(headers), "the answer repeats a secret of the request"
    for absent in case.absent:
        assert fill(absent, world) not in text


def check_error(case, status, headers, body):
    oauth = bool(re.match(r"(/t/[^/]+)?/oauth/", case.path))
    assert set(body) == MEMBERS | ({"error_description"} if oauth else set())
    assert all(isinstance(value, str) and value.strip() for value in body.values())
    assert re.fullmatch("[a-z][a-z0-9_]*", body["code"])
    assert body["trace_id"] == headers["x-trace-id"] and body["request_id"] == headers["x-request-id"]
    assert body["message"] == body["error_description" if oauth else "error"]
    assert not oauth or body["error"] in OAUTH_ERRORS
    assert headers["cache-control"] == "no-store"
    assert ("www-authenticate" in headers) == (status == 401 or body["code"] == "insufficient_scope")
    assert ("allow" in headers) == (status == 405)
    if status == 401 and oauth:
        assert headers["www-authenticate"].startswith("Basic ") and body["error"] == "invalid_client"
    elif status == 401:
        assert headers["www-authenticate"].startswith("Bearer ")


@pytest.fixture(scope="module")
def documented(api):
    """documented(method, path) answers the statuses that /openapi.json names for it; None for no operation."""
    paths = api.get("/openapi.json").json()["paths"]
    # Fixed paths come before those with parameters, as in the functions' own tables.
    patterns = sorted((("{" in path, re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), operations)
                       for path, operations in paths.items()), key=lambda row: row[0])

    def find(method, path):
        for _, pattern, operations in patterns:
            if pattern.fullmatch(path) and method.lower() in operations:
                return {int(status) for status in operations[method.lower()]["responses"]}
        return None
    return find


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_case(case, world, stack, documented):  # noqa: F811
    sent = case.request(world)
    status, headers, text = answer_of(sent, stack)
    check_every_answer(case, world, sent, status, headers, text)
    body = json.loads(text)
    assert (status, body.get("code") if status >= 400 else None) == (case.status, case.code), body
    if status >= 400:
        check_error(case, status, headers, body)
    for name, value in case.members.items():
        got = body[name] if isinstance(body[name], str) else json.dumps(body[name])
        assert got == fill(value, world), name
    for name, value in case.answer_headers.items():
        assert headers[name] == value

    statuses = documented(case.method, fill(case.path, world))
    assert statuses is None or status in statuses or case.code in EDGE_CODES, "openapi.json does not name this status"

    if case.swap:
        other_status, _, other_text = answer_of(case.swapped().request(world), stack)
        other = json.loads(other_text)
        unique = ("trace_id", "request_id")
        assert other_status == status
        assert {name: value for name, value in other.items() if name not in unique} == \
            {name: value for name, value in body.items() if name not in unique}


def test_there_are_cases_of_every_topic():
    topics = {case.name.split("/")[0] for case in CASES}
    assert len(CASES) >= 170 and topics >= {"json", "members", "content_types", "methods", "basic", "oauth", "tokens", "keys",
                                            "isolation", "services", "injection", "paths", "queries", "sizes"}


def test_logs_are_whole_lines_without_secrets(world, stack, api):  # noqa: F811
    """After all cases: nothing that a request held has broken a line of a log or put a credential into it."""
    log_line(stack.run_dir, api.get("/health").headers["X-Trace-Id"])  # what came before has been written, too
    secrets = secrets_in(world, "\n".join(world.values()).encode())
    assert len(secrets) > 80
    for log in sorted(stack.logs.glob("*.log")):
        text = log.read_text()  # as UTF-8, whatever bytes the cases have sent
        assert [name for name, value in world.items() if value in secrets and value in text] == [], log.name
        if log.name == "access.log":
            for line in text.splitlines()[:-1]:  # nginx may be writing the last
                assert set(json.loads(line)) >= {"trace_id", "path", "status"}
