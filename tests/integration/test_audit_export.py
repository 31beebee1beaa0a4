"""An export is the trail as an auditor takes it away: it verifies without the database, and tells what was done to it."""

import hashlib
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


def changed_row(line, **members):
    """The line with another row in it, hashed anew."""
    entry = json.loads(line)
    entry["row"].update(members)
    text = json.dumps(entry["row"], separators=(",", ":"), ensure_ascii=False)
    return {**entry, "leaf": hashlib.sha256(b"\0" + text.encode()).hexdigest()}


def written(path, lines):
    """An export of these lines, whose end counts them right."""
    end = json.dumps({"type": "end", "seals": sum('"type":"seal"' in line for line in lines), "rows": sum('"row":{' in line for line in lines)})
    path.write_text("".join([*lines, end + "\n"]))
    return path


@pytest.mark.parametrize("seal", [-1, None, "1", "absent"])
def test_row_that_stands_with_no_seal_is_not_believed(trail, exported, keys, tmp_path, seal):
    lines = lines_of(exported / "tenant")[:-1]
    forged = {**changed_row(next(line for line in lines if '"type":"row"' in line), event="user.forged"), "seal": seal}
    if seal == "absent":
        del forged["seal"]
    said = offline(trail, written(tmp_path / "forged", [lines[0], json.dumps(forged, separators=(",", ":")) + "\n", *lines[1:]]), keys)
    if seal is None:
        assert said == []  # counted as not sealed yet
    else:
        assert any("stands with another seal" in finding for finding in said)


def test_no_trail_can_be_left_out_of_an_export_of_all(trail, exported, tenants, keys, tmp_path):
    """Nor by an export that says it begins somewhere."""
    lines, kept, one = lines_of(exported / "whole")[:-1], [], False
    for line in lines[1:]:
        entry = json.loads(line)
        one = entry["tenant_id"] == tenants[0]["id"] if entry["type"] == "seal" else one
        if not one:
            kept.append(line)
    head = json.loads(lines[0])
    assert any("is missing" in finding for finding in offline(trail, written(tmp_path / "whole", [lines[0], *kept]), keys))
    head["from"] = "1970-01-01T00:00:00"
    assert any("is missing" in finding for finding in offline(trail, written(tmp_path / "late", [json.dumps(head) + "\n", *kept]), keys))
    head["from"], head["tenant_id"] = None, tenants[1]["id"]
    assert any("which this export is not of" in finding for finding in offline(trail, written(tmp_path / "one", [json.dumps(head) + "\n", *kept]), keys))


def test_export_says_what_it_covers(trail, tenants, keys, tmp_path):
    moment = trail.rows(f"tenant_id = '{tenants[1]['id']}'")[-1]["at"][:19]
    trail.do("audit", "export", "--from", moment + "Z", "--to", "2100-01-01", "--output", tmp_path / "late")
    said = trail.do("audit", "verify", "--offline", tmp_path / "late", "--keys", keys)
    assert (said["result"], said["covers"]) == ("intact", f"all trails from {moment} to 2100-01-01T00:00:00")


def test_seals_between_those_of_a_span_are_there_without_their_rows(trail, tenants, keys, tmp_path):
    """An old row that comes late puts an old moment behind younger ones."""
    trail.sql(f"""SET ROLE gatehouse_owner; SET timezone = 'UTC';
                  CREATE TABLE sys_audit_logs_older PARTITION OF sys_audit_logs FOR VALUES FROM ('2020-02-01') TO ('2020-02-02'); RESET ROLE;
                  INSERT INTO sys_audit_logs (id, at, tenant_id, event, outcome, actor_kind)
                  SELECT 'aud_late', '2020-02-01', '{tenants[0]['id']}', 'a.b', 'success', 'operator'""")
    trail.seal()
    for span in (("--to", "2020-02-02"), ("--from", "2020-01-01", "--to", "2020-02-02")):
        said = trail.do("audit", "export", *span, "--output", tmp_path / str(len(span)))
        assert said["rows"] == "1"
        assert offline(trail, tmp_path / str(len(span)), keys) == []
    exported = trail.do("audit", "export", "--to", "2020-02-02", "--output", tmp_path / "again")
    assert exported["seals"] == trail.sql("SELECT seq FROM audit_seals WHERE row_ids @> '{aud_late}'") and int(exported["seals"]) > 3


def test_rows_that_were_hashed_anew_are_found(trail, exported, keys, tmp_path):
    """The leaf is in the file only to name the row; the seal decides."""
    lines = lines_of(exported / "tenant")
    index = next(index for index, line in enumerate(lines) if '"type":"row"' in line and '"seal":null' not in line)
    entry = json.loads(lines[index])
    text = json.dumps(entry["row"], separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(b"\0" + text.encode()).hexdigest() == entry["leaf"], "others can compute a row's hash"
    entry = changed_row(lines[index], actor_id="somebody")
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
