"""What is over leaves the database, and nobody notices: not a writer, not a reader, not another clean-up."""

import base64
import json
import random
import signal
import subprocess
import threading
import time

import pytest
from cli import Operator, token, within
from conftest import Api

OLD_DAY = """SET ROLE gatehouse_owner; SET timezone = 'UTC';
    CREATE TABLE {journal}_p{day} PARTITION OF {journal} FOR VALUES FROM ('{day}') TO ('{next}'); RESET ROLE;"""


@pytest.fixture(scope="module")
def world(own_stack):
    return World(own_stack)


class World(Operator):
    def __init__(self, stack):
        super().__init__(stack)
        with Api(stack.url) as api:
            self.tenant = api.post("/v1/tenants", json={"name": "Kept"}).json()
            account = {"email": "kept@example.com", "password": "password123"}
            self.user = api.post("/v1/auth/register", token=self.tenant["public_key"], json=account).json()["id"]
        self.made = 0

    def begin_clean_up(self, **rest):
        return subprocess.Popen([self.stack.program("services"), "cleanup-tokens"], env=self.stack.environment(), text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **rest)

    def clean_up(self):
        return done(self.begin_clean_up())

    def add_sessions(self, count):
        """Of the only user, and long over."""
        self.made += 1
        self.sql(f"""INSERT INTO sessions (id, tenant_id, user_id, expires_at)
                     SELECT 'ses_{self.made}_' || i, '{self.tenant["id"]}', '{self.user}', now() - interval '2 days' FROM generate_series(1, {count}) i""")

    def over(self):
        return int(self.sql("SELECT count(*) FROM sessions WHERE expires_at < now() - interval '1 day'"))

    def add_day(self, journal, day="20200101", following="20200102"):
        self.sql(OLD_DAY.format(journal=journal, day=day, next=following))

    def partitions(self, journal):
        return self.sql(f"SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = '{journal}'::regclass ORDER BY 1").split()

    def begin_psql(self):
        return subprocess.Popen([self.cluster.binaries / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.cluster.socket_directory,
                                 "-U", "postgres", "gatehouse"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def hold(self, sql):
        """A transaction that has run the SQL and is still open; close its stdin to end it."""
        psql = self.begin_psql()
        psql.stdin.write(f"SET search_path = gatehouse; BEGIN; {sql}; SELECT 'held';\n")
        psql.stdin.flush()
        while (line := psql.stdout.readline()) != "held\n":
            assert line, psql.stderr.read()
        return psql


def done(process):
    """What a clean-up says that it did."""
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert output.count("\n") == 1
    return json.loads(output)


class Writer:
    """Inserts a row into a journal again and again; one that has to wait for a lock for long fails."""

    ROWS = {"access_log": "(at, client_id, endpoint, method, status_code, response_time_ms) VALUES (now(), 'svc_writer', '/', 'GET', 200, 1)",
            "sys_audit_logs": "(id, event, outcome, actor_kind) VALUES ('aud_' || gen_random_uuid(), 'a.b', 'success', 'operator')"}

    def __init__(self, world, journal):
        self.psql = world.begin_psql()
        self.row = f"INSERT INTO gatehouse.{journal} {self.ROWS[journal]}; SELECT 1;\n"
        self.written, self.stopping = 0, False
        self.thread = threading.Thread(target=self._write)

    def _write(self):
        # PostgreSQL's own clock counts the wait; a drop waits for 50 ms.
        self.psql.stdin.write("SET lock_timeout = '400ms';\n")
        while not self.stopping:
            self.psql.stdin.write(self.row)
            self.psql.stdin.flush()
            if self.psql.stdout.readline() != "1\n":
                return
            self.written += 1

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        self.thread.join()
        _, errors = self.psql.communicate(timeout=30)
        assert (self.psql.returncode, errors) == (0, "")


@pytest.mark.parametrize("journal", ["access_log", "sys_audit_logs"])
def test_writers_go_on_while_a_reader_holds_up_the_drop_of_a_day(world, journal):
    world.add_day(journal)
    reader = world.hold(f"SELECT count(*) FROM {journal}")
    with Writer(world, journal) as writer:
        within(30, lambda: writer.written > 10)
        said = world.clean_up()
        meanwhile = writer.written
        assert (said["partitions_dropped"], said["complete"]) == (0, False)
        within(30, lambda: writer.written > meanwhile)
    assert f"{journal}_p20200101" in world.partitions(journal)
    reader.communicate(timeout=30)
    with Writer(world, journal) as writer:
        within(30, lambda: writer.written > 10)
        assert world.clean_up()["partitions_dropped"] == 1
    assert f"{journal}_p20200101" not in world.partitions(journal)


def test_journal_in_use_holds_up_no_other(world):
    world.add_day("access_log")
    world.add_day("token_issuance")
    reader = world.hold("SELECT count(*) FROM access_log")
    assert world.clean_up()["partitions_dropped"] == 1
    reader.communicate(timeout=30)
    said = world.clean_up()
    assert (said["partitions_dropped"], said["complete"]) == (1, True)


def test_new_days_are_made_beside_readers_and_writers(world):
    """Neither waits for the other: the readers' and writers' transactions are open all the time."""
    for journal in ("access_log", "sys_audit_logs"):
        world.sql(f"DROP TABLE {world.partitions(journal)[-1]}")
    row = Writer.ROWS["sys_audit_logs"]
    holders = [world.hold("SELECT count(*) FROM access_log"), world.hold(f"INSERT INTO sys_audit_logs {row}")]
    assert world.clean_up()["partitions_made"] == 2
    for holder in holders:
        holder.communicate(timeout=30)


def test_day_does_not_leave_the_audit_trail_without_a_row_that_says_so(world):
    before = world.sql("SELECT count(*) FROM sys_audit_logs WHERE event = 'audit.day_expired'")
    world.add_day("sys_audit_logs", "20190101", "20190102")
    world.clean_up()
    assert world.sql("SELECT count(*) FROM sys_audit_logs WHERE event = 'audit.day_expired'") == str(int(before) + 1)
    assert world.sql("SELECT actor_kind, outcome, detail->>'kept_days' FROM sys_audit_logs WHERE resource_id = 'sys_audit_logs_p20190101'") == "job|success|400"


def test_several_at_once_beside_writers_delete_everything_once(world):
    world.add_sessions(20000)
    for number in range(1, 4):
        world.add_day("access_log", f"2020010{number}", f"2020010{number + 1}")
    stop = threading.Event()

    def sign_in_and_out():
        with Api(world.stack.url) as api:
            while not stop.is_set():
                account = {"email": f"{random.random()}@example.com", "password": "password123"}
                assert api.post("/v1/auth/register", token=world.tenant["public_key"], json=account).status_code == 201
                session = api.post("/v1/auth/login", token=world.tenant["public_key"], json=account)
                assert session.status_code == 200, session.text
                assert api.post("/v1/auth/logout-all", token=session.json()["token"]).status_code == 200

    errors = []

    def watched():
        try:
            sign_in_and_out()
        except AssertionError as error:
            errors.append(error)

    writer = threading.Thread(target=watched)
    writer.start()
    answers = [done(process) for process in [world.begin_clean_up() for _ in range(4)]]
    stop.set()
    writer.join()
    assert errors == []
    assert sum(answer["sessions"] for answer in answers) == 20000
    assert sum(answer["partitions_dropped"] for answer in answers) == 3
    assert world.over() == 0


def test_user_that_is_deleted_while_its_sessions_are_cleaned_up(world):
    """The cascade and the clean-up meet at the same rows: neither waits for the other until one is ended."""
    for _ in range(3):
        world.add_sessions(10000)
        process = world.begin_clean_up()
        world.sql(f"DELETE FROM users WHERE id = '{world.user}'")
        done(process)
        assert world.over() == 0
        world.user = "usr_again"
        world.sql(f"INSERT INTO users (id, tenant_id, email, email_key, password_hash) VALUES ('usr_again', '{world.tenant['id']}', 'x', 'x', 'x')")


def test_killed_clean_up_leaves_the_rest_to_the_next(world):
    random.seed(11)
    killed = 0
    for _ in range(10):
        world.add_sessions(20000)
        world.add_day("access_log")
        left = world.over()
        process = world.begin_clean_up()
        time.sleep(random.random() * 0.2)
        process.send_signal(signal.SIGKILL)
        killed += process.wait(10) == -signal.SIGKILL
        process.communicate()
        within(10, lambda: world.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'gatehouse_services'"
                                     " AND state <> 'idle' AND query LIKE '%cleanup%'") == "0")
        rest = world.over()
        assert rest <= left and (rest % 1000 == 0 or rest == left)  # a batch is deleted whole or not at all
        said = world.clean_up()
        assert said["complete"] and said["sessions"] == rest
        assert world.over() == 0 and "access_log_p20200101" not in world.partitions("access_log")
    assert killed > 0


def test_without_a_database_it_says_what_to_do(world):
    environment = {**world.stack.environment(), "GATEHOUSE_DATABASE": "host=/nonexistent dbname=gatehouse"}
    failed = subprocess.run([world.stack.program("services"), "cleanup-tokens"], env=environment, text=True, capture_output=True)
    assert (failed.returncode, failed.stdout) == (1, "")
    assert "cannot connect to PostgreSQL" in failed.stderr and "gatehouse config check" in failed.stderr


def drop_all_days(world):
    for journal in ("access_log", "token_issuance", "sys_audit_logs"):
        world.sql(f"DROP TABLE {', '.join(world.partitions(journal))}")


def issue(world):
    """Its row in the journal, to be waited for."""
    with Api(world.stack.url) as api:
        answer = token(api, world.stack.admin())
    assert answer.status_code == 200
    claims = answer.json()["access_token"].split(".")[1]
    jti = json.loads(base64.urlsafe_b64decode(claims + "=="))["jti"]
    return lambda: world.sql(f"SELECT count(*) FROM token_issuance WHERE jti = '{jti}'") == "1"


def test_days_that_nobody_made_lose_no_row(world):
    """Functions that run, and yet the day's partitions are not there: they are made with the first row."""
    within(30, issue(world))
    drop_all_days(world)
    within(30, issue(world))
    with Api(world.stack.url) as api:
        assert api.post("/v1/tenants", json={"name": "A change, audited"}).status_code == 201


def test_system_that_slept_for_weeks_begins_at_once(world):
    world.stack.stop()
    world.cluster.start()
    drop_all_days(world)
    world.cluster.stop()
    world.stack.start()
    within(30, issue(world))
    with Api(world.stack.url) as api:
        within(30, lambda: api.post("/v1/tenants", json={"name": "A change, audited"}).status_code == 201)
