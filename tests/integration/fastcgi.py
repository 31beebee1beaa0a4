"""The server's side of FastCGI, for functions that no nginx is in front of: one request, one connection."""

import json
import socket
import struct
import time


def _record(kind, content):
    return struct.pack("!BBHHBB", 1, kind, 1, len(content), 0, 0) + content


def _length(size):
    return bytes([size]) if size < 128 else struct.pack("!I", size | 0x80000000)


def _connect(path, seconds):
    """A function that is being started may not have its socket yet."""
    deadline = time.monotonic() + seconds
    while True:
        client = socket.socket(socket.AF_UNIX)
        try:
            client.connect(str(path))
            return client
        except OSError:
            client.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.005)


def ask(path, method, uri, body=None, params=None, seconds=10):
    """The answer as CGI has it: `Status: 200 ...`, headers, body."""
    content = b"" if body is None else json.dumps(body).encode()
    values = {"REQUEST_METHOD": method, "REQUEST_URI": uri, "CONTENT_LENGTH": str(len(content)), **(params or {})}
    encoded = b"".join(_length(len(n)) + _length(len(v)) + n + v
                       for n, v in ((name.encode(), value.encode()) for name, value in values.items()))
    with _connect(path, seconds) as client:
        client.settimeout(seconds)
        client.sendall(_record(1, struct.pack("!HB5x", 1, 0)) + _record(4, encoded) + _record(4, b"")
                       + (_record(5, content) if content else b"") + _record(5, b""))
        raw = b""
        while chunk := client.recv(65536):
            raw += chunk
    answer, at = b"", 0
    while at + 8 <= len(raw):
        _, kind, _, size, padding, _ = struct.unpack("!BBHHBB", raw[at:at + 8])
        if kind == 6:
            answer += raw[at + 8:at + 8 + size]
        at += 8 + size + padding
    return answer.decode()
