"""What one tenant, one receiver or one function does must not cost others their deliveries."""

import threading

import pytest
from cli import within
from webhook_world import Receiver, receiver, tenant, world  # noqa: F401

WORLD = dict(webhook_retries="300ms,600ms", webhook_timeout="30s")


def wait(world, endpoint, number):
    """That many ready deliveries of an endpoint, as they would be of events that are kept no more."""
    world.sql(f"""INSERT INTO webhook_queue (delivery_id, delivery_created_at, endpoint_id, sequence, state)
        SELECT 'dlv_z' || nextval('event_sequence'), now(), '{endpoint["id"]}', nextval('event_sequence'), 'ready' FROM generate_series(1, {number})""")


def test_giving_up_what_waits_for_a_deleted_endpoint_reads_no_more_than_it_gives_up_at_once(world, tenant):
    number = 20_000
    endpoint = world.make_endpoint(tenant, "http://127.0.0.1:1/")
    wait(world, endpoint, number)
    world.sql("ANALYZE webhook_queue")
    assert world.api.delete(f"/v1/webhooks/{endpoint['id']}", token=tenant["secret_key"]).status_code == 200
    read = "SELECT idx_tup_fetch FROM pg_stat_user_tables WHERE relname = 'webhook_queue'"
    before = int(world.sql(read))
    assert world.deliver_once()["cancelled"] == number
    assert world.sql(f"SELECT count(*) FROM webhook_queue WHERE endpoint_id = '{endpoint['id']}'") == "0"
    assert int(world.sql(read)) - before < 5 * number  # all that waits, each time: 20 times as many


def test_long_answers_are_recorded_in_transactions_of_a_bounded_size(world, tenant, receiver):
    everybody_waits = threading.Event()

    def answer(_):
        if len(receiver.calls) >= 96:
            everybody_waits.set()
        everybody_waits.wait(20)
        return 200, {}, b"\x01" * 16 * 1024

    receiver.answer = answer
    for number in range(4):
        world.make_endpoint(tenant, receiver.url(f"/{number}"), ["order.shipped"], max_concurrency=64)
    world.publish(tenant, 40)
    world.deliver_once()
    assert world.states(tenant) == {"delivered": 160}
    most = world.sql(f"SELECT max(n) FROM (SELECT count(*) AS n FROM webhook_attempts WHERE tenant_id = '{tenant['id']}' GROUP BY xmin) AS t")
    assert int(most) <= 32


def test_a_tenant_whose_endpoints_are_all_slow_leaves_room_for_others(world, tenant, receiver):
    release = threading.Event()
    receiver.answer = lambda call: release.wait(25) and 200 or 500
    for number in range(10):
        world.make_endpoint(tenant, receiver.url(f"/{number}"), ["order.shipped"], max_concurrency=64)
    other, quick = world.make_tenant(), Receiver()
    world.make_endpoint(other, quick.url(), ["order.shipped"])
    world.publish(tenant, 100)
    worker = world.begin_worker()
    try:
        within(20, lambda: len(receiver.calls) >= 100)
        for _ in range(5):  # it goes on taking what there is
            world.publish(other, 3)
            within(20, lambda: world.states(other).keys() == {"delivered"})
        assert not release.is_set() and world.states(tenant) == {"pending": 1000}
    finally:
        release.set()
        within(60, lambda: world.states(tenant) == {"delivered": 1000})
        world.end_worker(worker)
        quick.close()


def as_role(world, role, statement):
    return world.sql(f"BEGIN; SET LOCAL ROLE {role}; SET LOCAL search_path = gatehouse; {statement}; COMMIT")


@pytest.mark.parametrize("role", ["gatehouse_users", "gatehouse_webhooks"])
def test_no_function_can_have_a_tenants_event_sent_to_another_tenant(world, tenant, receiver, role):
    [event] = world.publish(tenant)
    world.deliver_once()
    other = world.make_endpoint(world.make_tenant(), receiver.url(), ["order.shipped"])
    made = world.sql(f"SELECT created_at FROM events WHERE id = '{event}'")
    as_role(world, role, f"INSERT INTO event_queue (sequence, event_id, event_created_at, endpoint_id) "
                         f"VALUES (nextval('event_sequence'), '{event}', '{made}', '{other['id']}')")
    world.deliver_once()
    assert receiver.calls == [] and world.sql(f"SELECT count(*) FROM webhook_deliveries WHERE event_id = '{event}'") == "0"
    world.sql(f"INSERT INTO webhook_deliveries (id, created_at, tenant_id, endpoint_id, event_id, event_created_at, event_type, state) "
              f"VALUES ('dlv_forged', now(), '{tenant['id']}', '{other['id']}', '{event}', '{made}', 'order.shipped', 'pending');"
              f"INSERT INTO webhook_queue (delivery_id, delivery_created_at, endpoint_id, sequence, state) "
              f"SELECT id, created_at, endpoint_id, 1, 'ready' FROM webhook_deliveries WHERE id = 'dlv_forged'")
    world.deliver_once()
    assert receiver.calls == [] and world.sql("SELECT state FROM webhook_deliveries WHERE id = 'dlv_forged'") == "cancelled"
    world.sql("DELETE FROM webhook_deliveries WHERE id = 'dlv_forged'")


def test_only_the_function_webhooks_can_have_a_delivery_sent_again(world):
    can = "SELECT r FROM unnest(ARRAY['users', 'tenants', 'services', 'tokens', 'audit', 'webhooks', 'delivery', 'operator']) r " \
          "WHERE has_column_privilege('gatehouse_' || r, 'event_queue', 'delivery_id', 'INSERT')"
    assert world.sql(can) == "webhooks"


def test_many_long_answers_of_one_delivery_are_shown_as_far_as_they_fit(world, tenant, receiver):
    world.make_endpoint(tenant, receiver.url(), ["order.shipped"])
    world.publish(tenant)
    world.deliver_once()
    delivery = world.sql(f"SELECT id FROM webhook_deliveries WHERE tenant_id = '{tenant['id']}'")
    world.sql(f"INSERT INTO webhook_attempts (delivery_id, number, at, tenant_id, outcome, status, answer) "
              f"SELECT '{delivery}', 1 + i, now(), '{tenant['id']}', 'failed', 500, repeat(chr(1), 16384) FROM generate_series(1, 99) i")
    shown = world.api.get(f"/v1/deliveries/{delivery}", token=tenant["secret_key"])
    assert len(shown.content) < 600_000  # nginx takes 1 MiB off the function, however slowly somebody reads it
    made = shown.json()["attempts_made"]
    assert len(made) == 100 and [one["number"] for one in made if "answer" in one] == list(range(96, 101))


def test_a_disabled_tenants_endpoints_get_nothing_until_it_is_enabled(world, tenant, receiver):
    world.make_endpoint(tenant, receiver.url(), ["order.shipped"])
    published = world.publish(tenant, 2)
    world.do("tenant", "disable", tenant["id"])
    world.deliver_once()
    assert receiver.calls == [] and world.states(tenant) == {"pending": 2}
    world.do("tenant", "enable", tenant["id"])
    world.deliver_once()
    assert [call.id for call in receiver.calls] == published
