"""Ways round the gate, none of which leads anywhere: forged identities, other spellings of a path, the internal location, bodies."""

import json
import socket

import contract
import pytest
from conftest import REPOSITORY
from edges import exchange
from fastcgi import ask
from gate_world import IDENTITY, gate_world, identity, parameters
from lives import refused


@pytest.fixture(scope="module")
def world(make_stack):
    with gate_world(make_stack) as world:
        yield world


def forged_headers(world):
    """Each name in several spellings; those with underscores are other headers for HTTP and the same for CGI."""
    spellings = [f"X-Gatehouse-{name}" for name in IDENTITY] + [f"x-gatehouse-{name.lower()}" for name in IDENTITY]
    spellings += [f"X_Gatehouse_{name}" for name in IDENTITY] + [f"X-Gatehouse_{name}" for name in IDENTITY]
    lines = "".join(f"{name}: forged\r\n" for name in spellings)
    lines += "Gatehouse-Caller: forged\r\nGatehouse-Status: 200\r\nGATEHOUSE_GATE_ROUTE: php\r\n"
    return f"Authorization: Bearer {world.service.token()}\r\n{lines}"


def ask_raw(world, target, headers="", body=b"", method="GET"):
    """Status and content of a request that is sent as it stands here."""
    sent = f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body
    with socket.create_connection(("127.0.0.1", world.stack.port), timeout=10) as connection:
        connection.sendall(sent.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
        answer = b""
        while block := connection.recv(65536):
            answer += block
    head, _, content = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), head.decode("latin-1"), content


def test_forged_identity_reaches_no_http_upstream(world):
    status, _, content = ask_raw(world, "/orders/1", forged_headers(world))
    assert status == 200
    headers = json.loads(content)["headers"]
    assert {name for name, value in headers.items() if value == "forged"} == {"gatehouse-caller"}, "a name that means nothing"
    assert headers["x-gatehouse-caller"] == world.service.id and "x-gatehouse-user" not in headers
    assert json.loads(content)["names"].count("X-Gatehouse-Caller") == 1


def test_forged_identity_reaches_no_fastcgi_program(world):
    status, _, content = ask_raw(world, "/php/x", forged_headers(world))
    assert status == 200
    params = json.loads(content[content.index(b"{"):content.rindex(b"}") + 1])["params"]
    assert {name for name, value in params.items() if value == "forged"} == {"HTTP_GATEHOUSE_CALLER"}
    assert params["GATEHOUSE_CALLER"] == world.service.id


def test_r16_what_a_client_says_of_proxies_paths_and_methods_reaches_no_upstream(world):
    names = ["Forwarded", "Proxy", "X-Client-Cert", "X-HTTP-Method", "X-HTTP-Method-Override", "X-Method-Override", "X-Original-URL", "X-Real-IP",
             "X-Rewrite-URL", *(f"X-Forwarded-{what}" for what in ("For", "Host", "Port", "Prefix", "Proto"))]
    lines = "".join(f"{name}: forged\r\n{name.lower()}: forged\r\n" for name in names) + f"Authorization: Bearer {world.service.token()}\r\n"
    for path in ("/orders/1", "/php/1", "/forwarding/1"):
        status, _, content = ask_raw(world, path, lines)
        assert status == 200 and b"forged" not in content, path
    assert json.loads(content)["headers"]["x-forwarded-for"] == "127.0.0.1", "what the location names itself"


def test_identity_of_the_one_before_is_not_kept_on_a_connection(world):
    """One connection of a client, one of nginx's to the function: each request is asked for."""
    for _ in range(3):
        assert identity(world.get(token=world.service.token()))["Caller"] == world.service.id
        assert parameters(world.get("/php/x", token=world.user_token))["Caller"] == world.user_id
        refused(world.get(), 401, "service_token_required")


@pytest.mark.parametrize("path", [
    "/orders/1", "/orders/", "//orders/1", "/./orders/1", "/x/../orders/1", "/%6frders/1", "/orders%2f1", "/orders/%2e%2e/orders/1", "/orders/..%2f1",
    "/orders/1?x=/gatehouse/decision", "/orders/1;x", "/static/page.txt", "/static/../static/page.txt", "/static/%70age.txt", "/static//page.txt",
    "/%73tatic/page.txt", "/static/page.txt%00", "/static/./page.txt"])
def test_no_spelling_of_a_path_comes_past_it(world, path):
    before = len(world.http.served)
    status, head, content = ask_raw(world, path)
    assert status in (400, 401, 403, 404), head
    assert b"a page" not in content and len(world.http.served) == before


