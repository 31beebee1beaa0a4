"""Gatehouse on this machine: run (foreground), start (background), stop, status. The Makefile calls it."""

import argparse
import json
import sys
from pathlib import Path

from cluster import ClusterError
from limits import LimitsError
from nginx import NginxError
from prepare import PrepareError
from stack import Stack, StackError
from supervisor import SupervisorError

TEXT = """
Gatehouse is ready (run directory {run_dir}).

  {url}
  {tls_url}   (self-signed certificate: {run_dir}/nginx/certificate.pem)

The first service, which may do everything (internal:admin): {admin}
  members client_id and client_secret

Five lines to paste, in this order:

curl -s {url}/health; echo
TENANT=$(curl -s {url}/v1/tenants -H 'Content-Type: application/json' -d '{{"name": "My app"}}'); echo "$TENANT"; KEY=$(sed 's/.*"public_key": *"\\([^"]*\\)".*/\\1/' <<<"$TENANT")
curl -s {url}/v1/auth/register -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' -d '{{"email": "user@example.com", "password": "password123"}}'; echo
curl -s {url}/v1/auth/login -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' -d '{{"email": "user@example.com", "password": "password123"}}'; echo
curl -s -u "$(sed -n 's/.*"client_id": *"\\([^"]*\\)".*/\\1/p' {admin}):$(sed -n 's/.*"client_secret": *"\\([^"]*\\)".*/\\1/p' {admin})" -d grant_type=client_credentials {url}/oauth/token; echo

{end}
"""


def announce(end):
    def show(stack):
        print(TEXT.format(run_dir=stack.run_dir, url=stack.url, tls_url=stack.tls_url, admin=stack.admin_file, end=end),
              flush=True)
    return show


# So that webhooks reach a receiver on this machine, but none of this system's parts.
DEVELOPMENT = {"egress_allow_http": "true", "egress_allow_cidrs": "127.0.0.0/8,::1", "egress_ports": "80,443,1024-65535"}


def options(arguments):
    own = ",".join(f"{address}:{arguments.tls_port}" for address in ("127.0.0.1", "[::1]"))
    chosen = {"limits": arguments.limits, "settings": {**DEVELOPMENT, "egress_own_sockets": own}}
    if arguments.listen:
        chosen["listen"] = arguments.listen.split(",")
    if arguments.client_ca:
        chosen["client_ca"] = str(Path(arguments.client_ca).resolve())
    if arguments.binaries:
        chosen["binaries"] = str(Path(arguments.binaries).resolve())
    return chosen


def main():
    parser = argparse.ArgumentParser(prog="deploy/local", description=__doc__)
    parser.add_argument("verb", choices=["run", "start", "stop", "status", "serve"])
    parser.add_argument("--run-dir", default=".run")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--tls-port", type=int, default=8443)
    parser.add_argument("--listen", help="comma-separated addresses; default: loopback")
    parser.add_argument("--limits", default="default", choices=["default", "high"])
    parser.add_argument("--client-ca", help="PEM file with the authorities of client certificates; default: none are asked for")
    parser.add_argument("--binaries", help="directory of the built programs")
    arguments = parser.parse_args()

    if arguments.verb == "serve":  # what start() starts; it left its options there
        left = json.loads((Path(arguments.run_dir) / "stack.json").read_text())
        Stack(arguments.run_dir, **left).serve()
        return 0
    stack = Stack(arguments.run_dir, arguments.port, arguments.tls_port, **options(arguments))
    if arguments.verb == "run":
        stack.serve(announce("Ctrl-C ends everything; the data stay for the next run."))
    elif arguments.verb == "start":
        stack.start()
        announce("`make stop` ends it; the data stay for the next start.")(stack)
    elif arguments.verb == "stop":
        print("stopped" if stack.stop() else f"nothing runs in {stack.run_dir}")
    else:
        pid = stack.running()
        print(f"runs (process {pid})" if pid else f"nothing runs in {stack.run_dir}")
        return 0 if pid else 3
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (StackError, ClusterError, LimitsError, NginxError, PrepareError, SupervisorError) as error:
        sys.exit(f"gatehouse: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
