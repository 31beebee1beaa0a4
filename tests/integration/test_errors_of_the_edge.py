"""Every error that nginx answers itself, provoked for real: each status of error-pages.conf, each text of errors.conf."""

import json
import re
import socket
import ssl
import subprocess

import contract
import pytest
from conftest import REPOSITORY
from edges import edge, exchange

EDGE_ERRORS = contract.openapi.error_catalogue.of_nginx()
MEMBERS = {"error", "code", "message", "next_step", "trace_id", "request_id"}
# What no request can make this nginx say, said by a location of the test's.
FAULTS = """
location = /fault/500 { return 500; }
location = /fault/503 { return 503; }
location = /fault/slow { fastcgi_read_timeout 200ms; fastcgi_pass silent; }
location = /fault/gone { fastcgi_pass nobody; }
location = /fault/limited { include limits/login.conf; fastcgi_pass nobody; }
"""


@pytest.fixture(scope="module")
def locations(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nginx")

    def write(name, text):
        path = folder / f"{name}.conf"
        path.write_text(text)
        return path
    return write


@pytest.fixture(scope="module")
def server(locations):
    named = {"silent": locations("silent", FAULTS), "nobody": locations("nobody", "")}
    with edge(limits={"limit login": "1/m 1 -"}, internal_networks=["10.0.0.0/8"], locations=named) as running:
        (running.run_dir / "share").mkdir()
        (running.run_dir / "share" / "openapi.json").write_text("{}")
        sockets = running.run_dir / "sockets"
        sockets.mkdir(exist_ok=True)
        with socket.socket(socket.AF_UNIX) as silent:  # takes connections, and never says a word
            silent.bind(str(sockets / "silent.sock"))
            silent.listen()
            (sockets / "silent.sock").chmod(0o666)
            yield running


@pytest.fixture(scope="module")
def mutual(locations, tmp_path_factory):
    """Wants a client certificate of an authority that has never signed one."""
    folder = tmp_path_factory.mktemp("authority")
    for name in ("authority", "stranger"):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
                        "-subj", f"/CN={name}", "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem"],
                       check=True, capture_output=True)
    text = f"ssl_verify_client on;\nssl_client_certificate {folder}/authority.pem;\n"
    with edge(limits="high", locations={"mutual": locations("mutual", text)}) as running:
        running.stranger = (folder / "stranger.pem", folder / "stranger.key")
        yield running


def request(method="GET", path="/health", headers="", version="1.1"):
    return f"{method} {path} HTTP/{version}\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n".encode()


def read_all(connection):
    answer = b""
    while block := connection.recv(65536):
        answer += block
    return answer


