"""What the gate costs (warm): a request to a trivial HTTP upstream with it and without, in turn, through the same nginx. The
upstream is an nginx of its own, which answers 300 bytes by itself. `plain` is a proxy_pass as the README has it; `kept` keeps
connections to the upstream, which makes the unprotected request as cheap as it can be."""

import signal
import statistics
import subprocess
import time

import load
import nginx
from conftest import free_ports

UPSTREAM = """
daemon off;
pid {place}/upstream.pid;
worker_processes 1;
error_log {place}/upstream.log alert;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {place}/body; proxy_temp_path {place}/proxy; fastcgi_temp_path {place}/fastcgi;
    uwsgi_temp_path {place}/uwsgi; scgi_temp_path {place}/scgi;
    keepalive_requests 1000000;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location / {{ return 200 "{body}"; }}
    }}
}}
"""
SITE = """
upstream bench_upstream {{
    server 127.0.0.1:{port};
    keepalive 64;
    keepalive_requests 1000000;
}}
"""
WAYS = {"plain": "proxy_pass http://127.0.0.1:{port};",
        "kept": 'proxy_set_header Connection ""; proxy_http_version 1.1; proxy_pass http://bench_upstream;'}
OPEN = "location = /bench/open/{way} {{ include snippets/trace-upstream.conf; {pass_on} }}\n"
GUARDED = "location = /bench/gate/{way} {{ set $gatehouse_route bench; include gatehouse/protect.conf; {pass_on} }}\n"


def prepare(stack):
    """What the operator of such a system writes, before it starts."""
    place, (port,) = stack.run_dir / "upstream", free_ports(1)
    locations = "".join(kind.format(way=way, pass_on=pass_on.format(port=port)) for way, pass_on in WAYS.items() for kind in (OPEN, GUARDED))
    for folder, text in (("sites", SITE.format(port=port)), ("protected", locations)):
        (stack.run_dir / "nginx" / folder).mkdir(parents=True)
        (stack.run_dir / "nginx" / folder / "bench.conf").write_text(text)
    place.mkdir()
    (place / "nginx.conf").write_text(UPSTREAM.format(place=place, port=port, body="x" * 300))


def gate(world):
    place = world.stack.run_dir / "upstream"
    world.stack.operate("route", "set", "bench", "--method", "GET", "--caller", "service")
    upstream = subprocess.Popen([nginx.find_program(), "-c", place / "nginx.conf", "-e", place / "upstream.log"])
    try:
        time.sleep(1)
        return [_cost(world, way) for way in WAYS][0]
    finally:
        upstream.send_signal(signal.SIGTERM)
        upstream.wait()


def _cost(world, way):
    guarded, unguarded = (world.get(f"/bench/{name}/{way}", world.service_token) for name in ("gate", "open"))
    for request in (guarded, unguarded):
        load.run(request, seconds=1)
    ratios, results = [], []
    for _ in range(world.rounds):
        pair = []
        for request in (unguarded, guarded):
            world.processors.spent()
            result = load.run(request, seconds=world.seconds)
            result["cpu"] = {part: 1e6 * spent / result["requests"] for part, spent in world.processors.spent().items()}
            pair.append(result)
        ratios.append(pair[0]["rate"] / pair[1]["rate"])
        results += pair
    base, last = results[-2:]
    cpu = ", ".join(f"{part} {last['cpu'][part] - base['cpu'][part]:.1f}" for part in ("nginx", "tokens", "PostgreSQL"))
    target = "; target 1.7 at most" if way == "plain" else ""
    print(f"{'gate, warm, ' + way:34} {statistics.median(ratios):5.2f} x an unprotected proxied request ({min(ratios):.2f}-{max(ratios):.2f}{target})  "
          f"{base['rate']:.0f}/s and {last['rate']:.0f}/s  errors {sum(result['errors'] for result in results)}  µs of CPU more: {cpu}", flush=True)
    return statistics.median(ratios)
