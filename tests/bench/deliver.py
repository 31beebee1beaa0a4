"""What webhooks cost: deliveries a second to a receiver on this machine, an nginx that answers 204; what the queue adds to publishing;
and what finding the next deliveries costs, alone and beside very many others."""

import json
import os
import re
import statistics
import subprocess
import time

from pathlib import Path

import load
import upstream
from conftest import BINARIES

SETTINGS = {"egress_allow_http": "true", "egress_allow_cidrs": "127.0.0.1", "egress_ports": "1-65535"}
PUBLISH = """SET search_path = gatehouse;
WITH made AS (INSERT INTO events (id, created_at, tenant_id, type, data)
  SELECT 'evt_' || replace(gen_random_uuid()::text, '-', ''), now(), '{tenant}', 'bench.happened', json_build_object('number', i, 'text', repeat('x', 200))
    FROM generate_series(1, {number}) i RETURNING id, created_at, sequence)
INSERT INTO event_queue (sequence, event_id, event_created_at) SELECT sequence, id, created_at FROM made"""

READY = """SET search_path = gatehouse;
WITH made AS (INSERT INTO events (id, created_at, tenant_id, type, data)
  SELECT 'evt_bench_' || i, now(), '{tenant}', 'bench.happened', '{{}}' FROM generate_series(1, 50) i RETURNING *),
delivered AS (INSERT INTO webhook_deliveries (id, created_at, tenant_id, endpoint_id, event_id, event_created_at, event_type, state)
  SELECT 'dlv_bench_' || e.id || m.id, m.created_at, m.tenant_id, e.id, m.id, m.created_at, m.type, 'pending'
    FROM made m, webhook_endpoints e WHERE e.tenant_id = '{tenant}' RETURNING *)
INSERT INTO webhook_queue (delivery_id, delivery_created_at, endpoint_id, sequence, state)
  SELECT d.id, d.created_at, d.endpoint_id, m.sequence, 'ready' FROM delivered d JOIN made m ON m.id = d.event_id;
ANALYZE webhook_queue, webhook_deliveries, events, webhook_endpoints"""


def spent_by(receiver):
    """Seconds of processor time, of its worker."""
    children = subprocess.run(["pgrep", "-P", str(receiver.pid)], capture_output=True, text=True).stdout.split()
    return sum(seconds_of(pid) for pid in children)


