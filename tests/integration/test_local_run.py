"""`make run`, `make start`, `make stop`: what the supervisor promises."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import nginx
import pytest
from conftest import BINARIES, REPOSITORY, Api, free_ports
from stack import Stack, StackError


def wait_for(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)
    return result


def processes_of(stack):
    """Every process that names the stack's directory in its command line, or is one of its functions."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if str(stack.run_dir).encode() in (entry / "cmdline").read_bytes():
                found.add(int(entry.name))
        except OSError:
            continue
    return found


def alive(pid):
    """A zombie that nobody has waited for yet has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def left_of(group):
    """The processes of a group that run; zombies that nobody has waited for yet have ended."""
    left = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            state, _, of = (entry / "stat").read_text().rsplit(")", 1)[1].split()[:3]
        except OSError:
            continue
        if int(of) == group and state != "Z":
            left.append(int(entry.name))
    return left


@pytest.mark.parametrize("name", [*nginx.functions(), "nginx"])
def test_killed_process_is_back_at_once(own_stack, name):
    before = own_stack.process_id(name)
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: own_stack.process_id(name) != before and own_stack.ready(), 5)
    assert not left_of(before)  # nginx's workers outlive a killed master, and would keep its ports
    assert alive(own_stack.process_id(name))


def test_rolling_restart_under_load_drops_no_request(own_stack):
    failures, done, ends = [], [0], threading.Event()

    def load():
        with Api(own_stack.url) as api:
            while not ends.is_set():
                answer = api.get("/health")
                done[0] += 1
                if answer.status_code != 200:
                    failures.append((answer.status_code, answer.text))

    clients = [threading.Thread(target=load) for _ in range(8)]
    for client in clients:
        client.start()
    try:
        for _ in range(2):
            before = {name: own_stack.process_id(name) for name in nginx.functions()}
            own_stack.reload()
            wait_for(lambda: all(own_stack.process_id(name) != pid for name, pid in before.items()))
            wait_for(lambda: not any(alive(pid) for pid in before.values()), 30)
    finally:
        ends.set()
        for client in clients:
            client.join()
    assert failures == [] and done[0] > 1000


def test_second_start_in_the_same_place_is_refused(own_stack):
    with pytest.raises(StackError, match="already running"):
        Stack(own_stack.run_dir, own_stack.port, own_stack.tls_port).start()


def test_stopped_stack_leaves_no_process_and_keeps_its_data(make_stack):
    stack = make_stack()
    stack.start()
    with Api(stack.url) as api:
        tenant = api.post("/v1/tenants", json={"name": "kept"}).json()
        credentials = stack.admin()
        assert stack.admin_file.stat().st_mode & 0o777 == 0o600
        stack.stop()
        assert processes_of(stack) == set()
        stack.start()
        assert api.get(f"/v1/tenants/{tenant['id']}").json()["name"] == "kept"
        assert stack.admin() == credentials
        answer = api.post("/oauth/token", auth=(credentials["client_id"], credentials["client_secret"]),
                          data={"grant_type": "client_credentials"})
        assert answer.status_code == 200


def test_killed_supervisor_leaves_nothing_behind(make_stack):
    stack = make_stack()
    stack.start()
    pids = [stack.process_id(name) for name in [*nginx.functions(), "nginx"]] + [stack.cluster.pid()]
    os.kill(stack.running(), signal.SIGKILL)
    wait_for(lambda: not any(alive(pid) for pid in pids), 30)
    wait_for(lambda: not any(alive(pid) for pid in processes_of(stack)), 10)
    stack.start()
    assert stack.ready()


def local(*arguments):
    return subprocess.run([sys.executable, REPOSITORY / "deploy" / "local", *map(str, arguments)], capture_output=True,
                          text=True, timeout=100)


@pytest.mark.parametrize("index, variable", [(0, "PORT"), (1, "TLS_PORT")])
def test_taken_port_is_named_with_the_variable_that_changes_it(make_stack, index, variable):
    place = make_stack()
    ports = free_ports(2)
    with socket.create_server(("127.0.0.1", ports[index])):
        done = local("run", "--run-dir", place.run_dir, "--port", ports[0], "--tls-port", ports[1], "--binaries", BINARIES)
    assert done.returncode == 1
    assert f"port {ports[index]}" in done.stderr and f" {variable}=" in done.stderr and "Traceback" not in done.stderr


def test_unbuilt_programs_are_named(make_stack):
    place = make_stack()
    done = local("run", "--run-dir", place.run_dir, "--binaries", place.run_dir)
    assert done.returncode == 1
    assert "gatehouse-tokens" in done.stderr and "make build" in done.stderr and "Traceback" not in done.stderr


def test_lost_keyring_is_said_before_anything_starts(make_stack):
    stack = make_stack()
    stack.start()
    stack.stop()
    (stack.run_dir / "keyring").unlink()
    with pytest.raises(StackError, match="keyring is gone"):
        stack.start()
    assert processes_of(stack) == set()


def test_broken_cluster_is_named(make_stack):
    stack = make_stack()
    stack.start()
    stack.stop()
    (stack.cluster.data / "global" / "pg_control").unlink()
    with pytest.raises(StackError, match=re.escape(str(stack.cluster.directory))):
        stack.start()
    assert processes_of(stack) == set()


def test_ctrl_c_ends_everything(make_stack):
    place = make_stack()
    port, tls_port = free_ports(2)
    running = subprocess.Popen(
        [sys.executable, REPOSITORY / "deploy" / "local", "run", "--run-dir", place.run_dir, "--port", str(port),
         "--tls-port", str(tls_port), "--binaries", BINARIES], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True)
    while "Ctrl-C" not in (line := running.stdout.readline()):
        assert line, running.stderr.read()
    os.killpg(running.pid, signal.SIGINT)  # a terminal sends it to the whole foreground group
    _, errors = running.communicate(timeout=30)
    assert running.returncode == 0 and "Traceback" not in errors and "killed" not in errors
    assert processes_of(place) == set()


def test_printed_lines_work_when_pasted_in_order(make_stack):
    port, tls_port = free_ports(2)
    place = make_stack()
    try:
        done = local("start", "--run-dir", place.run_dir, "--port", port, "--tls-port", tls_port, "--binaries", BINARIES)
        assert done.returncode == 0, done.stderr
        lines = [line for line in done.stdout.splitlines() if line.startswith(("curl ", "TENANT="))]
        assert len(lines) == 5
        pasted = subprocess.run(["bash", "-e"], input="\n".join(lines), capture_output=True, text=True, timeout=30)
        health, tenant, user, login, token = pasted.stdout.splitlines()
        assert '"status"' in health and '"public_key"' in tenant and '"email"' in user
        assert '"token"' in login and '"access_token"' in token
    finally:
        place.stop()
