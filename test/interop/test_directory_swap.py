"""One data directory, served by Kafka and by us in turns, each ended by a kill or in good order."""

import itertools
import os
import random

from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic

from clients import ReferenceBroker
from cluster import Broker, wait_until
from messages import Connection
from raw_batches import v2_batch
from reading import records_in

HOPS = int(os.environ.get("SAMSA_SWAP_HOPS", 4))
TOPIC, GROUP, PRODUCER_ID = "ledger", "readers", 4711
SETTINGS = {"log.segment.bytes": 20000, "log.index.interval.bytes": 200, "log.retention.hours": -1}


def commit(connection, offset):
    answer = connection.ask("offset_commit", 2, group_id=GROUP, generation_id=-1, member_id="", retention_time_ms=-1, topics=[
        {"name": TOPIC, "partitions": [{"partition_index": 0, "committed_offset": offset, "committed_metadata": "m"}]}])
    return answer["topics"][0]["partitions"][0]["error_code"] == 0


def committed(connection):
    answer = connection.ask("offset_fetch", 1, group_id=GROUP, topics=[{"name": TOPIC, "partition_indexes": [0]}])
    one = answer["topics"][0]["partitions"][0]
    return one["committed_offset"] if one["error_code"] == 0 else None


def idempotent(connection, sequence, value):
    """The error and the offset of a record with this sequence number."""
    batch = v2_batch([(1_600_000_000_000 + sequence, b"idempotent", value, ())], producer_id=PRODUCER_ID, producer_epoch=0,
                     base_sequence=sequence)
    answer = connection.ask("produce", 7, acks=-1, timeout_ms=10000, topics=[
        {"name": TOPIC, "partitions": [{"partition_index": 0, "records": batch}]}])
    one = answer["responses"][0]["partitions"][0]
    return one["error_code"], one["base_offset"]


def test_nothing_is_lost_or_doubled_when_kafka_and_we_take_turns(tmp_path, zookeeper):
    rng = random.Random(39)
    chroot = f"{zookeeper.address}/{tmp_path.name}"
    kinds = itertools.cycle([ReferenceBroker, Broker])
    acknowledged, sequence, last_commit, last_idempotent = {}, 0, None, None
    for hop in range(HOPS + 1):
        broker = next(kinds)(tmp_path, chroot)
        broker.properties.update(SETTINGS)
        broker.start()
        try:
            if hop == 0:
                admin = KafkaAdminClient(bootstrap_servers=broker.address)
                admin.create_topics([NewTopic(TOPIC, 1, 1)])
                admin.close()
            connection = Connection(broker.port)
            wait_until("the partition is led", lambda: idempotent(connection, sequence, b"%d" % sequence)[0] == 0)
            if last_idempotent:  # what was taken before the other one went is still known
                assert idempotent(connection, sequence - 1, b"%d" % (sequence - 1)) == last_idempotent
                wait_until("the group's offset is loaded", lambda: committed(connection) is not None)
                assert committed(connection) == last_commit
            sequence += 1
            last_idempotent = idempotent(connection, sequence, b"%d" % sequence)
            assert last_idempotent[0] == 0
            sequence += 1
            assert idempotent(connection, sequence + 5, b"gap")[0] == 45
            producer = KafkaProducer(bootstrap_servers=broker.address, acks="all", linger_ms=1, compression_type=rng.choice([None, "gzip", "lz4"]))
            sent = [(value, producer.send(TOPIC, value, partition=0, timestamp_ms=1_600_000_000_000 + hop))
                    for value in (b"%d-%d" % (hop, i) + b"x" * rng.randrange(300) for i in range(300))]
            producer.flush()
            for value, future in sent:
                acknowledged[value] = future.get(10).offset
            producer.close()
            last_commit = hop * 10
            wait_until("the offset is committed", lambda: commit(connection, last_commit))
            if hop == HOPS:
                found = {record.value: record.offset for record in records_in(broker, TOPIC)}
                assert {value: found.get(value) for value in acknowledged} == acknowledged
                offsets = [record.offset for record in records_in(broker, TOPIC)]
                assert offsets == list(range(len(offsets)))
            connection.close()
            if rng.random() < 0.3:
                assert broker.stop() in (0, 143)
        finally:
            broker.kill()
