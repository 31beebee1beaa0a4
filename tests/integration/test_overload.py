"""Floods, slow clients and crowds: whoever makes them is refused or waits for himself; a normal client is served all along,
and memory stays bounded."""

import base64
import json
import socket
import time

import pytest
from conftest import Api
from crowd import NormalClient, addresses, flood, held, many_files, report, resident
from edges import exchange
from lives import PASSWORD, ok

HOST = "Host: localhost\r\n"


@pytest.fixture(scope="module")
def shipped(make_stack):
    """A stack with the limits that are shipped."""
    stack = make_stack(limits="default", settings={"argon2_memory_kib": 1024})
    stack.start()
    return stack


@pytest.fixture(scope="module")
def unlimited(make_stack):
    """A stack without limits and with few threads, so that any machine can send more than it can bear."""
    stack = make_stack(settings={"threads": 1, "hashing_threads": 1})
    stack.start()
    return stack


@pytest.fixture
def bounded(shipped):
    """nginx holds 64 KiB of a body and 1 MiB of an answer, and forgets neither beyond the connection."""
    before = resident(shipped.process_id("nginx"))
    yield
    assert resident(shipped.process_id("nginx")) < before + 200


@pytest.fixture
def normal(shipped, bounded):
    """Served by nginx and a function all through the test."""
    with NormalClient(shipped.url) as client:
        client.wait_for(2)
        yield client
        client.wait_for(3)
    assert client.statuses() == {200}
    assert max(took for _, _, took in client.answers) < 10, "no answer waits for a slow client's time-out"


def wire(method, path, headers="", body=b""):
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    return f"{method} {path} HTTP/1.1\r\n{HOST}{headers}{length}\r\n".encode() + body


def test_ten_thousand_idle_connections_from_many_addresses(shipped, normal):
    with many_files() as most:
        count = min(10000, most - 500)
        with held(shipped.port, count, sources=addresses(500)) as connections:
            normal.wait_for(20)
            connections[0].sendall(wire("GET", "/health"))
            assert connections[0].recv(12) == b"HTTP/1.1 200", "not even they are turned away"


def test_ten_thousand_idle_connections_from_one_address(shipped, normal):
    with many_files() as most, held(shipped.port, min(10000, most - 500)):
        normal.wait_for(20)


