"""What does not reach its receiver at once: tried again, given up, parked, held back - and never lost or doubled."""

import socket
import time

import pytest
from cli import within
from webhook_world import Receiver, World, receiver, tenant, worker, world  # noqa: F401

WORLD = dict(webhook_retries="300ms,600ms", webhook_timeout="2s", webhook_park_after="3600s")


@pytest.fixture(scope="module")
def parking(make_stack):
    """Endpoints are parked soon here."""
    world = World(make_stack, webhook_retries="100ms,100ms,100ms,100ms,60s", webhook_timeout="2s", webhook_park_after="1s")
    yield world
    world.close()


def gaps(calls):
    return [later.at - earlier.at for earlier, later in zip(calls, calls[1:])]


def attempts(world, tenant, columns="number, outcome, status, failure, answer"):
    return [line.split("|") for line in world.sql(
        f"SELECT {columns} FROM webhook_attempts WHERE tenant_id = '{tenant['id']}' ORDER BY delivery_id, number").splitlines()]


def events(world, tenant, type):
    return int(world.sql(f"SELECT count(*) FROM events WHERE tenant_id = '{tenant['id']}' AND type = '{type}'"))


def test_failed_deliveries_are_tried_again_after_longer_and_longer_with_the_same_bytes(world, tenant, receiver, worker):
    receiver.answer = lambda call: 500 if len(receiver.calls) < 3 else 204
    world.make_endpoint(tenant, receiver.url(), ["order.shipped"])
    world.publish(tenant)
    within(20, lambda: world.states(tenant) == {"delivered": 1})
    assert len({call.id for call in receiver.calls}) == len({call.raw for call in receiver.calls}) == 1
    first, second = gaps(receiver.calls)
    assert first >= 0.27 and second >= 0.54
    assert attempts(world, tenant, "number, outcome, status") == [["1", "failed", "500"], ["2", "failed", "500"], ["3", "delivered", "204"]]


def test_after_the_last_retry_it_is_a_dead_letter_with_an_event_and_an_audit_row(world, tenant, receiver, worker):
    receiver.answer = lambda call: 500 if call.body["type"] == "order.shipped" else 200
    failing = world.make_endpoint(tenant, receiver.url("/failing"), ["order.shipped", "webhook.dead_letter"])
    [event] = world.publish(tenant)
    within(20, lambda: [call for call in receiver.calls if call.body["type"] == "webhook.dead_letter"])
    letter = receiver.calls[-1].body["data"]
    assert (letter["endpoint_id"], letter["event_id"], letter["event_type"], letter["attempts"]) == (failing["id"], event, "order.shipped", 3)
    assert world.sql(f"SELECT state, attempts, last_status, finished_at IS NOT NULL FROM webhook_deliveries WHERE id = '{letter['delivery_id']}'") == "dead_letter|3|500|t"
    assert world.sql(f"SELECT event, actor_kind, actor_id, tenant_id FROM sys_audit_logs WHERE resource_id = '{letter['delivery_id']}'") \
        == f"webhook.dead_lettered|job|deliver|{tenant['id']}"


def test_a_dead_letter_about_a_dead_letter_raises_no_further_event(world, tenant, receiver, worker):
    receiver.answer = lambda call: 500
    world.make_endpoint(tenant, receiver.url(), ["order.shipped", "webhook.*"])
    world.publish(tenant)
    within(20, lambda: world.states(tenant) == {"dead_letter": 2})
    assert events(world, tenant, "webhook.dead_letter") == 1


@pytest.mark.parametrize("status", [302, 308])
def test_redirects_are_failures_that_nobody_follows(world, tenant, receiver, worker, status):
    receiver.answer = lambda call: (status, {"Location": receiver.url("/elsewhere")})
    world.make_endpoint(tenant, receiver.url(), ["order.shipped"])
    world.publish(tenant)
    within(20, lambda: world.states(tenant) == {"dead_letter": 1})
    assert {call.path for call in receiver.calls} == {"/hook"} and len(receiver.calls) == 3
    assert attempts(world, tenant, "status, failure")[0] == [str(status), "the answer is a redirect; redirects are not followed"]


def test_late_answers_are_failures(world, tenant, receiver, worker):
    receiver.answer = lambda call: time.sleep(3 if len(receiver.calls) == 1 else 0) or 200
    world.make_endpoint(tenant, receiver.url(), ["order.shipped"])
    world.publish(tenant)
    within(20, lambda: world.states(tenant) == {"delivered": 1})
    first, second = attempts(world, tenant, "outcome, status, failure, latency_ms")
    assert first[:3] == ["failed", "", "the answer took too long"] and 1900 <= int(first[3]) and second[0] == "delivered"


def test_the_first_16_kib_of_an_answer_are_kept_whatever_its_bytes(world, tenant, receiver, worker):
    receiver.answer = lambda call: (500, {}, bytes(range(256)) * 100)
    world.make_endpoint(tenant, receiver.url(), ["order.shipped"])
    world.publish(tenant)
    within(20, lambda: world.states(tenant) == {"dead_letter": 1})
    kept = world.sql(f"SELECT DISTINCT length(answer) FROM webhook_attempts WHERE tenant_id = '{tenant['id']}'")
    assert kept == str(16 * 1024)  # what is no UTF-8 is a replacement each


