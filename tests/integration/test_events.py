"""Events: their types, those that applications publish, and the feed in which all of them are read."""

import json
import subprocess
import threading
import uuid

import jsonschema
import pytest
from cli import Operator, token, within

TYPES, EVENTS = "/v1/event-types", "/v1/events"
DESCRIPTION = {"description": "An order was created.", "schema": {"type": "object", "required": ["order_no"]}, "example": {"order_no": "4711"}}


@pytest.fixture
def tenant(make_tenant):
    return make_tenant()


@pytest.fixture
def call(api, tenant):
    def send(method, path, status=200, token=None, **what):
        answer = api.request(method, path, token=token or tenant["secret_key"], **what)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()
    return send


@pytest.fixture
def publish(call):
    call("PUT", f"{TYPES}/order.created", json=DESCRIPTION)

    def send(status=202, **event):
        return call("POST", EVENTS, status, json={"type": "order.created", **event})
    return send


def feed(call, cursor=None, **query):
    """All that there is, from the cursor on; and where it goes on."""
    found = []
    while True:
        text = "&".join(f"{name}={value}" for name, value in {**query, **({"cursor": cursor} if cursor else {})}.items())
        page = call("GET", f"{EVENTS}?{text}")
        found, cursor = found + page["events"], page["next_cursor"]
        if not page["has_more"]:
            return found, cursor


def make_publisher(api, admin_token, tenant_id=None, scope="event.publish"):
    made = api.post("/v1/internal/services/register", json={"service_name": "Shop"}).json()
    assert api.post("/v1/internal/services/grant-scope", token=admin_token, json={"client_id": made["client_id"], "scope_name": scope}).ok
    if tenant_id:
        assert api.patch(f"/v1/internal/services/{made['client_id']}", token=admin_token, json={"tenant_id": tenant_id}).ok
    within(10, lambda: token(api, made).json().get("scope") == scope)
    return {**made, "token": token(api, made).json()["access_token"]}


def test_catalogue_holds_the_platforms_types_and_the_tenants_own(api, call, make_tenant):
    described = call("PUT", f"{TYPES}/order.created", json=DESCRIPTION)
    assert described == {**described, **DESCRIPTION, "name": "order.created", "of": "tenant"}
    listed = {one["name"]: one for one in call("GET", f"{TYPES}?limit=1000")["event_types"]}
    assert listed["order.created"] == described and list(listed) == sorted(listed)
    assert {one["of"] for name, one in listed.items() if name != "order.created"} == {"platform"}
    again = call("PUT", f"{TYPES}/order.created", json={"description": "Somebody ordered."})
    assert again["created_at"] == described["created_at"] and "schema" not in again
    other = make_tenant()
    assert api.get(f"{TYPES}/order.created", token=other["secret_key"]).status_code == 404
    assert call("DELETE", f"{TYPES}/order.created")["message"]
    assert call("DELETE", f"{TYPES}/order.created", 404)["code"] == "event_type_not_found"
    assert call("PUT", f"{TYPES}/user.promoted", 422, json=DESCRIPTION)["code"] == "event_type_reserved"
    assert call("DELETE", f"{TYPES}/user.created", 422)["code"] == "event_type_reserved"


def test_every_type_of_the_platform_has_a_schema_that_its_example_fits(call):
    for one in call("GET", f"{TYPES}?limit=1000")["event_types"]:
        jsonschema.Draft202012Validator.check_schema(one["schema"])
        jsonschema.validate(one["example"], one["schema"])


def test_list_of_types_goes_on_by_its_cursor(call):
    all_of_them = [one["name"] for one in call("GET", f"{TYPES}?limit=1000")["event_types"]]
    first = call("GET", f"{TYPES}?limit=5")
    rest = call("GET", f"{TYPES}?limit=1000&cursor={first['next_cursor']}")
    assert [one["name"] for one in first["event_types"] + rest["event_types"]] == all_of_them


def test_endpoint_asks_for_no_type_that_there_is_not(call, publish):
    endpoint = {"url": "https://example.com/", "event_types": ["order.created", "order.*", "nothing.yet.*"]}
    made = call("POST", "/v1/webhooks", 201, json=endpoint)
    refused = call("POST", "/v1/webhooks", 422, json={**endpoint, "event_types": ["*", "order.creatd"]})
    assert refused["code"] == "event_type_unknown" and "order.creatd" in refused["error"]
    assert call("PATCH", f"/v1/webhooks/{made['id']}", 422, json={"event_types": ["user.creatd"]})["code"] == "event_type_unknown"


def test_published_event_is_in_the_feed_as_it_was_sent(call, publish, tenant):
    data = {"order_no": "4711", "lines": [1, 2.50, {"ü": None}], "big": 98765432109876543210}
    made = publish(data=data, ordering_key="4711")
    events, cursor = feed(call, type="order.*")
    assert [{name: value for name, value in event.items() if name != "source"} for event in events] == [
        {"id": made["id"], "type": "order.created", "created_at": made["created_at"], "ordering_key": "4711", "data": data}]
    assert events[0]["source"].startswith("tky_")
    assert feed(call, cursor, type="order.*") == ([], cursor)
    assert [event["id"] for event in feed(call, type="order.created")[0]] == [made["id"]]
    assert feed(call, type="user.*")[0] == []


