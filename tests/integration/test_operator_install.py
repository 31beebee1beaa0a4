"""The operator's program on a machine that has nothing yet: keyring, schema, first key, and what `config check` says
about each that is missing."""

import json
import os
import shutil
import stat
import subprocess

import pytest
from cli import Operator
from conftest import REPOSITORY

SQL = REPOSITORY / "sql"
FILES = sorted(path.name for path in SQL.glob("[0-9]*.sql"))


class Installation(Operator):
    """PostgreSQL with sql/bootstrap.sql's roles and an empty database; `run` runs `gatehouse`."""

    def __init__(self, stack):
        super().__init__(stack)
        self.keyring = stack.run_dir / "keyring"

    def empty(self):
        self.cluster.psql("postgres", "DROP DATABASE IF EXISTS gatehouse WITH (FORCE)")
        self.cluster.bootstrap(SQL / "bootstrap.sql")
        self.keyring.unlink(missing_ok=True)
        self.configure()

    def configure(self, **more):
        settings = {"database": self.cluster.conninfo, "keyring_file": self.keyring, **more}
        self.stack.config.write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))

    def prepare(self):
        self.do("keyring", "create", self.keyring)
        self.do("migrate")
        self.do("keys", "rotate")

    def checks(self):
        """What `config check --json` says: exit code, the failed check's name, the whole answer."""
        code, output, errors = self.run("--json", "config", "check")
        report = json.loads(output)["checks"]
        failed = [line["check"] for line in report if line["result"] != "ok"]
        if failed:
            assert json.loads(errors)["error"] == "the installation is not ready"
            assert all(line["next_step"] for line in report if line["result"] != "ok")
        return code, failed, output


@pytest.fixture(scope="module")
def machine(make_stack):
    stack = make_stack()
    stack.run_dir.mkdir(exist_ok=True)
    stack.cluster.create()
    stack.cluster.start()
    yield Installation(stack)
    stack.cluster.stop()


@pytest.fixture
def fresh(machine):
    machine.empty()
    return machine


@pytest.fixture
def ready(fresh):
    fresh.prepare()
    return fresh


def applied(installation):
    return installation.cluster.psql("gatehouse", "SELECT name FROM gatehouse.schema_migrations ORDER BY version").split()


def copy_of_sql(installation):
    directory = installation.stack.run_dir / "sql"
    shutil.rmtree(directory, ignore_errors=True)
    shutil.copytree(SQL, directory)
    return directory


def test_schema_is_made_once_however_often_it_is_asked_for(fresh):
    assert [row["applied"] for row in fresh.do("migrate")["migrations"]] == FILES
    assert fresh.do("migrate") == {"migrations": []}
    assert fresh.run("migrate") == (0, "schema: up to date\n", "")
    assert applied(fresh) == FILES
    row = fresh.cluster.psql("gatehouse", "SELECT event, actor_kind, resource_id, detail->'applied' FROM gatehouse.sys_audit_logs")
    event, actor, last, names = row.strip().split("|")
    assert (event, actor, last, json.loads(names)) == ("schema.migrated", "operator", FILES[-1], FILES)


def test_migrations_at_once_apply_each_file_once(fresh):
    processes = [fresh.begin("--json", "migrate") for _ in range(3)]
    answers = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0] * 3, answers
    assert sorted(row["applied"] for output, _ in answers for row in json.loads(output)["migrations"]) == FILES
    assert applied(fresh) == FILES


def test_applied_migration_that_was_changed_is_refused(fresh):
    directory = copy_of_sql(fresh)
    fresh.do("migrate", "--sql-dir", directory)
    with (directory / FILES[1]).open("a") as file:
        file.write("-- a harmless comment\n")
    (directory / f"{len(FILES) + 1:04}_more.sql").write_text("CREATE TABLE more (id int);\n")
    code, output, errors = fresh.run("migrate", "--sql-dir", directory)
    assert (code, output) == (1, "")
    assert FILES[1] in errors and "restore the file" in errors
    assert applied(fresh) == FILES, "nothing is applied on top of a schema that is not the files'"


