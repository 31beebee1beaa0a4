"""What anybody may keep - key sets and metadata - comes from nginx's cache, and never for longer than was promised."""

import json
import time

import pytest
from cli import within
from conftest import Api

JWKS, METADATA = "/.well-known/jwks.json", "/.well-known/oauth-authorization-server"
MAX_AGE = 12  # seconds; of the stack whose function goes away


def log_lines(stack, answers):
    """nginx's log lines of these answers, which it writes once a second."""
    wanted = {answer.headers["X-Request-Id"] for answer in answers}
    found = {}

    def complete():
        for line in (stack.logs / "access.log").read_text().splitlines():
            entry = json.loads(line)
            if entry["request_id"] in wanted:
                found[entry["request_id"]] = entry
        return len(found) == len(wanted)

    within(10, complete)
    return list(found.values())


@pytest.mark.parametrize("path", [JWKS, METADATA, "/.well-known/openid-configuration"])
def test_hit_never_reaches_the_function(stack, api, path):
    began = time.monotonic()
    answers = [api.get(path) for _ in range(100)]
    took = time.monotonic() - began
    assert {answer.status_code for answer in answers} == {200}
    passed_on = [line for line in log_lines(stack, answers) if line["upstream_status"]]
    assert len(passed_on) <= 2 + took, "nginx asks once a second"


def test_cached_answer_has_headers_of_its_own_request(api, tls_api):
    trace = "0af7651916cd43dd8448eb211c80319c"
    first, second = api.get(JWKS), api.get(JWKS, headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"})
    assert first.headers["X-Request-Id"] != second.headers["X-Request-Id"]
    assert first.headers["X-Trace-Id"] != trace and second.headers["X-Trace-Id"] == trace
    for answer in (first, second):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Type"] == "application/json"
        assert "Strict-Transport-Security" not in answer.headers
    assert tls_api.get(JWKS).headers["Strict-Transport-Security"]
    assert api.get(JWKS).headers["Cache-Control"] == "public, max-age=300"


def test_whoever_has_it_is_told_so(api):
    whole = api.get(JWKS)
    tag = whole.headers["ETag"]
    assert tag.startswith('"'), "a strong one"
    same = api.get(JWKS, headers={"If-None-Match": tag})
    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", tag)
    assert same.headers["Cache-Control"] == whole.headers["Cache-Control"]
    assert same.headers["X-Trace-Id"] and same.headers["X-Content-Type-Options"] == "nosniff"
    assert api.get(JWKS, headers={"If-None-Match": '"another"'}).content == whole.content
    head = api.head(JWKS)
    assert (head.status_code, head.content, head.headers["ETag"]) == (200, b"", tag)


def test_query_is_no_way_past_the_cache(stack, api):
    answers = [api.get(f"{JWKS}?{number}") for number in range(30)]
    assert {answer.status_code for answer in answers} == {200}
    assert not all(line["upstream_status"] for line in log_lines(stack, answers))


def test_refusal_is_not_kept(api):
    for path in ("/t/tnt_01hf3v5n8pe7vr0s2bqz9d4k6m/.well-known/jwks.json", f"{METADATA}/t/none"):
        answer = api.get(path)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (404, "no-store")


def test_r14_metadata_is_of_the_issuer_that_signs(stack, api, make_tenant, admin_token):
    tenant = make_tenant()["id"]
    assert api.get(f"{METADATA}/t/{tenant}").status_code == 404
    changed = api.patch(f"/v1/tenants/{tenant}", token=admin_token, json={"own_issuer": True})
    assert changed.status_code == 200 and changed.json()["own_issuer"]
    within(10, lambda: api.get(f"{METADATA}/t/{tenant}").status_code == 200)
    own = api.get(f"{METADATA}/t/{tenant}").json()
    assert own["issuer"] == f"{stack.url}/t/{tenant}"
    assert api.get(METADATA).json()["issuer"] == stack.url
    for name in ("token_endpoint", "jwks_uri"):
        path = own[name].removeprefix(stack.url)
        assert path.startswith(f"/t/{tenant}/") and api.get(path).status_code == (405 if name == "token_endpoint" else 200)
    assert api.patch(f"/v1/tenants/{tenant}", token=admin_token, json={"own_issuer": False}).json()["own_issuer"] is False
    within(10, lambda: api.get(f"{METADATA}/t/{tenant}").status_code == 404)


def test_tenant_cannot_change_its_issuer_by_itself(api, make_tenant):
    tenant = make_tenant()
    answer = api.patch(f"/v1/tenants/{tenant['id']}", token=tenant["secret_key"], json={"own_issuer": True})
    assert (answer.status_code, answer.json()["code"]) == (403, "operator_required")


def test_copy_serves_while_the_function_is_away_and_no_longer_than_promised(make_stack):
    stack = make_stack(settings={"jwks_max_age": f"{MAX_AGE}s"})
    stack.start()
    socket = stack.sockets / "tokens.sock"
    with Api(stack.url) as api:
        before = api.get(JWKS)
        fetched = time.monotonic()
        socket.rename(socket.with_suffix(".away"))
        try:
            time.sleep(5.5)  # nginx closes its kept connections after 5 s, and then finds nobody
            assert api.post("/oauth/token", data={"grant_type": "x"}).status_code == 503
            stale = api.get(JWKS)
            assert (stale.status_code, stale.content) == (200, before.content)
            assert stale.headers["Cache-Control"] == f"public, max-age={MAX_AGE}"
            within(60, lambda: api.get(JWKS).status_code == 503)
            assert time.monotonic() - fetched > MAX_AGE
        finally:
            socket.with_suffix(".away").rename(socket)
        within(10, lambda: api.get(JWKS).status_code == 200)