def over_tls(port, sent, certificate=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if certificate:
        context.load_cert_chain(*certificate)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        with context.wrap_socket(connection) as secured:
            secured.sendall(sent)
            return read_all(secured)


def limited(server):
    for _ in range(10):
        answer = exchange(server.port, request(path="/fault/limited"))
        if b" 429 " in answer.split(b"\r\n")[0]:
            break
    return answer


def plain(sent):
    return lambda server, mutual: exchange(server.port, sent)


# nginx's own status for what is provoked: how, the status that is answered, its code, headers that belong to it.
PROVOKED = {
    400: (plain(b"hello\r\n\r\n"), 400, "bad_request", {}),
    403: (plain(request(path="/v1/internal/services")), 403, "network_not_allowed", {}),
    404: (plain(request(path="/nowhere")), 404, "route_not_found", {}),
    405: (plain(request("TRACE")), 405, "method_not_allowed", {"allow": "GET, HEAD"}),
    412: (plain(request(path="/openapi.json", headers='If-Match: "another"\r\n')), 412, "precondition_failed", {}),
    413: (plain(request("POST", "/nowhere", "Content-Length: 65537\r\n")), 413, "body_too_large", {}),
    414: (plain(request(path="/" + "a" * 17000)), 414, "uri_too_long", {}),
    429: (lambda server, mutual: limited(server), 429, "rate_limited", {"retry-after": "60", "ratelimit": '"login";r=0;t=60'}),
    494: (plain(request(headers=f"A: {'a' * 17000}\r\n")), 431, "headers_too_large", {}),
    495: (lambda server, mutual: over_tls(mutual.tls_port, request(), mutual.stranger), 400, "client_certificate_invalid", {}),
    496: (lambda server, mutual: over_tls(mutual.tls_port, request()), 400, "client_certificate_invalid", {}),
    497: (lambda server, mutual: exchange(server.tls_port, request()), 400, "tls_required", {}),
    500: (plain(request(path="/fault/500")), 500, "internal_error", {}),
    501: (plain(request("POST", "/nowhere", "Transfer-Encoding: gzip\r\n")), 501, "transfer_encoding_unsupported", {}),
    502: (plain(request(path="/fault/gone")), 503, "temporarily_unavailable", {"retry-after": "1"}),
    503: (plain(request(path="/fault/503")), 503, "temporarily_unavailable", {"retry-after": "1"}),
    504: (plain(request(path="/fault/slow")), 503, "temporarily_unavailable", {"retry-after": "1"}),
    505: (plain(request(version="2.0")), 505, "http_version_unsupported", {}),
}


def parse(answer):
    """Status, headers (lower-case names, each once) and JSON body."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *rest = head.decode("ascii").split("\r\n")
    pairs = [(name.lower(), value) for name, _, value in (line.partition(": ") for line in rest)]
    assert len(dict(pairs)) == len(pairs), f"a header is there twice: {pairs}"
    return int(first.split()[1]), dict(pairs), json.loads(body)


@pytest.mark.parametrize("status", PROVOKED)
def test_error_of_nginxs_own_is_in_the_api_s_shape(server, mutual, status):
    provoke, answered, code, expected = PROVOKED[status]
    got, headers, body = parse(provoke(server, mutual))
    assert (got, body["code"]) == (answered, code)
    assert set(body) == MEMBERS and all(isinstance(value, str) and value.strip() for value in body.values())
    assert body["error"] == body["message"]
    declared = {(error.code, error.status, error.message, error.next_step) for error in EDGE_ERRORS}
    assert (code, answered, body["message"], body["next_step"]) in declared
    assert headers["content-type"] == "application/json" and headers["cache-control"] == "no-store"
    assert re.fullmatch("[0-9a-f]{32}", body["trace_id"]) and body["trace_id"] == headers["x-trace-id"]
    assert re.fullmatch("req_[0-9a-f]{32}", body["request_id"]) and body["request_id"] == headers["x-request-id"]
    assert {name: headers.get(name) for name in ("allow", "retry-after", "ratelimit")} == \
        {"allow": None, "retry-after": None, "ratelimit": None, **expected}


def test_every_status_of_the_error_pages_and_every_text_is_provoked_here():
    pages = (REPOSITORY / "nginx" / "snippets" / "error-pages.conf").read_text()
    named = {int(status) for line in re.findall(r"^error_page (.*);", pages, re.MULTILINE)
             for status in re.findall(r"(?<![=\d])\d{3}\b", line)}
    assert named == set(PROVOKED)
    assert {code for _, _, code, _ in PROVOKED.values()} == {error.code for error in EDGE_ERRORS}


@pytest.mark.parametrize("path", ["/error", "/error/tls", "/error/certificate", "/error/x"])
def test_pages_are_no_routes(server, path):
    status, _, body = parse(exchange(server.port, request(path=path)))
    assert (status, body["code"]) == (404, "route_not_found")


def test_http_0_9_gets_the_body_alone(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(b"GET /nowhere\r\n")
        assert json.loads(read_all(connection))["code"] == "route_not_found"


def test_no_status_but_these_is_answered_to_what_nobody_meant(server):
    """Requests of many shapes: whatever nginx says is JSON, unless it hangs up without a word."""
    shapes = [request(method, path, headers, version)
              for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "PROPFIND", "get")
              for path in ("/openapi.json", "/openapi.json/", "/", "*", "//", "/%2e%2e/", "/a%00b")
              for headers in ("", "Range: bytes=9999-\r\n", "Expect: 100-continue\r\nContent-Length: 0\r\n", "Range: bytes=0-0\r\n", "If-Match: *\r\n",
                              "If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT\r\n", "Upgrade: h2c\r\n")
              for version in ("1.0", "1.1")]
    for sent in shapes:
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            connection.sendall(sent)
            answer = read_all(connection)
        answer = answer.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
        status = int(answer.split()[1])
        if status >= 400:
            assert set(json.loads(answer.partition(b"\r\n\r\n")[2])) == MEMBERS, (sent, answer)
        else:
            assert status == 200, (sent, answer)
