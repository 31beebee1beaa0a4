"""The functions' limits: who is refused, what he is told, and above all who is not. Limits here are so low that a
test meets them in a few requests, and come back so slowly that it does not matter how fast it runs. Sources are
addresses that a trusted proxy names; nginx's own rates stay high."""

import json
import re
import subprocess
import uuid
from concurrent.futures import ThreadPoolExecutor

import limits
import pytest
from conftest import REPOSITORY, Api
from contract import location_of, locations, route_table
from lives import PASSWORD, ok, within

ANN, NOBODY = "ann@example.com", "nobody@example.com"
OWNER, STRANGER = "192.0.2.7", "203.0.113.9"
EDGE = "1000000/s 1000"
LOW = {"base": "high", "limit login": f"{EDGE} 1/d 12", "limit token": f"{EDGE} 1/d 6", "limit introspect": f"{EDGE} 1/d 6", "limit default": f"{EDGE} 1/h 20",
       "failures": "1/h 5", "delay login": "3 100s 15m", "quota audit_export": "3/d"}


@pytest.fixture(scope="module")
def low(make_stack):
    stack = make_stack(limits=LOW, trusted_proxies=["127.0.0.1", "::1"], settings={"argon2_memory_kib": 1024})
    stack.start()
    return stack


@pytest.fixture
def site(low):
    """A session on that stack: requests carry `source` as the client's address."""
    with Site(low.url) as api:
        yield api


class Site(Api):
    def request(self, method, path, source=OWNER, headers=None, **rest):
        return super().request(method, path, headers={**(headers or {}), "X-Forwarded-For": source}, **rest)


class Tenant:
    """A tenant with a user Ann."""

    def __init__(self, site):
        self.site, self.made = site, ok(site.post("/v1/tenants", json={"name": "A tenant"}), 201)
        ok(site.post("/v1/auth/register", token=self.made["public_key"], json={"email": ANN, "password": PASSWORD}), 201)

    def log_in(self, email=ANN, password=PASSWORD, source=OWNER, device=None, key="public_key"):
        return self.site.post("/v1/auth/login", token=self.made[key], json={"email": email, "password": password}, source=source,
                              headers={"X-Device-Token": device} if device else None)


@pytest.fixture
def tenant(site):
    return Tenant(site)


@pytest.fixture
def service(low, site):
    """client_id and client_secret of a service of the test's own."""
    made = json.loads(low.operate("--json", "service", "register", "--name", "limited"))
    return made["client_id"], made["client_secret"]


def token(site, client, secret, source=OWNER):
    return site.post("/oauth/token", auth=(client, secret), data={"grant_type": "client_credentials"}, source=source)


def codes(answers):
    return [answer.json().get("code", answer.status_code) for answer in answers]


def is_refusal(answer, policy, code):
    assert answer.status_code == 429 and answer.json()["code"] == code, answer.text
    seconds = int(answer.headers["Retry-After"])
    assert seconds >= 1 and answer.headers["RateLimit"] == f'"{policy}";r=0;t={seconds}'
    assert re.fullmatch(rf'"{policy}";q=\d+;w=\d+', answer.headers["RateLimit-Policy"])
    assert set(answer.json()) >= {"error", "code", "message", "next_step", "trace_id", "request_id"}


def test_login_tells_what_is_left_and_refuses_what_is_beyond(tenant):
    answers = [tenant.log_in() for _ in range(13)]
    assert [answer.status_code for answer in answers] == [200] * 12 + [429]
    assert [re.match(r'"login";r=(\d+);t=\d+$', answer.headers["RateLimit"])[1] for answer in answers] == [
        *map(str, range(11, -1, -1)), "0"]
    is_refusal(answers[-1], "login", "rate_limited")
    assert {answer.headers["RateLimit-Policy"] for answer in answers} == {'"login";q=12;w=1036800'}


def test_public_key_is_limited_for_each_address(tenant):
    """Everybody has it: one who uses it up does so for himself."""
    assert codes(tenant.log_in(NOBODY, source=STRANGER) for _ in range(14))[-1] == "rate_limited"
    ok(tenant.log_in())


