"""Renders nginx's configuration into the run directory and checks it. What is rendered, and from what, stands in
nginx/nginx.conf.in; everything else there is used as it is, through symbolic links."""

import ipaddress
import os
import re
import resource
import shutil
import socket
import subprocess
from pathlib import Path

import limits as policy_file

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCES = REPOSITORY / "nginx"
PRIVATE_NETWORKS = ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")


class NginxError(Exception):
    """What went wrong and what to do, for people."""


def find_program():
    """Debian has it in /usr/sbin, which is not in every user's PATH."""
    program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not program:
        raise NginxError("nginx is not installed: apt-get install nginx")
    return program


def functions():
    """The functions that nginx routes to, by name: one locations file each."""
    return {path.stem: path for path in sorted((SOURCES / "functions").glob("*.conf"))}


def local_addresses():
    """Loopback, in as many families as this machine has."""
    addresses = ["127.0.0.1"]
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        addresses.append("::1")
    except OSError:
        pass
    return addresses


def url_host(address):
    return f"[{address}]" if ":" in address else address


def check_free(addresses, port, variable):
    """Raises NginxError unless `port` can be listened on; `variable` is the make variable that changes it."""
    for address in addresses:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
                probe.listen(1)
            except PermissionError:
                raise NginxError(f"port {port} needs root: choose one above 1023 with {variable}=") from None
            except OSError as error:
                raise NginxError(f"port {port} of {address} is taken ({error.strerror}): choose another with "
                                 f"{variable}=, for example {variable}={port + 1}") from None


def render(run_dir, addresses, port, tls_port, limits="default", internal_networks=PRIVATE_NETWORKS, trusted_proxies=(),
           locations=None, client_ca=""):
    """Writes RUN_DIR/nginx/ for the functions of `locations` (name: locations file; default: all) and returns the command that runs it in the foreground.

    client_ca: file with the authorities of client certificates, PEM; none are asked for without it."""
    target = Path(run_dir) / "nginx"
    for folder in ("upstreams", "functions", "temp", "protected", "sites"):
        (target / folder).mkdir(parents=True, exist_ok=True)
    for stale in [*(target / "upstreams").iterdir(), *(target / "functions").iterdir(), target / "snippets", target / "gatehouse"]:
        stale.unlink(missing_ok=True)
    for folder in ("snippets", "gatehouse"):
        (target / folder).symlink_to(SOURCES / folder)
    for name, path in (locations or functions()).items():
        (target / "functions" / f"{name}.conf").symlink_to(path)
        _fill("upstream.conf.in", target / "upstreams" / f"{name}.conf", {"FUNCTION": name, "RUN_DIR": run_dir})

    # A connection of a client is a file, and one to a function another; nginx keeps a few for itself.
    files = min(65536, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    values = {
        # The run directory may be one that only root can enter; packages name an account of its own.
        "USER": "user root root;" if os.geteuid() == 0 else "# not root: no user to change to",
        "WORKERS": max(1, len(os.sched_getaffinity(0)) // 2),
        "RUN_DIR": run_dir, "FILES": files, "CONNECTIONS": files - 128,
        "INTERNAL_NETWORKS": "\n        ".join(f"{_network(text)} 1;" for text in internal_networks),
        "TRUSTED_PROXIES": "\n    ".join(f"set_real_ip_from {_network(text)};" for text in trusted_proxies),
        "LISTEN": "\n        ".join(_listen(address, port, tls_port) for address in addresses),
        "CLIENT_CERTIFICATES": _client_certificates(client_ca),
        "CERTIFICATE": target / "certificate.pem", "CERTIFICATE_KEY": target / "certificate.key",
    }
    policy_file.render(policy_file.text(limits), target / "limits")
    _fill("nginx.conf.in", target / "nginx.conf", values)
    return [find_program(), "-p", str(run_dir), "-c", str(target / "nginx.conf"), "-e", f"{run_dir}/logs/nginx-error.log"]


def check(command):
    done = subprocess.run([*command, "-t", "-q"], capture_output=True, text=True)
    if done.returncode != 0:
        raise NginxError(f"nginx refuses its configuration:\n{done.stderr.strip()}")


def certificate(directory):
    """A self-signed certificate for localhost, made anew when it is about to expire."""
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    key, cert = directory / "certificate.key", directory / "certificate.pem"
    if key.exists() and cert.exists() and _openssl("x509", "-in", cert, "-noout", "-checkend", 7 * 86400) == 0:
        return
    key.touch(mode=0o600)
    if _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 365,
                "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1",
                "-keyout", key, "-out", cert) != 0:
        raise NginxError("openssl could not make a certificate")


def _openssl(*arguments):
    try:
        return subprocess.run(["openssl", *map(str, arguments)], capture_output=True).returncode
    except FileNotFoundError:
        raise NginxError("openssl is not installed: apt-get install openssl") from None


def _listen(address, port, tls_port):
    host = url_host(address)
    return (f"listen {host}:{port} default_server backlog=4096;\n"
            f"        listen {host}:{tls_port} ssl default_server backlog=4096;")


def _client_certificates(client_ca):
    if not client_ca:
        return "# none: no authority is named"
    return f"ssl_verify_client optional_no_ca;\n        ssl_client_certificate {Path(client_ca).resolve()};\n        ssl_verify_depth 3;"


def _network(text):
    """Raises NginxError unless it is an address or a network."""
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError as error:
        raise NginxError(f"not a network: {error}") from None


def _fill(template, target, values):
    text = (SOURCES / template).read_text()
    target.write_text(re.sub(r"@([A-Z_]+)@", lambda found: str(values[found.group(1)]), text))
