"""Several secrets of a client: made, listed, revoked and rotated by API and by command line, and what they were used for."""

import json
import stat
import subprocess
import threading
import time
import uuid

import pytest
from client_keys import Key, register
from cli import Operator, token, within

SERVICES = "/v1/internal/services"
REVOCATION_SECONDS = 1.0
# A use is written down every ten seconds; the rest is for a machine that is busy.
USE_SECONDS = 60


@pytest.fixture
def operator(stack):
    return Operator(stack)


@pytest.fixture
def service(api):
    answer = api.post(f"{SERVICES}/register", json={"service_name": "Rotating"})
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture
def secrets(api, admin_token, service):
    """Calls below the service's secrets."""
    def call(method, rest="", **what):
        return api.request(method, f"{SERVICES}/{service['client_id']}/secrets{rest}", token=admin_token, **what)
    return call


def works(api, service, secret=None):
    return token(api, {**service, **(secret or {})}).status_code == 200


def listed(secrets):
    return [one["secret_id"] for one in secrets("GET").json()["secrets"]]


def test_second_secret_works_at_once_beside_the_first(api, service, secrets):
    assert works(api, service)
    made = secrets("POST", json={"expires_in": 3600})
    assert made.status_code == 201 and made.headers["Cache-Control"] == "no-store"
    assert works(api, service, made.json()) and works(api, service)
    assert listed(secrets)[0] == made.json()["secret_id"] and len(listed(secrets)) == 2


def test_revoked_secret_stops_within_a_second_and_the_other_works_on(api, service, secrets):
    first = listed(secrets)[0]
    made = secrets("POST").json()
    assert works(api, service) and works(api, service, made)
    assert secrets("DELETE", f"/{first}").json() == {"message": "Secret revoked successfully"}
    within(REVOCATION_SECONDS, lambda: not works(api, service))
    assert works(api, service, made)
    refused = secrets("DELETE", f"/{made['secret_id']}")
    assert (refused.status_code, refused.json()["code"]) == (422, "last_secret")
    assert works(api, service, made)


def test_leaked_secret_is_replaced_within_a_second(api, service, secrets):
    assert works(api, service)
    made = secrets("POST", "/rotate", json={"grace_seconds": 0}).json()
    within(REVOCATION_SECONDS, lambda: not works(api, service))
    assert works(api, service, made) and listed(secrets) == [made["secret_id"]]


def test_rotation_under_load_fails_no_request_and_finishes_itself(api, service, secrets, stack):
    """Callers use the old secret until the new one is there, and then that: at no moment is a good one refused."""
    shown, failed, stop = [service], [], threading.Event()

    def ask():
        while not stop.is_set():
            using = shown[-1]
            answer = token(api, using)
            if answer.status_code != 200:
                failed.append((answer.status_code, answer.text))
    callers = [threading.Thread(target=ask) for _ in range(4)]
    for caller in callers:
        caller.start()
    try:
        for _ in range(5):
            made = secrets("POST", "/rotate", json={"grace_seconds": 600})
            assert made.status_code == 201, made.text
            shown.append({"client_id": service["client_id"], "client_secret": made.json()["client_secret"]})
            time.sleep(0.2)  # for requests to come in between; nothing is waited for
    finally:
        stop.set()
        for caller in callers:
            caller.join()
    assert failed == []
    # The grace is over: nobody had to come back.
    Operator(stack).sql(f"UPDATE service_secrets SET expires_at = now() WHERE client_id = '{service['client_id']}' AND expires_at IS NOT NULL")
    within(REVOCATION_SECONDS, lambda: not works(api, service))
    assert works(api, shown[-1]) and len(listed(secrets)) == 1


def test_resend_of_a_rotation_makes_one_secret_and_shows_it_again(api, secrets):
    key = {"Idempotency-Key": str(uuid.uuid4())}
    first = secrets("POST", "/rotate", json={"grace_seconds": 60}, headers=key)
    again = secrets("POST", "/rotate", json={"grace_seconds": 60}, headers=key)
    assert (first.status_code, again.status_code, again.headers["Idempotent-Replayed"]) == (201, 200, "true")
    assert again.json() == first.json() and len(listed(secrets)) == 2


def test_client_has_ten_secrets_at_most(secrets):
    answers = [secrets("POST").status_code for _ in range(11)]
    assert answers == [201] * 9 + [422] * 2 and len(listed(secrets)) == 10


def test_client_that_uses_no_secret_is_given_none(api, admin_token, operator, stack):
    client = register(api, token_endpoint_auth_method="private_key_jwt", jwks={"keys": [Key().jwk]})["client_id"]
    for rest in ("", "/rotate"):
        answer = api.post(f"{SERVICES}/{client}/secrets{rest}", token=admin_token)
        assert (answer.status_code, answer.json()["code"]) == (422, "secret_not_used")
        assert "token_endpoint_auth_method" in answer.json()["next_step"]
    for verb in ("add", "rotate"):
        done = subprocess.run([stack.operator_program, "service", "secret", verb, client], env=stack.environment(), capture_output=True, text=True)
        assert done.returncode == 1 and "without a secret" in done.stderr and "secret_" not in done.stdout
    assert operator.sql(f"SELECT count(*) FROM service_secrets WHERE client_id = '{client}'") == "0"


