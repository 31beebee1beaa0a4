"""What the gate costs (warm): a request to a trivial HTTP upstream with it and without, in turn, through the same nginx. The
upstream is an nginx of its own, which answers 300 bytes by itself."""

import signal
import statistics
import subprocess
import time

import load
import nginx

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
        listen unix:{place}/upstream.sock;
        location / {{ return 200 "{body}"; }}
    }}
}}
"""
SITE = """
upstream bench_upstream {{
    server unix:{place}/upstream.sock;
    keepalive 64;
    keepalive_requests 1000000;
}}
"""
LOCATIONS = """
location = /bench/open {
    include snippets/trace-upstream.conf;
    proxy_set_header Connection "";
    proxy_http_version 1.1;
    proxy_pass http://bench_upstream;
}
location = /bench/gate {
    set $gatehouse_route bench;
    include gatehouse/protect.conf;
    proxy_set_header Connection "";
    proxy_http_version 1.1;
    proxy_pass http://bench_upstream;
}
"""


def prepare(stack):
    """What the operator of such a system writes, before it starts."""
    place = stack.run_dir / "upstream"
    for folder, text in (("sites", SITE.format(place=place)), ("protected", LOCATIONS)):
        (stack.run_dir / "nginx" / folder).mkdir(parents=True)
        (stack.run_dir / "nginx" / folder / "bench.conf").write_text(text)
    place.mkdir()
    (place / "nginx.conf").write_text(UPSTREAM.format(place=place, body="x" * 300))


def gate(world):
    place = world.stack.run_dir / "upstream"
    world.stack.operate("route", "set", "bench", "--method", "GET", "--caller", "service")
    upstream = subprocess.Popen([nginx.find_program(), "-c", place / "nginx.conf", "-e", place / "upstream.log"])
    try:
        time.sleep(1)
        (place / "upstream.sock").chmod(0o666)
        ratios, results = [], []
        guarded, unguarded = (world.get(f"/bench/{name}", world.service_token) for name in ("gate", "open"))
        for request in (guarded, unguarded):
            load.run(request, seconds=1)
        for _ in range(world.rounds):
            base = load.run(unguarded, seconds=world.seconds)
            world.processors.spent()
            result = load.run(guarded, seconds=world.seconds)
            result["cpu"] = {part: 1e6 * spent / result["requests"] for part, spent in world.processors.spent().items()}
            ratios.append(base["rate"] / result["rate"])
            results.append((base, result))
    finally:
        upstream.send_signal(signal.SIGTERM)
        upstream.wait()
    base, last = results[-1]
    cpu = ", ".join(f"{part} {last['cpu'][part]:.1f}" for part in ("nginx", "tokens", "PostgreSQL"))
    print(f"{'gate, warm':34} {statistics.median(ratios):5.2f} x an unprotected proxied request (target 1.7 at most; {min(ratios):.2f}-{max(ratios):.2f})  "
          f"{base['rate']:.0f}/s and {last['rate']:.0f}/s  errors {sum(r['errors'] for pair in results for r in pair)}  "
          f"µs of CPU: {cpu}", flush=True)
    return statistics.median(ratios)
