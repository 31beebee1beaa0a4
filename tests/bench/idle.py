"""What a function costs while nobody calls it, and how soon after its start it answers."""

import os
import socket
import statistics
import struct
import subprocess
import tempfile
import time
from pathlib import Path


def report(stack):
    for name in stack.functions():
        if name == "bench":
            continue
        starts = [_start(stack, name) for _ in range(5)]
        ready = statistics.median(ready for ready, _ in starts)
        resident = statistics.median(resident for _, resident in starts)
        print(f"{'idle ' + name:34} {resident:.1f} MiB resident (target 12), first answer after {ready:.0f} ms (target 50)", flush=True)


def _start(stack, name):
    """Starts a second copy on a socket of its own: (milliseconds to the first answer, MiB resident 1 s later)."""
    with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX) as listener:
        path = os.path.join(directory, "socket")
        listener.bind(path)
        listener.listen(16)
        began = time.monotonic()
        process = subprocess.Popen([stack.program(name)], stdin=listener, stderr=subprocess.DEVNULL, env=stack.environment())
        try:
            _ask(path)
            ready = 1000 * (time.monotonic() - began)
            time.sleep(1)
            status = Path(f"/proc/{process.pid}/status").read_text()
            resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
            return ready, resident / 1024
        finally:
            process.terminate()
            process.wait()


def _ask(path):
    """One FastCGI request for a path that no function has; any answer will do."""
    params = b"".join(bytes([len(n), len(v)]) + n + v for n, v in ((b"REQUEST_METHOD", b"GET"), (b"REQUEST_URI", b"/none")))
    record = lambda kind, content: struct.pack("!BBHHBB", 1, kind, 1, len(content), 0, 0) + content  # noqa: E731
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        client.sendall(record(1, struct.pack("!HB5x", 1, 0)) + record(4, params) + record(4, b"") + record(5, b""))
        answer = b""
        while chunk := client.recv(65536):
            answer += chunk
    assert b"Status: 404" in answer, answer
