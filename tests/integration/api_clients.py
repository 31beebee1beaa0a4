"""The three clients that the API's examples are written for: curl, Python's requests and axios. Each has
call(method, path, token=, headers=, json=, form=, auth=) -> Answer, and does it the way its users do."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import requests

AXIOS = Path(__file__).with_name("axios_client.js")
DEBIAN_MODULES = Path("/usr/share/nodejs")


@dataclass
class Answer:
    status: int
    headers: dict  # lower-case names
    body: object


class Client:
    def __init__(self, url):
        self.url = url

    def call(self, method, path, token=None, headers=(), **content):
        headers = dict(headers)
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if content.get("json") is not None:
            headers["Content-Type"] = "application/json"
        return self.send(method, self.url + path, headers, **content)

    def close(self):
        pass


class Curl(Client):
    def send(self, method, url, headers, json=None, form=None, auth=None):
        command = ["curl", "-sS", "--noproxy", "*", "--max-time", "15", "-X", method, url,
                   "-w", '\n{"status":%{http_code},"type":"%{content_type}"}']
        for name, value in headers.items():
            command += ["-H", f"{name}: {value}"]
        if auth:
            command += ["-u", ":".join(auth)]
        if json is not None:
            command += ["-d", dumps(json)]
        for name, value in (form or {}).items():
            command += ["--data-urlencode", f"{name}={value}"]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        text, _, written = done.stdout.rpartition("\n")
        return Answer(loads(written)["status"], {"content-type": loads(written)["type"]}, loads(text))


class Requests(Client):
    def __init__(self, url):
        super().__init__(url)
        self.session = requests.Session()
        self.session.trust_env = False

    def send(self, method, url, headers, json=None, form=None, auth=None):
        answer = self.session.request(method, url, headers=headers, json=json, data=form, auth=auth, timeout=15)
        return Answer(answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, answer.json())

    def close(self):
        self.session.close()


class Axios(Client):
    """`modules` is a directory with axios in it (axios_modules)."""

    def __init__(self, url, modules):
        super().__init__(url)
        self.process = subprocess.Popen(["node", AXIOS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, "NODE_PATH": str(modules)})

    def send(self, method, url, headers, json=None, form=None, auth=None):
        credentials = auth and {"username": auth[0], "password": auth[1]}
        told = {"method": method, "url": url, "headers": headers, "json": json, "form": form, "auth": credentials}
        self.process.stdin.write(dumps({name: value for name, value in told.items() if value is not None}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "node has ended"
        return Answer(**loads(line))

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


def axios_modules(directory):
    """Debian's package node-axios, else what npm installs into `directory`."""
    if (DEBIAN_MODULES / "axios").exists():
        return DEBIAN_MODULES
    try:
        done = subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", directory, "axios"],
                              capture_output=True, text=True, timeout=120)
        problem = done.stderr.strip() if done.returncode else ""
    except (OSError, subprocess.TimeoutExpired) as error:
        problem = str(error)
    assert not problem, f"axios is not here: apt-get install nodejs node-axios (npm could not get it: {problem})"
    return Path(directory) / "node_modules"


dumps, loads = json.dumps, json.loads
