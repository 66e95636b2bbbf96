"""How long a fetch is kept waiting, and for what it is not."""

import threading
import time

import pytest
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic

from messages import Connection
from raw_wire import Wire, batch

UNKNOWN_SERVER_ERROR, NONE, UNKNOWN_TOPIC_OR_PARTITION = -1, 0, 3


@pytest.fixture
def topic(make_broker):
    broker = make_broker(log_segment_bytes=3000).start()
    admin = AdminClient({"bootstrap.servers": broker.address})
    admin.create_topics([NewTopic("t", 1, 1)])["t"].result(10)
    return broker


def put(broker, value=b"v", times=1):
    with Wire(broker.address) as connection:
        for _ in range(times):
            assert connection.produce("t", batch([value]))[0] == NONE


def fetch(broker, partitions, version=4, **fields):
    """{(topic, partition): answer} for {(topic, partition): offset or what else to ask for}, and how long it took."""
    connection = Connection(broker.port)
    topics = [{"topic": name, "partitions": [{"partition": index, "partition_max_bytes": 1 << 20,
                                              **(ask if isinstance(ask, dict) else {"fetch_offset": ask})}]}
              for (name, index), ask in partitions.items()]
    began = time.monotonic()
    answer = connection.ask("fetch", version, **{"replica_id": -1, "max_wait_ms": 600, "min_bytes": 1, "max_bytes": 1 << 20,
                                                 "session_epoch": -1, "topics": topics, **fields})
    took = time.monotonic() - began
    connection.close()
    return {(t["topic"], p["partition"]): p for t in answer["responses"] for p in t["partition_responses"]}, took


@pytest.mark.parametrize("version", [4, 11])
def test_a_partition_that_does_not_exist_is_no_reason_to_answer_early(topic, version):
    answers, took = fetch(topic, {("t", 0): 0, ("t", 9): 0, ("none", 0): 0}, version)
    assert took > 0.55
    assert {place: answer["error_code"] for place, answer in answers.items()} == {
        ("t", 0): NONE, ("t", 9): UNKNOWN_TOPIC_OR_PARTITION, ("none", 0): UNKNOWN_TOPIC_OR_PARTITION}
    put(topic)
    assert fetch(topic, {("t", 0): 0, ("t", 9): 0}, version, max_wait_ms=10000)[1] < 5
    assert fetch(topic, {("t", 9): 0, ("none", 0): 0}, version, max_wait_ms=10000)[1] < 5, "nothing to wait for"


def test_a_topic_that_goes_ends_the_wait(topic):
    admin = AdminClient({"bootstrap.servers": topic.address})
    results = []
    waiting = threading.Thread(target=lambda: results.append(fetch(topic, {("t", 0): 0}, max_wait_ms=20000)))
    waiting.start()
    admin.delete_topics(["t"])["t"].result(10)
    waiting.join()
    assert results[0][1] < 10


def test_what_a_partition_was_not_asked_for_does_not_count(topic):
    results = []
    waiting = threading.Thread(target=lambda: results.append(
        fetch(topic, {("t", 0): {"fetch_offset": 0, "partition_max_bytes": 100}}, min_bytes=200, max_wait_ms=2500)))
    waiting.start()
    # What is there at first counts in full, so none of these is more than the fetch asks for.
    for _ in range(20):
        put(topic, b"x")
    waiting.join()
    assert results[0][1] > 2.4
    assert len(results[0][0]["t", 0]["record_set"]) == 100


def test_what_comes_from_several_partitions_counts_together_whatever_fits_into_the_answer(topic):
    admin = AdminClient({"bootstrap.servers": topic.address})
    admin.create_partitions([NewPartitions("t", 2)])["t"].result(10)
    for partition in (0, 1):
        with Wire(topic.address) as connection:
            assert connection.produce("t", batch([b"x" * 600]), partition)[0] == NONE
    asked = {("t", 0): 0, ("t", 1): 0}
    assert fetch(topic, asked, min_bytes=1000, max_bytes=1000, max_wait_ms=10000)[1] < 5


def test_a_reader_behind_the_last_segment_does_not_wait_for_more(topic):
    put(topic, b"x" * 1000, 6)
    assert fetch(topic, {("t", 0): 0}, min_bytes=1 << 20, max_wait_ms=10000)[1] < 5
    assert fetch(topic, {("t", 0): 5}, min_bytes=1 << 20)[1] > 0.55


def test_bounds_below_nothing_and_unknown_levels_are_refused(topic):
    put(topic)
    for asked, fields in (({"fetch_offset": 0, "partition_max_bytes": -1}, {}), (0, {"max_bytes": -1}),
                          (0, {"isolation_level": 5})):
        answers, _ = fetch(topic, {("t", 0): asked}, **fields)
        assert answers["t", 0]["error_code"] == UNKNOWN_SERVER_ERROR, (asked, fields)
