"""The key that seals the audit trail is replaced, and whoever has the old public key verifies on."""

import json

import pytest
from audit_trail import Trail


@pytest.fixture(scope="module")
def trail(own_stack):
    return Trail(own_stack)


@pytest.fixture
def old_keys(trail, tmp_path):
    """A file with the public keys of this moment."""
    add(trail)
    trail.seal()
    path = tmp_path / "keys.json"
    path.write_text(trail.run("audit", "keys")[1])
    return path


def add(trail):
    trail.sql("INSERT INTO sys_audit_logs (id, event, outcome, actor_kind) SELECT 'aud_' || gen_random_uuid(), 'a.b', 'success', 'operator'"
              " FROM generate_series(1, 20)")


def signers(trail):
    """The kid of each seal in their order."""
    return trail.sql("SELECT convert_from(decode(rpad(translate(split_part(seal, '.', 1), '-_', '+/'), 4 * ((length(split_part(seal, '.', 1)) + 3) / 4), '='),"
                     " 'base64'), 'utf8')::json->>'kid' FROM audit_seals ORDER BY seq").split()


def export(trail, path):
    trail.do("audit", "export", "--output", path)
    return path


def test_new_key_seals_and_the_old_one_vouches_for_it(trail, old_keys, tmp_path):
    for _ in range(2):
        before = signers(trail)[-1]
        said = trail.do("audit", "rotate-key")
        assert said["replaces"] == before != said["kid"]
        add(trail)
        trail.seal()
        assert signers(trail)[-1] == said["kid"]
    assert len(json.loads(trail.run("audit", "keys")[1])["keys"]) == len(json.loads(old_keys.read_text())["keys"]) + 2
    assert trail.verify() == [] and trail.verify("--keys", str(old_keys)) == []
    offline = trail.do("audit", "verify", "--offline", export(trail, tmp_path / "export.jsonl"), "--keys", old_keys)
    assert offline["result"] == "intact" and int(offline["rows"]) > 60
    assert trail.row(f"event = 'audit.key_rotated' AND resource_id = '{said['kid']}'")["detail"] == {"replaces": before}


@pytest.mark.parametrize("change", ["removed", "of a stranger"])
def test_key_that_nobody_vouches_for_is_none(trail, old_keys, tmp_path, change):
    trail.do("audit", "rotate-key")
    add(trail)
    trail.seal()
    lines = export(trail, tmp_path / "export.jsonl").read_text().splitlines(keepends=True)
    at = max(number for number, line in enumerate(lines) if '"type":"key"' in line)
    forged = json.loads(lines[at])
    head, payload, signature = forged["introduction"].split(".")
    forged["introduction"] = ".".join([head, payload, signature[:-4] + ("AAAA" if signature[-4:] != "AAAA" else "BBBB")])
    lines[at] = "" if change == "removed" else json.dumps(forged) + "\n"
    (tmp_path / "forged.jsonl").write_text("".join(lines))
    code, output, errors = trail.run("audit", "verify", "--offline", tmp_path / "forged.jsonl", "--keys", old_keys)
    assert code == 1 and "it is none that was signed here" in errors, output + errors


def test_key_that_was_replaced_seals_nothing_unnoticed(trail, old_keys):
    """Whoever has stolen it, and the database, signs as it was before."""
    trail.do("audit", "rotate-key")
    add(trail)
    trail.seal()
    kids = trail.sql("SELECT kid FROM audit_keys ORDER BY created_at DESC").split()
    trail.sql(f"UPDATE audit_keys SET created_at = created_at - interval '1 day' WHERE kid = '{kids[0]}'")
    add(trail)
    trail.seal()
    assert signers(trail)[-1] == kids[1]
    last = trail.seals()
    assert trail.verify() == [f"seal {last} of the platform is of a key that had been replaced"]
    trail.sql(f"UPDATE audit_keys SET created_at = created_at + interval '1 day' WHERE kid = '{kids[0]}';"
              f"DELETE FROM audit_seals WHERE seq = {last}")
    lines = trail.seal_file.read_text().splitlines(keepends=True)
    trail.seal_file.write_text("".join(lines[:-1]))
    trail.seal()
    assert trail.verify() == []


def test_key_is_replaced_while_others_seal(trail, old_keys):
    for _ in range(5):
        trail.sql("INSERT INTO sys_audit_logs (id, event, outcome, actor_kind) SELECT 'aud_' || gen_random_uuid(), 'a.b', 'success', 'operator'"
                  " FROM generate_series(1, 8000)")
        sealing = [trail.begin_sealing() for _ in range(2)]
        code, _, errors = trail.run("audit", "rotate-key")
        assert code == 0 or "is being sealed just now" in errors, errors
        for process in sealing:
            assert process.communicate(timeout=60)[1] == "" and process.returncode == 0
    trail.seal()
    assert trail.verify() == [] and trail.verify("--keys", str(old_keys)) == []
