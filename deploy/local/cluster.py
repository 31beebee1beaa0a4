"""A private PostgreSQL cluster in a directory: for `make run`, for tests, for the bench.

No TCP, no passwords: `peer` over a unix socket, with an ident map that lets the user who runs this be the
superuser and every gatehouse_* role. PostgreSQL refuses to run as root, so root runs it as another user
(the environment variable GATEHOUSE_POSTGRES_USER, default `postgres`).

    cluster = Cluster("/some/where/postgresql")
    cluster.create()     # does nothing where there is one
    cluster.start()      # and waits until it answers
    cluster.bootstrap(Path("sql/bootstrap.sql"))
    cluster.conninfo     # for the setting `database`
    cluster.stop()
"""

import getpass
import os
import pwd
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
ROLES = ("owner", "operator", "delivery", *sorted(path.parent.name for path in (REPOSITORY / "functions").glob("*/main.cpp")))
SOCKET_PATH_LIMIT = 107  # sockaddr_un
START_SECONDS = 30


class ClusterError(Exception):
    """What went wrong and what to do, for people."""


def find_binaries():
    """The directory with initdb and postgres of the newest PostgreSQL >= 15 that is installed."""
    found = []
    for path in Path("/usr/lib/postgresql").glob("*/bin/initdb"):
        version = path.parent.parent.name
        if version.isdigit() and int(version) >= 15:
            found.append((int(version), path.parent))
    if found:
        return max(found)[1]
    initdb = shutil.which("initdb")
    if initdb:
        return Path(initdb).resolve().parent
    raise ClusterError("PostgreSQL 15 or newer is not installed: apt-get install postgresql")


