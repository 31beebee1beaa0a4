"""Any number of workers share what there is to do: within each endpoint's limits, in the order of keys, whoever is killed or stopped."""

import signal
import threading
import time

from cli import within
from webhook_world import receiver, tenant, worker, world  # noqa: F401

WORLD = dict(webhook_retries="300ms,600ms", webhook_timeout="2s", webhook_park_after="3600s")


def test_any_number_of_endpoints_is_looked_through(world, receiver):
    """More than a worker looks at in one go, most of them not to be sent anything."""
    tenants = [world.make_tenant() for _ in range(3)]
    for tenant in tenants:
        for number in range(45):
            world.make_endpoint(tenant, receiver.url(f"/{number}"), ["order.shipped"])
        world.publish(tenant)
    receiver.answer = lambda call: 410 if call.path != "/0" else 200
    world.deliver_once()
    for tenant in tenants:
        world.publish(tenant, 2)
    assert world.deliver_once() | {"interrupted": 0} == {"events": 6, "delivered": 6, "failed": 0, "dead_letters": 0, "cancelled": 0, "interrupted": 0}
    receiver.answer = lambda call: 200
    ids = ",".join(f"'{tenant['id']}'" for tenant in tenants)
    world.sql(f"UPDATE webhook_endpoints SET status = 'enabled', disabled_reason = NULL WHERE tenant_id IN ({ids})")
    assert world.deliver_once()["delivered"] == 3 * 44


def test_no_more_than_an_endpoints_concurrency_is_under_way_with_any_number_of_workers(world, tenant, receiver, worker):
    under_way, most = [0], [0]
    lock = threading.Lock()

    def answer(call):
        with lock:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        time.sleep(0.05)
        with lock:
            under_way[0] -= 1
        return 200

    receiver.answer = answer
    world.make_endpoint(tenant, receiver.url(), max_concurrency=3)
    others = [world.begin_worker() for _ in range(2)]
    world.publish(tenant, 60)
    within(30, lambda: world.states(tenant) == {"delivered": 60})
    assert most[0] == 3 and len(receiver.calls) == 60
    for other in others:
        world.end_worker(other)


def test_an_endpoints_rate_holds_with_any_number_of_workers(world, tenant, receiver, worker):
    world.make_endpoint(tenant, receiver.url(), rate_per_second=20, max_concurrency=64)
    others = [world.begin_worker() for _ in range(2)]
    world.publish(tenant, 60)
    within(60, lambda: world.states(tenant) == {"delivered": 60})
    took = receiver.calls[-1].at - receiver.calls[0].at
    assert took >= (60 - 5) / 20 - 0.2  # a fifth of a second's may come at once
    for other in others:
        world.end_worker(other)


def test_slow_endpoints_hold_up_no_other(world, tenant, receiver, worker):
    release = threading.Event()
    receiver.answer = lambda call: (release.wait(1) if call.path.startswith("/slow") else None) or 200
    for number in range(10):
        world.make_endpoint(tenant, receiver.url(f"/slow/{number}"), ["order.shipped"], max_concurrency=64)
    world.publish(tenant, 100)
    within(20, lambda: len(receiver.calls) >= 200)
    quick = world.make_endpoint(tenant, receiver.url("/quick"), ["order.cancelled"])
    began = time.monotonic()
    world.publish(tenant, 20, type="order.cancelled")
    within(20, lambda: len(receiver.at("/quick")) == 20)
    slow_left = int(world.sql(f"SELECT count(*) FROM webhook_queue WHERE endpoint_id <> '{quick['id']}'"))
    assert slow_left > 200, f"nothing slow was left after {time.monotonic() - began:.1f} s: this has tested nothing"
    release.set()
    within(60, lambda: "pending" not in world.states(tenant))


def test_events_of_one_key_come_one_after_the_other_and_others_meanwhile(world, tenant, receiver, worker):
    seen, under_way, overlapped = {}, set(), []
    lock = threading.Lock()

    def answer(call):
        key, number = call.body["data"]["key"], call.body["data"]["number"]
        with lock:
            if key in under_way:
                overlapped.append(key)
            under_way.add(key)
        time.sleep(0.01)
        with lock:
            under_way.discard(key)
            failed = number % 4 == 0 and (key, number) not in seen.setdefault("failed", set())
            if failed:
                seen["failed"].add((key, number))
                return 500
            seen.setdefault(key, []).append(number)
        return 200

    receiver.answer = answer
    world.make_endpoint(tenant, receiver.url(), ["order.shipped"], ordered=True, max_concurrency=16)
    other = world.begin_worker()
    for number in (1000, 2000, 3000):
        world.publish(tenant, 40, key="'key ' || i % 5", data=f"json_build_object('key', 'key ' || i % 5, 'number', {number} + i)")
    within(60, lambda: world.states(tenant) == {"delivered": 120})
    seen.pop("failed")
    assert len(seen) == 5 and not overlapped
    for numbers in seen.values():
        assert numbers == sorted(numbers) and len(numbers) == 24
    world.end_worker(other)