def test_what_was_done_is_in_the_trail_and_among_the_events_without_a_secret(service, secrets, operator):
    added = secrets("POST", json={"expires_in": 3600}).json()
    secrets("DELETE", f"/{added['secret_id']}")
    rotated = secrets("POST", "/rotate").json()
    about = f"'{service['client_id']}'"
    kinds = "service.secret_added service.secret_revoked service.secret_rotated".split()
    for query in (f"SELECT event, detail::text FROM sys_audit_logs WHERE resource_id = {about} AND event LIKE '%secret%' ORDER BY at",
                  f"SELECT type, data::text FROM events WHERE data ->> 'client_id' = {about} ORDER BY created_at, id"):
        rows = operator.sql(query)
        assert [row.partition("|")[0] for row in rows.splitlines()] == kinds
        assert added["client_secret"] not in rows and rotated["client_secret"] not in rows
        assert added["secret_id"] in rows and rotated["secret_id"] in rows


def test_end_of_a_secret_is_told_once(service, secrets, stack, operator):
    made = secrets("POST", json={"expires_in": 3600}).json()
    for _ in range(2):
        done = subprocess.run([stack.program("services"), "cleanup-tokens"], env=stack.environment(), capture_output=True, text=True, check=True)
        assert "secrets_told" in json.loads(done.stdout)
    told = operator.sql(f"SELECT data FROM events WHERE type = 'service.secret_expiring' AND data ->> 'client_id' = '{service['client_id']}'")
    assert [json.loads(line) for line in told.splitlines()] == [
        {"resource_type": "service", "resource_id": service["client_id"], "actor_kind": "job", "actor_id": "cleanup-tokens",
         "client_id": service["client_id"], "secret_id": made["secret_id"], "expires_at": made["expires_at"]}]


def test_usage_shows_the_secret_and_the_scopes_that_are_used(api, admin_token, service, secrets):
    for scope in ("log.push", "user:read"):
        assert api.post(f"{SERVICES}/grant-scope", token=admin_token,
                        json={"client_id": service["client_id"], "scope_name": scope}).status_code == 200
    made = secrets("POST").json()
    within(5, lambda: api.post("/oauth/token", auth=(made["client_id"], made["client_secret"]),
                               data={"grant_type": "client_credentials", "scope": "log.push"}).status_code == 200)

    def usage():
        return api.get(f"{SERVICES}/{service['client_id']}/usage", token=admin_token).json()
    within(USE_SECONDS, lambda: usage()["unused_scopes"] == ["user:read"])
    said = usage()
    used = {one["secret_id"]: "last_used_at" in one for one in said["secrets"]}
    assert used[made["secret_id"]] and list(used.values()).count(True) == 1
    assert "last_used_at" in said and {one["scope"]: "last_used_on" in one for one in said["scopes"]} == {"log.push": True, "user:read": False}
    assert {one["secret_id"] for one in secrets("GET").json()["secrets"] if "last_used_at" in one} == {made["secret_id"]}


def test_operator_adds_lists_rotates_and_revokes(api, operator, service, tmp_path):
    client = service["client_id"]
    added = operator.do("service", "secret", "add", client, "--expires-in", "3600")
    assert works(api, service, added) and added["expires_at"]
    rows = operator.do("service", "secret", "list", client)["secrets"]
    assert [row["secret_id"] for row in rows][0] == added["secret_id"] and len(rows) == 2
    assert operator.do("service", "secret", "revoke", client, rows[1]["secret_id"])["done"] == "revoke"
    within(REVOCATION_SECONDS, lambda: not works(api, service))
    path = tmp_path / "credentials.json"
    said = operator.do("service", "secret", "rotate", client, "--grace", "0", "--output", path)
    made = json.loads(path.read_text())
    assert "client_secret" not in said and stat.S_IMODE(path.stat().st_mode) == 0o600
    within(REVOCATION_SECONDS, lambda: not works(api, service, added))
    assert works(api, made)
    assert "last secret" in operator.refused("service", "secret", "revoke", client, said["secret_id"])["error"]
    assert "no secret" in operator.refused("service", "secret", "revoke", client, added["secret_id"])["error"]
    for command in (("add",), ("list",), ("rotate",), ("revoke", "sct_x")):
        assert "no service" in operator.refused("service", "secret", command[0], "svc_nobody", *command[1:])["error"]
    for number in range(9):
        operator.do("service", "secret", "add", client)
    assert "as many" in operator.refused("service", "secret", "add", client)["error"]
    events = operator.sql(f"SELECT count(*) FROM sys_audit_logs WHERE actor_kind = 'operator' AND resource_id = '{client}' AND event LIKE 'service.secret%'")
    assert events == "12"