class Cluster:
    """`fast` gives up durability for speed: for tests only. `settings` are lines of postgresql.conf."""

    def __init__(self, directory, fast=False, settings=()):
        self.directory = Path(directory).resolve()
        self.data = self.directory / "data"
        self.socket_directory = self.directory / "socket"
        self.log = self.directory / "postgresql.log"
        self.fast = fast
        self.settings = tuple(settings)
        self.binaries = find_binaries()
        self.capabilities = ()
        self.user = os.environ.get("GATEHOUSE_POSTGRES_USER", "postgres") if os.geteuid() == 0 else None
        socket = self.socket_directory / ".s.PGSQL.5432"
        if len(str(socket)) > SOCKET_PATH_LIMIT:
            raise ClusterError(f"{socket} is too long for a unix socket: choose a shorter directory")

    @property
    def conninfo(self):
        return f"host={self.socket_directory} dbname=gatehouse"

    def exists(self):
        return (self.data / "PG_VERSION").exists()

    def create(self):
        """Makes the cluster unless it exists. What an interrupted run left half-made is made again."""
        if not self.exists() or not (self.data / "gatehouse.conf").exists():
            self._make_directories()
            if self.data.exists():
                shutil.rmtree(self.data)
            self._run("initdb", "-D", self.data, "-U", "postgres", "-A", "peer", "-E", "UTF8", "--locale=C",
                      *(["--no-sync"] if self.fast else []))
        self._configure()

    def start(self):
        """Starts the server and waits until it answers. Nothing to do if it runs."""
        if self.pid():
            return
        if not self.exists():
            raise ClusterError(f"there is no cluster in {self.data}: create it first")
        self._make_directories()
        self._check_version()
        self._run("pg_ctl", "-D", self.data, "-l", self.log, "-w", "-t", START_SECONDS, "-s", "start",
                  remedy=f"its log: {self.log}")

    def stop(self, immediate=False):
        """Ends the server: open transactions are rolled back. Nothing to do if it does not run."""
        pid = self.pid()
        if not pid:
            return
        os.kill(pid, signal.SIGQUIT if immediate else signal.SIGINT)
        ends = time.monotonic() + 60
        while self.pid() == pid:
            if time.monotonic() > ends:
                raise ClusterError(f"PostgreSQL (process {pid}) does not stop; its log: {self.log}")
            time.sleep(0.02)

    def pid(self):
        """The server's process, or None. A pid file that outlived its server does not count."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            pid = int(lines[0])
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, IndexError, ValueError):
            return None
        return pid if str(self.data).encode() in arguments else None

    def bootstrap(self, script):
        """Roles and the database: sql/bootstrap.sql, as superuser."""
        # Read here: the user that PostgreSQL runs as may not be able to read the script's directory.
        self.psql("postgres", Path(script).read_text())

    def psql(self, database, sql):
        """Runs a psql script as superuser and returns what it prints, unaligned, tuples only."""
        done = subprocess.run(
            [self.binaries / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.socket_directory,
             "-U", "postgres", "-d", database, "-f", "-"],
            input=sql, text=True, capture_output=True, env={**_clean_environment(), "PGOPTIONS": "-c client_min_messages=warning"})
        if done.returncode != 0:
            raise ClusterError(f"psql: {done.stderr.strip()}")
        return done.stdout

    def _configure(self):
        me = getpass.getuser() if os.geteuid() != 0 else "root"
        superusers = {me, self.user or me}
        ident = [f"gatehouse {user} postgres" for user in sorted(superusers)]
        ident += [f"gatehouse {me} gatehouse_{role}" for role in ROLES]
        conf = [
            "listen_addresses = ''",
            f"unix_socket_directories = '{self.socket_directory}'",
            # The functions run as another user than PostgreSQL where root started both.
            f"unix_socket_permissions = {'0777' if self.user else '0700'}",
            "port = 5432", "max_connections = 100", "shared_buffers = 128MB", "timezone = 'UTC'",
            "log_timezone = 'UTC'", "log_line_prefix = '%m [%p] %a '",
            # Statements are not logged: a parameter may be a personal datum.
            "log_min_error_statement = panic", "log_parameter_max_length_on_error = 0",
        ]
        if self.fast:
            conf += ["fsync = off", "synchronous_commit = off", "full_page_writes = off"]
        conf += self.settings
        self._write(self.data / "pg_hba.conf", ["local all all peer map=gatehouse"])
        self._write(self.data / "pg_ident.conf", ident)
        self._write(self.data / "gatehouse.conf", conf)
        main = self.data / "postgresql.conf"
        if "include = 'gatehouse.conf'" not in main.read_text():
            with main.open("a") as file:
                file.write("include = 'gatehouse.conf'\n")

    def _write(self, path, lines):
        path.write_text("\n".join(lines) + "\n")
        path.chmod(0o600)
        if self.user:
            shutil.chown(path, self.user)

    def _make_directories(self):
        if self.user:
            try:
                pwd.getpwnam(self.user)
            except KeyError:
                raise ClusterError(f"PostgreSQL does not run as root and there is no user {self.user!r}: install "
                                   "postgresql, or name a user in GATEHOUSE_POSTGRES_USER") from None
        for path in (self.directory, self.socket_directory):
            path.mkdir(parents=True, exist_ok=True)
            if self.user:
                shutil.chown(path, self.user)
        if self.user:
            self._check_reachable()

    def _check_reachable(self):
        """A clone in /root, say, is closed to every other user. PostgreSQL minds the user id 0 only, so it may keep the
        one capability that opens directories."""
        for self.capabilities in ((), ("--inh-caps=+dac_override", "--ambient-caps=+dac_override")):
            # Not `test -x`: access(2) does not count capabilities.
            if subprocess.run([*self._as_user(), "stat", f"{self.directory}/."], cwd="/", capture_output=True).returncode == 0:
                return
        raise ClusterError(f"the user {self.user!r}, which PostgreSQL runs as, cannot reach {self.directory}: "
                           "choose a directory that others may enter (RUN_DIR=)")

    def _check_version(self):
        made_by = (self.data / "PG_VERSION").read_text().strip()
        output = subprocess.run([self.binaries / "postgres", "--version"], capture_output=True, text=True).stdout
        installed = re.search(r"(\d+)", output)
        if installed and installed.group(1) != made_by:
            raise ClusterError(f"the data in {self.data} were made by PostgreSQL {made_by}, installed is "
                               f"{installed.group(1)}: upgrade them with pg_upgrade or choose another directory")

    def _as_user(self):
        if not self.user:
            return []
        group = str(pwd.getpwnam(self.user).pw_gid)
        return ["setpriv", "--reuid", self.user, "--regid", group, "--init-groups", *self.capabilities, "--"]

    def _run(self, program, *arguments, remedy=""):
        command = [*self._as_user(), str(self.binaries / program), *map(str, arguments)]
        # The server outlives this program: it gets a session of its own, so that Ctrl-C reaches only its
        # starter, which then stops it, and it must not hold on to a pipe of ours.
        with open(os.devnull, "rb") as null:
            done = subprocess.run(command, stdin=null, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                  cwd="/", env=_clean_environment(), start_new_session=True)
        if done.returncode != 0:
            raise ClusterError(f"{program} failed: {done.stderr.strip()} {remedy}".strip())


def _clean_environment():
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}
