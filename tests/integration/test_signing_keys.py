"""Rotation of signing keys: nobody who verifies may notice, unless a key has leaked - then at once."""

import json
import subprocess
import threading
import time

import pytest
from cli import token, within
from conftest import Api
from signing_world import MAX_AGE, ResourceServer, World, issuer_of, kid_of

SWITCH_SECONDS = 10  # a new key signs well before
REVOCATION_SECONDS = 1.0
JWKS_SECONDS = 5  # nginx asks for a new one every second or two


@pytest.fixture(scope="module")
def world(make_stack):
    stack = make_stack(settings={"jwks_max_age": f"{MAX_AGE}s"})
    stack.start()
    world = World(stack)
    yield world
    world.api.close()


def signs(world, kid):
    """Waits until a key signs."""
    within(SWITCH_SECONDS, lambda: kid_of(world.token()) == kid)


def test_new_key_is_published_for_longer_than_a_cache_lives_before_it_signs(world):
    old = world.token()
    kid = world.operator.do("keys", "rotate")["kid"]
    assert world.states()[kid] == "published" and world.states()[kid_of(old)] == "signing"
    assert "under way" in world.operator.refused("keys", "rotate")["error"]
    seen = signed = None
    deadline = time.monotonic() + SWITCH_SECONDS
    while signed is None:
        assert time.monotonic() < deadline, "the new key does not sign"
        asked = time.monotonic()
        if kid in world.kids() and seen is None:
            seen = time.monotonic()
        if kid_of(world.token()) == kid:
            assert seen is not None, "signed with a key that nobody can know"
            signed = asked
    assert signed - seen > MAX_AGE
    assert world.states()[kid] == "signing" and world.states()[kid_of(old)] == "retired"
    assert set(world.kids()) >= {kid, kid_of(old)}
    assert world.valid(old), "the old key's tokens go on until they end"


def test_new_key_waits_for_every_function_even_where_nobody_may_keep_the_jwks(world):
    environment = {**world.stack.environment(), "GATEHOUSE_JWKS_MAX_AGE": "0s"}
    output, errors = world.operator.begin("--json", "keys", "rotate", env=environment).communicate(timeout=60)
    assert errors == ""
    kid = json.loads(output)["kid"]
    assert world.operator.sql(f"SELECT signs_from - created_at >= interval '1 s' FROM signing_keys WHERE kid = '{kid}'") == "t"
    deadline = time.monotonic() + SWITCH_SECONDS
    while kid_of(text := world.token()) != kid:
        assert time.monotonic() < deadline
        assert {name: send() for name, send in world.endpoints(text).items()} == world.ACCEPTED
    assert {name: send() for name, send in world.endpoints(text).items()} == world.ACCEPTED


def test_of_two_rotations_at_once_one_is_made(world):
    before = len(world.states())
    jobs = [world.operator.begin("--json", "keys", "rotate") for _ in range(3)]
    said = [job.communicate(timeout=60) for job in jobs]
    assert sorted(job.returncode for job in jobs) == [0, 1, 1], said
    assert len(world.states()) == before + 1
    [kid] = [json.loads(output)["kid"] for output, _ in said if output]
    signs(world, kid)


def test_expired_key_leaves_the_jwks_and_verifies_nothing(world):
    """A key expires later than its last token by plan; here it does before, to see that the key is what is asked."""
    old, seen_before = world.token(), world.token()
    assert world.valid(seen_before)
    signs(world, world.operator.do("keys", "rotate")["kid"])
    assert kid_of(old) in world.kids() and world.valid(seen_before)
    world.operator.sql(f"UPDATE signing_keys SET expires_at = now() + interval '1.5 s' WHERE kid = '{kid_of(old)}'")
    within(1, lambda: world.valid(seen_before))
    within(1.5 + JWKS_SECONDS, lambda: kid_of(old) not in world.kids())
    assert not world.valid(old) and not world.valid(seen_before)
    assert world.states()[kid_of(old)] == "expired"
    assert world.api.post("/v1/internal/services/cleanup-tokens", token=world.token()).status_code == 200
    assert kid_of(old) not in world.states()


def test_leaked_key_is_out_of_use_within_a_second_everywhere(world):
    service, user = world.token(), world.user_token()
    requests = world.endpoints(service, user)
    assert {name: send() for name, send in requests.items()} == world.ACCEPTED
    waiting = world.operator.do("keys", "rotate")["kid"]
    kid = world.operator.do("keys", "rotate", "--now")["kid"]
    revoked = time.monotonic()
    for name, send in {**requests, "validation": lambda: 200 if world.valid(service) else 401}.items():
        while send() != 401:
            assert time.monotonic() - revoked < REVOCATION_SECONDS, f"{name} accepts a token of a leaked key"
    within(JWKS_SECONDS, lambda: world.kids() == [kid])
    states = world.states()
    assert states[kid] == "signing" and {states.pop(kid), *states.values()} == {"signing", "expired"}
    assert states[waiting] == "expired", "who could read one key could read them all"
    fresh = world.endpoints(world.token(), world.user_token())
    within(REVOCATION_SECONDS, lambda: {name: send() for name, send in fresh.items()} == world.ACCEPTED)


