"""Runs the functions and nginx: restarts what dies, replaces functions without losing a request, ends all in order.

The supervisor owns each function's listening socket and hands it over as fd 0, so that requests wait in the
backlog while a function is replaced. One thread; every wait is a wait for signals.

    SIGHUP          every function, one after the other: start the new one, let the old one finish what it has; workers too
    SIGTERM/SIGINT  nginx finishes its requests, then the functions and workers, then run() returns
"""

import os
import signal
import socket
import sys
import time

import processes

BACKLOG = 4096  # requests that may wait while a function is replaced; nginx answers 503 beyond it
READY_SECONDS = 20
DRAIN_SECONDS = 30  # nginx leaves a kept connection after 10 s at most, a request takes no longer than 10 s
STOP_SECONDS = 20  # a delivery that is under way takes 15 s at most
STEADY_SECONDS = 10  # who lived that long is started again at once
LONGEST_PAUSE = 5.0
SIGNALS = (signal.SIGCHLD, signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


class SupervisorError(Exception):
    """What went wrong and what to do, for people."""


class Service:
    """One supervised program; `listener` is its fd 0, None for those that serve nothing here: nginx, workers."""

    def __init__(self, name, command, log, listener=None):
        self.name, self.command, self.log, self.listener = name, command, log, listener
        self.process = None
        self.started = 0.0
        self.failures = 0
        self.restart_at = None  # monotonic time, while it is down


def listen(path):
    """A listening unix socket that nginx's group may use too."""
    if os.path.exists(path):
        os.unlink(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    previous = os.umask(0o117)
    try:
        listener.bind(str(path))
    finally:
        os.umask(previous)
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


class Supervisor:
    """`pids` is a directory where the process id of each service is kept up to date, for tools and tests."""

    def __init__(self, environment, pids):
        self.environment, self.pids = environment, pids
        self.functions, self.workers, self.nginx = [], [], None
        self.draining = []  # (process, monotonic deadline)
        self.stopping = False

    def add_function(self, name, program, socket_path, log):
        self.functions.append(Service(name, [program], log, listen(socket_path)))

    def add_worker(self, name, command, log):
        self.workers.append(Service(name, command, log))

    def set_nginx(self, command, log):
        self.nginx = Service("nginx", command, log)

    def start(self, ready):
        """Starts all and returns once `ready()` is true; whoever ends before that is an error."""
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        for service in self._services():
            self._spawn(service)
        deadline = time.monotonic() + READY_SECONDS
        while not self.stopping and not ready():
            self._wait(0.02)
            for service in self._services():
                if service.process.poll() not in (None, -signal.SIGKILL):  # killed from outside is no failed start
                    raise SupervisorError(f"{service.name} {processes.describe_exit(service.process.returncode)} "
                                          f"at its start; its log, {service.log}, ends:\n{processes.tail(service.log)}")
            self._reap()
            if time.monotonic() > deadline:
                raise SupervisorError(f"not ready after {READY_SECONDS} s; the logs are in {self.nginx.log.parent}")

    def run(self):
        """Supervises until SIGTERM or SIGINT."""
        while not self.stopping:
            if self._wait(self._pause()) == signal.SIGHUP:
                for service in self.functions:
                    self._replace(service)
                for service in self.workers:
                    self._replace_worker(service)
            self._reap()

    def stop(self):
        edge = [self.nginx.process] if self.nginx and self.nginx.process else []
        late = processes.end(edge, signal.SIGQUIT, 10)
        for process in edge:
            processes.end_orphans(process)
        running = [service.process for service in self.functions + self.workers if service.process]
        late += processes.end(running + [process for process, _ in self.draining], signal.SIGTERM, STOP_SECONDS)
        for process in late:
            say(f"process {process.pid} did not end in time and was killed")

    def _services(self):
        return [*self.functions, *self.workers, *([self.nginx] if self.nginx else [])]

    def _wait(self, seconds):
        got = signal.sigtimedwait(SIGNALS, seconds)
        if got and got.si_signo in (signal.SIGINT, signal.SIGTERM):
            self.stopping = True
        return got.si_signo if got else None

    def _pause(self):
        times = [service.restart_at for service in self._services() if service.restart_at is not None]
        times += [deadline for _, deadline in self.draining]
        return max(0.0, min(times) - time.monotonic()) if times else 3600.0

    def _spawn(self, service):
        options = {"stdin": service.listener} if service.listener else {}
        service.process = processes.spawn(service.command, service.log, environment=self.environment, **options)
        service.started = time.monotonic()
        service.restart_at = None
        self._publish(service)

    def _publish(self, service):
        written = self.pids / f".{service.name}"
        written.write_text(f"{service.process.pid}\n")
        written.replace(self.pids / service.name)  # a reader never sees half of it

    def _reap(self):
        """Notices who has ended, and starts again whose pause is over."""
        now = time.monotonic()
        for process, deadline in self.draining:
            if process.poll() is None and now > deadline:
                say(f"process {process.pid} did not finish within {DRAIN_SECONDS} s and was killed")
                process.kill()
                process.wait()
        self.draining = [(process, deadline) for process, deadline in self.draining if process.poll() is None]
        for service in self._services():
            if service.restart_at is None and service.process.poll() is not None:
                processes.end_orphans(service.process)
                service.failures = 0 if now - service.started > STEADY_SECONDS else service.failures + 1
                # The first time at once, then 0.2, 0.4 ... s: a program that cannot start shall not eat the machine.
                pause = 0.0 if service.failures <= 1 else min(LONGEST_PAUSE, 0.1 * 2 ** (service.failures - 1))
                service.restart_at = now + pause
                say(f"{service.name} (process {service.process.pid}) "
                    f"{processes.describe_exit(service.process.returncode)}; starting it again"
                    + (f" in {pause:.1f} s, its log: {service.log}" if pause else ""))
            if service.restart_at is not None and service.restart_at <= now:
                self._spawn(service)

    def _replace(self, service):
        """Starts the new process beside the old one, on the same socket; the old one ends only if it serves."""
        if service.process.poll() is not None:
            return
        old = service.process
        self._spawn(service)
        deadline = time.monotonic() + READY_SECONDS
        while not processes.serves(service.process.pid):
            self._wait(0.01)
            if self.stopping or service.process.poll() is not None or time.monotonic() > deadline:
                say(f"the new {service.name} does not start, the old one stays; its log: {service.log}")
                self.draining.append((service.process, time.monotonic()))
                service.process = old
                self._publish(service)
                return
        old.send_signal(signal.SIGTERM)
        self.draining.append((old, time.monotonic() + DRAIN_SECONDS))
        say(f"{service.name}: process {service.process.pid} replaces {old.pid}")

    def _replace_worker(self, service):
        """Starts the new one beside the old one, which finishes what it has: workers share what there is to do."""
        if service.process.poll() is not None:
            return
        old = service.process
        self._spawn(service)
        old.send_signal(signal.SIGTERM)
        self.draining.append((old, time.monotonic() + DRAIN_SECONDS))
        say(f"{service.name}: process {service.process.pid} replaces {old.pid}")


def say(text):
    print(text, file=sys.stderr, flush=True)