def test_r28_wrong_passwords_delay_their_source_alone(tenant):
    """Requirement 28: throttled by account and source, and the owner is not locked out."""
    answers = [tenant.log_in(password="a wrong guess", source=STRANGER) for _ in range(5)]
    assert codes(answers) == ["login_refused"] * 4 + ["login_delayed"]
    is_refusal(answers[-1], "login_delay", "login_delayed")
    assert 90 < int(answers[-1].headers["Retry-After"]) <= 100
    assert tenant.log_in(source=STRANGER).status_code == 429, "not even the right one: it would tell that it is right"
    ok(tenant.log_in(source=OWNER))


def test_resending_is_no_way_to_guess_past_the_delay(tenant):
    """Everybody has the public key: what one client sent under an Idempotency-Key must not tell another one anything."""
    def log_in(password, source):
        return tenant.site.post("/v1/auth/login", token=tenant.made["public_key"], json={"email": ANN, "password": password}, source=source,
                                headers={"Idempotency-Key": key})
    key = str(uuid.uuid4())
    ok(log_in(PASSWORD, OWNER))
    assert codes(log_in(f"guess {number}", STRANGER) for number in range(5)) == ["login_refused"] * 4 + ["login_delayed"]
    again = log_in(PASSWORD, OWNER)
    assert again.headers["Idempotent-Replayed"] == "true", "nor take the owner's key away"
    key = "1"
    assert codes([log_in(PASSWORD, OWNER)]) == ["idempotency_key_guessable"]


def test_r28_unknown_account_is_delayed_like_any_other(tenant):
    def life(email, source):
        answers = [tenant.log_in(email, "a wrong guess", source) for _ in range(6)]
        return [({name: value for name, value in answer.json().items() if not name.endswith("_id")}, answer.status_code,
                 sorted(set(answer.headers) - {"Retry-After"})) for answer in answers]
    assert life(ANN, "203.0.113.1") == life(NOBODY, "203.0.113.2")


def test_r28_device_that_has_logged_in_is_not_delayed_by_its_neighbours(tenant):
    """An office has one address, and so has a server that logs its users in."""
    first = tenant.log_in(key="secret_key")
    device = first.headers["X-Device-Token"]
    assert codes(tenant.log_in(password="a wrong guess", key="secret_key") for _ in range(5))[-1] == "login_delayed"
    assert codes([tenant.log_in(key="secret_key")]) == ["login_delayed"]
    again = tenant.log_in(key="secret_key", device=device)
    ok(again)
    assert again.headers["X-Device-Token"] == device
    other = Tenant(tenant.site)
    assert other.log_in(device=device).headers["X-Device-Token"] != device, "a token is of one account"


def test_r28_simultaneous_guesses_are_no_more_than_may_be_wrong(tenant):
    def guess(_):
        with Site(tenant.site.url) as own:
            return own.post("/v1/auth/login", token=tenant.made["secret_key"], source=STRANGER,
                            json={"email": ANN, "password": "a wrong guess"})
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(guess, range(12)))
    assert sorted(codes(answers)) == ["login_delayed"] * 8 + ["login_refused"] * 4


def test_r29_wrong_secrets_never_block_the_valid_holder(site, service):
    """Requirement 29, whether they come from somewhere else or from beside him."""
    client, secret = service
    wrong = [f"{secret[:-1]}{letter}" for letter in "abcdefghij" if not secret.endswith(letter)]
    answers = [token(site, client, one, STRANGER) for one in wrong]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * (len(wrong) - 5)
    is_refusal(answers[-1], "failures", "too_many_failures")
    assert answers[-1].json()["error"] == "temporarily_unavailable", "standard clients read RFC 6749's codes"
    ok(token(site, client, secret, OWNER))
    ok(token(site, client, secret, STRANGER))