@pytest.mark.parametrize("path", [
    "/app//admin/1", "/app/admin/../1", "/app/admin/%2e%2e/1", "/app/admin/..%2f1", "/app/x/..;/admin/1", "/app/;/admin/1", "/app/admin;x/1",
    "/app/x%5c..%5cadmin/1", "/app/x\\..\\admin/1", "/app/admin%3b/1", "/app/%00/admin/1"])
def test_path_that_the_upstream_may_take_for_another_route_does_not_pass(world, path):
    """nginx reads each as /app/, which this service may see, and passes it on as it is; many a server reads /app/admin/."""
    token, before = world.plain.token(), len(world.http.served)
    assert world.get("/app/1", token=token).json()["path"] == "/app/1"
    assert world.get("/app/a%20b/%C3%A9.x:1", token=token).json()["path"] == "/app/a%20b/%C3%A9.x:1"
    refused(world.get("/app/admin/1", token=token), 403, "insufficient_scope")
    status, _, content = ask_raw(world, path, f"Authorization: Bearer {token}\r\n")
    assert status == 400 or (status, json.loads(content)["code"]) == (403, "gate_path_refused")
    assert len(world.http.served) == before + 2


@pytest.mark.parametrize("path", ["/gatehouse/decision", "/gatehouse/decision?", "/gatehouse/%64ecision", "/gatehouse/./decision", "/gatehouse/decision/"])
def test_decision_is_not_to_be_had_from_outside(world, path):
    for headers in ("", forged_headers(world)):
        status, _, content = ask_raw(world, path, headers)
        assert (status, json.loads(content)["code"]) == (404, "route_not_found")


def test_function_decides_only_what_nginx_asks(world):
    head, _, body = ask(world.stack.sockets / "tokens.sock", "GET", contract.GATE, None,
                        {"HTTP_AUTHORIZATION": f"Bearer {world.service.token()}", "HTTP_GATEHOUSE_GATE_ROUTE": "php"}).partition("\r\n\r\n")
    assert head.startswith("Status: 404") and json.loads(body)["code"] == "route_not_found"


def test_location_of_the_decision_is_internal():
    text = (REPOSITORY / "nginx" / "gatehouse" / "server.conf").read_text()
    assert f"location = {contract.GATE} {{\n    internal;\n    fastcgi_pass tokens;" in text
    assert contract.location_of(contract.GATE, contract.locations()) is None, "and there is no other way to the function"


def test_body_goes_to_the_upstream_alone(world):
    answer = world.api.post("/orders/1", token=world.service.token(), data=b"x" * 3_000_000,
                            headers={"Content-Type": "application/json", "Content-Encoding": "gzip", "Idempotency-Key": "k" * 300})
    assert (answer.status_code, answer.json()["body_bytes"], answer.json()["method"]) == (200, 3_000_000, "POST")
    answer = world.api.post("/orders/1", data=b"x" * 3_000_000)
    refused(answer, 401, "service_token_required")
    assert world.api.post("/php/x", token=world.service.token(), data=b"y" * 50_000).json()["body_bytes"] == 50_000


def test_method_is_the_requests_own(world):
    token = world.service.token()
    for method in ("DELETE", "PATCH", "OPTIONS", "PURGE"):
        status, _, content = ask_raw(world, "/orders/1", f"Authorization: Bearer {token}\r\nX-HTTP-Method-Override: GET\r\n", method=method)
        assert (status, json.loads(content)["code"]) == (403, "gate_method_refused"), method
    assert world.api.head("/orders/1", token=token).status_code == 200


def test_credential_in_the_query_is_none(world):
    refused(world.get(f"/orders/1?access_token={world.service.token()}"), 401, "service_token_required")


def test_what_a_client_sends_does_not_come_back_in_a_denial(world):
    nasty = 'Bearer "}\\x","admin":true'
    answer = world.get(headers={"Authorization": nasty, "User-Agent": '"},{"', "X-Request-Id": '"}'})
    assert answer.status_code == 401 and set(answer.json()) == {"error", "code", "message", "next_step", "trace_id", "request_id"}


def test_two_credentials_are_none(world):
    token = world.service.token()
    answer = exchange(world.stack.port, f"GET /orders/1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
                                        f"Authorization: Bearer {token}\r\n\r\n".encode())
    assert b" 400 " in answer.splitlines()[0]
