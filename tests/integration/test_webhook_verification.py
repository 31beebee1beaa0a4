"""What a receiver needs to trust a delivery: the README's verifiers as they stand there, and the library of Standard Webhooks,
on live deliveries and on what is none."""

import base64
import hashlib
import hmac
import json
import re
import subprocess
import time

import npm
import pytest
from conftest import REPOSITORY
from webhook_world import Receiver, World

SECTION = (REPOSITORY / "README.md").read_text().partition("\n## Webhooks\n")[2].partition("\n## ")[0]
PYTHON_DRIVER = """
import json, sys
seen = set()
for line in sys.stdin:
    told = json.loads(line)
    try:
        print(json.dumps("new" if verify(told["secret"], told["headers"], told["body"].encode(), seen) else "seen"), flush=True)
    except (ValueError, KeyError) as error:
        print(json.dumps("refused"), flush=True)
"""
JAVASCRIPT_DRIVER = """
const seen = new Set();
require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const told = JSON.parse(line);
  try {
    console.log(JSON.stringify(verify(told.secret, told.headers, Buffer.from(told.body), seen) ? "new" : "seen"));
  } catch {
    console.log(JSON.stringify("refused"));
  }
});
"""


def snippet(language):
    found = [text for text in re.findall(rf"```{language}\n(.*?)```", SECTION, re.DOTALL) if "verify" in text]
    assert len(found) == 1
    assert len([line for line in found[0].splitlines() if line.strip()]) <= 12
    return found[0]


class Process:
    """A verifier that reads a line of JSON and answers one."""

    def __init__(self, *command, **options):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **options)

    def __call__(self, secret, headers, body):
        self.process.stdin.write(json.dumps({"secret": secret, "headers": headers, "body": body}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


class Shell:
    def __init__(self, directory):
        self.directory = directory
        (directory / "seen").mkdir()

    def __call__(self, secret, headers, body):
        (self.directory / "body").write_bytes(body.encode())
        values = [headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")]
        done = subprocess.run(["sh", "-c", snippet("sh") + '\nverify "$@"', "verify", secret, *values, "body", "seen"], cwd=self.directory,
                              capture_output=True, text=True, timeout=60)
        assert done.stderr == ""
        return {0: "new", 1: "refused", 2: "seen"}[done.returncode]

    def close(self):
        pass


@pytest.fixture(params=["sh", "python", "javascript"])
def verifier(request, tmp_path):
    if request.param == "sh":
        made = Shell(tmp_path)
    elif request.param == "python":
        made = Process("/usr/bin/python3", "-c", snippet("python") + PYTHON_DRIVER)
    else:
        made = Process("node", "-e", snippet("javascript") + JAVASCRIPT_DRIVER)
    yield made
    made.close()


@pytest.fixture(scope="module")
def world(make_stack):
    world = World(make_stack)
    yield world
    world.close()


@pytest.fixture(scope="module")
def deliveries(world):
    """Two live deliveries of one endpoint, and one of it after its secret was replaced: (secret, headers, body) each."""
    receiver, tenant = Receiver(), world.make_tenant()
    endpoint = world.make_endpoint(tenant, receiver.url(), ["order.shipped"])

    def deliver():
        known = len(receiver.calls)
        world.publish(tenant, data="""'{"order_no": "4711", "to": "Zoë", "n": 1.50}'::json""")
        world.deliver_once()
        [call] = receiver.calls[known:]
        return call.headers, call.raw.decode()
    first, second = deliver(), deliver()
    answer = world.api.post(f"/v1/webhooks/{endpoint['id']}/secret/rotate", token=tenant["secret_key"], json={"grace_seconds": 3600})
    yield {"secret": endpoint["secret"], "first": first, "second": second, "rotated": deliver(), "new_secret": answer.json()["secret"]}
    receiver.close()


def signed(secret, body, event="evt_1", at=None, version="v1"):
    """Headers that whoever knows the secret can make."""
    at = str(int(time.time()) if at is None else at)
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = base64.b64encode(hmac.new(key, f"{event}.{at}.{body}".encode(), hashlib.sha256).digest()).decode()
    return {"webhook-id": event, "webhook-timestamp": at, "webhook-signature": f"{version},{mac}"}


def test_live_deliveries_are_genuine_and_each_is_new_once(verifier, deliveries):
    for one in ("first", "second"):
        assert verifier(deliveries["secret"], *deliveries[one]) == "new"
    for one in ("first", "second"):
        assert verifier(deliveries["secret"], *deliveries[one]) == "seen"


def test_during_a_rotation_both_secrets_verify(verifier, deliveries):
    headers, body = deliveries["rotated"]
    assert len(headers["webhook-signature"].split()) == 2
    assert verifier(deliveries["new_secret"], headers, body) == "new"
    assert verifier(deliveries["secret"], headers, body) == "seen"
    assert headers["x-signature"] == hmac.new(deliveries["new_secret"].encode(), body.encode(), hashlib.sha256).hexdigest()


def test_what_is_none_is_refused_and_not_remembered(verifier, deliveries):
    secret, (headers, body) = deliveries["secret"], deliveries["first"]
    other = "whsec_" + base64.b64encode(b"k" * 36).decode()
    now = int(time.time())
    refused = [(other, headers, body), (secret, headers, body + " "), (secret, headers, body.replace("4711", "4712")),
               (secret, {**headers, "webhook-id": "evt_2"}, body), (secret, {**headers, "webhook-timestamp": str(now + 1)}, body),
               (secret, {**headers, "webhook-signature": ""}, body), (secret, {**headers, "webhook-signature": "v1,"}, body),
               (secret, {**headers, "webhook-signature": headers["webhook-signature"].replace("v1,", "v2,")}, body),
               (secret, {**headers, "webhook-signature": "v1,é"}, body),
               (secret, signed(secret, body, at=now - 310), body), (secret, signed(secret, body, at=now + 310), body),
               (secret, signed(secret, body, at="x"), body), (secret, signed(other, body), body)]
    for secret_used, sent, content in refused:
        assert verifier(secret_used, sent, content) == "refused", sent
    assert verifier(secret, headers, body) == "new"
    assert verifier(secret, signed(secret, body, at=now - 200), body) == "new"


def test_shell_verifier_runs_nothing_that_headers_say(deliveries, tmp_path):
    verify, (headers, body) = Shell(tmp_path), deliveries["first"]
    for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        for text in ("a[$(touch done)]", "$(touch done)", "`touch done`", "../../done", "1; touch done", "x[`touch done`0]"):
            assert verify(deliveries["secret"], {**headers, name: text}, body) == "refused"
    assert not (tmp_path / "done").exists() and list((tmp_path / "seen").iterdir()) == []


def test_library_of_standard_webhooks_takes_the_secret_and_the_delivery_as_they_are(deliveries):
    project = REPOSITORY / "tests" / "integration" / "webhook_verifier"
    place = npm.modules(project)
    verify = Process("node", str(project / "verify.cjs"), env={"NODE_PATH": str(place), "PATH": "/usr/local/bin:/usr/bin:/bin"})
    try:
        for one in ("first", "second"):
            headers, body = deliveries[one]
            assert verify(deliveries["secret"], headers, body) == {"payload": json.loads(body)}
        headers, body = deliveries["rotated"]
        for secret in ("secret", "new_secret"):
            assert verify(deliveries[secret], headers, body) == {"payload": json.loads(body)}
        assert "error" in verify(deliveries["secret"], headers, body + " ")
        assert "error" in verify(deliveries["secret"], signed(deliveries["secret"], body, at=int(time.time()) - 400), body)
    finally:
        verify.close()
