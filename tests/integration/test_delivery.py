"""What happened reaches whoever wants to be told: signed, once, and with what it takes to try again."""

import base64
import hashlib
import hmac
import os
import signal
import time

from certificates import EC, openssl
from cli import within
from webhook_world import Receiver, SETTINGS, World, receiver, tenant, world  # noqa: F401

WORLD = dict(webhook_retries="300ms,600ms", webhook_timeout="2s", webhook_park_after="3600s")


def test_an_event_reaches_the_endpoints_that_want_it_and_nobody_else(world, tenant, receiver):
    wanted = world.make_endpoint(tenant, receiver.url("/exact"), ["order.shipped"])
    world.make_endpoint(tenant, receiver.url("/level"), ["order.*"])
    world.make_endpoint(tenant, receiver.url("/all"), ["*"])
    world.make_endpoint(tenant, receiver.url("/other"), ["order.cancelled", "user.*"])
    disabled = world.make_endpoint(tenant, receiver.url("/disabled"))
    world.api.post(f"/v1/webhooks/{disabled['id']}/disable", token=tenant["secret_key"])
    world.make_endpoint(world.make_tenant(), receiver.url("/somebody-else"))
    world.deliver_once()  # what making endpoints has raised is for those that want everything
    assert {call.path for call in receiver.calls} == {"/all"}
    receiver.calls.clear()
    [event] = world.publish(tenant)
    assert world.deliver_once() == {"events": 1, "delivered": 3, "failed": 0, "dead_letters": 0, "cancelled": 0, "interrupted": 0}
    assert sorted(call.path for call in receiver.calls) == ["/all", "/exact", "/level"]
    assert {call.id for call in receiver.calls} == {event}
    row = world.deliveries("state, attempts, interrupted, last_status, finished_at IS NOT NULL", f"endpoint_id = '{wanted['id']}'")
    assert row == [["delivered", "1", "0", "200", "t"]]
    assert world.deliver_once()["delivered"] == 0 and len(receiver.calls) == 3


def test_a_delivery_is_signed_as_standard_webhooks_and_by_the_raw_body(world, tenant, receiver):
    endpoint = world.make_endpoint(tenant, receiver.url())
    [event] = world.publish(tenant, data="""'{"b": 1,  "a": "\\u00e9"}'::json""")
    world.deliver_once()
    [call] = receiver.calls
    stored = world.sql(f"""SELECT to_char(created_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') FROM events WHERE id = '{event}'""")
    assert call.raw.decode() == f'{{"id":"{event}","type":"order.shipped","timestamp":"{stored}","data":{{"b": 1,  "a": "\\u00e9"}}}}'
    assert call.headers["content-type"] == "application/json"
    assert call.headers["x-signature"] == hmac.new(endpoint["secret"].encode(), call.raw, hashlib.sha256).hexdigest()
    assert abs(int(call.headers["webhook-timestamp"]) - time.time()) < 60
    signed = f"{event}.{call.headers['webhook-timestamp']}.".encode() + call.raw
    key = base64.b64decode(endpoint["secret"].removeprefix("whsec_"), validate=True)
    assert call.headers["webhook-signature"] == "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def test_a_worker_that_stays_delivers_soon_and_ends_when_told(world, tenant, receiver):
    world.make_endpoint(tenant, receiver.url())
    worker = world.begin_worker()
    events = world.publish(tenant, 20)
    within(10, lambda: len(receiver.calls) == 20)
    assert {call.id for call in receiver.calls} == set(events)
    assert world.end_worker(worker)["delivered"] == 20
    assert world.states(tenant) == {"delivered": 20}
    assert world.sql("SELECT count(*) FROM webhook_workers") == "0"


def test_a_stack_keeps_a_worker_and_replaces_it_with_the_functions(make_stack):
    stack = make_stack(deliver=True, settings=SETTINGS)
    stack.start()
    killed = stack.process_id("deliver")
    os.kill(killed, signal.SIGKILL)
    within(20, lambda: stack.process_id("deliver") != killed)
    replaced = stack.process_id("deliver")
    stack.reload()
    within(60, lambda: stack.process_id("deliver") != replaced)
    within(60, lambda: not os.path.exists(f"/proc/{replaced}"))
    last = stack.process_id("deliver")
    stack.stop()
    assert not os.path.exists(f"/proc/{last}")


def test_only_receivers_with_a_trusted_certificate_are_told_anything(make_stack, tmp_path):
    """As it is outside of development: TLS or nothing."""
    pairs = [(tmp_path / f"{name}.pem", tmp_path / f"{name}.key") for name in ("trusted", "other")]
    for certificate, key in pairs:
        openssl("req", "-x509", *EC, "-days", 2, "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate)
    trusted, other = (Receiver(certificate=pair) for pair in pairs)
    world = World(make_stack, egress_allow_http="false", egress_ca_file=str(pairs[0][0]), webhook_retries="")
    tenant = world.make_tenant()
    answer = world.api.post("/v1/webhooks", token=tenant["secret_key"], json={"url": "http://127.0.0.1:9/", "event_types": ["order.*"]})
    assert answer.status_code in (400, 422), answer.text
    reached, failed = (world.make_endpoint(tenant, receiver.url()) for receiver in (trusted, other))
    world.publish(tenant)
    assert world.deliver_once()["delivered"] == 1
    assert len(trusted.calls) == 1 and other.calls == []
    assert world.sql(f"SELECT state FROM webhook_deliveries WHERE endpoint_id = '{reached['id']}'") == "delivered"
    said = world.sql(f"SELECT last_failure FROM webhook_deliveries WHERE endpoint_id = '{failed['id']}'")
    assert "certificate" in said and "127.0.0.1" not in said
    for receiver in (trusted, other):
        receiver.close()