@pytest.mark.parametrize("first_bytes", [b"", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"], ids=["nothing", "half_a_hello"])
def test_half_open_tls_handshakes(shipped, normal, first_bytes):
    with many_files(), held(shipped.tls_port, 3000, first_bytes, sources=addresses(100)) as connections:
        normal.wait_for(20)
        connections[-1].settimeout(30)
        assert ends(connections[-1]), "they are hung up on"


def ends(connection):
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def drip(connections, rest, pause=0.1):
    """Sends `rest` byte by byte on each; who is hung up on is left alone."""
    for byte in rest:
        for connection in connections:
            try:
                connection.send(bytes([byte]))
            except OSError:
                pass
        time.sleep(pause)


def test_heads_and_bodies_that_come_byte_by_byte(shipped, normal):
    head = wire("POST", "/v1/tenants", "Content-Type: application/json\r\nContent-Length: 60000\r\n")
    with many_files(), held(shipped.port, 1000, b"GET /health HTTP/1.1\r\n") as heads, held(shipped.port, 400, head) as bodies:
        drip(heads + bodies, b"X-Padding: never ends")
        normal.wait_for(20)


def test_one_address_may_hold_so_many_bodies_and_the_others_are_told(shipped, normal):
    head = wire("POST", "/v1/tenants", "Content-Type: application/json\r\nContent-Length: 10\r\n")
    with held(shipped.port, 700, head) as connections:
        for connection in connections[520:]:
            answer = connection.recv(4096)
            assert answer.startswith(b"HTTP/1.1 429 ") and b"\r\nRetry-After: " in answer
        normal.wait_for(10)


def test_slow_readers(shipped, normal):
    """They ask for the same document again and again, and read a few bytes of it now and then."""
    with many_files(), held(shipped.port, 300, wire("GET", "/openapi.json") * 20, sources=addresses(10), receive_buffer=2048) as readers:
        for _ in range(20):
            for reader in readers:
                reader.recv(16)
            time.sleep(0.05)
        normal.wait_for(20)


MEGABYTE = bytes(1 << 20)
LARGE = {"announced": ("Content-Length: 104857600\r\n", MEGABYTE), "chunked": ("Transfer-Encoding: chunked\r\n", b"100000\r\n" + MEGABYTE + b"\r\n")}


@pytest.mark.parametrize("expect", ["", "Expect: 100-continue\r\n"], ids=["", "expecting"])
@pytest.mark.parametrize("kind", LARGE)
def test_body_of_100_mb_is_refused_and_kept_nowhere(shipped, normal, kind, expect):
    headers, piece = LARGE[kind]
    with socket.create_connection(("127.0.0.1", shipped.port), timeout=20) as connection:
        connection.sendall(wire("POST", "/v1/tenants", f"Content-Type: application/json\r\n{headers}{expect}"))
        answer = b""
        if expect and kind == "announced":
            answer = connection.recv(65536)
            assert answer.startswith(b"HTTP/1.1 413 "), "refused before it is sent"
        sent = 0
        try:
            while sent < 100:
                connection.sendall(piece)
                sent += 1
        except (ConnectionError, TimeoutError):
            pass  # nginx reads on for a while, so that we read its answer, and then hangs up
        try:
            while block := connection.recv(65536):
                answer += block
        except ConnectionError:
            pass
    assert b"HTTP/1.1 413 " in answer and b'"code":"body_too_large"' in answer
    assert not any(path.is_file() for path in (shipped.run_dir / "nginx" / "temp").rglob("*"))
    assert b"200 " in exchange(shipped.port, wire("GET", "/health"))


def token_request(stack, client=None):
    admin = stack.admin()
    basic = base64.b64encode(":".join(client or (admin["client_id"], admin["client_secret"])).encode()).decode()
    return wire("POST", "/oauth/token", f"Authorization: Basic {basic}\r\nContent-Type: application/x-www-form-urlencoded\r\n",
                b"grant_type=client_credentials")


def is_sound(flooded, *statuses):
    """Every request has been answered, with one of these, and every refusal is JSON with Retry-After."""
    assert set(flooded["statuses"]) <= set(statuses), flooded["statuses"]
    assert sum(flooded["statuses"].values()) == flooded["due"]
    assert {name: flooded[name] for name in ("malformed", "reset", "unanswered", "not_connected")} == dict.fromkeys(
        ("malformed", "reset", "unanswered", "not_connected"), 0)


def test_flood_from_one_address_is_its_own_trouble(shipped, normal, tmp_path):
    flooded = report(flood(shipped.url, token_request(shipped), 1000, 4, path=tmp_path / "request"))
    is_sound(flooded, "200", "429")
    assert flooded["statuses"]["429"] > flooded["statuses"]["200"]


def test_flood_by_one_client_from_many_addresses_is_refused_to_that_client(shipped, tmp_path):
    made = json.loads(shipped.operate("--json", "service", "register", "--name", "flooding"))
    other = base64.b64encode(":".join(shipped.admin()[name] for name in ("client_id", "client_secret")).encode()).decode()
    with NormalClient(shipped.url, "POST", "/oauth/token", "grant_type=client_credentials",
                      {"Authorization": f"Basic {other}", "Content-Type": "application/x-www-form-urlencoded"}) as normal:
        flooded = report(flood(shipped.url, token_request(shipped, (made["client_id"], made["client_secret"])), 1500, 4, 500,
                               path=tmp_path / "request"))
    is_sound(flooded, "200", "429", "503")
    assert flooded["statuses"]["429"] > 0
    assert normal.statuses() <= {200, 503} and 200 in normal.statuses()


@pytest.mark.parametrize("kind", ["login", "write"])
def test_flood_beyond_what_can_be_served_is_shed_and_over_when_it_is_over(unlimited, tmp_path, kind):
    with Api(unlimited.url) as api:
        tenant = ok(api.post("/v1/tenants", json={"name": "Flooded"}), 201)
        user = {"email": "flooded@example.com", "password": PASSWORD}
        ok(api.post("/v1/auth/register", token=tenant["public_key"], json=user), 201)
    path, body, rate = ("/v1/auth/login", user, 700) if kind == "login" else ("/v1/tenants", {"name": "Flooded"}, 15000)
    bearer = f"Bearer {tenant['public_key']}" if kind == "login" else "none"
    headers = f"Authorization: {bearer}\r\nContent-Type: application/json\r\n"
    functions = ("users", "tenants", "nginx")
    before = {name: resident(unlimited.process_id(name)) for name in functions}
    seconds = 5
    with NormalClient(unlimited.url, "POST", path, json.dumps(body), {"Authorization": bearer, "Content-Type": "application/json"}) as normal:
        normal.wait_for(3)
        process = flood(unlimited.url, wire("POST", path, headers, json.dumps(body).encode()), rate, seconds, 500, path=tmp_path / "request")
        began = time.monotonic()
        flooded = report(process)
        over = max(began + seconds, time.monotonic())
        normal.wait_for(1)
        while not any(sent > over + 2 for sent, _, _ in normal.answers):
            normal.wait_for(1)
    is_sound(flooded, "200", "201", "503")
    assert flooded["statuses"]["503"] > 0 and len(flooded["statuses"]) == 2
    assert flooded["served"]["p50_ms"] < 5000, "most are served who have not waited for long"
    assert normal.statuses() <= {200, 201, 503}
    assert 503 not in normal.statuses(since=over + 2), "served as before within 2 s"
    after = {name: resident(unlimited.process_id(name)) for name in functions}
    assert all(after[name] < before[name] + 100 for name in functions), (before, after)
