"""The README's table of what is kept how long is about the schema that there is, and true of a user who is deleted."""

import json
import re
import subprocess
import uuid

import pytest
from cli import Operator, within
from conftest import BINARIES, REPOSITORY, Api

POLICY = (REPOSITORY / "README.md").read_text().partition("\n## What is kept how long\n")[2].partition("\n## ")[0]
CRONTAB = (REPOSITORY / "deploy" / "cron" / "gatehouse.cron").read_text()
PERSONAL_OR_SECRET = re.compile(r"email|phone|address|_ip$|^ip_|user_agent|profile|password|hash$|secret|sealed|private|public_key$")
# Named like them, and settings or moments.
HARMLESS = {("users", "email_verified_at"), ("tenants", "password_min_length"), ("tenants", "refuse_common_passwords"),
            ("service_secret_usage", "secret_id"), ("webhook_endpoints", "previous_secret_until")}


def ticked(text):
    return set(re.findall(r"`(\w+)`", text))


def rows():
    """(tables, what they hold, how long, removed by) of each line of the table."""
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in POLICY.splitlines() if line.startswith("| ")]
    assert lines[0] == ["kept in", "personal or secret data", "how long", "removed by"]
    return lines[2:]


@pytest.fixture(scope="module")
def columns(stack):
    """Of each table of the live schema; partitions are part of theirs."""
    found = {}
    for line in Operator(stack).sql("""
            SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
             WHERE c.relnamespace = 'gatehouse'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition""").splitlines():
        table, column = line.split("|")
        found.setdefault(table, set()).add(column)
    return found


def test_every_table_has_its_row(columns):
    described = [name for kept_in, *_ in rows() if not kept_in.startswith(("the file", "logs")) for name in re.findall(r"`(\w+)`", kept_in)]
    assert sorted(described) == sorted(columns)


def test_every_personal_or_secret_column_is_named(columns):
    for kept_in, holds, *_ in rows():
        for table in ticked(kept_in) & set(columns):
            telling = {column for column in columns[table] if PERSONAL_OR_SECRET.search(column) and (table, column) not in HARMLESS}
            assert telling <= ticked(holds), table
            assert ticked(holds) <= set().union(*(columns[name] for name in ticked(kept_in))), table


def test_every_setting_that_is_named_exists_and_every_one_about_keeping_is_named():
    listed = subprocess.run([f"{BINARIES}/gatehouse", "--json", "config", "list"], capture_output=True, text=True, check=True)
    settings = {row["name"] for row in json.loads(listed.stdout)["settings"]}
    named = set().union(*(ticked(how_long) for _, _, how_long, _ in rows()))
    assert named <= settings
    assert {name for name in settings if name.endswith(("_retention", "_days"))} <= named


def test_what_the_clean_up_counts_is_what_it_is_said_to_remove(stack):
    """A kind of rows for each table that is not cleaned up day by day."""
    done = subprocess.run([stack.program("services"), "cleanup-tokens"], env=stack.environment(), capture_output=True, text=True, check=True)
    kinds = {name.replace("kept_answers", "idempotency_records") for name in json.loads(done.stdout)} - {
        "partitions_made", "partitions_dropped", "secrets_told", "batches", "took_ms", "complete"}
    said = set().union(*(ticked(kept_in) for kept_in, _, how_long, by in rows() if "`cleanup-tokens`" in by and ", whole days" not in how_long))
    assert kinds == said
    day_by_day = set().union(*(ticked(kept_in) for kept_in, _, how_long, _ in rows() if ", whole days" in how_long))
    assert day_by_day == set(Operator(stack).sql("SELECT relname FROM pg_class WHERE relkind = 'p' AND relnamespace = 'gatehouse'::regnamespace").split())


def cron_lines():
    return [line.split(None, 7) for line in CRONTAB.splitlines() if line and not line.startswith("#") and not re.match(r"\w+=", line)]


def test_crontab_is_one_and_its_jobs_run(own_stack):
    assert len(cron_lines()) >= 3
    for *when, user, program, arguments in cron_lines():
        assert len(when) == 5 and all(re.fullmatch(r"(\*(/\d+)?|\d+)", field) for field in when) and user == "gatehouse"
        command, _, logger = arguments.partition(" | ")
        assert re.fullmatch(r"logger -t gatehouse-[a-z]+", logger)
        done = subprocess.run([f"{BINARIES}/{program}", *command.split()], env=own_stack.environment(), capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        assert isinstance(json.loads(done.stdout), dict)


def test_nothing_personal_is_left_of_a_user_who_was_deleted(own_stack):
    """Neither in a table nor in a log; and the trail still says what was done to whom, by id."""
    mark = uuid.uuid4().hex
    email, changed = f"ann.{mark}@example.com", f"ann.new.{mark}@example.com"
    world, personal = Operator(own_stack), (mark, "198.51.100.77")
    with Api(own_stack.url) as api:
        tenant = api.post("/v1/tenants", json={"name": "Of a user"}).json()
        key = {"Idempotency-Key": str(uuid.uuid4())}
        account = {"email": email, "password": "password123", "profile": {"name": f"Ann {mark}"}}
        registered = api.post("/v1/auth/register", token=tenant["public_key"], json=account, headers=key)
        assert registered.status_code == 201, registered.text
        user = registered.json()["id"]
        agent = {"User-Agent": f"Browser of Ann {mark}"}
        assert api.post("/v1/auth/login", token=tenant["public_key"], json={"email": email, "password": "wrong"}, headers=agent).status_code == 401
        token = api.post("/v1/auth/login", token=tenant["public_key"], json={"email": email, "password": "password123"}, headers=agent).json()["token"]
        assert api.patch("/v1/users/me", token=token, json={"email": changed, "current_password": "password123",
                                                            "profile": {"name": f"Ann-Marie {mark}"}}).status_code == 200
        for route in ("password-reset", "email-verification"):
            answer = api.post(f"/v1/auth/{route}", token=tenant["secret_key"], json={"email": changed})
            assert answer.status_code in (200, 201, 202), f"{route}: {answer.status_code} {answer.text}"
        assert api.get(f"/v1/users/{user}", token=tenant["secret_key"]).json()["email"] == changed
        # A session from elsewhere: these tests all come from one address.
        world.sql(f"UPDATE sessions SET ip_address = '{personal[1]}' WHERE user_id = '{user}'")
        assert all(word in dump(own_stack) for word in personal)
        assert api.delete(f"/v1/users/{user}", token=tenant["secret_key"]).status_code in (200, 204)
    within(30, lambda: world.sql(f"SELECT count(*) FROM sys_audit_logs WHERE resource_id = '{user}' AND event = 'user.deleted'") == "1")
    text = dump(own_stack)
    assert [word for word in personal if word in text] == []
    assert user in text
    for log in own_stack.logs.glob("*"):
        if log.is_file() and not log.name.startswith("access"):
            assert mark not in log.read_text(errors="replace"), log
    events = world.sql(f"SELECT string_agg(DISTINCT event, ' ' ORDER BY event) FROM sys_audit_logs WHERE resource_id = '{user}'").split()
    assert {"user.registered", "user.changed", "user.deleted"} <= set(events)


def dump(stack):
    cluster = stack.cluster
    return subprocess.run([cluster.binaries / "pg_dump", "-h", cluster.socket_directory, "-U", "postgres", "gatehouse"],
                          capture_output=True, text=True, check=True).stdout
