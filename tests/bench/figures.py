"""The figures of `make bench`: each a ratio to the no-op function, taken in turn with it in the same run."""

import base64
import json
import re
import statistics
import subprocess
import threading
import time
from pathlib import Path
from urllib.parse import quote

import load
from client_keys import JWT_BEARER, Key, register
from client_keys import assertion as make_assertion

BODY = "grant_type=client_credentials"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


class World:
    """A stack with somebody in it: a tenant, a user who is logged in, a client with a scope."""

    def __init__(self, stack, api, noop_url, seconds, rounds):
        self.stack, self.api, self.noop_url, self.seconds, self.rounds = stack, api, noop_url, seconds, rounds
        self.processors = load.Processors(stack)
        admin = stack.admin()
        self.client = (admin["client_id"], admin["client_secret"])
        self.basic = "Basic " + base64.b64encode(":".join(self.client).encode()).decode()
        self.token_request = load.Request(f"{stack.url}/oauth/token", "POST", BODY, {**FORM, "Authorization": self.basic})
        self.tenant = api.post("/v1/tenants", json={"name": "Bench"}).json()
        self.login_body = {"email": "bench@example.com", "password": "correct horse battery"}
        api.post("/v1/auth/register", token=self.tenant["public_key"], json=self.login_body)
        self.user_token = api.post("/v1/auth/login", token=self.tenant["public_key"], json=self.login_body).json()["token"]
        self.service_token = api.post("/oauth/token", auth=self.client, data=BODY, headers=FORM).json()["access_token"]

    def noop(self):
        return load.Request(self.noop_url, "POST", BODY, FORM)

    def validate(self, script="", token=None):
        return load.Request(f"{self.stack.url}/v1/internal/services/validate-token", "POST",
                            json.dumps({"token": token or self.service_token}), JSON, script)

    def introspect(self):
        return load.Request(f"{self.stack.url}/oauth/introspect", "POST", f"token={self.service_token}",
                            {**FORM, "Authorization": self.basic})

    def login(self):
        return load.Request(f"{self.stack.url}/v1/auth/login", "POST", json.dumps(self.login_body),
                            {**JSON, "Authorization": f"Bearer {self.tenant['public_key']}"})

    def new_tenant(self, script=""):
        return load.Request(f"{self.stack.url}/v1/tenants", "POST", json.dumps({"name": "Bench"}), JSON, script)

    def get(self, path, token=None):
        return load.Request(self.stack.url + path, headers={"Authorization": f"Bearer {token}"} if token else {})


def against_noop(world, name, request, target, function, before=lambda: None):
    """Rounds of no-op and request in turn; the median of their ratios and what a request costs whom."""
    load.run(request, seconds=1)
    ratios, results = [], []
    for _ in range(world.rounds):
        base = load.run(world.noop(), seconds=world.seconds)
        before()
        world.processors.spent()
        result = load.run(request, seconds=world.seconds)
        result["cpu"] = {part: 1e6 * spent / result["requests"] for part, spent in world.processors.spent().items()}
        ratios.append(result["rate"] / base["rate"])
        results.append(result)
    ratio, last = statistics.median(ratios), results[-1]
    cpu = ", ".join(f"{part} {last['cpu'][part]:.1f}" for part in ("nginx", function, "PostgreSQL"))
    print(f"{name:34} {ratio:5.2f} of no-op (target {target}; {min(ratios):.2f}-{max(ratios):.2f})  {last['rate']:7.0f}/s  "
          f"p99 {statistics.median(r['p99_ms'] for r in results):.2f} ms  errors {sum(r['errors'] for r in results)}  "
          f"µs of CPU: {cpu}", flush=True)
    return ratio


def noop(world):
    world.processors.spent()
    result = load.run(world.noop(), seconds=world.seconds)
    spent = world.processors.spent()
    cpu = ", ".join(f"{part} {1e6 * spent[part] / result['requests']:.1f}" for part in ("nginx", "bench"))
    print(f"{'no-op function':34} {result['rate']:7.0f}/s  p99 {result['p99_ms']:.2f} ms  µs of CPU: {cpu}", flush=True)