def test_a_dead_letter_lets_the_next_of_its_key_go_on(world, tenant, receiver, worker):
    receiver.answer = lambda call: 500 if call.body["data"]["number"] == 1 else 200
    world.make_endpoint(tenant, receiver.url(), ["order.shipped"], ordered=True)
    world.publish(tenant, 3, key="'one'")
    within(20, lambda: world.states(tenant) == {"dead_letter": 1, "delivered": 2})
    assert [call.body["data"]["number"] for call in receiver.calls] == [1, 1, 1, 2, 3]


def test_what_a_killed_worker_had_under_way_is_sent_again_by_another_and_counted(world, tenant, receiver):
    release = threading.Event()
    receiver.answer = lambda call: (release.wait(20) if len(receiver.calls) <= 3 else None) or 200
    world.make_endpoint(tenant, receiver.url(), ["order.shipped"], max_concurrency=3)
    killed = world.begin_worker()
    published = world.publish(tenant, 5)
    within(20, lambda: len(receiver.calls) == 3)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    other = world.begin_worker()
    within(30, lambda: world.states(tenant) == {"delivered": 5})
    release.set()
    assert world.end_worker(other)["interrupted"] >= 3  # it may have had some of other tests too
    assert len(receiver.calls) == 8 and {call.id for call in receiver.calls} == set(published)
    assert world.sql(f"SELECT sum(interrupted), sum(attempts) FROM webhook_deliveries WHERE tenant_id = '{tenant['id']}'") == "3|8"
    assert world.sql(f"SELECT count(*) FROM webhook_attempts WHERE tenant_id = '{tenant['id']}' AND outcome = 'interrupted'") == "3"


def test_a_worker_that_was_stopped_for_longer_than_its_lease_sends_nothing_more(world, tenant, receiver):
    """Another has what it had claimed; it goes on as if it had just come."""
    world.make_endpoint(tenant, receiver.url(), ["order.shipped"], max_concurrency=4)
    receiver.answer = lambda call: time.sleep(0.05) or 200
    stopped = world.begin_worker()
    published = world.publish(tenant, 100)
    within(20, lambda: len(receiver.calls) >= 10)
    stopped.send_signal(signal.SIGSTOP)
    other = world.begin_worker()
    within(30, lambda: world.states(tenant) == {"delivered": 100})
    got = len(receiver.calls)
    stopped.send_signal(signal.SIGCONT)
    more = world.publish(tenant, 20)
    within(30, lambda: world.states(tenant) == {"delivered": 120})
    said = [world.end_worker(one) for one in (stopped, other)]
    calls = receiver.calls[got:]
    assert {call.id for call in calls} == set(more) and len(calls) == 20
    interrupted = sum(one["interrupted"] for one in said)
    assert len(receiver.calls) <= 120 + interrupted and interrupted <= 4
    assert {call.id for call in receiver.calls} == set(published) | set(more)


def test_a_call_that_would_end_after_its_lease_is_not_begun(world, tenant, receiver, worker):
    """Others may have the delivery by then."""
    receiver.answer = lambda call: (500, {"Retry-After": "5"}) if len(receiver.calls) == 1 else 200
    endpoint = world.make_endpoint(tenant, receiver.url(), ["order.shipped"])
    world.publish(tenant)
    within(20, lambda: world.sql(f"SELECT state FROM webhook_queue WHERE endpoint_id = '{endpoint['id']}'") == "later")
    # From its second claim on, what is to be sent cannot be read for more than half of the lease.
    world.sql(f"""BEGIN; LOCK TABLE events; DO $$ BEGIN
        FOR i IN 1 .. 400 LOOP
          PERFORM pg_sleep(0.05);
          EXIT WHEN EXISTS (SELECT FROM webhook_queue WHERE endpoint_id = '{endpoint["id"]}' AND state = 'claimed');
        END LOOP;
        PERFORM pg_sleep(2.2);
      END $$; COMMIT""")
    within(20, lambda: world.states(tenant) == {"delivered": 1})
    outcomes = world.sql(f"SELECT outcome FROM webhook_attempts WHERE tenant_id = '{tenant['id']}' ORDER BY number").split()
    assert len(receiver.calls) == 2 and outcomes == ["failed", "interrupted", "delivered"]
