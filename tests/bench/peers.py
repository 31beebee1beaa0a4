"""The servers that `make bench-peers` compares with: fetched once into build/, run in directories of their own."""

import os
import platform
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from pathlib import Path

import npm
import processes
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

HERE = Path(__file__).resolve().parent / "peers"
BUILD = HERE.parents[2] / "build" / "peers"
TARGETS = {"oidc-provider": 3, "glewlwyd": 30}
CLIENT = ("bench", "a-secret-of-the-bench-only")  # not a secret
START_SECONDS = 60


class Peers:
    """Starts each server in a directory below `directory` and answers (token URL, client id, secret); `pids` is theirs, in order."""

    def __init__(self, directory, scope):
        self.directory, self.scope, self.running = directory, scope, []
        self.memory = Path(tempfile.mkdtemp(prefix="gatehouse-", dir="/dev/shm"))

    @property
    def pids(self):
        return [process.pid for process in self.running]

    def stop(self):
        processes.end(self.running, signal.SIGTERM, 10)
        shutil.rmtree(self.memory)

    def oidc_provider(self, port):
        modules = npm.modules(HERE)
        node = modules / f"node-linux-{ {'x86_64': 'x64', 'aarch64': 'arm64'}[platform.machine()] }" / "bin" / "node"
        # Where an ES module lies decides where its imports are looked for.
        script = shutil.copy(HERE / "oidc_provider.mjs", modules.parent)
        self._spawn([node, script], "oidc-provider", NODE_ENV="production", PORT=str(port), CLIENT_ID=CLIENT[0],
                    CLIENT_SECRET=CLIENT[1], SCOPE=self.scope)
        return f"{self._wait(f'http://127.0.0.1:{port}', '/jwks')}/token", *CLIENT

    def glewlwyd(self, port, database):
        """As Debian sets it up with SQLite, whose file is put into the directory `database`; OpenID Connect plugin."""
        root, database = glewlwyd_files(), database / f"glewlwyd-{port}.db"
        tables = (root / "usr/share/dbconfig-common/data/glewlwyd/install/sqlite3").read_text()
        with sqlite3.connect(database) as connection:
            connection.executescript(tables)
        config = self.directory / f"glewlwyd-{port}.conf"
        text = (HERE / "glewlwyd.conf").read_text()
        for name, value in {"port": port, "root": root, "database": database}.items():
            text = text.replace(f"@{name}@", str(value))
        config.write_text(text)
        self._spawn([root / "usr/bin/glewlwyd", f"--config-file={config}"], f"glewlwyd-{port}",
                    LD_LIBRARY_PATH=":".join(map(str, (root / "usr/lib").glob("*-linux-gnu"))))
        api = self._wait(f"http://127.0.0.1:{port}/api", "/")
        set_up_glewlwyd(api, self.scope)
        return f"{api}/oidc/token", *CLIENT

    def _spawn(self, command, name, **environment):
        log = self.directory / f"{name}.log"
        self.running.append(processes.spawn(command, log, environment={**os.environ, **environment}))
        self.running[-1].log = log

    def _wait(self, url, path):
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                requests.get(url + path, timeout=5, proxies={"http": None})
                return url
            except requests.ConnectionError:
                process = self.running[-1]
                assert process.poll() is None and time.monotonic() < deadline, process.log.read_text()
                time.sleep(0.1)


def glewlwyd_files():
    """Debian's package and those of its libraries that are not here, unpacked but not installed."""
    root = BUILD / "glewlwyd"
    if not root.exists():
        begun, packages = BUILD / "glewlwyd.begun", BUILD / "packages"
        shutil.rmtree(begun, ignore_errors=True)
        (packages / "partial").mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "install", "-y", "-q", "--no-install-recommends", "--download-only", "-o", "Debug::NoLocking=1",
                        "-o", f"Dir::Cache::archives={packages}", "glewlwyd"], check=True, capture_output=True)
        for package in packages.glob("*.deb"):
            subprocess.run(["dpkg-deb", "--extract", package, begun], check=True)
        begun.rename(root)
    return root


def set_up_glewlwyd(api, scope):
    """Through its own API: the plugin that gives tokens, a scope, a client."""
    session = requests.Session()
    session.trust_env = False

    def post(path, **body):
        answer = session.post(api + path, json=body, timeout=30)
        assert answer.status_code == 200, answer.text

    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    unused = ("code", "token", "id-token", "none", "implicit", "password", "refresh")
    plugin = {"iss": f"{api}/oidc", "jwt-type": "ecdsa", "jwt-key-size": "256", "key": private.decode(), "cert": public.decode(),
              "access-token-duration": 300, "refresh-token-duration": 3600, "code-duration": 60, "refresh-token-rolling": False,
              "allow-non-oidc": True, "auth-type-client-enabled": True, **{f"auth-type-{name}-enabled": False for name in unused},
              "pkce-allowed": False, "request-parameter-allow": False, "introspection-revocation-allowed": False,
              "register-client-allowed": False, "session-management-allowed": False, "subject-type": "public", "scope": [], "claims": [],
              "allowed-scope": ["openid", scope], "name-claim": "no", "email-claim": "no"}
    post("/auth", username="admin", password="password")
    post("/mod/plugin", module="oidc", name="oidc", display_name="oidc", order_rank=0, enabled=True, parameters=plugin)
    post("/scope", name=scope, display_name=scope, description=scope, password_required=False, scheme={})
    post("/client?source=database", client_id=CLIENT[0], name=CLIENT[0], confidential=True, enabled=True, password=CLIENT[1],
         client_secret=CLIENT[1], scope=[scope], authorization_type=["client_credentials"],
         token_endpoint_auth_method=["client_secret_basic"], redirect_uri=[])
