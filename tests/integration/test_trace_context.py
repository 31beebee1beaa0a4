"""W3C Trace Context through nginx: whose trace a request belongs to, and what is passed on to what is behind."""

import json
import re
import socketserver
import threading
from http.server import BaseHTTPRequestHandler

import pytest
import requests
from edges import edge, log_line

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
CALLERS = f"00-{TRACE}-{PARENT}-01"


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    """An nginx in front of an HTTP upstream that answers the headers it was sent, at /echo."""
    locations = tmp_path_factory.mktemp("nginx") / "echo.conf"
    locations.write_text("location = /echo {\n    include snippets/trace-upstream.conf;\n    proxy_pass http://echo;\n}\n")
    function = locations.with_name("function.conf")
    function.write_text("location = /function {\n    fastcgi_pass function;\n}\n")
    with edge(limits="high", locations={"echo": locations, "function": function}) as server:
        yield server


class Echo(BaseHTTPRequestHandler):
    def address_string(self):
        return "unix"

    def log_message(self, *_):
        pass

    def do_GET(self):  # noqa: N802
        body = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def passed_on(upstream):
    """passed_on(headers) answers (what the HTTP upstream got, nginx's answer)."""
    path = upstream.run_dir / "sockets" / "echo.sock"
    path.parent.mkdir(exist_ok=True)
    with socketserver.ThreadingUnixStreamServer(str(path), Echo) as server:
        path.chmod(0o666)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()

        def ask(headers):
            answer = requests.get(upstream.url + "/echo", headers=headers, timeout=10)
            assert answer.status_code == 200, answer.text
            return answer.json(), answer
        yield ask
        server.shutdown()


@pytest.mark.parametrize("traceparent, taken", [
    (CALLERS, True),
    (f"00-{TRACE}-{PARENT}-00", True),
    (f"01-{TRACE}-{PARENT}-01", True),
    (f"fe-{TRACE}-{PARENT}-01-something new", True),
    (f"00-{'0' * 32}-{PARENT}-01", False),
    (f"00-{TRACE}-{'0' * 16}-01", False),
    (f"00-{TRACE.upper()}-{PARENT}-01", False),
    (f"ff-{TRACE}-{PARENT}-01", False),
    (f"00-{TRACE}-{PARENT}", False),
    (f"00-{TRACE}-{PARENT}-01-", False),
    (f"01-{TRACE}-{PARENT}-01x", False),
    (f"00-{TRACE}-{PARENT}-0g", False),
    (f"00-{TRACE}-{PARENT}-01\"x", False),
    ("", False),
])
def test_trace_id_is_the_callers_if_its_traceparent_is_valid(passed_on, upstream, traceparent, taken):
    got, answer = passed_on({"traceparent": traceparent, "tracestate": "vendor=1"})
    version, trace, parent, flags = got["traceparent"].split("-")
    assert (trace == TRACE) == taken
    assert version == "00" and re.fullmatch("[0-9a-f]{32}", trace)
    assert re.fullmatch("[0-9a-f]{16}", parent) and parent not in (PARENT, "0" * 16), "the parent is a new one"
    assert flags == ("00" if traceparent.endswith("-00") else "01")
    assert got.get("tracestate") == ("vendor=1" if taken else None), "state belongs to its trace"
    assert answer.headers["X-Trace-Id"] == trace
    assert answer.headers["X-Request-Id"] == got["x-request-id"] == f"req_{got['x-request-id'][4:20]}{parent}"
    if not taken:  # the trace id names one line only
        assert log_line(upstream.run_dir, trace)["trace_id"] == trace


def test_every_request_of_a_trace_is_a_parent_of_its_own(passed_on):
    parents = {passed_on({"traceparent": CALLERS})[0]["traceparent"].split("-")[2] for _ in range(5)}
    assert len(parents) == 5


def test_nginxs_own_errors_carry_the_callers_trace(upstream):
    answer = requests.get(upstream.url + "/nowhere", headers={"traceparent": CALLERS}, timeout=10)
    assert (answer.status_code, answer.json()["trace_id"], answer.headers["X-Trace-Id"]) == (404, TRACE, TRACE)
    assert answer.json()["request_id"] == answer.headers["X-Request-Id"] != f"req_{TRACE}"


def test_function_gets_the_trace_and_nothing_of_an_invalid_one(upstream):
    """What nginx sends to a function, read off its socket."""
    path, got = upstream.run_dir / "sockets" / "function.sock", []

    class Function(socketserver.BaseRequestHandler):
        def handle(self):
            got.append(self.request.recv(65536))

    with socketserver.ThreadingUnixStreamServer(str(path), Function) as server:
        path.chmod(0o666)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for traceparent in (CALLERS, "garbage"):
            answer = requests.get(upstream.url + "/function", timeout=10,
                                  headers={"traceparent": traceparent, "tracestate": "vendor=1"})
            assert answer.status_code == 503 and answer.json()["trace_id"] == answer.headers["X-Trace-Id"]
            trace, params = answer.headers["X-Trace-Id"].encode(), got.pop()
            assert (trace == TRACE.encode()) == (traceparent == CALLERS)
            assert b"GATEHOUSE_TRACE_ID" + trace in params
            sent = re.findall(rb"HTTP_TRACEPARENT00-%s-([0-9a-f]{16})-01" % trace, params)
            assert len(sent) == params.count(b"HTTP_TRACEPARENT") == 1 and sent[0] != PARENT.encode()
            assert (b"HTTP_TRACESTATEvendor=1" in params) == (traceparent == CALLERS)
        server.shutdown()
