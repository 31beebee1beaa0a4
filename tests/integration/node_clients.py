"""npm's openid-client, jose and simple-oauth2 in a Node.js process: `NodeClients(...).call("token", issuer=..., ...)`."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import npm

PROJECT = Path(__file__).with_name("standard_clients")


class ClientError(Exception):
    """What the client threw: its members `code`, `error` (RFC 6749 §5.2), `status`."""

    def __init__(self, told):
        super().__init__(json.dumps(told))
        self.code, self.error, self.status = (told.get(name) for name in ("code", "error", "status"))


class NodeClients:
    """`authority`: PEM file of whom they trust besides the system."""

    def __init__(self, authority):
        # An ES module's imports are looked for where it lies.
        script = shutil.copy(PROJECT / "client.mjs", npm.modules(PROJECT).parent)
        # Debian 12's Node.js 18 has the Web Crypto API behind this flag; later ones take it and have it anyway.
        self.process = subprocess.Popen(["node", "--experimental-global-webcrypto", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, env={**os.environ, "NODE_EXTRA_CA_CERTS": str(authority)})

    def call(self, call, **told):
        self.process.stdin.write(json.dumps({"call": call, **told}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "node has ended"
        answer = json.loads(line)
        if "error" in answer:
            raise ClientError(answer["error"])
        return answer["result"]

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()
