"""A receiver of webhooks, and a stack with workers that a test starts, stops and kills."""

import http.server
import json
import ssl
import subprocess
import threading
import time

import pytest
from cli import Operator
from conftest import Api

SETTINGS = {"egress_allow_http": "true", "egress_allow_cidrs": "127.0.0.1", "egress_ports": "1-65535"}


class Call:
    """One request that a receiver got."""

    def __init__(self, path, headers, body):
        self.at, self.path, self.headers, self.raw = time.monotonic(), path, headers, body

    @property
    def id(self):
        return self.headers["webhook-id"]

    @property
    def body(self):
        return json.loads(self.raw)


class Receiver:
    """Listens on this machine. `answer(call)` gives status, or (status, headers), or (status, headers, body)."""

    def __init__(self, answer=lambda call: 200, certificate=None):
        """`certificate`: files of one and its key, for TLS."""
        self.scheme, self.answer, self.calls, self.lock = "https" if certificate else "http", answer, [], threading.Lock()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self):
                call = Call(self.path, {name.lower(): value for name, value in self.headers.items()},
                            self.rfile.read(int(self.headers["Content-Length"])))
                with receiver.lock:
                    receiver.calls.append(call)
                given = receiver.answer(call)
                status, headers, body = (*(given if isinstance(given, tuple) else (given,)), {}, b"")[:3]
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

            def handle_one_request(self):
                try:
                    super().handle_one_request()
                except OSError:  # whoever called is gone
                    self.close_connection = True

        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 512
            daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path="/hook"):
        return f"{self.scheme}://127.0.0.1:{self.port}{path}"

    def at(self, path):
        with self.lock:
            return [call for call in self.calls if call.path == path]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class World(Operator):
    """A stack of its own; its worker is the test's: begin_worker(), deliver_once()."""

    def __init__(self, make_stack, fast=True, **settings):
        stack = make_stack(fast=fast, settings={**SETTINGS, **settings})
        stack.start()
        super().__init__(stack)
        self.api = Api(stack.url)
        self.workers = []

    def make_tenant(self):
        answer = self.api.post("/v1/tenants", json={"name": "A tenant"})
        assert answer.status_code == 201, answer.text
        tenant = answer.json()
        for name in ("order.shipped", "order.cancelled"):
            self.describe(tenant, name)
        return tenant

    def describe(self, tenant, name):
        answer = self.api.put(f"/v1/event-types/{name}", token=tenant["secret_key"], json={"description": "For tests."})
        assert answer.status_code == 200, answer.text

    def make_endpoint(self, tenant, url, event_types=("order.*",), **settings):
        answer = self.api.post("/v1/webhooks", token=tenant["secret_key"], json={"url": url, "event_types": list(event_types), **settings})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def endpoint(self, tenant, endpoint):
        return self.api.get(f"/v1/webhooks/{endpoint['id']}", token=tenant["secret_key"]).json()

    def publish(self, tenant, number=1, key="NULL", type="order.shipped", data="json_build_object('number', i)"):
        """Events, in the order of their numbers; `key` and `data` are SQL about `i`. Their ids, in that order."""
        return self.sql(f"""
            WITH made AS (INSERT INTO events (id, created_at, tenant_id, type, data, ordering_key)
                SELECT 'evt_' || replace(gen_random_uuid()::text, '-', ''), now(), '{tenant["id"]}', '{type}', {data}, {key}
                  FROM generate_series(1, {number}) i RETURNING id, created_at, sequence),
              queued AS (INSERT INTO event_queue (sequence, event_id, event_created_at) SELECT sequence, id, created_at FROM made)
            SELECT id FROM made ORDER BY sequence""").split()

    def command(self, *way):
        return [self.stack.program("webhooks"), "deliver", *way]

    def begin_worker(self):
        log = open(self.stack.logs / "deliver.log", "ab")
        worker = subprocess.Popen(self.command(), env=self.stack.environment(), stdout=subprocess.PIPE, stderr=log, text=True)
        self.workers.append(worker)
        return worker

    def end_worker(self, worker):
        """What it says that it did."""
        worker.terminate()
        output, _ = worker.communicate(timeout=60)
        assert worker.returncode == 0
        return json.loads(output)

    def deliver_once(self):
        done = subprocess.run(self.command("--once"), env=self.stack.environment(), capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def deliveries(self, columns="*", where="true"):
        return [line.split("|") for line in self.sql(f"SELECT {columns} FROM webhook_deliveries WHERE {where} ORDER BY id").splitlines()]

    def states(self, tenant):
        rows = self.sql(f"SELECT state, count(*) FROM webhook_deliveries WHERE tenant_id = '{tenant['id']}' GROUP BY state").splitlines()
        return {state: int(number) for state, number in (row.split("|") for row in rows)}

    def close(self):
        for worker in self.workers:
            if worker.poll() is None:
                worker.kill()
                worker.communicate()


@pytest.fixture(scope="module")
def world(make_stack, request):
    """With the settings that a file calls WORLD. This fixture and those below are for files that import them."""
    world = World(make_stack, **request.module.WORLD)
    yield world
    world.close()


@pytest.fixture
def tenant(world):
    return world.make_tenant()


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def worker(world):
    worker = world.begin_worker()
    yield worker
    world.end_worker(worker)
