"""An nginx of its own with nothing behind it: what it lets through is answered 503, what it refuses is its own."""

import contextlib
import json
import re
import shutil
import signal
import socket
import time

import nginx
import processes
from conftest import free_ports, temporary_directory


class Edge:
    def __init__(self, run_dir, port, tls_port):
        self.run_dir, self.port, self.tls_port = run_dir, port, tls_port
        self.url = f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def edge(**options):
    """`options` are nginx.render's."""
    run_dir = temporary_directory()
    port, tls_port = free_ports(2)
    (run_dir / "logs").mkdir()
    nginx.certificate(run_dir / "nginx")
    command = nginx.render(run_dir, ["127.0.0.1"], port, tls_port, **options)
    nginx.check(command)
    process = processes.spawn(command, run_dir / "logs" / "nginx.log")
    try:
        deadline = time.monotonic() + 10
        while not _connects(port):
            assert process.poll() is None and time.monotonic() < deadline, "nginx does not start"
            time.sleep(0.01)
        yield Edge(run_dir, port, tls_port)
    finally:
        processes.end([process], signal.SIGTERM, 5)
        shutil.rmtree(run_dir)


def log_line(run_dir, trace_id, seconds=5):
    """The access log's line of one request. The log is buffered for a second."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for line in (run_dir / "logs" / "access.log").read_text().splitlines():
            if trace_id in line and line.endswith("}"):
                return json.loads(line)
        time.sleep(0.05)
    raise AssertionError(f"no line with {trace_id} in the access log")


def exchange(port, sent, seconds=5):
    """Sends bytes as they are and returns the whole answer, which must have a Content-Length. It does not wait for
    nginx to hang up: that takes 5 s where a body was announced and not sent."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        connection.sendall(sent)
        answer = b""
        while not _complete(answer):
            block = connection.recv(65536)
            assert block, f"the connection ended within the answer: {answer!r}"
            answer += block
    return answer


def _complete(answer):
    head, end, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
    return bool(end) and length is not None and len(body) >= int(length[1])


def _connects(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False