def token(world):
    ratio = against_noop(world, "POST /oauth/token", world.token_request, 0.55, "tokens")
    before = _transactions(world)
    result = load.run(world.token_request, seconds=world.seconds)
    idle = 2 * len(world.stack.functions()) * 4 * world.seconds
    print(f"{'  transactions per token':34} {(_transactions(world) - before) / result['requests']:.4f} "
          f"(all functions' housekeeping included: about {idle:.0f} in this time)", flush=True)
    return ratio


def _transactions(world):
    time.sleep(1.1)  # PostgreSQL reports its counters once a second
    return int(world.stack.cluster.psql("gatehouse", "SELECT xact_commit FROM pg_stat_database WHERE datname = 'gatehouse'"))


def validate_seen(world):
    return against_noop(world, "validate-token, seen before", world.validate(), 0.55, "tokens")


def validate_unseen(world):
    path = world.stack.run_dir / "tokens.txt"
    keep = load.Request(world.token_request.url, script="")
    keep.lua = world.token_request.lua + load.KEEP % path

    def fresh():
        load.run(keep, seconds=world.seconds + 2)

    fresh()
    request = world.validate(load.BODIES % path)
    ratio = against_noop(world, "validate-token, never seen", request, 0.33, "tokens", fresh)
    path.unlink()
    return ratio


def assertion(world, algorithm="ES256", target=0.25):
    """Tokens by private_key_jwt: each request an assertion of its own, signed beforehand."""
    key, api = Key(alg=algorithm), world.api
    client = register(api, token_endpoint_auth_method="private_key_jwt", jwks={"keys": [key.jwk]})["client_id"]
    path = world.stack.run_dir / "assertions.txt"
    form = f"{BODY}&client_assertion_type={quote(JWT_BEARER)}&client_assertion="

    def fresh():
        count = 20_000 * world.seconds  # more than are sent: one that is sent twice is refused
        path.write_text("".join(f"{form}{make_assertion(key, client, world.stack.url, 280)}\n" for _ in range(count)))

    fresh()
    request = load.Request(f"{world.stack.url}/oauth/token", "POST", "", FORM, load.BODIES % path)
    name = "private_key_jwt" if algorithm == "ES256" else f"private_key_jwt {algorithm}"
    ratio = against_noop(world, f"POST /oauth/token, {name}", request, target, "tokens", fresh)
    path.unlink()
    return ratio


def assertion_eddsa(world):
    """The same of a client whose key is not of the usual kind: only when it is asked for."""
    return assertion(world, "EdDSA", "none")


def assertion_rs256(world):
    """Signing beforehand takes minutes."""
    return assertion(world, "RS256", "none")


def introspect(world):
    return against_noop(world, "introspection, seen before", world.introspect(), 0.5, "tokens")


def me(world):
    return against_noop(world, "GET /v1/users/me", world.get("/v1/users/me", world.user_token), 0.35, "users")


def tenant(world):
    return against_noop(world, "GET /v1/tenants/:id", world.get(f"/v1/tenants/{world.tenant['id']}"), 0.35, "tenants")


def idempotent(world):
    """What an Idempotency-Key costs a write: the same POST without and with one, in turn."""
    plain, ratios = world.new_tenant(), []
    for number in range(world.rounds):
        without = load.run(plain, connections=16, seconds=world.seconds)
        keyed = world.new_tenant(load.KEYS % f"bench-{time.time_ns()}-{number}-")
        result = load.run(keyed, connections=16, seconds=world.seconds)
        ratios.append(without["rate"] / result["rate"])
    print(f"{'POST with Idempotency-Key':34} {statistics.median(ratios):5.2f} x the plain one (target 1.6 at most; "
          f"{min(ratios):.2f}-{max(ratios):.2f})  {without['rate']:.0f}/s and {result['rate']:.0f}/s  "
          f"errors {without['errors'] + result['errors']}", flush=True)