def seconds_of(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / load.TICKS


def describe(world):
    answer = world.api.put("/v1/event-types/bench.happened", token=world.tenant["secret_key"], json={"description": "For the bench."})
    assert answer.status_code == 200, answer.text


def queueing(world):
    """Publishing with the queue's row and without it, in turn: a trigger drops the row, which costs less than the row by far."""
    describe(world)
    request = load.Request(f"{world.stack.url}/v1/events", "POST", json.dumps({"type": "bench.happened", "data": {"number": 1, "text": "x" * 200}}),
                           {"Content-Type": "application/json", "Authorization": f"Bearer {world.tenant['secret_key']}"})
    database = world.stack.cluster
    database.psql("gatehouse", """CREATE FUNCTION gatehouse.bench_drop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
        CREATE TRIGGER bench_drop BEFORE INSERT ON gatehouse.event_queue FOR EACH ROW EXECUTE FUNCTION gatehouse.bench_drop()""")
    ratios, errors, spent = [], 0, []
    load.run(request, 16, seconds=1)
    for _ in range(4 * world.rounds):  # many short ones, since the difference is small
        pair = []
        for state in ("ENABLE", "DISABLE"):
            database.psql("gatehouse", f"ALTER TABLE gatehouse.event_queue {state} TRIGGER bench_drop")
            world.processors.spent()
            result = load.run(request, 16, seconds=max(1, world.seconds // 2))
            pair.append(1e6 * sum(world.processors.spent().values()) / result["requests"])
            errors += result["errors"]
        spent.append(pair)
        ratios.append(pair[1] / pair[0])
    database.psql("gatehouse", "DROP FUNCTION gatehouse.bench_drop CASCADE; TRUNCATE gatehouse.event_queue")
    without, with_it = (statistics.median(one) for one in zip(*spent))
    print(f"{'publishing, with the queue':34} {statistics.median(ratios):5.2f} x the processor time without it ({min(ratios):.2f}-{max(ratios):.2f}; target 1.10 at "
          f"most)  {with_it:.0f} and {without:.0f} µs  errors {errors}", flush=True)
    return statistics.median(ratios)


def deliver(world, number=20000, workers=1, endpoints=4):
    describe(world)
    stack, place, made = world.stack, world.stack.run_dir / "receiver", []
    port = upstream.configure(place, "204")
    with upstream.running(place) as receiver:
        try:
            for _ in range(endpoints):
                answer = world.api.post("/v1/webhooks", token=world.tenant["secret_key"],
                                        json={"url": f"http://127.0.0.1:{port}/", "event_types": ["bench.happened"], "max_concurrency": 64})
                assert answer.status_code == 201, answer.text
                made.append(answer.json()["id"])
            stack.cluster.psql("gatehouse", PUBLISH.format(tenant=world.tenant["id"], number=number // endpoints))
            world.processors.spent()
            before = spent_by(receiver)
            began = time.monotonic()
            running = [subprocess.Popen([stack.program("webhooks"), "deliver", "--once"], env=stack.environment(), stdout=subprocess.PIPE, text=True)
                       for _ in range(workers)]
            usage = [os.wait4(process.pid, 0)[2] for process in running]
            seconds = time.monotonic() - began
            tallies = [json.loads(process.stdout.read()) for process in running]
            receiver_cpu = spent_by(receiver) - before
        finally:
            for endpoint in made:
                world.api.delete(f"/v1/webhooks/{endpoint}", token=world.tenant["secret_key"])
    delivered = sum(tally["delivered"] for tally in tallies)
    spent = world.processors.spent()
    spent["worker"] = sum(one.ru_utime + one.ru_stime for one in usage)
    spent["receiver"] = receiver_cpu
    shares = ", ".join(f"{part} {1e6 * cpu / delivered:.0f}" for part, cpu in spent.items() if cpu > 0)
    print(f"{f'deliver, {workers} worker, {endpoints} endpoints':34} {delivered / seconds:5.0f} deliveries/s  ({delivered} in {seconds:.1f} s; "
          f"µs of CPU each: {shares})", flush=True)
    return delivered / seconds


def claims(world, many=1_000_000):
    """A thousand deliveries of twenty endpoints, alone and then beside many others, finished ones and ones that wait."""
    describe(world)
    stack, tenant = world.stack, world.tenant
    for _ in range(20):
        answer = world.api.post("/v1/webhooks", token=tenant["secret_key"],
                                json={"url": "https://example.com/", "event_types": ["bench.happened"], "max_concurrency": 16})
        assert answer.status_code == 201, answer.text
    stack.cluster.psql("gatehouse", READY.format(tenant=tenant["id"]))
    alone = _claims(stack, "beside nothing")
    began = time.monotonic()
    seed = (Path(__file__).parent / "seed_deliveries.sql").read_text()
    stack.cluster.psql("gatehouse", f"\\set number {many}\n\\set tenant {tenant['id']}\n{seed}")
    seconds = time.monotonic() - began
    crowded = _claims(stack, f"beside {many:,} waiting, {many:,} finished")
    print(f"{'':34} (seeded in {seconds:.0f} s)", flush=True)
    explain(stack)
    return alone["look"] / crowded["look"]


def _claims(stack, where):
    done = subprocess.run([Path(BINARIES) / "gatehouse-bench-claims", "201"], env=stack.environment(), capture_output=True, text=True, check=True)
    result = json.loads(done.stdout)
    print(f"{'claims, ' + where:34} look {result['look']} µs, claim {result['claimed']}: {result['claim']} µs, read them {result['read']} µs, "
          f"give back {result['give_back']} µs", flush=True)
    return result


def explain(stack):
    """The plans of the two statements that find the next deliveries, as PostgreSQL carried them out: which indexes, how much was read."""
    role = "ALTER ROLE gatehouse_delivery"
    stack.cluster.psql("gatehouse", f"""{role} SET session_preload_libraries = auto_explain; {role} SET auto_explain.log_min_duration = 0;
        {role} SET auto_explain.log_analyze = on; {role} SET auto_explain.log_buffers = on; {role} SET auto_explain.log_timing = off""")
    subprocess.run([Path(BINARIES) / "gatehouse-bench-claims", "9"], env=stack.environment(), stdout=subprocess.DEVNULL, check=True)
    entries = stack.cluster.log.read_text(errors="replace").split(" LOG:  duration: ")
    for name, start in (("look", "WITH RECURSIVE waiting"), ("claim", "WITH busy AS")):
        plan = [entry for entry in entries if start in entry][-1]
        whole = re.search(r"Buffers: (.*)", plan).group(1)
        indexes = sorted(set(re.findall(r"Index(?: Only)? Scan using (\w+)", plan)))
        print(f"{'  ' + name:34} {plan.split(' ms')[0]} ms in PostgreSQL, pages: {whole}; by {', '.join(indexes)}; Seq Scan: {plan.count('Seq Scan')}", flush=True)
    stack.cluster.psql("gatehouse", f"{role} RESET session_preload_libraries")