def test_publishing_is_for_the_secret_key_and_services_with_the_scope(api, call, publish, tenant, admin_token):
    bound = make_publisher(api, admin_token, tenant["id"])
    free = make_publisher(api, admin_token)
    reader = make_publisher(api, admin_token, scope="user:read")
    event = {"type": "order.created"}
    made = call("POST", EVENTS, 202, bound["token"], json=event)
    assert call("POST", EVENTS, 400, free["token"], json=event)["code"] == "tenant_id_required"
    call("POST", EVENTS, 202, free["token"], json={**event, "tenant_id": tenant["id"]})
    assert call("POST", EVENTS, 404, free["token"], json={**event, "tenant_id": "tnt_01hzzzzzzzzzzzzzzzzzzzzzzz"})["code"] == "tenant_not_found"
    assert call("POST", EVENTS, 403, reader["token"], json=event)["code"] == "insufficient_scope"
    assert call("GET", EVENTS, 403, bound["token"])["code"] == "insufficient_scope"
    sources = {one["source"] for one in feed(call, type="order.created")[0]}
    assert sources == {bound["client_id"], free["client_id"]} and made["id"].startswith("evt_")
    trail = api.get(f"/v1/audit?event=event.published&actor_id={free['client_id']}", token=tenant["secret_key"]).json()["entries"]
    assert [row["detail"] for row in trail] == [{"type": "order.created"}]


def test_nobody_speaks_in_the_platforms_name(call, publish):
    for type_ in ("user.created", "order.cancelled", "*"):
        assert publish(422, type=type_)["code"] == "event_type_unknown"


def test_an_event_has_256_kib_and_no_more(call, publish):
    most = 256 * 1024 - 512
    fits = {"text": "x" * (most - len('{"text":""}'))}
    made = publish(data=fits)
    assert publish(400, data={"text": fits["text"] + "x"})["code"] == "data_too_long"
    assert publish(413, data={"text": "x" * (264 * 1024)})["code"] == "body_too_large"
    assert feed(call, type="order.created")[0][0] == {**feed(call, type="order.created")[0][0], "id": made["id"], "data": fits}
    # Four of them are more than an answer holds, which says so instead.
    for _ in range(3):
        publish(data=fits)
    page = call("GET", EVENTS + "?type=order.created")
    assert 1 < len(page["events"]) < 4 and page["has_more"]
    assert len(feed(call, type="order.created")[0]) == 4


def test_resend_publishes_no_second_event(api, call, publish, tenant):
    key = {"Idempotency-Key": str(uuid.uuid4())}
    first, second = (api.post(EVENTS, token=tenant["secret_key"], headers=key, json={"type": "order.created"}) for _ in range(2))
    assert (first.status_code, second.status_code, second.json()) == (202, 200, first.json())
    assert len(feed(call, type="order.created")[0]) == 1


def test_whoever_polls_misses_nothing_that_is_committed_later(stack, call, publish, tenant):
    """An event whose transaction is still open stands before those that are committed meanwhile, and is not jumped over."""
    operator = Operator(stack)
    _, cursor = feed(call)
    held = operator_psql(operator)
    held.stdin.write(f"""SET search_path = gatehouse; BEGIN;
        INSERT INTO events (id, created_at, tenant_id, type, data, source) VALUES ('evt_held', now(), '{tenant["id"]}', 'order.created', '{{}}', 'x');
        SELECT 'held';\n""")
    held.stdin.flush()
    while held.stdout.readline() != "held\n":
        pass
    later = publish()["id"]
    assert feed(call, cursor) == ([], cursor)
    held.stdin.write("COMMIT;\n")
    held.communicate(timeout=30)
    within(10, lambda: [event["id"] for event in feed(call, cursor)[0]] == ["evt_held", later])


def operator_psql(operator):
    cluster = operator.cluster
    return subprocess.Popen([cluster.binaries / "psql", "-X", "-q", "-A", "-t", "-h", cluster.socket_directory, "-U", "postgres", "gatehouse"],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_many_publishers_and_a_poller_agree(api, call, publish, tenant):
    """Each event is polled once, and those of one publisher in its order."""
    number, publishers, sent = 25, 4, {}
    _, cursor = feed(call, limit=7)

    def work(name):
        sent[name] = [publish(data={"of": name, "n": n})["id"] for n in range(number)]
    threads = [threading.Thread(target=work, args=(name,)) for name in range(publishers)]
    for thread in threads:
        thread.start()
    polled = []
    while any(thread.is_alive() for thread in threads) or len(polled) < number * publishers:
        events, cursor = feed(call, cursor, limit=7)
        polled += events
    assert sorted(event["id"] for event in polled) == sorted(sum(sent.values(), []))
    for name, ids in sent.items():
        assert [event["id"] for event in polled if event["data"]["of"] == name] == ids


def test_feed_of_a_tenant_is_its_own_and_the_platforms_for_its_administrators(api, call, publish, tenant, make_tenant, admin_token):
    made, other = publish()["id"], make_tenant()
    theirs = api.get(EVENTS + "?limit=1000", token=other["secret_key"]).json()
    assert made not in json.dumps(theirs)
    assert api.get(f"{EVENTS}?tenant_id={tenant['id']}", token=other["secret_key"]).status_code == 404
    ids = [event["id"] for event in feed(lambda method, path: call(method, path, token=admin_token), tenant_id=tenant["id"])[0]]
    assert made in ids
    service = api.post("/v1/internal/services/register", json={"service_name": "Platform's"}).json()["client_id"]
    page = feed(lambda method, path: call(method, path, token=admin_token), type="service.registered")[0]
    assert service in [event["data"]["resource_id"] for event in page] and made not in json.dumps(page)
