"""Integration tests speak HTTP and TLS to a real nginx, real functions and a real PostgreSQL.

`stack` is one for the whole session, with limits too high to meet; a test that needs another (default limits, a
restart, a stopped database) makes its own with `make_stack`. GATEHOUSE_BINARIES names another build.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
import requests
import used_secrets

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "deploy" / "local"))

from stack import Stack  # noqa: E402

BINARIES = os.environ.get("GATEHOUSE_BINARIES", str(REPOSITORY / "build" / "release" / "bin"))


def free_ports(count):
    """Ports that nobody listens on. All are held until all are found, so that they differ."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def temporary_directory():
    """Short, because unix sockets lie in it, and open to others, because PostgreSQL is another user than root."""
    path = Path(tempfile.mkdtemp(prefix="gatehouse-"))
    path.chmod(0o755)
    return path


class Api(requests.Session):
    """Requests by path: `api.get("/v1/users/me", token=jwt)`. `token` goes into Authorization as Bearer."""

    def __init__(self, url, verify=True):
        super().__init__()
        self.url, self.verify = url, verify
        self.trust_env = False

    def request(self, method, path, token=None, headers=None, **rest):
        if token is not None:
            headers = {**(headers or {}), "Authorization": f"Bearer {token}"}
        rest.setdefault("timeout", 15)
        answer = super().request(method, self.url + path, headers=headers, **rest)
        if not rest.get("stream"):
            used_secrets.record(answer, rest)
        return answer


class ServiceToken:
    """A service's access token, fetched anew before it ends: a session may last longer than it."""

    def __init__(self, api, client_id, client_secret):
        self.api, self.credentials = api, (client_id, client_secret)
        self.token, self.ends = None, 0.0

    def get(self):
        if time.monotonic() > self.ends:
            answer = self.api.post("/oauth/token", auth=self.credentials, data={"grant_type": "client_credentials"})
            assert answer.status_code == 200, answer.text
            self.token = answer.json()["access_token"]
            self.ends = time.monotonic() + answer.json()["expires_in"] / 2
        return self.token


def pytest_collection_modifyitems(items):
    """What looks at the traces of all other tests comes after them."""
    items.sort(key=lambda item: "test_zz_" in item.nodeid)


def dump(stack):
    """The file that holds all of a stack's tables: as they are, or as they were when it was stopped by its file's end."""
    file, cluster = stack.run_dir / "dump.sql", stack.cluster
    if cluster.pid():
        subprocess.run([cluster.binaries / "pg_dump", "-h", cluster.socket_directory, "-U", "postgres", "-f", file, "gatehouse"], check=True)
    return file


@contextlib.contextmanager
def maker_of_stacks(every_stack):
    """What it made is stopped at the end: a stack costs the tests after it time even where nobody asks it anything."""
    made = []

    def make(**options):
        port, tls_port = free_ports(2)
        defaults = {"binaries": BINARIES, "limits": "high", "fast": True, "tied": True, "deliver": False}
        stack = Stack(temporary_directory(), port, tls_port, **{**defaults, **options})
        made.append(stack)
        every_stack.append(stack)
        return stack

    yield make
    for stack in made:
        dump(stack)
        stack.stop()


@pytest.fixture(scope="session")
def every_stack():
    """The stacks that were made so far. What they wrote stays to the end."""
    made = []
    yield made
    for stack in made:
        shutil.rmtree(stack.run_dir)


@pytest.fixture(scope="module")
def make_stack(every_stack):
    """make_stack(**options) gives a Stack that is not started yet; whatever runs at the end of the file is stopped."""
    with maker_of_stacks(every_stack) as make:
        yield make


@pytest.fixture(scope="session")
def stack(every_stack):
    with maker_of_stacks(every_stack) as make:
        stack = make()
        stack.start()
        yield stack


@pytest.fixture(scope="module")
def own_stack(make_stack):
    """A running stack of the file's own, for tests that kill what runs in it or change what it holds."""
    stack = make_stack()
    stack.start()
    return stack


@pytest.fixture(scope="session")
def api(stack):
    with Api(stack.url) as api:
        yield api


@pytest.fixture(scope="session")
def tls_api(stack):
    with Api(stack.tls_url, verify=str(stack.run_dir / "nginx" / "certificate.pem")) as api:
        yield api


@pytest.fixture(scope="session")
def admin(stack, api):
    credentials = stack.admin()
    return ServiceToken(api, credentials["client_id"], credentials["client_secret"])


@pytest.fixture
def admin_token(admin):
    """An access token of the first service, which holds internal:admin."""
    return admin.get()


@pytest.fixture(scope="session")
def make_tenant(api):
    """make_tenant(name) answers what POST /v1/tenants answers: id, public_key, secret_key ..."""

    def make(name="A tenant"):
        answer = api.post("/v1/tenants", json={"name": name})
        assert answer.status_code == 201, answer.text
        return answer.json()

    return make
