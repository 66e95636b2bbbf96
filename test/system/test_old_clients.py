"""What clients of older protocols, and topics of older formats, are told."""

import struct

import pytest
from kafka import KafkaConsumer
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.record.memory_records import MemoryRecordsBuilder

import raw_wire as wire
from raw_wire import Wire
from test_everyday import produce

NONE, UNSUPPORTED_VERSION, UNSUPPORTED_FOR_MESSAGE_FORMAT = 0, 35, 43
API_FIND_COORDINATOR = 10


@pytest.fixture
def make_topic(broker):
    def make(name, **configs):
        admin = KafkaAdminClient(bootstrap_servers=broker.address)
        admin.create_topics([NewTopic(name, 1, 1, topic_configs={k.replace("_", "."): v for k, v in configs.items()})])
        admin.close()
        return name
    return make


def old_batch(value):
    builder = MemoryRecordsBuilder(1, 0, 1 << 20)
    builder.append(timestamp=1600000000000, key=None, value=value)
    builder.close()
    return bytes(builder.buffer())


def produce_v2(topic, records, acks):
    body = (struct.pack(">hii", acks, 10000, 1) + wire.string(topic) + struct.pack(">iii", 1, 0, len(records)) + records)
    return wire.request(wire.API_PRODUCE, 2, body)


def fetch_v3(topic):
    body = struct.pack(">iiiii", -1, 500, 1, 1 << 20, 1) + wire.string(topic) + struct.pack(">iiqi", 1, 0, 0, 1 << 20)
    return wire.request(wire.API_FETCH, 3, body)


def offset_at(connection, topic, version, timestamp):
    """The error code, and with version 4 the leader epoch, of ListOffsets."""
    epoch, isolation = (struct.pack(">i", -1), b"\0") if version >= 4 else (b"", b"")
    body = (struct.pack(">i", -1) + isolation + struct.pack(">i", 1) + wire.string(topic) +
            struct.pack(">ii", 1, 0) + epoch + struct.pack(">q", timestamp))
    _, answer = connection.send(wire.request(wire.API_LIST_OFFSETS, version, body)).response()
    at = (4 if version >= 2 else 0) + 4 + 2 + len(topic) + 4
    _, error, _, offset = struct.unpack_from(">ihqq", answer, at)
    return error, struct.unpack_from(">i", answer, at + 22)[0] if version >= 4 else offset


@pytest.mark.parametrize("acks", [-1, 1, 0])
@pytest.mark.parametrize("cut", [lambda batch: batch[:-1], lambda batch: batch[:30], lambda batch: b""],
                         ids=["a byte short", "header alone", "empty"])
def test_records_that_an_old_producer_sent_in_part_are_not_acknowledged(broker, make_topic, acks, cut):
    topic = make_topic("t")
    with Wire(broker.address) as connection:
        assert connection.send(produce_v2(topic, cut(old_batch(b"v" * 50)), acks)).is_hung_up()
    with Wire(broker.address) as connection:
        assert connection.produce(topic, wire.batch([b"first"])) == (NONE, 0)


def test_old_consumers_are_refused_where_down_conversion_is_off(broker, make_topic):
    with Wire(broker.address) as connection:
        for name, allowed, expected in [("on", "true", NONE), ("off", "false", UNSUPPORTED_VERSION)]:
            topic = make_topic(name, message_downconversion_enable=allowed)
            assert connection.produce(topic, wire.batch([b"v"])) == (NONE, 0)
            _, answer = connection.send(fetch_v3(topic)).response()
            _, error, high_watermark, size = struct.unpack_from(">ihqi", answer, 4 + 4 + 2 + len(topic) + 4)
            assert (error, high_watermark, size > 0) == (expected, 1 if allowed == "true" else -1, allowed == "true")


def test_a_topic_without_timestamps_cannot_be_searched_by_time(broker, make_topic):
    topic = make_topic("t", message_format_version="0.9.0")
    with Wire(broker.address) as connection:
        assert offset_at(connection, topic, 1, 0)[0] == UNSUPPORTED_FOR_MESSAGE_FORMAT
        assert offset_at(connection, topic, 1, -1) == (NONE, 0)


def test_leader_epochs_are_kept_only_where_batches_have_a_place_for_them(broker, make_topic):
    with Wire(broker.address) as connection:
        for version, epoch in [("0.10.0", -1), ("2.7", 0)]:
            topic = make_topic(f"format-{version}", message_format_version=version)
            assert connection.produce(topic, wire.batch([b"v"]))[0] == NONE
            assert offset_at(connection, topic, 4, -2) == (NONE, epoch)
            assert (broker.data / f"{topic}-0" / "leader-epoch-checkpoint").exists() == (epoch == 0)


def test_the_coordinator_is_named_with_the_word_that_kafka_sends_for_no_error(broker, make_topic):
    produce(broker, "warm-up", [b"v"])
    consumer = KafkaConsumer("warm-up", bootstrap_servers=broker.address, group_id="g", auto_offset_reset="earliest",
                             consumer_timeout_ms=60000)
    assert next(consumer).value == b"v"
    consumer.close()
    with Wire(broker.address) as connection:
        _, answer = connection.send(wire.request(API_FIND_COORDINATOR, 1, wire.string("g") + b"\0")).response()
        error, length = struct.unpack_from(">hh", answer, 4)
        assert (error, answer[8:8 + length]) == (NONE, b"NONE")
        _, answer = connection.send(wire.request(wire.API_VERSIONS, -1)).response()
        assert struct.unpack_from(">h", answer)[0] == UNSUPPORTED_VERSION
