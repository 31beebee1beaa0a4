"""Clients that publish their keys themselves: fetched through the guard, and never from where it refuses to go."""

import concurrent.futures
import http.server
import json
import subprocess
import threading
import time

import pytest
from client_keys import Key, ask, assertion, register
from conftest import Api, free_ports
from lives import ok, refused, within

SERVICES = "/v1/internal/services"


class Publisher:
    """A client's own server; `keys` is what it publishes, `asked` how often it was asked."""

    def __init__(self, port):
        publisher, self.keys, self.asked, self.status = self, [], 0, 200
        self.answers = threading.Event()
        self.answers.set()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                publisher.asked += 1
                if "slow" in self.path:
                    publisher.answers.wait(10)
                body = json.dumps({"keys": [key.jwk for key in publisher.keys]}).encode()
                self.send_response(publisher.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{port}/jwks"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def port():
    return free_ports(1)[0]


@pytest.fixture(scope="module")
def calling_stack(make_stack, port):
    """In the clear and to this machine, as a development's receiver is."""
    stack = make_stack(settings={"egress_allow_http": "true", "egress_allow_cidrs": "127.0.0.1", "egress_ports": str(port)})
    stack.start()
    return stack


@pytest.fixture(scope="module")
def calling_api(calling_stack):
    with Api(calling_stack.url) as api:
        yield api


@pytest.fixture
def publisher(port):
    publisher = Publisher(port)
    yield publisher
    publisher.server.shutdown()
    publisher.server.server_close()


def test_published_keys_are_fetched_once_and_outlive_their_server(calling_api, calling_stack, publisher):
    key = Key()
    publisher.keys = [key]
    url = f"{publisher.url}?once"
    client = register(calling_api, token_endpoint_auth_method="private_key_jwt", jwks_uri=url)["client_id"]
    assert publisher.asked == 0, "registration calls nobody"
    for _ in range(3):
        ok(ask(calling_api, assertion(key, client, calling_stack.url)))
    assert publisher.asked == 1
    refused(ask(calling_api, assertion(Key("made-up"), client, calling_stack.url)), 401, "invalid_client")
    assert publisher.asked == 1, "a minute has not passed"
    publisher.status = 500
    ok(ask(calling_api, assertion(key, client, calling_stack.url)))


def test_nobody_waits_for_keys_that_another_request_is_fetching(calling_api, calling_stack, publisher):
    key = Key()
    publisher.keys = [key]
    client = register(calling_api, token_endpoint_auth_method="private_key_jwt", jwks_uri=f"{publisher.url}?slow")["client_id"]
    publisher.answers.clear()
    with Api(calling_stack.url) as another, concurrent.futures.ThreadPoolExecutor() as threads:
        first = threads.submit(ask, another, assertion(key, client, calling_stack.url))
        while publisher.asked == 0 and not first.done():
            time.sleep(0.01)
        answer = ask(calling_api, assertion(key, client, calling_stack.url))
        publisher.answers.set()
    refused(answer, 503, "keys_being_fetched")
    assert int(answer.headers["Retry-After"]) >= 1


def test_client_whose_server_is_slow_keeps_nobody_elses_keys_away(calling_api, calling_stack, publisher):
    """Anybody of the internal networks may register such a client."""
    key = Key()
    publisher.keys = [key]

    def client_at(url):
        return register(calling_api, token_endpoint_auth_method="private_key_jwt", jwks_uri=url)["client_id"]

    def another_gets_in_meanwhile(number):
        slow, quick = client_at(f"{publisher.url}?slow{number}"), client_at(publisher.url.replace("127.0.0.1", "localhost") + f"?{number}")
        asked = publisher.asked
        with Api(calling_stack.url) as another, concurrent.futures.ThreadPoolExecutor() as threads:
            waiting = threads.submit(ask, another, assertion(key, slow, calling_stack.url))
            assert within(10, lambda: publisher.asked > asked)
            while not waiting.done():
                if ask(calling_api, assertion(key, quick, calling_stack.url)).status_code == 200:
                    time.sleep(1)  # not just as the other gave up
                    return not waiting.done()
        return False

    publisher.answers.clear()
    # Again and again, for the three seconds of the one may be too short for the other on a machine that does much else.
    assert any(another_gets_in_meanwhile(number) for number in range(5))
    publisher.answers.set()


def test_query_of_a_url_is_not_logged(calling_api, calling_stack, publisher):
    publisher.status = 404
    client = register(calling_api, token_endpoint_auth_method="private_key_jwt", jwks_uri=f"{publisher.url}?key=hushhush")["client_id"]
    refused(ask(calling_api, assertion(Key(), client, calling_stack.url)), 401, "invalid_client")
    log = calling_stack.logs / "tokens.log"
    assert within(5, lambda: f'"url":"{publisher.url}"' in log.read_text())
    assert "hushhush" not in log.read_text()


def test_url_that_publishes_nothing_lets_nobody_in(calling_api, calling_stack, publisher):
    publisher.status = 404
    client = register(calling_api, token_endpoint_auth_method="private_key_jwt", jwks_uri=f"{publisher.url}?nothing")["client_id"]
    refused(ask(calling_api, assertion(Key(), client, calling_stack.url)), 401, "invalid_client")
    assert "jwks_uri_failed" in (calling_stack.logs / "tokens.log").read_text()


@pytest.mark.parametrize("url", ["http://a.example/jwks", "https://127.0.0.1/jwks", "https://169.254.169.254/latest", "https://[::1]/"])
def test_r39_url_that_the_guard_refuses_is_not_registered(api, url):
    answer = api.post(f"{SERVICES}/register", json={"service_name": "x", "token_endpoint_auth_method": "private_key_jwt",
                                                    "jwks_uri": url})
    refused(answer, 400, "jwks_uri_invalid")


def test_operator_registers_a_service_that_publishes_its_keys(calling_api, calling_stack, publisher):
    key = Key()
    publisher.keys = [key]
    words = ["service", "register", "--name", "Publishing", "--auth-method", "private_key_jwt", "--jwks-uri"]
    said = json.loads(calling_stack.operate("--json", *words, f"{publisher.url}?operator"))
    assert list(said) == ["client_id"] and publisher.asked == 0
    ok(ask(calling_api, assertion(key, said["client_id"], calling_stack.url)))
    for url in ("http://169.254.169.254/jwks", "file:///etc/passwd", "https://127.0.0.1:1/jwks"):
        done = subprocess.run([calling_stack.operator_program, *words, url], env=calling_stack.environment(), capture_output=True, text=True)
        assert done.returncode == 1 and "--jwks-uri" in done.stderr, url
