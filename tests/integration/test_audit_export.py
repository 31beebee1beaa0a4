"""An export is the trail as an auditor takes it away: it verifies without the database, and tells what was done to it."""

import json
import os
import random
import subprocess

import pytest
from audit_trail import Trail
from conftest import Api


@pytest.fixture(scope="module")
def trail(own_stack):
    return Trail(own_stack)


@pytest.fixture(scope="module")
def tenants(trail):
    made = []
    with Api(trail.stack.url) as api:
        for name in ("Ä \"quoted\" \\ name", "B"):
            tenant = api.post("/v1/tenants", json={"name": name}).json()
            made.append(tenant)
            for number in range(5):
                api.patch(f"/v1/tenants/{tenant['id']}", token=tenant["secret_key"], json={"name": f"{name} {number}"})
            trail.seal()
    return made


@pytest.fixture(scope="module")
def keys(trail, tenants, tmp_path_factory):
    path = tmp_path_factory.mktemp("keys") / "keys.json"
    code, output, errors = trail.run("audit", "keys")
    assert (code, errors) == (0, "")
    for key in json.loads(output)["keys"]:
        assert (key["crv"], "d" in key) == ("Ed25519", False)
    path.write_text(output)
    return path


@pytest.fixture(scope="module")
def exported(trail, tenants, keys, tmp_path_factory):
    """The files of a whole export and of one tenant's."""
    folder = tmp_path_factory.mktemp("exports")
    said = trail.do("audit", "export", "--output", folder / "whole")
    assert int(said["rows"]) >= 14 and int(said["seals"]) >= 3
    trail.do("audit", "export", "--tenant", tenants[0]["id"], "--output", folder / "tenant")
    return folder


def offline(trail, path, keys):
    """The findings, by the program alone: no settings, no database, no keyring."""
    done = subprocess.run([trail.stack.operator_program, "audit", "verify", "--offline", path, "--keys", keys], capture_output=True, text=True,
                          env={"PATH": os.environ["PATH"], "GATEHOUSE_CONFIG": "/nonexistent"})
    lines = done.stdout.splitlines()
    assert done.returncode == (0 if lines[0] == "result: intact" else 1), done.stdout + done.stderr
    return [line for line in lines[1:] if " " in line.split(": ")[0]]


def lines_of(path):
    return path.read_text().splitlines(keepends=True)


@pytest.mark.parametrize("name", ["whole", "tenant"])
def test_export_verifies_offline(trail, exported, keys, name):
    path = exported / name
    assert path.stat().st_mode & 0o777 == 0o600
    assert offline(trail, path, keys) == []


def test_export_holds_the_rows_as_they_are_stored(trail, exported, tenants):
    rows = [json.loads(line)["row"] for line in lines_of(exported / "tenant") if '"type":"row"' in line]
    stored = trail.rows(f"tenant_id = '{tenants[0]['id']}' AND event <> 'audit.exported'")
    assert [row["id"] for row in rows] == [row["id"] for row in stored]
    for row, other in zip(rows, stored, strict=True):
        assert {name: value for name, value in row.items() if name not in ("at", "xid")} == {
            name: value for name, value in other.items() if name not in ("at", "xid")}
    assert {row["tenant_id"] for row in rows} == {tenants[0]["id"]}


@pytest.mark.parametrize("name", ["whole", "tenant"])
def test_every_change_of_any_line_is_found(trail, exported, keys, tmp_path, name):
    """Each line removed, doubled, and with a character changed."""
    lines = lines_of(exported / name)
    random.seed(3)
    path = tmp_path / "broken"
    for index, line in enumerate(lines):
        sealed = '"seal":null' not in line and index > 0
        at = random.choice([place for place, character in enumerate(line) if character.isalnum()])
        other = "0" if line[at] != "0" else "1"
        changed = line[:at] + other + line[at + 1:]
        for what, instead in (("removed", []), ("doubled", [line, line]), ("changed", [changed])):
            if what == "changed" and not sealed:
                continue
            path.write_text("".join(lines[:index] + instead + lines[index + 1:]))
            assert offline(trail, path, keys), f"line {index + 1} {what} at {at}: {line}"


