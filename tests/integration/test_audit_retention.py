"""Days of the audit trail leave it with their seals, and what remains still proves itself: nothing but those days is gone."""

import json
import subprocess

import pytest
from audit_trail import Trail

# Puts the clock of the program that it is loaded into.
CLOCK = """
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t clock, struct timespec *now) {
  int failed = syscall(SYS_clock_gettime, clock, now);
  if (!failed && clock == CLOCK_REALTIME) now->tv_sec += atoll(getenv("CLOCK_SECONDS"));
  return failed;
}
"""
OLD_DAYS = ["2020-01-01", "2020-01-02", "2020-01-03"]


@pytest.fixture(scope="module")
def trail(own_stack, tmp_path_factory):
    trail = Trail(own_stack)
    trail.clock = tmp_path_factory.mktemp("clock") / "clock.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-x", "c", "-o", trail.clock, "-"], input=CLOCK, text=True, check=True)
    return trail


@pytest.fixture
def history(trail):
    """Three days that are over and today, of the platform and two tenants, each sealed when it was there. The trail of the
    test before is forgotten."""
    for partition in trail.sql("SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'sys_audit_logs'::regclass"
                               " AND inhrelid::regclass::text LIKE '%p2020%'").split():
        trail.sql(f"DROP TABLE {partition}")
    trail.sql("TRUNCATE sys_audit_logs, audit_seals")
    trail.seal_file.unlink(missing_ok=True)
    for day in OLD_DAYS:
        trail.sql(f"""SET ROLE gatehouse_owner; SET timezone = 'UTC'; CREATE TABLE sys_audit_logs_p{day.replace("-", "")} PARTITION OF sys_audit_logs
                      FOR VALUES FROM ('{day}') TO ('{day} 24:00')""")
    for day in OLD_DAYS:
        add(trail, f"'{day} 12:00Z'")
        assert seal_at(trail, f"{day} 12:05")["seals"] == 3
    add(trail, "now()")
    assert trail.seal()["seals"] == 3
    assert trail.verify() == []
    return trail


def seal_at(trail, moment):
    """Seals at that moment, as the host's clock and the database's say."""
    seconds = int(trail.sql(f"SELECT extract(epoch FROM '{moment}Z'::timestamptz - now())::bigint"))
    last = int(trail.sql("SELECT coalesce(max(seq), 0) FROM audit_seals"))
    done = subprocess.run([trail.stack.program("audit"), "seal"], capture_output=True, text=True,
                          env={**trail.stack.environment(), "LD_PRELOAD": str(trail.clock), "CLOCK_SECONDS": str(seconds)})
    assert done.returncode == 0, done.stderr
    trail.sql(f"UPDATE audit_seals SET created_at = '{moment}Z' WHERE seq > {last}")
    return json.loads(done.stdout)


def add(trail, at):
    trail.sql(f"""INSERT INTO sys_audit_logs (id, at, tenant_id, event, outcome, actor_kind)
                  SELECT 'aud_' || gen_random_uuid(), {at}, nullif('tnt_' || i % 3, 'tnt_0'), 'a.b', 'success', 'operator' FROM generate_series(1, 30) i""")