def test_cron_rotates_every_issuer_under_load_and_no_verification_fails(world):
    """The platform's and a tenant's own; two jobs at once. A machine verifies each token it gets in here and outside."""
    tenant = world.api.post("/v1/tenants", json={"name": "Own"}).json()["id"]
    bound = world.operator.do("service", "register", "--name", "Bound", "--tenant", tenant)
    opened = world.api.patch(f"/v1/tenants/{tenant}", token=world.token(), json={"own_issuer": True})
    assert opened.status_code == 200, opened.text
    own = f"{world.stack.url}/t/{tenant}"
    within(SWITCH_SECONDS, lambda: issuer_of(token(world.api, bound).json()["access_token"]) == own)
    stop, failures, kids = threading.Event(), [], {world.stack.url: set(), own: set()}

    def machine(service, issuer):
        try:
            outside = ResourceServer(world, issuer)
            while not stop.is_set():
                text = token(outside.api, service).json()["access_token"]
                assert issuer_of(text) == issuer
                outside.verify(text)
                kids[issuer].add(kid_of(text))
                answer = outside.api.post("/v1/internal/services/validate-token", json={"token": text})
                assert answer.json()["valid"], text
        except Exception as error:  # reported by the test, which would not see it in a thread
            failures.append((issuer, repr(error)))

    def rotate():
        return subprocess.Popen([world.stack.program("tokens"), "rotate-keys"], env=world.stack.environment(),
                                stdout=subprocess.PIPE, text=True)

    threads = [threading.Thread(target=machine, args=one) for one in [(world.service, world.stack.url), (bound, own)] * 2]
    for thread in threads:
        thread.start()
    try:
        within(SWITCH_SECONDS, lambda: failures or all(kids.values()))
        for _ in range(2):
            world.operator.sql("UPDATE signing_keys SET created_at = now() - interval '91 days' WHERE retired_at IS NULL")
            before = {issuer: set(seen) for issuer, seen in kids.items()}
            lines = [json.loads(job.communicate(timeout=60)[0])["rotated"] for job in [rotate(), rotate()]]
            made = {one["issuer"]: one["kid"] for line in lines for one in line}
            assert sorted(made) == sorted(kids) and sum(map(len, lines)) == len(made), lines
            within(2 * SWITCH_SECONDS, lambda: failures or all(made[issuer] in seen for issuer, seen in kids.items()))
            assert failures or not any(made[issuer] in before[issuer] for issuer in kids)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert failures == []


def test_rotations_under_load_fail_no_verification(world):
    """Through three algorithms. Every thread has its own connection and verifies each new token in three functions."""
    stop, failures, kids, done = threading.Event(), [], set(), []

    def check(what, answer, accepted=(200,)):
        if answer.status_code not in accepted:
            failures.append((what, answer.status_code, answer.text))
        return answer

    def machine():
        with Api(world.stack.url) as api:
            outside = ResourceServer(world)
            while not stop.is_set():
                text = check("a token", token(api, world.service)).json()["access_token"]
                kids.add(kid_of(text))
                if not check("validation", api.post("/v1/internal/services/validate-token", json={"token": text})).json()["valid"]:
                    failures.append(("validation", text))
                check("services", api.get("/v1/internal/services?limit=1", token=text))
                check("tenants", api.get("/api/internal/tenants?limit=1", token=text))
                outside.verify(text)
                done.append(1)
            outside.api.close()

    def person():
        with Api(world.stack.url) as api:
            kept = check("a login", api.post("/v1/auth/login", token=world.public_key, json=world.account)).json()["token"]
            while not stop.is_set():
                text = check("a login", api.post("/v1/auth/login", token=world.public_key, json=world.account)).json()["token"]
                check("a new user token", api.get("/v1/users/me", token=text))
                check("an old user token", api.get("/v1/users/me", token=kept))
                done.append(1)

    def guarded(work):
        try:
            work()
        except Exception as error:  # reported by the test, which would not see it in a thread
            failures.append((work.__name__, repr(error)))

    threads = [threading.Thread(target=guarded, args=(work,)) for work in (machine, machine, machine, person)]
    for thread in threads:
        thread.start()
    try:
        made = []
        for algorithm in ("EdDSA", "RS256", "ES256"):
            made.append(world.operator.do("keys", "rotate", "--algorithm", algorithm)["kid"])
            within(SWITCH_SECONDS, lambda: made[-1] in kids or failures)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert set(made) <= kids and len(done) > 100
