"""What nginx itself answers and decides, with no function behind it."""

import json
import re
import select
import socket
import ssl
import time

import pytest
import requests
from edges import edge, exchange, log_line

MEMBERS = {"error", "code", "message", "next_step", "trace_id", "request_id"}


@pytest.fixture(scope="module")
def plain():
    """High limits, everybody may reach everything: what passes is a 503."""
    with edge(limits={"base": "high", "connections": "100"}) as server:
        yield server


@pytest.fixture(scope="module")
def walled():
    """Internal routes only for a network that nobody here comes from."""
    with edge(limits="high", internal_networks=["10.0.0.0/8"]) as server:
        yield server


def parse(answer):
    """Status, headers (lower-case names) and JSON body of a raw HTTP/1.1 answer."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *rest = head.decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    return int(first.split()[1]), headers, json.loads(body)


def request(method="GET", path="/health", headers="", body=b""):
    return f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n".encode() + body


REFUSED = {
    "no_such_route": (request(path="/nope"), 404, "route_not_found"),
    "slash_is_no_route": (request(path="/"), 404, "route_not_found"),
    "method_of_no_route": (request("TRACE"), 405, "method_not_allowed"),
    "body_announced_too_large": (request("POST", "/v1/tenants", "Content-Length: 65537\r\n"), 413, "body_too_large"),
    "chunks_too_large": (request("POST", "/v1/tenants", "Transfer-Encoding: chunked\r\n", b"20000\r\n" + b"a" * 0x20000),
                         413, "body_too_large"),
    "uri_too_long": (request(path="/" + "a" * 17000), 414, "uri_too_long"),
    "header_too_long": (request(headers=f"A: {'a' * 17000}\r\n"), 431, "headers_too_large"),
    "nul_in_path": (request(path="/v1/%00"), 400, "bad_request"),
    "broken_escape": (request(path="/v1/%zz"), 400, "bad_request"),
    "above_the_root": (request(path="/../health"), 400, "bad_request"),
    "no_http": (b"hello\r\n\r\n", 400, "bad_request"),
    "no_host": (b"GET / HTTP/1.1\r\n\r\n", 400, "bad_request"),
    "two_lengths": (request("POST", "/v1/tenants", "Content-Length: 1\r\nContent-Length: 2\r\n", b"a"), 400, "bad_request"),
    "length_and_chunks": (request("POST", "/v1/tenants", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
                          400, "bad_request"),
    "no_function_behind": (request(), 503, "temporarily_unavailable"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusal_is_json_with_code_and_trace_id(plain, case):
    sent, status, code = REFUSED[case]
    got, headers, body = parse(exchange(plain.port, sent))
    assert (got, body["code"]) == (status, code)
    assert set(body) == MEMBERS and all(body.values())
    assert headers["content-type"] == "application/json"
    assert headers["x-trace-id"] == body["trace_id"] and re.fullmatch("[0-9a-f]{32}", body["trace_id"])
    assert headers["x-request-id"] == body["request_id"] and re.fullmatch("req_[0-9a-f]{32}", body["request_id"])
    assert headers["x-content-type-options"] == "nosniff" and headers["server"] == "nginx"
    assert ("retry-after" in headers) == (status == 503)
    assert ("allow" in headers) == (status == 405)


def test_refusal_of_an_oauth_route_is_what_oauth_clients_read(plain):
    status, _, body = parse(exchange(plain.port, request("POST", "/oauth/token", "Content-Length: 65537\r\n")))
    assert status == 413 and set(body) == MEMBERS | {"error_description"}
    assert body["error"] == "invalid_request"
    status, _, body = parse(exchange(plain.port, request("POST", "/oauth/token", "Content-Length: 0\r\n")))
    assert (status, body["error"]) == (503, "temporarily_unavailable")


INTERNAL = ["/v1/internal/services", "/v1/internal/services/register", "/v1/internal/services/authenticate",
            "/v1/internal/services/x/logs", "/api/internal/users", "/api/internal/tenants", "/api/internal/auth/token",
            "/api/internal/admin/services", "/v1/internal", "/api/internal/not-yet-there",
            # other spellings of the same path
            "/v1/internal%2Fservices", "/v1%2finternal/services", "/v1/%69nternal/services", "/v1/x/../internal/services",
            "/v1/./internal/services", "/x/%2e%2e/api/internal/users", "/api/internal/users?x=/health",
            "/v1/users/..%2Finternal/services", "http://localhost/api/internal/users"]


@pytest.mark.parametrize("path", INTERNAL)
def test_internal_route_is_closed_to_other_networks_however_spelled(walled, path):
    status, _, body = parse(exchange(walled.port, request(path=path)))
    assert (status, body["code"]) == (403, "network_not_allowed")


@pytest.mark.parametrize("path", ["/health", "/v1/tenants", "/v1/users/internal", "/v1/internalx", "//v1/internal/services",
                                  "/V1/internal/services"])
def test_other_paths_are_not_taken_for_internal(walled, path):
    assert parse(exchange(walled.port, request(path=path)))[0] in (404, 503)


FORGED = ["X-Forwarded-For: 10.1.2.3\r\n", "X-Real-IP: 10.1.2.3\r\n", "Forwarded: for=10.1.2.3\r\n", "X_Forwarded_For: 10.1.2.3\r\n",
          "X-Forwarded-For: 10.1.2.3, 127.0.0.1\r\n", "True-Client-IP: 10.1.2.3\r\n", "X-Client-IP: 10.1.2.3\r\n"]


@pytest.mark.parametrize("header", FORGED)
def test_r16_client_cannot_forge_its_address(walled, header):
    status, headers, _ = parse(exchange(walled.port, request(path="/api/internal/users", headers=header)))
    assert status == 403
    assert log_line(walled.run_dir, headers["x-trace-id"])["remote_addr"] == "127.0.0.1"


def test_trusted_proxy_tells_the_address_and_a_forged_one_left_of_it_does_not_count():
    with edge(limits="high", internal_networks=["10.0.0.0/8"], trusted_proxies=["127.0.0.1"]) as server:
        def ask(forwarded):
            status, headers, _ = parse(exchange(server.port, request(path="/api/internal/users",
                                                                     headers=f"X-Forwarded-For: {forwarded}\r\n")))
            return status, log_line(server.run_dir, headers["x-trace-id"])["remote_addr"]
        assert ask("10.1.2.3") == (503, "10.1.2.3")
        assert ask("10.1.2.3, 203.0.113.9") == (403, "203.0.113.9")
        assert ask("203.0.113.9, 10.1.2.3, 127.0.0.1") == (503, "10.1.2.3")


# Requests that the default limits let through at once, before the first is refused: burst + 1.
@pytest.mark.parametrize("path, zone, burst", [
    ("/v1/tenants", "sign_up", 60), ("/v1/auth/register", "register", 60), ("/v1/internal/services/register", "sign_up", 60),
    ("/v1/auth/login", "login", 60), ("/v1/auth/password-reset/confirm", "one_time_token", 60),
    ("/v1/auth/email-verification/confirm", "one_time_token", 60), ("/v1/users/me/password", "password", 60),
    ("/oauth/token", "token", 100), ("/v1/internal/services/authenticate", "token", 100),
    ("/api/internal/auth/token", "token", 100)])
def test_costly_route_is_limited_per_address(path, zone, burst):
    with edge() as server, requests.Session() as session:
        answers = [session.post(server.url + path) for _ in range(burst)]
        assert {answer.status_code for answer in answers} == {503}
        began = time.monotonic()
        while (answer := session.post(server.url + path)).status_code != 429:
            assert time.monotonic() - began < 5, "never refused"
        assert answer.headers["Retry-After"] == "1"
        assert answer.headers["RateLimit"] == f'"{zone}";r=0;t=1'
        assert re.fullmatch(rf'"{zone}";q=\d+;w=\d+', answer.headers["RateLimit-Policy"])
        assert answer.json()["code"] == "rate_limited"
        assert session.get(server.url + "/health").status_code == 503, "other routes stay open"


@pytest.mark.parametrize("addresses, one", [("2001:db8:1:2:{:x}::1", True), ("2001:db8:1:{:x}::1", False), ("::ffff:192.0.2.{}", False),
                                            ("192.0.2.{}", False)])
def test_address_that_counts_is_what_one_client_has(addresses, one):
    with edge(limits={"limit login": "1/m 1 -"}, trusted_proxies=["127.0.0.1"]) as server, requests.Session() as session:
        answers = [session.post(server.url + "/v1/auth/login", headers={"X-Forwarded-For": addresses.format(number)}) for number in range(1, 9)]
        assert {answer.status_code for answer in answers} == ({503, 429} if one else {503})


def test_slow_rate_tells_how_long_to_wait():
    with edge(limits={"limit login": "5/m 60 -"}) as server:
        with requests.Session() as session:
            answers = [session.post(server.url + "/v1/auth/login") for _ in range(70)]
        assert answers[-1].status_code == 429
        assert (answers[-1].headers["Retry-After"], answers[-1].headers["RateLimit"]) == ("12", '"login";r=0;t=12')


def test_dry_run_refuses_nobody_and_tells_the_log():
    with edge(limits={"limit login": "1/m 1 - dry_run"}) as server, requests.Session() as session:
        answers = [session.post(server.url + "/v1/auth/login") for _ in range(5)]
        assert {answer.status_code for answer in answers} == {503}
        line = log_line(server.run_dir, answers[-1].headers["X-Trace-Id"])
        assert line["limit"] == "REJECTED_DRY_RUN"


def test_policy_without_a_rate_of_its_own_has_the_default_one():
    with edge(limits={"limit login": "- -", "limit default": "1/m 2 -"}) as server, requests.Session() as session:
        answers = [session.post(server.url + "/v1/auth/login") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [503, 503, 503, 429, 429]
        assert answers[-1].headers["RateLimit"] == '"default";r=0;t=60'


def test_connections_of_one_address_are_limited(plain):
    # A request counts while it is under way: these wait for their bodies. Where one is refused, because requests of tests
    # before this one still counted when it came, another takes its place.
    held, deadline = [], time.monotonic() + 10
    try:
        while True:
            for answered in select.select(held, [], [], 0)[0]:
                held.remove(answered)
                answered.close()
            while len(held) < 120:
                held.append(socket.create_connection(("127.0.0.1", plain.port)))
                held[-1].sendall(request("POST", "/v1/tenants", "Content-Length: 10\r\n"))
            if parse(exchange(plain.port, request()))[0] == 429:
                break
            assert time.monotonic() < deadline, "never refused"
    finally:
        for connection in held:
            connection.close()


def test_slow_senders_lose_their_connection(plain):
    """Half a head and half a body, at once: nginx hangs up on both after 10 s."""
    began = time.monotonic()
    senders = [socket.create_connection(("127.0.0.1", plain.port), timeout=20) for _ in range(2)]
    senders[0].sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n")
    senders[1].sendall(request("POST", "/v1/tenants", "Content-Length: 10\r\n", b"12345"))
    for sender in senders:
        try:
            assert sender.recv(1) == b""
        except ConnectionResetError:
            pass
        sender.close()
    assert 9 < time.monotonic() - began < 13


def handshake(port, version):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        with context.wrap_socket(connection) as secured:
            return secured.version(), secured.cipher()[0]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tls_is_1_2_or_1_3_with_forward_secrecy(plain):
    assert handshake(plain.tls_port, ssl.TLSVersion.TLSv1_3)[0] == "TLSv1.3"
    version, cipher = handshake(plain.tls_port, ssl.TLSVersion.TLSv1_2)
    assert version == "TLSv1.2" and cipher.startswith("ECDHE-") and ("GCM" in cipher or "CHACHA20" in cipher)
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        with pytest.raises((ssl.SSLError, ConnectionError)):
            handshake(plain.tls_port, version)


def test_strict_transport_security_is_said_on_tls_only(plain):
    certificate = str(plain.run_dir / "nginx" / "certificate.pem")
    secured = requests.get(f"https://localhost:{plain.tls_port}/health", verify=certificate)
    assert secured.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Strict-Transport-Security" not in requests.get(plain.url + "/health").headers


def test_logs_hold_the_trace_id_and_no_secret(plain):
    answer = requests.post(plain.url + "/oauth/token?client_secret=hush1", data="password=hush2",
                           headers={"Authorization": "Bearer hush3", "Cookie": "a=hush4", "Referer": "http://x/?hush5"})
    line = log_line(plain.run_dir, answer.headers["X-Trace-Id"])
    assert line["path"] == "/oauth/token" and line["method"] == "POST" and line["status"] == 503
    assert line["request_id"] == answer.headers["X-Request-Id"]
    assert {"connection", "connection_requests", "request_time", "upstream_time", "response_bytes"} <= set(line)
    for log in (plain.run_dir / "logs").iterdir():
        assert "hush" not in log.read_text(), log.name