def audit(world):
    """What the audit row adds to a write: the same transaction with and without it, in turn."""
    _added(world, "audit of a write", "gatehouse-bench-audit", 1.15, "µs of each write, 4 at once")


def limits(world):
    """What the functions' limits add to a token: the same pipeline with and without them, in turn."""
    _added(world, "limits of a token", "gatehouse-bench-limits", 1.03, "µs of CPU in the pipeline",
           {"BENCH_AUTHORIZATION": world.basic})


def _added(world, name, program, target, what, environment=None):
    done = subprocess.run([world.stack.program("tokens").with_name(program)], capture_output=True, text=True, check=True,
                          env={**world.stack.environment(), **(environment or {})})
    cost = json.loads(done.stdout)
    print(f"{name:34} {cost['ratio']:6.3f} x what it is without (target {target} at most; {cost['least']:.3f}-{cost['most']:.3f})  "
          f"{cost['without']:.1f} and {cost['with']:.1f} {what}", flush=True)


def fairness(world):
    """256 kept connections on four threads: served requests by connection, from nginx's own log."""
    log = world.stack.logs / "access.log"
    time.sleep(1.2)  # nginx writes its log once a second
    start = log.stat().st_size
    load.run(world.token_request, connections=256, seconds=3 * world.seconds)
    time.sleep(1.2)
    with log.open() as file:
        file.seek(start)
        text = file.read()
    served, slowest = {}, 0.0
    for connection, took in re.findall(r'"connection":(\d+),.*?"request_time":([\d.]+)', text):
        served[connection] = served.get(connection, 0) + 1
        slowest = max(slowest, float(took))
    counts = [count for count in served.values() if count > 1]
    mean = statistics.mean(counts)
    print(f"{'fairness, 256 connections':34} {len(counts)} served {min(counts) / mean:.3f} to {max(counts) / mean:.3f} of the "
          f"mean (target 0.9 to 1.1), slowest {slowest:.3f} s (target 1 s)", flush=True)


def logins(world, argon2_rate):
    alone = load.run(world.login(), connections=16, seconds=2 * world.seconds)
    both = {}
    thread = threading.Thread(target=lambda: both.update(load.run(world.login(), connections=16, seconds=2 * world.seconds)))
    thread.start()
    time.sleep(1)
    beside = load.run(world.token_request, connections=8, seconds=world.seconds)
    thread.join()
    print(f"{'logins':34} {alone['rate'] / argon2_rate:5.2f} of Argon2id alone (target 0.9)  {alone['rate']:.1f}/s  "
          f"errors {alone['errors']}", flush=True)
    print(f"{'tokens beside logins':34} p99 {beside['p99_ms']:.2f} ms (target 25 ms)  {beside['rate']:.0f}/s beside "
          f"{both['rate']:.1f} logins/s", flush=True)


def request_log(world):
    """What a token's line in the log costs the function: the same request with the line and without, in turn."""
    base = world.stack.config.read_text()
    cost = {"all": [], "off": []}
    try:
        for _ in range(world.rounds):
            for which in cost:
                _settle(world, f"{base}request_log = {which}\n")
                load.run(world.token_request, seconds=1)
                world.processors.spent()
                result = load.run(world.token_request, seconds=world.seconds)
                cost[which].append(1e6 * world.processors.spent()["tokens"] / result["requests"])
    finally:
        _settle(world, base)
    ratios = [with_line / without for with_line, without in zip(cost["all"], cost["off"])]
    print(f"{'request log':34} {statistics.median(ratios):5.2f} x the µs of CPU per token without ({min(ratios):.2f}-{max(ratios):.2f})  "
          f"{statistics.median(cost['all']):.1f} and {statistics.median(cost['off']):.1f}", flush=True)


def _settle(world, settings):
    """Has every function started anew with these settings."""
    before = {name: world.stack.process_id(name) for name in world.stack.functions()}
    world.stack.config.write_text(settings)
    world.stack.reload()
    while any(Path(f"/proc/{pid}").exists() for pid in before.values()):  # nginx leaves them when it has nothing for them
        time.sleep(0.05)
