"""An nginx of its own that answers at once: what the gate protects, or what webhooks are sent to."""

import contextlib
import signal
import subprocess
import time

import nginx
from conftest import free_ports

CONFIGURATION = """
daemon off;
pid {place}/nginx.pid;
worker_processes 1;
error_log {place}/nginx.log alert;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {place}/body; proxy_temp_path {place}/proxy; fastcgi_temp_path {place}/fastcgi;
    uwsgi_temp_path {place}/uwsgi; scgi_temp_path {place}/scgi;
    keepalive_requests 1000000;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location / {{ return {answer}; }}
    }}
}}
"""


def configure(place, answer):
    """Makes its folder; `answer` is what nginx's `return` takes. Returns the port that it will listen on."""
    place.mkdir()
    (port,) = free_ports(1)
    (place / "nginx.conf").write_text(CONFIGURATION.format(place=place, port=port, answer=answer))
    return port


@contextlib.contextmanager
def running(place):
    """Its process."""
    process = subprocess.Popen([nginx.find_program(), "-c", place / "nginx.conf", "-e", place / "nginx.log"])
    try:
        time.sleep(1)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
