"""Nothing is lost, nothing is sent again whose success was recorded, whoever is killed meanwhile.

GATEHOUSE_LOSS_EVENTS=10000 makes it the full size; `make test` does with fewer.
"""

import os
import random
import signal
import threading
import time
from collections import Counter

from webhook_world import Receiver, World

EVENTS = int(os.environ.get("GATEHOUSE_LOSS_EVENTS", "600"))
KEYS = 50
WORKERS = 3


def recorded(world):
    """Ids of the events whose success is recorded, where PostgreSQL can be asked."""
    return set(world.sql("SELECT event_id FROM webhook_deliveries WHERE state = 'delivered'").split())


class Chaos:
    """Kills a worker every now and then, restarts PostgreSQL, and has another worker for each that died."""

    def __init__(self, world, seconds):
        self.world, self.seconds, self.kills, self.restarts, self.stopping = world, seconds, 0, 0, threading.Event()
        self.alive = [world.begin_worker() for _ in range(WORKERS)]
        self.error = None
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        try:
            dice, restart = random.Random(1), 0
            while not self.stopping.wait(dice.uniform(0.3, self.seconds)):
                self._kill(dice)
                restart += 1
                if restart % 4 == 2:
                    self.world.cluster.stop(immediate=restart % 8 == 2)
                    self.world.cluster.start()
                    self.restarts += 1
        except Exception as error:  # noqa: BLE001 - told where it is waited for
            self.error = error

    def _kill(self, dice):
        victim = dice.randrange(WORKERS)
        self.alive[victim].send_signal(signal.SIGKILL)
        self.alive[victim].communicate()
        self.kills += 1
        self.alive[victim] = self.world.begin_worker()

    def end(self):
        self.stopping.set()
        self.thread.join()
        assert not self.error, self.error


def test_no_event_is_lost_and_none_sent_again_after_its_success_was_recorded(make_stack):
    world = World(make_stack, fast=False, webhook_retries=",".join(["300ms"] * 20), webhook_timeout="2s")
    tenant, dice, lock = world.make_tenant(), random.Random(2), threading.Lock()
    answered = []  # (event, key, number) in the order in which they were answered with success

    def answer(call):
        with lock:
            if dice.random() < 0.3:
                return 500
            data = call.body["data"]
            answered.append((call.id, data["key"], data["number"]))
        return 200

    receiver = Receiver(answer)
    world.make_endpoint(tenant, receiver.url(), ["order.shipped"], ordered=True, max_concurrency=64)
    chaos = Chaos(world, 1.5)
    published = []
    for batch in range(0, EVENTS, 100):
        published += publish(world, tenant, batch)
    known, called = set(), 0  # whose success was recorded when so many calls had come
    deadline = time.monotonic() + 60 + EVENTS / 20
    violations = set()
    while len(known) < EVENTS:
        assert time.monotonic() < deadline, (len(known), chaos.kills, chaos.restarts, chaos.error)
        try:
            now_known = recorded(world)
        except Exception:  # noqa: BLE001 - PostgreSQL is away
            continue
        with receiver.lock:
            calls = receiver.calls[called:]
            called = len(receiver.calls)
        violations |= known & {call.id for call in calls}
        known = now_known
        time.sleep(0.2)
    chaos.end()
    time.sleep(1)  # nobody has anything left to send
    with receiver.lock:
        violations |= known & {call.id for call in receiver.calls[called:]}
    for worker in chaos.alive:
        world.end_worker(worker)

    successes = Counter(event for event, _, _ in answered)
    doubled = sum(successes.values()) - len(successes)
    interrupted = int(world.sql("SELECT sum(interrupted) FROM webhook_deliveries"))
    print(f"{EVENTS} events, {len(receiver.calls)} calls, {chaos.kills} workers killed, {chaos.restarts} restarts of PostgreSQL, "
          f"{interrupted} attempts interrupted, {doubled} successes doubled")
    assert set(published) == set(successes) == known
    assert not violations
    assert chaos.kills >= 3 and chaos.restarts >= 1
    assert doubled <= interrupted
    assert world.sql("SELECT count(*) FROM webhook_queue") == world.sql("SELECT count(*) FROM event_queue") == "0"
    for key in {key for _, key, _ in answered}:
        numbers = [number for _, of, number in answered if of == key]
        firsts = list(dict.fromkeys(numbers))
        assert firsts == sorted(firsts), key  # the first success of each comes in order; what is doubled is the one in flight
        assert all(later >= earlier for earlier, later in zip(numbers, numbers[1:])), key
    world.close()
    receiver.close()


def publish(world, tenant, first):
    """A hundred, again and again where PostgreSQL is away or was lost before it said that it has them."""
    while True:
        try:
            numbers = world.sql(f"SELECT count(*) FROM events WHERE tenant_id = '{tenant['id']}' AND (data ->> 'number')::int > {first}")
            if numbers != "0":
                return world.sql(f"SELECT id FROM events WHERE tenant_id = '{tenant['id']}' AND (data ->> 'number')::int > {first}").split()
            return world.publish(tenant, 100, key=f"'key ' || i % {KEYS}", data=f"json_build_object('key', 'key ' || i % {KEYS}, 'number', {first} + i)")
        except Exception:  # noqa: BLE001 - PostgreSQL is away
            time.sleep(0.1)
