"""What the operator's program records of a change, and what it tells nobody: secrets are shown once, to whoever asked."""

import fcntl
import getpass
import json
import os
import re
import subprocess

import pytest
from cli import Operator, token, within
from conftest import Api


@pytest.fixture(scope="module")
def operator(make_stack):
    stack = make_stack()
    stack.start()
    return Operator(stack)


@pytest.fixture(scope="module")
def objects(operator):
    """What the commands are about: a service, and a tenant of its own."""
    service = operator.do("service", "register", "--name", "Audited")["client_id"]
    with Api(operator.stack.url) as api:
        tenant = api.post("/v1/tenants", json={"name": "Audited"}).json()["id"]
    agent = operator.do("service", "register", "--name", "Audited", "--kind", "agent")["client_id"]
    return {"SERVICE": service, "AGENT": agent, "TENANT": tenant}


# Each change, in an order in which each changes something: command, event, what it is about, what the row tells besides.
CHANGES = [
    ("service register --name B --scope a:b", "service.registered", "client_id", {"scopes": ["a:b"]}),
    ("admin create", "service.registered", "client_id", {"scopes": ["internal:admin"]}),
    ("service grant SERVICE report:read", "service.scope_granted", "SERVICE", {"scope": "report:read"}),
    ("service revoke SERVICE report:read", "service.scope_revoked", "SERVICE", {"scope": "report:read"}),
    ("service disable SERVICE", "service.disabled", "SERVICE", {}),
    ("service enable SERVICE", "service.enabled", "SERVICE", {}),
    ("tenant disable TENANT", "tenant.disabled", "TENANT", {}),
    ("tenant enable TENANT", "tenant.enabled", "TENANT", {}),
    ("service register --name C --kind agent --calls-per-hour 7 --max-per-call rows=9", "service.registered", "client_id",
     {"scopes": [], "kind": "agent",
      "thresholds": {"calls_per_hour": 7, "writes_per_hour": 100, "rate_per_minute": 60, "max_per_call": {"rows": 9}}}),
    ("agent kill --client AGENT --reason testing", "agent.killed", "AGENT", None),
    ("agent release --client AGENT --reason tested", "agent.released", "AGENT", None),
    ("agent kill --tenant TENANT --reason testing", "agent.killed", "TENANT", None),
    ("agent release --tenant TENANT", "agent.released", "TENANT", None),
    ("agent kill --all --reason testing", "agent.killed", "target", None),
    ("agent release --all", "agent.released", "target", None),
    ("keys rotate --now", "signing_key.rotated", "kid", None),
]


def fill(command, objects):
    return [objects.get(word, word) for word in command.split()]


@pytest.mark.parametrize("command, event, about, detail", CHANGES, ids=[change[0] for change in CHANGES])
def test_change_is_recorded_with_who_made_it(operator, objects, command, event, about, detail):
    before = operator.audit_rows()
    said = operator.do(*fill(command, objects))
    assert operator.audit_rows() == before + 1
    row = json.loads(operator.sql("SELECT row_to_json(a) FROM sys_audit_logs a WHERE actor_kind = 'operator' ORDER BY at DESC, id DESC LIMIT 1"))
    resource = objects.get(about) or said[about]
    assert (row["event"], row["resource_id"], row["outcome"], row["route"]) == (event, resource, "success", "cli")
    assert row["actor_id"].split(" (as ")[-1].rstrip(")") == getpass.getuser()
    assert row["tenant_id"] == (resource if about == "TENANT" else None)
    assert row["id"].startswith("aud_") and re.fullmatch("[0-9a-f]{32}", row["trace_id"])
    if detail is not None:
        assert row["detail"] == detail
    assert "secret_" not in json.dumps(row)


@pytest.mark.parametrize("command", ["service enable SERVICE", "tenant enable TENANT", "keys rotate --if-missing", "tenant list", "agent list",
                                     "keys list", "config check", "config list", "migrate"])
def test_what_changes_nothing_is_not_recorded(operator, objects, command):
    before = operator.audit_rows()
    operator.do(*fill(command, objects))
    assert operator.audit_rows() == before


