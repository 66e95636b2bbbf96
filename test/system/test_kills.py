"""Killed at any moment, while it rolls, compacts, creates and deletes, a broker starts again and has what it acknowledged."""

import os
import random
import threading

from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from cluster import wait_until
from reading import records_in

KILLS = int(os.environ.get("SAMSA_KILLS", 4))
SEED = int(os.environ.get("SAMSA_SEED", 5))
KEYS = 50
SETTINGS = {"auto_create_topics_enable": "false", "zookeeper_session_timeout_ms": 2000, "log_segment_bytes": 30000,
            "log_index_interval_bytes": 200, "log_cleaner_backoff_ms": 50, "log_flush_offset_checkpoint_interval_ms": 200,
            "log_segment_delete_delay_ms": 100, "file_delete_delay_ms": 100}


class Writer:
    """Produces numbered values to a topic, idempotently, and notes what was acknowledged where."""

    def __init__(self, broker, topic, keyed):
        self.topic, self.keyed, self.acknowledged, self.latest = topic, keyed, {}, {}
        self.producer = Producer({"bootstrap.servers": broker.address, "enable.idempotence": True, "linger.ms": 1,
                                  "message.timeout.ms": 120000, "reconnect.backoff.max.ms": 100})
        self.stopping = False
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        number = 0
        while not self.stopping:
            try:
                if len(self.producer) < 500:
                    key = b"%d" % (number % KEYS) if self.keyed else None
                    self.producer.produce(self.topic, b"%d" % number, key, partition=0, callback=self.note)
                    number += 1
            except KafkaException:
                self.producer.poll(0.1)  # not at once again, as each costs the client memory for good
            self.producer.poll(0.0005)

    def note(self, error, message):
        if not error:
            number = int(message.value())
            self.acknowledged[number] = message.offset()
            self.latest[message.key()] = max(number, self.latest.get(message.key(), -1))

    def stop(self):
        self.stopping = True
        self.thread.join()
        assert self.producer.flush(60) == 0


def create_and_delete(admin, name):
    """Orders whose outcome nobody waits for: the broker may be gone before it answers."""
    admin.create_topics([NewTopic(name, 3, 1)])
    admin.delete_topics([name])


def test_kills_at_any_moment_lose_nothing_that_was_acknowledged(make_broker):
    rng = random.Random(SEED)
    broker = make_broker(**SETTINGS).start()
    admin = AdminClient({"bootstrap.servers": broker.address})
    for topic, config in {"ledger": {}, "latest": {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.01",
                                                   "segment.ms": "200"}}.items():
        admin.create_topics([NewTopic(topic, 1, 1, config=config)])[topic].result(20)
    ledger, latest = Writer(broker, "ledger", False), Writer(broker, "latest", True)
    try:
        for kill in range(KILLS):
            before = len(ledger.acknowledged), len(latest.acknowledged)
            wait_until("both topics take records", lambda: len(ledger.acknowledged) > before[0] and len(latest.acknowledged) > before[1])
            create_and_delete(admin, f"passing-{kill}")
            moment = len(ledger.acknowledged) + rng.randrange(3000)
            wait_until("the drawn moment has come", lambda: len(ledger.acknowledged) > moment, interval_s=0.001)
            broker.kill()
            broker.start()
    finally:
        for writer in (ledger, latest):
            writer.stop()
    found = {int(record.value): record.offset for record in records_in(broker, "ledger")}
    assert {n: found.get(n) for n in ledger.acknowledged} == ledger.acknowledged
    assert list(found.values()) == list(range(len(found))), "a record is there twice or an offset is missing"
    kept = {}
    for record in records_in(broker, "latest"):
        kept[record.key] = max(int(record.value), kept.get(record.key, -1))
    for key, number in latest.latest.items():
        assert kept.get(key, -1) >= number, key
    known = set(admin.list_topics(timeout=10).topics)

    def leftovers():
        return [p.name for p in broker.data.iterdir() if p.is_dir()
                and (p.name.endswith("-delete") or p.name.rpartition("-")[0] not in known)]
    wait_until("no directory is left of topics that are gone", lambda: not leftovers(), 60, 0.1)