def test_r29_wrong_api_keys_never_block_the_valid_holder(site, tenant):
    source = "203.0.113.50"
    answers = [site.get("/v1/users", token=f"sec_{'A' * 43}{number:06}", source=source) for number in range(8)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 3
    ok(site.get("/v1/users", token=tenant.made["secret_key"], source=source))


def test_client_is_limited_by_itself_wherever_it_is(low, site, service):
    answers = [token(site, *service, source=f"192.0.2.{number}") for number in range(8)]
    assert [answer.status_code for answer in answers] == [200] * 6 + [429] * 2
    is_refusal(answers[-1], "token", "rate_limited")
    other = json.loads(low.operate("--json", "service", "register", "--name", "another"))
    ok(token(site, other["client_id"], other["client_secret"]))


def test_r12_introspection_is_throttled_by_client_and_does_not_use_up_its_tokens(site, service):
    def introspect(client, secret):
        return site.post("/oauth/introspect", auth=(client, secret), data={"token": "x"})

    answers = [introspect(*service) for _ in range(8)]
    assert [answer.status_code for answer in answers] == [200] * 6 + [429] * 2
    is_refusal(answers[-1], "introspect", "rate_limited")
    ok(token(site, *service))


def test_flood_of_one_caller_hurts_only_that_caller(site, tenant):
    other = Tenant(site)
    answers = [site.get("/v1/users", token=tenant.made["secret_key"]) for _ in range(22)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [429] * 2
    is_refusal(answers[-1], "default", "rate_limited")
    assert "RateLimit" not in answers[0].headers, "the default policy is told of only where it refuses"
    ok(site.get("/v1/users", token=other.made["secret_key"]))


def test_quota_is_of_the_tenant_and_survives_the_process(low, site, tenant):
    def read(who):
        return site.get("/v1/audit", token=who.made["secret_key"])
    other = Tenant(site)
    ok(read(tenant))
    before = low.process_id("audit")
    low.reload()
    assert within(30, lambda: low.process_id("audit") != before)
    answers = [read(tenant) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    is_refusal(answers[-1], "audit_export", "quota_exceeded")
    assert int(answers[-1].headers["Retry-After"]) <= 86400
    ok(read(other))


def test_dry_run_only_logs(make_stack):
    stack = make_stack(limits={**LOW, "dry_run": ""}, trusted_proxies=["127.0.0.1", "::1"], settings={"argon2_memory_kib": 1024})
    stack.start()
    with Site(stack.url) as site:
        tenant = Tenant(site)
        assert set(codes(tenant.log_in(password="a wrong guess") for _ in range(15))) == {"login_refused"}
        ok(tenant.log_in())
        assert {site.get("/v1/users", token=f"sec_{'A' * 43}{number:06}").status_code for number in range(8)} == {401}
    lines = [json.loads(line) for line in (stack.logs / "users.log").read_text().splitlines() if "limit_dry_run" in line]
    assert {line["policy"] for line in lines} == {"login", "login_delay", "failures"}
    assert PASSWORD not in (stack.logs / "users.log").read_text()


def test_every_policy_that_a_route_or_a_location_names_is_shipped():
    shipped = limits.edge(limits.text("default"))
    among = locations()
    included = {location.path: re.search(rf"location = {re.escape(location.path)} {{\s+include limits/(\w+)\.conf;",
                                         (REPOSITORY / "nginx" / "functions" / f"{location.file}.conf").read_text())
                for location in among}
    for route in route_table():
        assert route.row["rate"] in shipped, f"{route}: deploy/limits.conf has no policy {route.row['rate']}"
        include = included[location_of(route.sample_path, among).path]
        assert include is None or include[1] == route.row["rate"], f"{route}: nginx and the route name different policies"


@pytest.mark.parametrize("text, complaint", [("", "limit default"), ("limit default 1/s", ":1: "), ("nonsense", ":1: ")])
def test_function_does_not_start_with_a_bad_policy_file(low, tmp_path, text, complaint):
    path = tmp_path / "limits.conf"
    path.write_text(text + "\n")
    environment = {**low.environment(), "GATEHOUSE_LIMITS_FILE": str(path)}
    started = subprocess.run([low.program("system"), "--listen", str(tmp_path / "s")], env=environment, capture_output=True, text=True,
                             timeout=20)
    assert started.returncode == 2 and complaint in started.stderr
    checked = subprocess.run([low.operator_program, "config", "check"], env=environment, capture_output=True, text=True)
    assert checked.returncode == 1 and "failed  limits" in checked.stdout
