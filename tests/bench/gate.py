"""What the gate costs (warm): a request to a trivial HTTP upstream with it and without, in turn, through the same nginx. The
upstream is an nginx of its own, which answers 300 bytes by itself. `plain` is a proxy_pass as the README has it; `kept` keeps
connections to the upstream, which makes the unprotected request as cheap as it can be."""

import statistics

import load
import upstream

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
    body = "x" * 300
    port = upstream.configure(stack.run_dir / "upstream", f'200 "{body}"')
    locations = "".join(kind.format(way=way, pass_on=pass_on.format(port=port)) for way, pass_on in WAYS.items() for kind in (OPEN, GUARDED))
    for folder, text in (("sites", SITE.format(port=port)), ("protected", locations)):
        (stack.run_dir / "nginx" / folder).mkdir(parents=True)
        (stack.run_dir / "nginx" / folder / "bench.conf").write_text(text)


def gate(world):
    world.stack.operate("route", "set", "bench", "--method", "GET", "--caller", "service")
    with upstream.running(world.stack.run_dir / "upstream"):
        return [_cost(world, way) for way in WAYS][0]


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
