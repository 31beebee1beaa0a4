"""Whoever may change everything in the database cannot change the audit trail unnoticed: not a row, not a seal."""

import json
import random
import signal
import subprocess
import time

import pytest
from audit_trail import Trail
from conftest import Api

TENANT_ROWS = 12


@pytest.fixture(scope="module")
def trail(own_stack):
    return Trail(own_stack)


@pytest.fixture(scope="module")
def world(trail):
    """A tenant with changes of its own, sealed in two runs, beside the platform's."""
    with Api(trail.stack.url) as api:
        tenant = api.post("/v1/tenants", json={"name": "Sealed"}).json()
        for half in range(2):
            for number in range(TENANT_ROWS // 2):
                answer = api.patch(f"/v1/tenants/{tenant['id']}", token=tenant["secret_key"], json={"name": f"{half} {number}"})
                assert answer.status_code == 200
            assert trail.seal()["complete"]
    assert trail.verify() == []
    return {"tenant": tenant["id"], "rows": trail.rows(f"tenant_id = '{tenant['id']}'")}


@pytest.fixture
def undone(trail, world):
    """Puts trail, seals and file back as they were."""
    trail.sql("CREATE TABLE kept_rows AS SELECT * FROM sys_audit_logs; CREATE TABLE kept_seals AS SELECT * FROM audit_seals;"
              "CREATE TABLE kept_keys AS SELECT * FROM audit_keys")
    text = trail.seal_file.read_bytes()
    yield
    trail.sql("TRUNCATE sys_audit_logs, audit_seals, audit_keys; INSERT INTO sys_audit_logs SELECT * FROM kept_rows;"
              "INSERT INTO audit_seals SELECT * FROM kept_seals; INSERT INTO audit_keys SELECT * FROM kept_keys;"
              "DROP TABLE kept_rows, kept_seals, kept_keys")
    trail.seal_file.write_bytes(text)
    assert trail.verify() == []


def test_sealing_again_seals_nothing(trail, world):
    before = trail.seals()
    done = trail.seal()
    assert (done["seals"], done["rows"], done["filed"], done["complete"]) == (0, 0, 0, True)
    assert trail.seals() == before


def test_every_seal_is_in_the_file(trail, world):
    lines = [json.loads(line) for line in trail.seal_file.read_text().splitlines()]
    assert [line["seq"] for line in lines] == list(range(1, trail.seals() + 1))
    assert [line["seal"] for line in lines] == trail.sql("SELECT seal FROM audit_seals ORDER BY seq").splitlines()
    assert trail.seal_file.stat().st_mode & 0o777 == 0o600


COLUMNS = {"event": "'user.logged_in'", "outcome": "'failure'", "reason": "'none'", "actor_kind": "'operator'", "actor_id": "'somebody'",
           "actor_id_removed": None, "on_behalf_of": "'usr_x'", "source_ip": "'192.0.2.7'", "route": "'/elsewhere'",
           "resource_type": "'user'", "resource_id": "'usr_x'", "detail": "detail || '{\"more\": 1}'", "trace_id": "'0'", "request_id": "''",
           "at": "at + interval '1 microsecond'", "id": "'aud_01jcvk9zq4e8r9v3m5x7t2b6ah'", "tenant_id": "NULL"}


@pytest.mark.parametrize("column", COLUMNS)
def test_changed_column_is_found_and_the_row_named(trail, world, undone, column):
    row = world["rows"][3]
    value = COLUMNS[column] or "NULL"
    trail.sql(f"UPDATE sys_audit_logs SET {column.removesuffix('_removed')} = {value} WHERE id = '{row['id']}'")
    findings = trail.verify()
    assert any(row["id"] in finding for finding in findings), findings
    if column not in ("id", "tenant_id"):
        assert findings[0].startswith(f"row {row['id']} was changed")
    if column != "tenant_id":
        assert trail.verify("--tenant", world["tenant"]) == findings


def test_row_that_was_moved_out_of_its_seal_is_found(trail, world, undone):
    first, last = world["rows"][2], world["rows"][-1]
    trail.sql(f"UPDATE sys_audit_logs SET xid = '{last['xid']}' WHERE id = '{first['id']}'")
    assert trail.verify()[0].startswith(f"row {first['id']} is missing")


def test_deleted_row_is_found_and_named(trail, world, undone):
    row = world["rows"][-2]
    trail.sql(f"DELETE FROM sys_audit_logs WHERE id = '{row['id']}'")
    findings = trail.verify()
    assert len(findings) == 1 and findings[0].startswith(f"row {row['id']} is missing")


def test_all_rows_of_a_day_that_is_to_be_kept_are_missed(trail, world, undone):
    trail.sql("TRUNCATE sys_audit_logs")
    assert "is missing" in trail.verify()[0]


@pytest.mark.parametrize("whose", ["tenant", "stranger"])
def test_inserted_row_is_found_and_named(trail, world, undone, whose):
    """Also in a trail that had no row at that time, and so no seal."""
    tenant = f"'{world['tenant']}'" if whose == "tenant" else "'tnt_01jcvk9zq4e8r9v3m5x7t2b6ah'"
    like = world["rows"][4]
    trail.sql(f"""INSERT INTO sys_audit_logs (id, at, tenant_id, event, outcome, actor_kind, xid)
                  SELECT 'aud_forged', at, {tenant}, event, outcome, actor_kind, xid FROM sys_audit_logs WHERE id = '{like['id']}'""")
    findings = trail.verify()
    assert len(findings) == 1 and findings[0].startswith("row aud_forged")


def test_copy_of_a_row_is_found(trail, world, undone):
    trail.sql(f"INSERT INTO sys_audit_logs SELECT * FROM sys_audit_logs WHERE id = '{world['rows'][1]['id']}'")
    assert trail.verify()[0].startswith(f"row {world['rows'][1]['id']} was inserted")


def test_more_findings_than_are_shown_are_counted(trail, world, undone):
    """A hundred small changes must not hide that there is one more."""
    add_rows(trail, 150, 1)
    trail.seal()
    trail.sql("UPDATE sys_audit_logs SET route = '/elsewhere' WHERE event = 'a.b'")
    findings = trail.verify()
    assert len(findings) == 101 and findings[-1] == "and 50 findings more"


def test_deleted_seal_is_found(trail, world, undone):
    trail.sql("DELETE FROM audit_seals WHERE seq = 2")
    assert any("seal 2 is missing" in finding or "seal 2 of" in finding for finding in trail.verify())


def test_renumbered_seals_do_not_hide_a_deleted_one(trail, world, undone):
    trail.seal_file.write_text("")
    trail.sql("DELETE FROM audit_seals WHERE seq = 2; UPDATE audit_seals SET seq = -seq; UPDATE audit_seals SET seq = -seq - 1 WHERE seq < -1;"
              "UPDATE audit_seals SET seq = 1 WHERE seq = -1")
    assert any("was changed" in finding for finding in trail.verify())


@pytest.mark.parametrize("column, value", [("seal", "overlay(seal placing 'A' from length(seal) - 20)"), ("seal", "replace(seal, '.', '..')"),
                                           ("seal", "'x'"), ("tenant_id", "'tnt_x'")])
def test_changed_seal_is_found(trail, world, undone, column, value):
    trail.sql(f"UPDATE audit_seals SET {column} = {value} WHERE seq = 2")
    assert any("seal 2 of" in finding for finding in trail.verify())


@pytest.mark.parametrize("change", ["leaves = decode(repeat('00', length(leaves)), 'hex')", "row_ids = '{}', leaves = ''"])
def test_list_of_rows_that_was_changed_hides_no_changed_row(trail, world, undone, change):
    trail.sql(f"UPDATE audit_seals SET {change}; UPDATE sys_audit_logs SET actor_id = 'x' WHERE id = '{world['rows'][0]['id']}'")
    assert "are not what was sealed" in trail.verify()[0]


def test_trail_that_was_cut_with_its_seals_is_found_by_the_file(trail, world, undone):
    """The newest seal and its rows, gone without a trace in the database."""
    last = trail.seals()
    xid = json.loads(trail.sql(f"SELECT convert_from(decode(rpad(translate(split_part(seal, '.', 2), '-_', '+/'), "
                               f"4 * ((length(split_part(seal, '.', 2)) + 3) / 4), '='), 'base64'), 'utf8') FROM audit_seals WHERE seq = {last}"))["from_xid"]
    trail.sql(f"DELETE FROM audit_seals WHERE seq > 1; DELETE FROM sys_audit_logs WHERE xid >= '{xid}'")
    findings = trail.verify()
    assert any(f"seal {last} of" in finding and "the trail was cut" in finding for finding in findings), findings


def test_everything_truncated_is_found_by_the_file(trail, world, undone):
    trail.sql("TRUNCATE sys_audit_logs, audit_seals")
    assert "seal 1 of" in trail.verify()[0]


def test_nothing_is_sealed_on_top_of_a_cut_trail(trail, world, undone):
    trail.sql("TRUNCATE audit_seals")
    process = trail.begin_sealing()
    assert "is not in the database" in process.communicate(timeout=60)[1]
    assert process.returncode == 1 and trail.seals() == 0


def test_seal_file_that_was_emptied_or_changed_is_found(trail, world, undone):
    text = trail.seal_file.read_text()
    lines = text.splitlines(keepends=True)
    for broken, said in (("", "the seal file is empty"), ("".join(lines[:1] + lines[2:]), "seal 2 is missing in the seal file"),
                         (text.replace(lines[1], "what?\n"), "line 2 of the seal file is no seal"),
                         (text.replace(lines[0], lines[0].replace('"seal":"e', '"seal":"f')), "another than the one in the file")):
        trail.seal_file.write_text(broken)
        assert any(said in finding for finding in trail.verify()), said
    trail.seal_file.unlink()
    code, _, errors = trail.run("audit", "verify")
    assert code == 1 and str(trail.seal_file) in errors
    trail.seal_file.write_text(text)
    trail.seal_file.chmod(0o600)


def test_line_that_a_crash_cut_short_is_completed(trail, world, undone):
    lines = trail.seal_file.read_bytes().splitlines(keepends=True)
    trail.seal_file.write_bytes(b"".join(lines[:-1]) + lines[-1][:100])
    assert trail.verify() == []
    assert trail.seal()["filed"] >= 1
    assert trail.verify() == []
    assert trail.seal_file.read_bytes() == b"".join(lines[:-1]) + lines[-1][:100] + b"\n" + lines[-1]


def test_key_of_ones_own_seals_nothing(trail, world, undone):
    """Whoever has the database and not the keyring cannot sign."""
    trail.sql("UPDATE audit_keys SET private_sealed = (SELECT private_sealed FROM signing_keys LIMIT 1)")
    said = trail.run("audit", "verify")
    assert said[0] == 1 and "was not made with this keyring" in said[2]
    process = trail.begin_sealing()
    assert "was not made with this keyring" in process.communicate(timeout=60)[1] and process.returncode == 1


@pytest.mark.parametrize("role", ["tokens", "tenants", "users", "services", "audit", "operator"])
def test_roles_can_add_to_the_trail_and_nothing_else(trail, world, role):
    def refused(sql):
        done = subprocess.run([trail.cluster.binaries / "psql", "-X", "-q", "-h", trail.cluster.socket_directory, "-U", f"gatehouse_{role}",
                               "-d", "gatehouse", "-c", f"SET app.tenant = '*'; {sql}"], capture_output=True, text=True)
        return done.returncode != 0 and "permission denied" in done.stderr

    assert refused("UPDATE sys_audit_logs SET event = 'x'") and refused("DELETE FROM sys_audit_logs") and refused("TRUNCATE sys_audit_logs")
    assert refused("UPDATE audit_seals SET seal = 'x'") and refused("DELETE FROM audit_seals") and refused("DELETE FROM audit_keys")
    row = "'aud_x', 'x', 'success', 'anonymous'"
    assert refused(f"INSERT INTO sys_audit_logs (id, event, outcome, actor_kind, xid) VALUES ({row}, '1')")
    assert not refused(f"BEGIN; INSERT INTO sys_audit_logs (id, event, outcome, actor_kind) VALUES ({row}); ROLLBACK")
    if role != "audit":
        assert refused("INSERT INTO audit_seals (seq, tenant_id, seal, to_at, row_ids, leaves) VALUES (9, '', '', now(), '{}', '')")


def test_row_of_a_transaction_that_still_runs_is_sealed_once_it_has_ended(trail, world):
    """Rows that were written later and committed earlier must not push it under the horizon."""
    psql = subprocess.Popen([trail.cluster.binaries / "psql", "-X", "-q", "-A", "-t", "-h", trail.cluster.socket_directory, "-U", "postgres", "gatehouse"],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    row = "INSERT INTO gatehouse.sys_audit_logs (id, event, outcome, actor_kind) VALUES ('{}', 'a.b', 'success', 'operator');\n"
    psql.stdin.write("BEGIN;\n" + row.format("aud_late") + "SELECT 'written';\n")
    psql.stdin.flush()
    assert psql.stdout.readline() == "written\n"
    trail.sql(row.format("aud_early"))
    trail.seal()
    before = trail.sql("SELECT count(*) FROM audit_seals WHERE row_ids && '{aud_late,aud_early}'")
    # Whoever can keep a transaction open can hold sealing up; then it is seen.
    assert trail.seal()["waiting"] == 1
    psql.stdin.write("COMMIT;\n")
    psql.communicate(timeout=30)
    assert before == "0"
    assert trail.seal()["waiting"] == 0
    assert trail.sql("SELECT count(*) FROM audit_seals WHERE row_ids @> '{aud_late}'") == "1"
    assert trail.sql("SELECT count(*) FROM audit_seals WHERE row_ids @> '{aud_early}'") == "1"
    assert trail.verify() == []


def add_rows(trail, count, tenants):
    trail.sql(f"""INSERT INTO sys_audit_logs (id, tenant_id, event, outcome, actor_kind)
                  SELECT 'aud_' || gen_random_uuid(), nullif('tnt_' || i % {tenants}, 'tnt_0'), 'a.b', 'success', 'operator'
                  FROM generate_series(1, {count}) i""")


def test_many_rows_of_many_tenants_are_sealed_in_batches(trail, world):
    for _ in range(4):
        add_rows(trail, 3000, 700)
    done = trail.seal()
    assert done["rows"] == 12000 and done["seals"] >= 1400 and done["filed"] == done["seals"]
    assert trail.verify() == []
    assert trail.verify("--tenant", "tnt_5") == []


def test_two_at_once_seal_everything_once(trail, world):
    add_rows(trail, 3000, 50)
    running = [trail.begin_sealing() for _ in range(4)]
    answers = [json.loads(process.communicate(timeout=60)[0]) for process in running]
    assert any(answer["complete"] for answer in answers)
    assert sum(answer["rows"] for answer in answers) == 3000
    assert trail.verify() == []


def test_killed_sealing_leaves_nothing_half_done(trail, world):
    """At random moments; the run after it goes on."""
    random.seed(7)
    killed = 0
    for _ in range(10):
        add_rows(trail, 1000, 100)
        process = trail.begin_sealing()
        time.sleep(random.random() * 0.3)
        process.send_signal(signal.SIGKILL)
        killed += process.wait(10) == -signal.SIGKILL
        process.communicate()
        assert trail.verify() == []
    assert killed > 0
    trail.seal()
    assert trail.verify() == []
    assert trail.sql("SELECT sum(cardinality(row_ids)) FROM audit_seals") == trail.sql("SELECT count(*) FROM sys_audit_logs")
    assert len({json.loads(line)["seq"] for line in trail.seal_file.read_text().splitlines()}) == trail.seals()


def test_old_row_is_no_pretext_to_remove_younger_ones(trail, world, undone):
    """Whoever may add a row chooses its time, and with it the day that is dropped."""
    trail.sql(f"""SET ROLE gatehouse_owner; SET timezone = 'UTC';
                  CREATE TABLE sys_audit_logs_older PARTITION OF sys_audit_logs FOR VALUES FROM ('2020-02-01') TO ('2020-02-03');
                  RESET ROLE;
                  INSERT INTO sys_audit_logs (id, at, tenant_id, event, outcome, actor_kind)
                  SELECT 'aud_' || day || '_' || i, CASE day WHEN 'now' THEN now() ELSE ('2020-02-0' || day)::timestamptz END, '{world['tenant']}', 'a.b',
                         'success', 'operator' FROM generate_series(1, 2) i, unnest('{{1,now,2}}'::text[]) day""")
    assert trail.seal()["seals"] == 3
    assert trail.verify() == []
    trail.sql("DELETE FROM sys_audit_logs WHERE id = 'aud_now_2'")
    findings = trail.verify()
    assert len(findings) == 1 and findings[0].startswith("row aud_now_2 is missing")
    assert trail.verify("--tenant", world["tenant"]) == findings
    trail.sql("DROP TABLE sys_audit_logs_older")
    assert trail.verify() == findings


def test_days_that_are_over_leave_without_an_alarm(trail, world, undone):
    """Sealed rows older than audit_days may go; younger ones may not."""
    trail.sql("""SET ROLE gatehouse_owner; SET timezone = 'UTC';
                 CREATE TABLE sys_audit_logs_old PARTITION OF sys_audit_logs FOR VALUES FROM ('2020-01-01') TO ('2020-01-02');
                 RESET ROLE;
                 INSERT INTO sys_audit_logs (id, at, event, outcome, actor_kind) VALUES ('aud_old', '2020-01-01 12:00', 'a.b', 'success', 'operator')""")
    trail.seal()
    assert trail.verify() == []
    trail.sql("UPDATE sys_audit_logs SET event = 'x' WHERE id = 'aud_old'")
    assert trail.verify()[0].startswith("row aud_old was changed")
    trail.sql("DROP TABLE sys_audit_logs_old")
    assert trail.verify() == []