def test_rows_that_were_hashed_anew_are_found(trail, exported, keys, tmp_path):
    """The leaf is in the file only to name the row; the seal decides."""
    import hashlib
    lines = lines_of(exported / "tenant")
    index = next(index for index, line in enumerate(lines) if '"type":"row"' in line and '"seal":null' not in line)
    entry = json.loads(lines[index])
    text = json.dumps(entry["row"], separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(b"\0" + text.encode()).hexdigest() == entry["leaf"], "others can compute a row's hash"
    entry["row"]["actor_id"] = "somebody"
    text = json.dumps(entry["row"], separators=(",", ":"), ensure_ascii=False)
    entry["leaf"] = hashlib.sha256(b"\0" + text.encode()).hexdigest()
    lines[index] = json.dumps(entry, separators=(",", ":"), ensure_ascii=False) + "\n"
    path = tmp_path / "forged"
    path.write_text("".join(lines))
    assert any("are not those that were sealed" in finding for finding in offline(trail, path, keys))


def test_export_of_another_system_is_not_believed(trail, exported, keys, make_stack, tmp_path):
    other = json.loads(keys.read_text())
    # A key that is well-formed and not ours: RFC 8037, appendix A.
    other["keys"] = [{"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": "x", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]
    path = tmp_path / "others.json"
    path.write_text(json.dumps(other))
    assert "none that was signed here" in offline(trail, exported / "whole", path)[0]


def test_tampered_database_gives_an_export_that_does_not_verify(trail, tenants, keys, tmp_path):
    row = trail.rows(f"tenant_id = '{tenants[1]['id']}'")[0]
    trail.sql(f"UPDATE sys_audit_logs SET source_ip = '192.0.2.9' WHERE id = '{row['id']}'")
    trail.do("audit", "export", "--tenant", tenants[1]["id"], "--output", tmp_path / "export")
    trail.sql(f"UPDATE sys_audit_logs SET source_ip = '{row['source_ip']}' WHERE id = '{row['id']}'")
    assert offline(trail, tmp_path / "export", keys)
    assert trail.verify() == []


def test_span_exports_whole_seals(trail, tenants, keys, tmp_path):
    moment = trail.rows(f"tenant_id = '{tenants[1]['id']}'")[-1]["at"][:19] + "Z"
    said = trail.do("audit", "export", "--from", moment, "--output", tmp_path / "late")
    whole = trail.do("audit", "export", "--output", tmp_path / "all")
    assert 0 < int(said["rows"]) <= int(whole["rows"])
    assert offline(trail, tmp_path / "late", keys) == []
    none = trail.do("audit", "export", "--to", "2000-01-01", "--output", tmp_path / "none")
    assert (none["seals"], none["rows"]) == ("0", "0")
    assert "no moment" in trail.refused("audit", "export", "--from", "yesterday", "--output", tmp_path / "x")["error"]
    assert not (tmp_path / "x").exists()


def test_export_is_an_event_of_its_trail(trail, tenants, tmp_path):
    trail.do("audit", "export", "--tenant", tenants[0]["id"], "--from", "2024-01-01", "--output", tmp_path / "export")
    row = trail.rows(f"event = 'audit.exported' AND tenant_id = '{tenants[0]['id']}'")[-1]
    assert (row["outcome"], row["actor_kind"], row["detail"]["from"]) == ("success", "operator", "2024-01-01")
    assert row["detail"]["rows"] >= 6


def test_standard_output_takes_it_too(trail, tenants, keys, tmp_path):
    code, output, errors = trail.run("audit", "export", "--platform")
    assert (code, errors) == (0, "")
    path = tmp_path / "export"
    path.write_text(output)
    assert offline(trail, path, keys) == []
    assert all(json.loads(line)["row"]["tenant_id"] is None for line in output.splitlines() if '"type":"row"' in line)
