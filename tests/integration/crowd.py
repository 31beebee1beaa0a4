"""Many connections at once, from addresses of one's own (all of 127.0.0.0/8 is this machine), and a normal client beside
them who measures whether he is served."""

import contextlib
import http.client
import json
import resource
import socket
import subprocess
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

from conftest import BINARIES


def addresses(count, network=2):
    return [f"127.{network}.{number // 250}.{number % 250 + 1}" for number in range(count)]


@contextlib.contextmanager
def many_files():
    """As many open files as this process may have."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    try:
        yield before[1]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@contextlib.contextmanager
def held(port, count, first_bytes=b"", sources=("127.2.0.1",), receive_buffer=None):
    """`count` open connections that have sent `first_bytes` and nothing else."""
    connections = []
    try:
        for number in range(count):
            connection = socket.socket()
            connections.append(connection)
            if receive_buffer:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            connection.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT: one port for many addresses
            connection.bind((sources[number % len(sources)], 0))
            connection.settimeout(20)
            connection.connect(("127.0.0.1", port))
            if first_bytes:
                connection.sendall(first_bytes)
        yield connections
    finally:
        for connection in connections:
            connection.close()


class NormalClient:
    """Sends one request after the other from 127.9.9.9, each on a connection of its own, until the end of the block."""

    def __init__(self, url, method="GET", path="/health", body=None, headers=None):
        self.place, self.request = urlsplit(url), (method, path, body, headers or {})
        self.answers = []  # (when it was sent, status or what went wrong, seconds)

    def __enter__(self):
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _run(self):
        while not self._over.wait(0.05):
            began = time.monotonic()
            connection = http.client.HTTPConnection("127.0.0.1", self.place.port, timeout=20, source_address=("127.9.9.9", 0))
            try:
                connection.request(*self.request)
                answer = connection.getresponse()
                answer.read()
                outcome = answer.status
            except OSError as error:
                outcome = repr(error)
            finally:
                connection.close()
            self.answers.append((began, outcome, time.monotonic() - began))

    def statuses(self, since=0.0):
        return {status for sent, status, _ in self.answers if sent >= since}

    def wait_for(self, count):
        """Until that many more have been answered."""
        goal, deadline = len(self.answers) + count, time.monotonic() + 60
        while len(self.answers) < goal:
            assert time.monotonic() < deadline, "the normal client gets no answers"
            time.sleep(0.05)


def flood(url, request, rate, seconds, sources=1, first_source=0, connections=1000, path=None):
    """Starts tests/bench/flood.cpp: `request` (bytes of one) `rate` times a second, answered or not."""
    path.write_bytes(request)
    return subprocess.Popen(list(map(str, [
        Path(BINARIES) / "gatehouse-bench-flood", "--port", urlsplit(url).port, "--request", path, "--rate", rate, "--seconds", seconds,
        "--sources", sources, "--first-source", first_source, "--connections", connections])), stdout=subprocess.PIPE, text=True)


def report(process):
    out, _ = process.communicate()
    assert process.returncode == 0
    return json.loads(out)


def resident(pid):
    """MiB of a process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024 + sum(map(resident, children))
