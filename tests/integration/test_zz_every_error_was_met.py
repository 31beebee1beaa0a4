"""Runs last (see conftest.py) and looks back: which errors the functions have answered in all the tests before, by their
own logs. Each is in the catalogue, each status in its route's documentation, and no error of the catalogue was never met."""

import json
import time
from pathlib import Path

import contract
import pytest

DOCUMENT = contract.openapi.merge()
CATALOGUE = DOCUMENT[contract.openapi.ERRORS]
OPERATIONS = contract.operations(DOCUMENT)

# What no request can provoke, with the reason.
NEVER_ANSWERED = {
    "idempotency_key_required": "no route demands a key yet: Idempotency::required is for /api/v1",
}

# What a request gets before its route has a say; the description of the document names them.
BEFORE_THE_ROUTE = {"request_unreadable"}


def logged(stacks, event):
    for stack in stacks:
        for log in sorted(stack.logs.glob("*.log")):
            for line in log.read_text(errors="replace").splitlines():
                if f'"event":"{event}"' in line and line.endswith("}"):
                    yield json.loads(line)


@pytest.fixture(scope="module")
def answered(api, every_stack):
    """{(function, method, route, status, code)} of everything that was answered."""
    api.get("/v1/users/me")  # so that this file has something to look at on its own
    api.post("/v1/tenants", json={"name": "The last"})
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        found = {tuple(line[name] for name in ("function", "method", "route", "status", "code"))
                 for line in logged(every_stack, "request")}
        if any(status == 201 for _, _, _, status, _ in found):  # lines of successes come a little later
            return found
    raise AssertionError("the functions log no requests")


def family_of(code, published):
    """The published code that this one is of: itself, or `{member}_required` for `name_required`."""
    if code in published:
        return code
    return next((name for name in published if name.startswith("{") and code.endswith(name.partition("}")[2])), None)


def test_every_error_that_was_answered_is_in_the_catalogue(answered):
    published = {error["code"]: error["status"] for error in CATALOGUE}
    statuses = {code: status for _, _, _, status, code in answered if code is not None}
    assert len(statuses) >= 2
    for code, status in statuses.items():
        family = family_of(code, published)
        assert family is not None, f"{code} is documented nowhere"
        assert published[family] == status, code


def test_an_answer_has_a_code_if_and_only_if_it_is_an_error(answered):
    assert [row for row in answered if (row[3] >= 400) != (row[4] is not None)] == []


def test_every_status_that_was_answered_is_documented_for_its_route(answered):
    missing = set()
    for _, method, route, status, code in answered:
        if route in (None, contract.GATE) or code in BEFORE_THE_ROUTE or status == 500:
            continue
        template = contract.Route("", {"path": route}).template
        if str(status) not in OPERATIONS[method.replace("HEAD", "GET"), template]["responses"]:
            missing.add((method, route, status, code))
    assert sorted(missing, key=str) == []


def test_gate_answers_nothing_but_decisions(answered):
    """nginx knows what to make of these; 404 is for whoever asks without it."""
    statuses = {(status, code) for _, _, route, status, code in answered if route == contract.GATE}
    assert {status for status, code in statuses if code != "route_not_found"} <= {200, 401, 403, 429, 500, 503}


def test_every_error_of_the_catalogue_was_met(request, answered, every_stack):
    here = Path(__file__).parent
    ran = {item.path.name for item in request.session.items}
    if ran < {path.name for path in here.glob("test_*.py")}:
        pytest.skip("only where all tests have run")
    published = [error["code"] for error in CATALOGUE if error["from"] != "nginx"]
    met = {family_of(code, published) for *_, code in answered if code is not None}
    met |= {"overloaded" for _ in logged(every_stack, "overloaded")}  # counted, not told one by one
    never = {error["code"] for error in CATALOGUE if error["from"] != "nginx"} - met
    assert never - set(NEVER_ANSWERED) == set(), "provoke them in a test"
    assert set(NEVER_ANSWERED) - never == set(), "these can be provoked after all"