def test_whoever_is_behind_sudo_is_named(operator, objects, monkeypatch):
    monkeypatch.setenv("SUDO_USER", "alice\nbob")
    operator.do("service", "grant", objects["SERVICE"], "sudo:test")
    actor = operator.sql("SELECT actor_id FROM sys_audit_logs WHERE detail->>'scope' = 'sudo:test'")
    assert actor == f"alice?bob (as {getpass.getuser()})"


def stuffed_pipe():
    """A pipe that is full: who writes into it stays there until somebody reads."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETFL, os.O_NONBLOCK)
    try:
        while True:
            os.write(writing, b"x" * 4096)
    except BlockingIOError:
        fcntl.fcntl(writing, fcntl.F_SETFL, 0)
    return reading, writing


def test_secret_is_in_no_process_list_while_it_is_shown(operator):
    """Looked at between the commit and the output: then the program has the secret and has not said it yet."""
    reading, writing = stuffed_pipe()
    process = operator.begin("--json", "service", "register", "--name", "Looked at", stdout=writing)
    os.close(writing)
    within(10, lambda: operator.sql("SELECT count(*) FROM services WHERE service_name = 'Looked at'") == "1")
    public = {name: open(f"/proc/{process.pid}/{name}", "rb").read() for name in ("cmdline", "environ", "comm")}
    with open(reading, "rb") as pipe:
        made = json.loads(pipe.read().lstrip(b"x"))
    assert process.wait(10) == 0 and public["cmdline"].startswith(bytes(operator.stack.operator_program))
    for name, content in public.items():
        assert made["client_secret"].encode() not in content, name


def test_secrets_are_shown_once_and_are_nowhere_afterwards(operator, tmp_path):
    """Not in the database, not in any log, not in what later commands say."""
    stack, path = operator.stack, tmp_path / "admin.json"
    made = operator.do("service", "register", "--name", "Kept to itself")
    code, text, errors = operator.run("service", "register", "--name", "For people")
    assert (code, errors) == (0, "")
    said = dict(line.split(": ") for line in text.splitlines())
    output = operator.run("admin", "create", "--output", path)[1]
    filed = json.loads(path.read_text())["client_secret"]
    assert filed not in output
    with Api(stack.url) as api:
        assert [token(api, one).status_code for one in (made, said)] == [200, 200]
    keyring = [line.split()[-1] for line in (stack.run_dir / "keyring").read_text().splitlines() if line and line[0] != "#"]
    secrets = [made["client_secret"], said["client_secret"], filed, *keyring]
    assert len(secrets) >= 5 and all(len(secret) >= 40 for secret in secrets)

    dump = subprocess.run([operator.cluster.binaries / "pg_dump", "-h", operator.cluster.socket_directory, "-U", "postgres", "gatehouse"],
                          capture_output=True, text=True, check=True).stdout
    assert made["client_id"] in dump
    places = {"the database": dump, "PostgreSQL's log": operator.cluster.log.read_text()}
    places |= {str(log): log.read_text() for log in stack.logs.iterdir() if log.is_file()}
    for command in ("tenant list", "keys list", "config check", "config list", f"service disable {made['client_id']}"):
        places[command] = "".join(operator.run(*command.split())[1:])
    for place, content in places.items():
        for secret in secrets:
            assert secret not in content, place


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "RS256", "HS256"])
def test_private_halves_of_signing_keys_are_stored_sealed_only(operator, algorithm):
    said = operator.do("keys", "rotate", "--now", "--algorithm", algorithm)
    listed = {key["kid"]: key for key in operator.do("keys", "list")["keys"]}
    assert (listed[said["kid"]]["state"], listed[said["kid"]]["algorithm"]) == ("signing", algorithm)
    assert [key["state"] for key in listed.values()].count("signing") == 1
    public, sealed = operator.sql(f"SELECT public_jwk, private_sealed FROM signing_keys WHERE kid = '{said['kid']}'").rsplit("|", 1)
    if algorithm == "HS256":
        assert public == ""
    else:
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & set(json.loads(public))
    # PKCS#8 begins with a SEQUENCE and the version; a secret that only looks sealed would show the key's OID.
    for oid in ("06082a8648ce3d030107", "06032b6570", "06092a864886f70d010101"):
        assert oid not in sealed
