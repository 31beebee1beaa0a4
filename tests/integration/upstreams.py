"""What the gate protects in tests: an HTTP server and a FastCGI program, which answer what they were sent, as JSON."""

import contextlib
import json
import socketserver
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.served.append(self.path)
        said = {"method": self.command, "path": self.path, "body_bytes": len(body), "names": [name for name, _ in self.headers.items()],
                "headers": {name.lower(): value for name, value in self.headers.items()}}
        content = json.dumps(said).encode()
        status = int(self.headers.get("Answer-With") or 200)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = answer  # noqa: N815


class FastCgi(socketserver.StreamRequestHandler):
    """One request, one connection (FastCGI 1.0, responder)."""

    def handle(self):
        params, body = b"", 0
        while True:
            head = self.rfile.read(8)
            if len(head) < 8:
                return
            _, kind, _, size, padding, _ = struct.unpack("!BBHHBB", head)
            content = self.rfile.read(size + padding)[:size]
            if kind == 4:
                params += content
            elif kind == 5 and size:
                body += size
            elif kind == 5:
                break
        said = json.dumps({"params": self.read(params), "body_bytes": body}).encode()
        answer = b"Content-Type: application/json\r\n\r\n" + said
        self.wfile.write(b"".join(struct.pack("!BBHHBB", 1, kind, 1, len(part), 0, 0) + part
                                  for kind, part in ((6, answer), (6, b""), (3, bytes(8)))))

    @staticmethod
    def read(data):
        found, at = {}, 0
        while at < len(data):
            sizes = []
            for _ in range(2):
                if data[at] < 128:
                    sizes.append(data[at])
                    at += 1
                else:
                    sizes.append(struct.unpack_from("!I", data, at)[0] & 0x7FFFFFFF)
                    at += 4
            name, value = data[at:at + sizes[0]], data[at + sizes[0]:at + sum(sizes)]
            assert name.decode() not in found, "a parameter that is there twice"
            found[name.decode()] = value.decode(errors="replace")
            at += sum(sizes)
        return found


class FastCgiServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True


@contextlib.contextmanager
def running(kind, handler):
    """A server of that kind on a port of its own; `served` lists what came in."""
    with kind(("127.0.0.1", 0), handler) as server:
        server.served, server.port = [], server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()


def http_upstream():
    return running(ThreadingHTTPServer, Echo)


def fastcgi_upstream():
    return running(FastCgiServer, FastCgi)
