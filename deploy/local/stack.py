"""The whole of Gatehouse in one directory: PostgreSQL, every function, nginx. For `make run`, tests and bench.

    stack = Stack("/some/where", port=8080, tls_port=8443)
    stack.serve()                          # in the foreground, until SIGTERM or Ctrl-C
    stack.start(); ...; stack.stop()       # the same in a process of its own

A second start on the same directory keeps its data.
"""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass, field
from pathlib import Path

import nginx
import prepare
import processes
from cluster import Cluster
from supervisor import Supervisor, say

START_SECONDS = 90  # a first start makes a cluster


class StackError(Exception):
    """What went wrong and what to do, for people."""


@dataclass
class Options:
    """How a stack differs from what `make run` makes."""

    binaries: str = str(nginx.REPOSITORY / "build" / "release" / "bin")
    listen: list = field(default_factory=nginx.local_addresses)
    limits: str | dict = "default"  # of both layers; limits.text() says what it may be
    internal_networks: list = field(default_factory=lambda: list(nginx.PRIVATE_NETWORKS))
    trusted_proxies: list = field(default_factory=list)
    client_ca: str = ""  # file with the authorities of client certificates
    settings: dict = field(default_factory=dict)  # lines of the functions' settings file
    extra_functions: dict = field(default_factory=dict)  # name: locations file, beside nginx/functions/
    deliver: bool = True  # webhooks
    fast: bool = False  # PostgreSQL without durability
    tied: bool = False  # a started stack ends with the process that started it


class Stack:
    def __init__(self, run_dir, port=8080, tls_port=8443, **options):
        self.run_dir, self.port, self.tls_port = Path(run_dir).resolve(), int(port), int(tls_port)
        self.options = Options(**options)
        self.url, self.tls_url = f"http://localhost:{self.port}", f"https://localhost:{self.tls_port}"
        self.config = self.run_dir / "gatehouse.conf"
        self.logs, self.sockets, self.pids = (self.run_dir / name for name in ("logs", "sockets", "pids"))
        self.admin_file = self.run_dir / "admin.json"
        self.lock = self.run_dir / "lock"
        self.cluster = Cluster(self.run_dir / "postgresql", fast=self.options.fast)

    def serve(self, announce=lambda stack: None):
        """Prepares and runs everything until SIGTERM or SIGINT; calls `announce(self)` once it is ready."""
        self._make_directories()
        with self._take_lock():
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
            prepare.check(self)
            guard = subprocess.Popen([sys.executable, Path(__file__).with_name("guard.py"), self.cluster.directory],
                                     stdin=subprocess.PIPE, start_new_session=True)
            supervisor = Supervisor(self.environment(), self.pids)
            try:
                prepare.database(self)
                for name in self.functions():
                    supervisor.add_function(name, self.program(name), self.sockets / f"{name}.sock", self.logs / f"{name}.log")
                if self.options.deliver:
                    supervisor.add_worker("deliver", [self.program("webhooks"), "deliver"], self.logs / "deliver.log")
                supervisor.set_nginx(prepare.edge(self), self.logs / "nginx-error.log")
                supervisor.start(self.ready)
                if not supervisor.stopping:
                    announce(self)
                supervisor.run()
            finally:
                say("stopping: nginx, the functions, PostgreSQL")
                supervisor.stop()
                self.cluster.stop()
                guard.communicate()

    def start(self):
        """Starts a process that serves, and returns when everything answers."""
        self._make_directories()
        if self.running():
            raise StackError(f"already running (process {self.running()}): make stop ends it")
        (self.run_dir / "stack.json").write_text(json.dumps(
            {"port": self.port, "tls_port": self.tls_port, **asdict(self.options)}, indent=1) + "\n")
        log = self.logs / "stack.log"
        log.unlink(missing_ok=True)
        process = processes.spawn([sys.executable, Path(__file__).parent, "serve", "--run-dir", self.run_dir], log,
                                  tied=self.options.tied)
        deadline = time.monotonic() + START_SECONDS
        while not (self.running() == process.pid and self.ready()):
            if process.poll() is not None:
                raise StackError(log.read_text(errors="replace").strip().split("gatehouse: ")[-1])
            if time.monotonic() > deadline:
                processes.end([process], signal.SIGTERM, 30)
                raise StackError(f"not ready after {START_SECONDS} s; the log: {log}")
            time.sleep(0.02)
        self._process = process

    def stop(self, seconds=60):
        """Ends a running stack, whoever started it, and waits until all of it has ended. True if there was one."""
        pid = self.running()
        if not pid:
            return False
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + seconds
        while self.running() == pid:
            if time.monotonic() > deadline:
                raise StackError(f"process {pid} does not end; the log: {self.logs / 'stack.log'}")
            time.sleep(0.02)
        if getattr(self, "_process", None):
            self._process.wait()
        return True

    def reload(self):
        """Replaces every function by a new process of its binary without losing a request."""
        os.kill(self.running(), signal.SIGHUP)

    def running(self):
        """The process that serves this directory, or None. The lock decides: a process id may be another's by now."""
        try:
            with self.lock.open() as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return None
        except BlockingIOError:
            return int(self.lock.read_text() or 0) or None
        return None

    def ready(self):
        try:
            with urllib.request.urlopen(f"http://{nginx.url_host(self.options.listen[0])}:{self.port}/health/ready",
                                        timeout=2) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def admin(self):
        """client_id and client_secret of the first service, which holds internal:admin."""
        return json.loads(self.admin_file.read_text())

    def process_id(self, name):
        """Of a function, or of `nginx`."""
        return int((self.pids / name).read_text())

    def functions(self):
        """The functions that run here: name to locations file."""
        return {**nginx.functions(), **{name: Path(path) for name, path in self.options.extra_functions.items()}}

    def program(self, function):
        return Path(self.options.binaries) / f"gatehouse-{function}"

    @property
    def operator_program(self):
        return Path(self.options.binaries) / "gatehouse"

    def operate(self, *arguments):
        """Runs the operator's program on this stack and returns what it prints."""
        done = subprocess.run([str(self.operator_program), *map(str, arguments)], env=self.environment(),
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise StackError(f"gatehouse {' '.join(map(str, arguments))}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def environment(self):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GATEHOUSE_", "PG"))}
        return {**kept, "GATEHOUSE_CONFIG": str(self.config)}

    def _make_directories(self):
        if any(character in str(self.run_dir) for character in " \t\"'\\;{}$#@"):
            raise StackError(f"{self.run_dir} holds a character that nginx's or PostgreSQL's settings cannot: choose RUN_DIR=")
        if len(str(self.sockets)) > 80:
            raise StackError(f"{self.sockets} is too long for a unix socket: choose a shorter RUN_DIR=")
        for path in (self.run_dir, self.logs, self.sockets, self.pids, self.run_dir / "share"):
            path.mkdir(parents=True, exist_ok=True)

    def _take_lock(self):
        file = self.lock.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StackError(f"already running (process {self.lock.read_text().strip()}): make stop ends it") from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        return file