def clean_up(trail):
    done = subprocess.run([trail.stack.program("services"), "cleanup-tokens"], env=trail.stack.environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def first_seal(trail):
    return int(trail.sql("SELECT min(seq) FROM audit_seals"))


def drop(trail, day):
    trail.sql(f"DROP TABLE sys_audit_logs_p{day.replace('-', '')}")


def test_what_remains_after_a_clean_up_proves_itself(history):
    said = clean_up(history)
    assert (said["partitions_dropped"], said["audit_seals"], said["complete"]) == (3, 8, True)
    assert first_seal(history) == 9  # the newest of the days that are gone
    assert history.verify() == []
    assert history.verify("--tenant", "tnt_1") == [] and history.verify("--platform") == []
    assert history.seal()["seals"] == 1  # of the rows that say which days have left
    add(history, "now()")
    assert history.seal()["seals"] == 3
    assert history.verify() == []
    assert clean_up(history)["audit_seals"] == 0


def test_seals_stay_as_long_as_a_day_of_theirs(history):
    drop(history, OLD_DAYS[0])
    history.sql("SET ROLE gatehouse_services; SELECT cleanup('audit_seals', 0, 1000)")
    assert first_seal(history) == 3
    assert history.verify() == []


def test_export_of_what_remains_verifies_offline(history, tmp_path):
    clean_up(history)
    history.seal()
    history.do("audit", "export", "--output", tmp_path / "export.jsonl")
    history.do("audit", "export", "--tenant", "tnt_2", "--output", tmp_path / "tenant.jsonl")
    (tmp_path / "keys.json").write_text(history.run("audit", "keys")[1])
    for name in ("export.jsonl", "tenant.jsonl"):
        said = history.do("audit", "verify", "--offline", tmp_path / name, "--keys", tmp_path / "keys.json")
        assert said["result"] == "intact" and " from 20" in said["covers"] and int(said["rows"]) >= 10
    text = (tmp_path / "export.jsonl").read_text()
    (tmp_path / "changed.jsonl").write_text(text.replace('"event":"a.b"', '"event":"a.c"', 1))
    assert history.run("audit", "verify", "--offline", tmp_path / "changed.jsonl", "--keys", tmp_path / "keys.json")[0] == 1


def test_export_while_days_that_are_over_are_half_gone(history, tmp_path):
    drop(history, OLD_DAYS[0])
    history.do("audit", "export", "--output", tmp_path / "export.jsonl")
    said = history.do("audit", "verify", "--offline", tmp_path / "export.jsonl")
    assert (said["result"], said["covers"]) == ("intact", "all trails from 2020-01-02")


@pytest.mark.parametrize("file", [True, False])
def test_beginning_that_was_cut_off_is_no_clean_up(history, file):
    """Seals and rows of days that are to be kept, gone from the beginning on."""
    clean_up(history)
    add(history, "now()")
    history.seal()
    if not file:
        history.seal_file.write_text("".join(history.seal_file.read_text().splitlines(keepends=True)[-2:]))
    last = int(history.sql("SELECT max(seq) FROM audit_seals"))
    history.sql(f"DELETE FROM sys_audit_logs WHERE id IN (SELECT unnest(row_ids) FROM audit_seals WHERE seq < {last});"
                f"DELETE FROM audit_seals WHERE seq < {last}")
    findings = history.verify()
    assert any("is missing" in finding for finding in findings), findings
    if file:
        assert any("the trail was cut" in finding for finding in findings)


def test_row_of_years_ago_is_no_pretext_to_cut_the_trail(history):
    """Whoever adds a row chooses its day; its seal is made today all the same."""
    add(history, f"'{OLD_DAYS[1]} 12:00Z'")
    history.seal()
    last = int(history.sql("SELECT max(seq) FROM audit_seals"))
    clean_up(history)
    assert history.verify() == []
    assert int(history.sql("SELECT count(*) FROM audit_seals WHERE seq BETWEEN 9 AND 15")) == 7
    history.seal_file.write_text(history.seal_file.read_text().splitlines(keepends=True)[-1])
    history.sql(f"DELETE FROM sys_audit_logs WHERE event = 'a.b'; DELETE FROM audit_seals WHERE seq < {last}")
    assert any("is missing" in finding for finding in history.verify())


def test_row_before_the_first_seal_is_found(history):
    clean_up(history)
    history.sql("INSERT INTO sys_audit_logs (id, event, outcome, actor_kind, xid) VALUES ('aud_forged', 'a.b', 'success', 'operator', '5')")
    assert history.verify() == ["row aud_forged of the platform is in no seal, though all of its time are sealed"]


def test_row_of_an_old_day_that_has_not_left_yet_is_missed(history):
    """Days leave whole, and the oldest first: a single row never does."""
    row = history.rows("at < '2020-01-03' AND at > '2020-01-02'")[7]
    history.sql(f"DELETE FROM sys_audit_logs WHERE id = '{row['id']}'")
    findings = history.verify()
    assert len(findings) == 1 and findings[0].startswith(f"row {row['id']} is missing")
    drop(history, OLD_DAYS[0])
    assert history.verify() == findings
    drop(history, OLD_DAYS[1])
    assert history.verify() == []


def test_day_that_is_to_be_kept_may_not_leave(history):
    """Even with its partition, as a clean-up would drop it."""
    clean_up(history)
    today = history.sql("SELECT 'sys_audit_logs_p' || to_char(now(), 'YYYYMMDD')")
    yesterday = history.sql("SELECT 'sys_audit_logs_p' || to_char(now() - interval '1 day', 'YYYYMMDD')")
    history.sql(f"DROP TABLE IF EXISTS {yesterday}; DROP TABLE {today}")
    assert any("is missing" in finding for finding in history.verify())
    clean_up(history)
    history.sql("SELECT journal_partitions_ensure(1)")
