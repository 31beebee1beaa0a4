"""Child processes that never outlive this one, and what can be asked of a process."""

import ctypes
import os
import signal
import subprocess
import time
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(parent, death_signal=signal.SIGTERM):
    """For preexec_fn: the kernel sends `death_signal` as soon as process `parent` is gone, however it went."""
    _libc.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def spawn(command, log, stdin=subprocess.DEVNULL, environment=None, cwd="/", tied=True):
    """Starts a child in a session of its own, so that Ctrl-C reaches this process only, which ends the children
    in their order. `log` takes what it prints. `tied`: it is told to end when this process is gone."""
    parent = os.getpid()

    def prepare():
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        if tied:
            die_with_parent(parent)

    with open(log, "ab") as output:
        return subprocess.Popen([str(part) for part in command], stdin=stdin, stdout=output, stderr=output, cwd=cwd,
                                env=environment, start_new_session=True, preexec_fn=prepare)


def serves(pid):
    """Whether a function has come as far as waiting for requests: it then has its epoll set."""
    try:
        return any(os.readlink(entry) == "anon_inode:[eventpoll]" for entry in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False


def end(processes, first_signal, seconds):
    """Sends `first_signal` to each and waits; who is still there after `seconds` is killed. Returns those."""
    for process in processes:
        if process.poll() is None:
            process.send_signal(first_signal)
    deadline = time.monotonic() + seconds
    late = []
    for process in processes:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            late.append(process)
    return late


def end_orphans(process):
    """Kills what a process of spawn() has left behind when it ended: nginx's workers outlive a killed master, and keep
    its ports."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def describe_exit(returncode):
    if returncode < 0:
        return f"ended by {signal.Signals(-returncode).name}"
    return f"exited with {returncode}"


def tail(path, lines=8):
    """The last lines of a log, for a message about why something did not start."""
    try:
        return "\n".join("    " + line for line in Path(path).read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
