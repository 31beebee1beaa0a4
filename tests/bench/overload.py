"""Floods at ten times what is sustainable: what the admitted ones wait for, what the others are told, what a normal
client notices, and what it leaves behind in memory."""

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

import load
from conftest import BINARIES

TIMES = 10
NORMAL = 20  # requests a second of the client that has nothing to do with the flood
AFTERWARDS = 4  # seconds that it goes on when the flood has ended


def flood(world, request, rate, seconds, connections=4096, sources=1, first_source=0):
    """Starts the generator; `finish(process)` gives its report."""
    path = Path(tempfile.mkstemp(suffix=".http")[1])
    path.write_bytes(request.bytes())
    command = [f"{BINARIES}/gatehouse-bench-flood", "--port", world.stack.port, "--request", path, "--rate", rate, "--seconds", seconds,
               "--connections", connections, "--sources", sources, "--first-source", first_source]
    # Ahead of everything else where that is allowed, so that what is due is sent when it is due.
    ahead = (lambda: os.nice(-10)) if os.geteuid() == 0 else None
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True, preexec_fn=ahead)
    process.request = path
    return process


def finish(process):
    out, _ = process.communicate()
    process.request.unlink()
    return json.loads(out)


def resident(stack):
    """MiB of nginx, each function and PostgreSQL, shared pages counted by their share."""
    def tree(pid):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return sum(map(tree, children), _proportional(pid))
    return {"nginx": tree(stack.process_id("nginx")), "PostgreSQL": tree(stack.cluster.pid()),
            **{name: _proportional(stack.process_id(name)) for name in stack.functions()}}


def _proportional(pid):
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0  # a backend that has ended since
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def recovery(tenths, end, usual):
    """Seconds from `end` (of the flood, in the normal client's time) until all its requests are served as usual again."""
    last = 0.0
    for number, (due, served, worst) in enumerate(tenths):
        if number / 10 >= end and (served < due or worst > usual):
            last = (number + 1) / 10 - end
    return last


def _flooded(world, name, request, function, sustainable):
    seconds = 2 * world.seconds
    idle = finish(flood(world, request, max(NORMAL, 0.02 * sustainable), seconds, connections=64, sources=64))
    before = resident(world.stack)
    normal = flood(world, request, NORMAL, seconds + AFTERWARDS, 16, 1, 60000)
    began = time.monotonic()
    report = finish(flood(world, request, TIMES * sustainable, seconds, sources=1000))
    ended = time.monotonic() - began
    peak = resident(world.stack)
    beside = finish(normal)
    time.sleep(1)
    after = resident(world.stack)

    answered = sum(report["statuses"].values())
    shed = {status: count for status, count in report["statuses"].items() if not status.startswith("2")}
    worst_idle = idle["served"]["p99_ms"]
    admitted = report["served"]
    print(f"{'flood of ' + name:34} sustainable {sustainable:.0f}/s, due {report['due'] / seconds:.0f}/s over "
          f"{report['connections']} connections, answered {answered / ended:.0f}/s (sent late by p99 {report['sending']['p99_ms']:.1f} ms, {report['unsent']} never)\n"
          f"{'':34} admitted {admitted['count'] / ended:.0f}/s, p50 {admitted['p50_ms']:.1f} p99 {admitted['p99_ms']:.1f} ms, idle p99 "
          f"{worst_idle:.1f} ms: {admitted['p99_ms'] / worst_idle:.1f} x (target 5); from when they were sent p99 "
          f"{report['serving']['p99_ms']:.1f} ms: {report['serving']['p99_ms'] / worst_idle:.1f} x\n"
          f"{'':34} shed {shed} p99 {report['shed']['p99_ms']:.1f} ms; malformed {report['malformed']}, reset {report['reset']}, "
          f"unanswered {report['unanswered']}, not connected {report['not_connected']} (target 0)\n"
          f"{'':34} normal client: {beside['statuses']} p99 {beside['served']['p99_ms']:.1f} ms ({beside['served']['p99_ms'] / worst_idle:.1f} x), served as usual "
          f"{recovery(beside['tenths'], seconds, max(5 * worst_idle, idle['served']['max_ms'])):.1f} s after the end (target 2)\n"
          f"{'':34} MiB " + ", ".join(f"{part} {before[part]:.0f} -> {peak[part]:.0f} -> {after[part]:.0f}"
                                      for part in ("nginx", function, "PostgreSQL")), flush=True)


def overload(world):
    token = world.token_request
    _flooded(world, "POST /oauth/token", token, "tokens", load.run(token, seconds=world.seconds)["rate"])
    write = world.new_tenant()
    _flooded(world, "POST /v1/tenants", write, "tenants", load.run(write, seconds=world.seconds)["rate"])
    login = world.login()
    _flooded(world, "POST /v1/auth/login", login, "users", load.run(login, 16, seconds=world.seconds)["rate"])
