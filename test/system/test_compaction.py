"""Compacted topics: the last value of each key stays, the others go."""

import re
import time

import pytest
from confluent_kafka import Producer
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewTopic

from cluster import tool, wait_until
from reading import records_in

TOPIC = "latest"
CLEANS_AT_ONCE = {"log_cleaner_backoff_ms": 50, "log_cleaner_dedupe_buffer_size": 2 << 20,
                  "log_segment_delete_delay_ms": 100}
COMPACTED = {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0", "segment.ms": "100",
             "delete.retention.ms": "0"}
INVALID_RECORD = 87


def create(broker, configs, name=TOPIC):
    admin = KafkaAdminClient(bootstrap_servers=broker.address)
    admin.create_topics([NewTopic(name, 1, 1, topic_configs=configs)])
    admin.close()


def produce(broker, pairs, **options):
    failed = []
    producer = Producer({"bootstrap.servers": broker.address, "linger.ms": 5, **options})
    for key, value in pairs:
        producer.produce(TOPIC, value, key, callback=lambda error, _: error and failed.append(error.code()))
    assert producer.flush(30) == 0
    return failed


def records(broker):
    return [(record.offset, record.key, record.value) for record in records_in(broker, TOPIC)]


def await_clean(broker, expected):
    """Ticks until what is left of the other keys is as expected: a segment is full when a later record comes."""
    def look():
        assert produce(broker, [(b"tick", b"%d" % time.time_ns())]) == []
        left = [(key, value) for _, key, value in records(broker) if key != b"tick"]
        assert sorted(dict(left).items()) == sorted(expected.items()), "the log has lost something"
        return len(left) == len(expected)
    wait_until("nothing is left but the last value of each key", look, interval_s=0.1)


def latest(pairs):
    return {key: value for key, value in dict(pairs).items() if value is not None}


@pytest.mark.parametrize("codec", ["none", "zstd"])
def test_the_last_value_of_each_key_outlives_compaction_and_tombstones_take_theirs(make_broker, codec):
    broker = make_broker(**CLEANS_AT_ONCE).start()
    create(broker, COMPACTED)
    pairs = [(b"k%d" % (i % 20), b"value-%d" % i) for i in range(1000)]
    gone = [(b"k%d" % i, None) for i in range(0, 20, 4)]
    assert produce(broker, pairs + gone, **{"compression.type": codec, "enable.idempotence": True}) == []

    def tombstones_are_gone():
        produce(broker, [(b"tick", b"x")])
        left = records(broker)
        assert latest([(key, value) for _, key, value in left if key != b"tick"]) == latest(pairs + gone)
        return len([1 for _, key, _ in left if key != b"tick"]) == 15
    wait_until("values and tombstones are gone", tombstones_are_gone, interval_s=0.1)
    left = records(broker)
    offsets = {key: offset for offset, key, _ in left if key != b"tick"}
    assert offsets == {b"k%d" % (i % 20): i for i in range(980, 1000) if i % 4}, "they stay at their offsets"
    assert [offset for offset, _, _ in left] == sorted(offset for offset, _, _ in left)
    checkpoint = broker.data / "cleaner-offset-checkpoint"
    # It comes after the segments.
    wait_until("it is noted up to where the log is clean",
               lambda: re.fullmatch(rf"0\n1\n{TOPIC} 0 1\d*\n", checkpoint.read_text()))


def test_a_killed_broker_goes_on_with_a_compacted_topic(make_broker):
    broker = make_broker(zookeeper_session_timeout_ms=2000, **CLEANS_AT_ONCE).start()
    create(broker, COMPACTED)
    pairs = [(b"k%d" % (i % 10), b"value-%d" % i) for i in range(500)]
    for start in range(0, 500, 100):
        assert produce(broker, pairs[start:start + 100]) == []
        time_of_kill = records(broker)[-1][0]
        broker.kill()
        broker.start()
        assert dict((key, value) for _, key, value in records(broker)).items() >= latest(pairs[:start + 100]).items()
        assert records(broker)[-1][0] == time_of_kill
    await_clean(broker, latest(pairs))


def test_a_record_without_a_key_is_refused(make_broker):
    broker = make_broker(**CLEANS_AT_ONCE).start()
    create(broker, COMPACTED)
    assert produce(broker, [(None, b"value")]) == [INVALID_RECORD]
    assert produce(broker, [(b"key", b"value")]) == []


def test_a_topic_may_become_compacted_and_be_so_no_more(make_broker):
    broker = make_broker(**CLEANS_AT_ONCE).start()
    create(broker, {**COMPACTED, "cleanup.policy": "delete"})
    pairs = [(b"k%d" % (i % 5), b"value-%d" % i) for i in range(100)]
    assert produce(broker, pairs) == []
    admin = KafkaAdminClient(bootstrap_servers=broker.address)

    def set_policy(policy):
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, TOPIC, {**COMPACTED, "cleanup.policy": policy})])
    set_policy("compact")
    await_clean(broker, latest(pairs))
    set_policy("delete")
    again = [(b"k0", b"again-%d" % i) for i in range(10)]
    assert produce(broker, again) == []
    create(broker, COMPACTED, "other")
    admin.close()
    before = len(records(broker))
    assert [value for _, key, value in records(broker) if key == b"k0"][-10:] == [value for _, value in again]
    assert len(records(broker)) == before


def test_retention_takes_from_a_topic_that_is_compacted_and_deleted(make_broker):
    broker = make_broker(**CLEANS_AT_ONCE).start()
    create(broker, {**COMPACTED, "cleanup.policy": "compact,delete", "retention.ms": "500"})
    assert produce(broker, [(b"k", b"1"), (b"l", b"1")]) == []

    def old_ones_are_gone():
        produce(broker, [(b"tick", b"x")])
        return all(key == b"tick" for _, key, _ in records(broker))
    wait_until("what is older than retention.ms is gone", old_ones_are_gone, interval_s=0.1)


def test_kafkas_dump_tool_reads_a_compacted_segment(make_broker):
    broker = make_broker(**CLEANS_AT_ONCE).start()
    create(broker, COMPACTED)
    pairs = [(b"k%d" % (i % 5), b"value-%d" % i) for i in range(100)]
    assert produce(broker, pairs) == []
    await_clean(broker, latest(pairs))
    broker.stop()
    for segment in sorted((broker.data / f"{TOPIC}-0").glob("*.log")):
        done = tool("kafka-dump-log", "--files", segment, "--deep-iteration", "--index-sanity-check")
        assert "isvalid: false" not in done.stdout
