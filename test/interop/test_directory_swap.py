"""One data directory, served by Kafka and by us in turns, each ended by a kill or in good order."""

import itertools
import os
import random
import time

from kazoo.client import KazooClient
from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic

from clients import ReferenceBroker
from cluster import Broker, wait_until
from messages import Connection
from raw_batches import v2_batch
from reading import records_in

HOPS = int(os.environ.get("SAMSA_SWAP_HOPS", 4))
TOPIC, GROUP, PRODUCER_ID = "ledger", "readers", 4711
OUT_OF_ORDER = 45
# Kafka forgets producers whose records are old when it starts.
NOW_MS = int(time.time() * 1000)
SETTINGS = {"log.segment.bytes": 20000, "log.index.interval.bytes": 200, "log.retention.hours": -1,
            "zookeeper.session.timeout.ms": 3000}


def commit(connection, offset):
    connection.ask("find_coordinator", 1, key=GROUP, key_type=0)  # makes the topic of offsets where there is none yet
    answer = connection.ask("offset_commit", 2, group_id=GROUP, generation_id=-1, member_id="", retention_time_ms=-1, topics=[
        {"name": TOPIC, "partitions": [{"partition_index": 0, "committed_offset": offset, "committed_metadata": "m"}]}])
    return answer["topics"][0]["partitions"][0]["error_code"] == 0


def committed(connection):
    answer = connection.ask("offset_fetch", 1, group_id=GROUP, topics=[{"name": TOPIC, "partition_indexes": [0]}])
    one = answer["topics"][0]["partitions"][0]
    return one["committed_offset"] if one["error_code"] == 0 else None


def idempotent(connection, sequence, value):
    """The error and the offset of a record with this sequence number."""
    batch = v2_batch([(NOW_MS + sequence, b"idempotent", value, ())], producer_id=PRODUCER_ID, producer_epoch=0,
                     base_sequence=sequence)
    answer = connection.ask("produce", 7, acks=-1, timeout_ms=10000, topics=[
        {"name": TOPIC, "partitions": [{"partition_index": 0, "records": batch}]}])
    one = answer["responses"][0]["partitions"][0]
    return one["error_code"], one["base_offset"]


def wait_until_forgotten(chroot):
    """Until the session of a killed broker has expired: Kafka does not start while its name is taken."""
    zk = KazooClient(chroot)
    zk.start()
    try:
        wait_until("the broker's session expires", lambda: not zk.exists("/brokers/ids/0"))
    finally:
        zk.stop()
        zk.close()


class Ledger:
    """What the brokers have taken so far, and must still know whoever comes next."""

    def __init__(self, rng):
        self.rng = rng
        self.acknowledged, self.sequence, self.last_idempotent, self.last_commit = {}, 0, None, None

    def check(self, broker, connection):
        records = records_in(broker, TOPIC)
        assert [record.offset for record in records] == list(range(len(records)))
        found = {record.value: record.offset for record in records}
        assert {value: found.get(value) for value in self.acknowledged} == self.acknowledged
        if self.last_idempotent:
            assert idempotent(connection, self.sequence - 1, b"%d" % (self.sequence - 1)) == self.last_idempotent
            assert idempotent(connection, self.sequence + 5, b"gap")[0] == OUT_OF_ORDER
        if self.last_commit is not None:
            wait_until("the group's offset is loaded", lambda: committed(connection) is not None)
            assert committed(connection) == self.last_commit

    def write(self, broker, connection, hop):
        for _ in range(2):
            self.last_idempotent = idempotent(connection, self.sequence, b"%d" % self.sequence)
            assert self.last_idempotent[0] == 0
            self.sequence += 1
        producer = KafkaProducer(bootstrap_servers=broker.address, acks="all", linger_ms=1,
                                 compression_type=self.rng.choice([None, "gzip", "lz4"]))
        sent = [(value, producer.send(TOPIC, value, partition=0))
                for value in (b"%d-%d" % (hop, i) + b"x" * self.rng.randrange(300) for i in range(300))]
        producer.flush()
        for value, future in sent:
            self.acknowledged[value] = future.get(10).offset
        producer.close()
        self.last_commit = hop * 10
        wait_until("the offset is committed", lambda: commit(connection, self.last_commit))


def is_led(connection):
    answer = connection.ask("metadata", 5, topics=[{"name": TOPIC}])["topics"][0]
    return answer["error_code"] == 0 and answer["partitions"] and all(p["error_code"] == 0 for p in answer["partitions"])


def test_nothing_is_lost_or_doubled_when_kafka_and_we_take_turns(tmp_path, zookeeper):
    rng = random.Random(39)
    chroot = f"{zookeeper.address}/{tmp_path.name}"
    ledger = Ledger(rng)
    for hop, kind in zip(range(HOPS + 1), itertools.cycle([ReferenceBroker, Broker])):
        broker = kind(tmp_path, chroot)
        broker.properties.update(SETTINGS)
        try:
            broker.start()
            if hop == 0:
                admin = KafkaAdminClient(bootstrap_servers=broker.address)
                admin.create_topics([NewTopic(TOPIC, 1, 1)])
                admin.close()
            connection = Connection(broker.port)
            wait_until("the partition is led", lambda: is_led(connection))
            ledger.check(broker, connection)
            if hop < HOPS:
                ledger.write(broker, connection, hop)
            connection.close()
            if rng.random() < 0.3:
                assert broker.stop() in (0, 143)
        finally:
            broker.kill()
        wait_until_forgotten(chroot)