def test_retry_after_is_honoured_beyond_the_schedule(world, tenant, receiver, worker):
    receiver.answer = lambda call: (503, {"Retry-After": "2"}) if len(receiver.calls) == 1 else 200
    world.make_endpoint(tenant, receiver.url(), ["order.shipped"])
    world.publish(tenant)
    within(20, lambda: world.states(tenant) == {"delivered": 1})
    assert gaps(receiver.calls)[0] >= 1.9
    world.publish(tenant)
    within(20, lambda: world.states(tenant) == {"delivered": 2})


def test_an_overloaded_receiver_gets_nothing_at_all_for_as_long_as_it_asks(world, tenant, receiver, worker):
    receiver.answer = lambda call: (429, {"Retry-After": "2"}) if len(receiver.calls) == 1 else 200
    world.make_endpoint(tenant, receiver.url(), ["order.shipped"], max_concurrency=1)
    world.publish(tenant, 5)
    within(20, lambda: world.states(tenant) == {"delivered": 5})
    assert gaps(receiver.calls)[0] >= 1.7 and len(receiver.calls) == 6


def test_410_disables_the_endpoint_and_what_waits_goes_on_waiting(world, tenant, receiver, worker):
    receiver.answer = lambda call: 410
    gone = world.make_endpoint(tenant, receiver.url("/gone"), ["order.shipped"], max_concurrency=1)
    other = Receiver()
    world.make_endpoint(tenant, other.url(), ["webhook_endpoint.disabled"])
    world.publish(tenant, 3)
    within(20, lambda: len(other.calls) == 1)
    assert other.calls[0].body["data"].items() >= {"endpoint_id": gone["id"], "reason": "gone"}.items()
    shown = world.endpoint(tenant, gone)
    assert (shown["status"], shown["disabled_reason"]) == ("disabled", "gone")
    assert world.sql(f"SELECT count(*) FROM sys_audit_logs WHERE event = 'webhook_endpoint.disabled' AND resource_id = '{gone['id']}'") == "1"
    assert len(receiver.calls) == 1 and world.states(tenant) == {"pending": 3, "delivered": 1}
    receiver.answer = lambda call: 200
    world.api.post(f"/v1/webhooks/{gone['id']}/enable", token=tenant["secret_key"])
    within(20, lambda: world.states(tenant) == {"delivered": 4})
    other.close()


def test_what_waits_for_a_deleted_endpoint_is_cancelled(world, tenant, receiver, worker):
    receiver.answer = lambda call: time.sleep(0.3) or 200
    endpoint = world.make_endpoint(tenant, receiver.url(), ["order.shipped"], ordered=True, max_concurrency=1)
    world.publish(tenant, 700, key="CASE WHEN i % 4 > 0 THEN 'key ' || i % 4 END")
    within(20, lambda: world.sql("SELECT count(*) FROM event_queue") == "0")
    world.api.delete(f"/v1/webhooks/{endpoint['id']}", token=tenant["secret_key"])
    within(20, lambda: "pending" not in world.states(tenant))
    states = world.states(tenant)
    assert sum(states.values()) == 700 and states["cancelled"] > 600 and set(states) <= {"cancelled", "delivered"}
    assert world.sql(f"SELECT count(*) FROM webhook_queue WHERE endpoint_id = '{endpoint['id']}'") == "0"


def test_what_has_waited_for_as_long_as_events_are_kept_is_given_up_and_the_next_of_its_key_goes_on(world, tenant, receiver):
    endpoint = world.make_endpoint(tenant, receiver.url(), ["order.shipped"], ordered=True)
    receiver.answer = lambda call: (503, {"Retry-After": "3600"})
    world.publish(tenant, key="'one'")
    world.deliver_once()
    [[first]] = world.deliveries("id", f"tenant_id = '{tenant['id']}'")
    old = "dlv_" + first[4:].replace(first[4:10], "01hzzz", 1)  # of May 2024
    world.sql(f"""UPDATE webhook_deliveries SET id = '{old}' WHERE id = '{first}'; UPDATE webhook_queue SET delivery_id = '{old}' WHERE delivery_id = '{first}';
                  UPDATE webhook_endpoints SET paced_until = NULL WHERE id = '{endpoint['id']}'""")
    receiver.answer = lambda call: 200
    [second] = world.publish(tenant, key="'one'")
    world.deliver_once()
    assert world.states(tenant) == {"cancelled": 1, "delivered": 1} and receiver.calls[-1].id == second