def test_migration_that_fails_leaves_no_trace_and_can_be_corrected(fresh):
    directory = copy_of_sql(fresh)
    more = directory / f"{len(FILES) + 1:04}_more.sql"
    more.write_text("CREATE TABLE more (id int);\nSELECT * FROM nowhere;\n")
    code, _, errors = fresh.run("migrate", "--sql-dir", directory)
    assert code == 1 and more.name in errors and "nowhere" in errors
    assert applied(fresh) == FILES
    more.write_text("CREATE TABLE more (id int);\n")
    assert fresh.do("migrate", "--sql-dir", directory) == {"migrations": [{"applied": more.name}]}
    code, _, errors = fresh.run("migrate")
    assert code == 1 and more.name in errors, "this release does not know it"


def test_keyring_is_the_owners_only_and_never_overwritten(fresh):
    assert fresh.do("keyring", "create", fresh.keyring) == {"keyring": str(fresh.keyring)}
    assert stat.S_IMODE(fresh.keyring.stat().st_mode) == 0o600
    text = fresh.keyring.read_text()
    link = fresh.stack.run_dir / "link"
    link.unlink(missing_ok=True)
    link.symlink_to(fresh.stack.run_dir / "elsewhere")
    for path in (fresh.keyring, link, fresh.stack.run_dir / "no" / "such" / "directory"):
        code, output, errors = fresh.run("keyring", "create", path)
        assert (code, output) == (1, "") and str(path) in errors
    assert fresh.keyring.read_text() == text and not link.exists()


def test_check_names_what_is_missing_until_nothing_is(fresh):
    assert fresh.checks()[:2] == (1, ["keyring", "schema"])
    fresh.do("keyring", "create", fresh.keyring)
    assert fresh.checks()[:2] == (1, ["schema"])
    fresh.do("migrate")
    assert fresh.checks()[:2] == (1, ["signing key"])
    fresh.do("keys", "rotate")
    assert fresh.checks()[:2] == (0, [])
    code, output, errors = fresh.run("config", "check")
    assert (code, errors) == (0, "") and output.count("ok ") == 7


@pytest.mark.parametrize("fault, failed", [("keyring gone", "keyring"), ("keyring open to others", "keyring"),
                                           ("keyring damaged", "keyring"), ("migration pending", "schema"),
                                           ("certificates gone", "egress"),
                                           ("unknown setting", "settings"), ("bad value", "settings")])
def test_check_tells_one_fault(ready, fault, failed):
    secrets = [line.split()[-1] for line in ready.keyring.read_text().splitlines() if line and line[0] != "#"]
    if fault == "keyring gone":
        ready.keyring.unlink()
    elif fault == "keyring open to others":
        ready.keyring.chmod(0o644)
    elif fault == "keyring damaged":
        ready.keyring.write_text(ready.keyring.read_text()[:-20] + "\n")
    elif fault == "migration pending":
        ready.cluster.psql("gatehouse", f"DELETE FROM gatehouse.schema_migrations WHERE name = '{FILES[-1]}'")
    else:
        ready.configure(**{"certificates gone": {"egress_ca_file": "/nonexistent"}, "unknown setting": {"colour": "blue"},
                           "bad value": {"egress_allow_cidrs": "0.0.0.0/0"}}[fault])
    code, names, output = ready.checks()
    assert (code, names) == (1, [failed])
    assert not any(secret[:16] in output for secret in secrets)


def test_check_of_a_stopped_database_says_so_soon(ready):
    ready.cluster.stop()
    try:
        code, failed, output = ready.checks()
        assert (code, failed) == (1, ["database"]) and "Start PostgreSQL" in output
        code, _, errors = ready.run("tenant", "list")
        assert code == 1 and "config check" in errors
    finally:
        ready.cluster.start()
    assert ready.checks()[:2] == (0, [])


def test_journals_of_a_database_that_nobody_served_for_weeks_are_made_anew(ready):
    partitions = ready.cluster.psql("gatehouse", "SELECT inhrelid::regclass FROM pg_inherits "
                                                 "WHERE inhparent = 'gatehouse.sys_audit_logs'::regclass").split()
    ready.cluster.psql("gatehouse", "".join(f"DROP TABLE {name};" for name in partitions))
    made = ready.do("service", "register", "--name", "Late")
    audited = ready.cluster.psql("gatehouse", "SELECT resource_id FROM gatehouse.sys_audit_logs").split()
    assert partitions and audited == [made["client_id"]]


def test_settings_are_found_by_option_and_by_environment(ready):
    environment = {**os.environ, "GATEHOUSE_CONFIG": "/nowhere"}
    done = subprocess.run([ready.stack.operator_program, "config", "check", "--config", ready.stack.config],
                          env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout
    assert {"name", "default", "help"} == set(ready.do("config", "list")["settings"][0])
