"""What webhooks cost: deliveries a second to a receiver on this machine, an nginx that answers 204; and what looking for the next
deliveries costs beside a thousand and beside ten million others."""

import json
import os
import signal
import statistics
import subprocess
import time

from pathlib import Path

import load
import nginx
from conftest import BINARIES, free_ports

SETTINGS = {"egress_allow_http": "true", "egress_allow_cidrs": "127.0.0.1", "egress_ports": "1-65535"}
RECEIVER = """
daemon off;
pid {place}/receiver.pid;
worker_processes 1;
error_log {place}/receiver.log alert;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {place}/body; proxy_temp_path {place}/proxy; fastcgi_temp_path {place}/fastcgi;
    uwsgi_temp_path {place}/uwsgi; scgi_temp_path {place}/scgi;
    keepalive_requests 1000000;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location / {{ return 204; }}
    }}
}}
"""
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


class Receiver:
    def __init__(self, place):
        place.mkdir(exist_ok=True)
        (self.port,) = free_ports(1)
        (place / "nginx.conf").write_text(RECEIVER.format(place=place, port=self.port))
        self.process = subprocess.Popen([nginx.find_program(), "-c", place / "nginx.conf", "-e", place / "receiver.log"])
        time.sleep(1)

    def spent(self):
        """Seconds of processor time, of its worker."""
        children = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True).stdout.split()
        return sum(seconds_of(pid) for pid in children)

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def seconds_of(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / load.TICKS


def deliver(world, number=20000, workers=1, endpoints=4):
    stack, receiver = world.stack, Receiver(world.stack.run_dir / "receiver")
    made = []
    try:
        for _ in range(endpoints):
            answer = world.api.post("/v1/webhooks", token=world.tenant["secret_key"],
                                  json={"url": f"http://127.0.0.1:{receiver.port}/", "event_types": ["bench.happened"], "max_concurrency": 64})
            assert answer.status_code == 201, answer.text
            made.append(answer.json()["id"])
        stack.cluster.psql("gatehouse", PUBLISH.format(tenant=world.tenant["id"], number=number // endpoints))
        world.processors.spent()
        before = receiver.spent()
        began = time.monotonic()
        running = [subprocess.Popen([stack.program("webhooks"), "deliver", "--once"], env=stack.environment(), stdout=subprocess.PIPE, text=True)
                   for _ in range(workers)]
        usage = [os.wait4(process.pid, 0)[2] for process in running]
        seconds = time.monotonic() - began
        tallies = [json.loads(process.stdout.read()) for process in running]
    finally:
        receiver_cpu = receiver.spent() - before
        receiver.close()
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
    stack, tenant = world.stack, world.tenant
    made = []
    for _ in range(20):
        answer = world.api.post("/v1/webhooks", token=tenant["secret_key"],
                                json={"url": "https://example.com/", "event_types": ["bench.happened"], "max_concurrency": 16})
        assert answer.status_code == 201, answer.text
        made.append(answer.json()["id"])
    stack.cluster.psql("gatehouse", READY.format(tenant=tenant["id"]))
    alone = _claims(stack, "beside nothing")
    began = time.monotonic()
    seed = (Path(__file__).parent / "seed_deliveries.sql").read_text()
    stack.cluster.psql("gatehouse", f"\\set number {many}\n\\set tenant {tenant['id']}\n{seed}")
    seconds = time.monotonic() - began
    crowded = _claims(stack, f"beside {many:,} waiting, {many:,} finished")
    print(f"{'':34} (seeded in {seconds:.0f} s)", flush=True)
    return alone["look"] / crowded["look"]


def _claims(stack, where):
    done = subprocess.run([Path(BINARIES) / "gatehouse-bench-claims", "201"], env=stack.environment(), capture_output=True, text=True, check=True)
    result = json.loads(done.stdout)
    print(f"{'claims, ' + where:34} look {result['look']} µs, claim {result['claimed']}: {result['claim']} µs, read them {result['read']} µs, "
          f"give back {result['give_back']} µs", flush=True)
    return result