def test_what_postgresql_does_not_take_of_one_delivery_holds_up_no_other(world, tenant, receiver, worker):
    receiver.answer = lambda call: 418 if call.path == "/odd" else 200
    odd = world.make_endpoint(tenant, receiver.url("/odd"), ["order.shipped"])
    world.make_endpoint(tenant, receiver.url("/usual"), ["order.shipped"])
    world.sql("ALTER TABLE webhook_attempts ADD CONSTRAINT odd CHECK (status <> 418)")
    world.publish(tenant, 10)
    within(20, lambda: world.states(tenant).get("delivered") == 10)
    assert world.sql(f"SELECT DISTINCT state FROM webhook_deliveries WHERE endpoint_id = '{odd['id']}'") == "pending"
    world.sql("ALTER TABLE webhook_attempts DROP CONSTRAINT odd")
    receiver.answer = lambda call: 200
    within(30, lambda: world.states(tenant) == {"delivered": 20})


def test_an_event_whose_transaction_rolled_back_is_never_delivered(world, tenant, receiver, worker):
    world.make_endpoint(tenant, receiver.url())
    world.sql(f"""BEGIN; WITH made AS (INSERT INTO events (id, created_at, tenant_id, type, data) VALUES ('evt_rolled_back', now(), '{tenant["id"]}', 'order.shipped', '{{}}') RETURNING *)
                  INSERT INTO event_queue (sequence, event_id, event_created_at) SELECT sequence, id, created_at FROM made; SELECT pg_sleep(0.5); ROLLBACK""")
    [event] = world.publish(tenant)
    within(20, lambda: world.states(tenant) == {"delivered": 1})
    assert [call.id for call in receiver.calls] == [event]


def test_addresses_inside_are_reached_neither_by_name_nor_by_number_nor_by_redirect(world, tenant, receiver, worker):
    """The endpoints were registered when they looked harmless: the address is judged when it is connected to."""
    inside = socket.create_server(("127.0.0.2", 0))
    made = world.make_endpoint(tenant, receiver.url(), ["order.shipped"])
    port = inside.getsockname()[1]
    for url in (f"http://127.0.0.2:{port}/", f"http://[::ffff:127.0.0.2]:{port}/", f"http://2130706434:{port}/", "http://169.254.169.254/latest/meta-data",
                f"http://localhost:{world.stack.port}/v1/users", f"http://127.0.0.1:{world.stack.port}/v1/users", "http://10.0.0.1/", "http://[fd00::1]/"):
        answer = world.api.post("/v1/webhooks", token=tenant["secret_key"], json={"url": url, "event_types": ["order.*"]})
        assert answer.status_code in (400, 422), (url, answer.text)
        world.sql(f"UPDATE webhook_endpoints SET url = '{url}' WHERE id = '{made['id']}'")
        before = len(attempts(world, tenant))
        world.publish(tenant)
        within(20, lambda: len(attempts(world, tenant)) > before)
    receiver.answer = lambda call: (307, {"Location": f"http://127.0.0.2:{port}/"})
    world.sql(f"UPDATE webhook_endpoints SET url = '{receiver.url()}' WHERE id = '{made['id']}'")
    within(20, lambda: len(receiver.calls) >= 3)
    inside.setblocking(False)
    with pytest.raises(BlockingIOError):
        inside.accept()
    assert not [row for row in attempts(world, tenant, "outcome") if row != ["failed"]]
    inside.close()


def test_long_failing_endpoints_are_parked_and_a_probe_releases_what_waits_in_order(parking, receiver):
    world, tenant = parking, parking.make_tenant()
    failing = [True]
    receiver.answer = lambda call: 500 if failing[0] else 200
    other = Receiver()
    endpoint = world.make_endpoint(tenant, receiver.url(), ["order.shipped"], max_concurrency=1)
    world.make_endpoint(tenant, other.url(), ["webhook_endpoint.parked"])
    worker = world.begin_worker()
    first = world.publish(tenant)
    within(20, lambda: len(receiver.calls) >= 2)
    time.sleep(1.1)  # webhook_park_after
    rest = world.publish(tenant, 20)
    within(30, lambda: world.endpoint(tenant, endpoint)["parked"])
    within(20, lambda: len(other.calls) == 1)
    assert other.calls[0].body["data"]["endpoint_id"] == endpoint["id"]
    probes = len(receiver.calls)
    within(30, lambda: len(receiver.calls) >= probes + 3)
    tries = world.sql(f"SELECT sum(tries) FROM webhook_queue WHERE endpoint_id = '{endpoint['id']}'")
    within(30, lambda: len(receiver.calls) >= probes + 4)
    assert world.sql(f"SELECT sum(tries) FROM webhook_queue WHERE endpoint_id = '{endpoint['id']}'") == tries  # probes cost nothing
    failing[0], failed = False, len(receiver.calls)
    within(60, lambda: world.states(tenant).get("delivered", 0) == 21)
    assert not world.endpoint(tenant, endpoint)["parked"] and "dead_letter" not in world.states(tenant)
    order = [call.id for call in receiver.calls[failed:] if call.id in rest]
    assert order == [event for event in rest if event in order] and len(order) >= 19
    assert first[0] in {call.id for call in receiver.calls}
    world.end_worker(worker)
    other.close()
