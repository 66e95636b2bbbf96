"""Checks of a broker by kafka-python, of release 2.0.2 and of the newest, whose administrator differs."""

import json
import logging
import threading

import kafka
import msgpack
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewPartitions, NewTopic
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from kafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from kafka.errors import (MessageSizeTooLargeError, NoError, TopicAlreadyExistsError, UnknownTopicOrPartitionError)
from kafka.structs import OffsetAndMetadata

from checks import Polling, add, check, equal, main, unique, until

logging.basicConfig(level=logging.WARNING)
BOOTSTRAP = None
# kafka-python 3.0.12 forgets an assignment, whatever the broker does, when a poll's time is up between its noticing that a
# topic has partitions which it did not know and the answer to the SyncGroup that follows. So where members join, a poll lasts
# longer than their first metadata takes, and one that waits for records ends with records.
JOINING_POLL_MS = 2000
RECORDS_POLL_MS = 30_000
OLD = kafka.__version__.startswith("2.0.")


def set_bootstrap(address):
    global BOOTSTRAP
    BOOTSTRAP = address


def producer(**options):
    return KafkaProducer(bootstrap_servers=BOOTSTRAP, **options)


def consumer(*topics, **options):
    options.setdefault("auto_offset_reset", "earliest")
    return KafkaConsumer(*topics, bootstrap_servers=BOOTSTRAP, metadata_max_age_ms=500, **options)


def admin():
    return KafkaAdminClient(bootstrap_servers=BOOTSTRAP)


def topic(partitions=1, **settings):
    name = unique("topic")
    client = admin()
    client.create_topics([NewTopic(name, partitions, 1, topic_configs=settings)])
    client.close()
    return name


def fill(name, partitions, prefix, count):
    values = [f"{prefix}-{i}" for i in range(count)]
    p = producer(acks="all")
    futures = [p.send(name, value.encode(), partition=i % partitions) for i, value in enumerate(values)]
    p.flush()
    for future in futures:
        future.get(10)
    p.close()
    return values


def read(name, count, **options):
    c = consumer(consumer_timeout_ms=10000, **options)
    c.assign([TopicPartition(name, 0)])
    c.seek_to_beginning()
    records = []
    for record in c:
        records.append(record)
        if len(records) == count:
            break
    c.close()
    equal(len(records), count)
    return records


def whole_records(codec):
    name = topic()
    p = producer(compression_type=codec, linger_ms=20, batch_size=4000, acks="all")
    sent = [p.send(name, key=None if i % 7 == 0 else b"k%d" % i, value=b"v%d" % i * 20, timestamp_ms=1600000000000 + i,
                   headers=[("n", b"%d" % i)]) for i in range(300)]
    p.flush()
    equal([s.get(10).offset for s in sent], list(range(300)))
    p.close()
    for i, record in enumerate(read(name, 300)):
        equal((record.offset, record.key, record.value, record.timestamp, list(record.headers)),
              (i, None if i % 7 == 0 else b"k%d" % i, b"v%d" % i * 20, 1600000000000 + i, [("n", b"%d" % i)]))


for _codec in (None, "gzip", "snappy", "lz4", "zstd"):
    add(f"records_come_back_whole_from_{_codec or 'none'}", whole_records, _codec)


@check
def a_future_tells_where_its_record_went():
    name = topic(2)
    p = producer()
    told = p.send(name, b"v", partition=1).get(timeout=10)
    equal((told.topic, told.partition, told.offset), (name, 1, 0))
    p.close()


@check
def callbacks_and_errbacks_are_called():
    name = topic(**{"max.message.bytes": "500"})
    p = producer()
    done, failed, either = [], [], threading.Semaphore(0)
    p.send(name, b"fits").add_callback(done.append).add_callback(lambda _: either.release())
    p.flush()  # not in one batch with a record that is refused
    p.send(name, b"x" * 1000).add_errback(failed.append).add_errback(lambda _: either.release())
    assert either.acquire(timeout=15) and either.acquire(timeout=15), "both are called"
    equal(done[0].offset, 0)
    equal(type(failed[0]), MessageSizeTooLargeError)
    p.close()


@check
def a_key_goes_to_the_same_partition_every_time():
    name = topic(4)
    p = producer(retries=5)
    where = [[p.send(name, b"v", key=b"key%d" % i).get(10).partition for i in range(20)] for _ in range(2)]
    equal(where[0], where[1])
    assert len(set(where[0])) > 1
    p.close()


@check
def msgpack_and_json_are_serialized_and_back():
    for encode, decode in ((msgpack.dumps, msgpack.loads),
                           (lambda v: json.dumps(v).encode(), lambda b: json.loads(b.decode()))):
        name = topic()
        p = producer(value_serializer=encode, key_serializer=str.encode)
        p.send(name, {"key": "value", "list": [1, 2]}, key="k")
        p.flush()
        p.close()
        record = read(name, 1, value_deserializer=decode, key_deserializer=bytes.decode)[0]
        equal((record.key, record.value), ("k", {"key": "value", "list": [1, 2]}))


@check
def a_topic_that_is_produced_to_is_made_by_itself():
    name = unique("made-by-itself")
    p = producer(retries=5)
    equal(p.send(name, b"v").get(timeout=15).offset, 0)
    p.close()
    equal(read(name, 1)[0].value, b"v")


@check
def a_list_of_topics_is_consumed_until_the_time_is_up():
    one, two = topic(), topic()
    fill(one, 1, "one", 3)
    fill(two, 1, "two", 3)
    c, seen = consumer(one, two, consumer_timeout_ms=3000), []

    def all_seen():
        seen.extend(r.value.decode() for r in c)
        return len(seen) >= 6
    until("all records", all_seen, 60)
    equal(sorted(seen), ["one-0", "one-1", "one-2", "two-0", "two-1", "two-2"])
    c.close()


@check
def a_pattern_notices_a_topic_made_later():
    prefix = unique("pattern")
    c = consumer(group_id=unique("group"))
    c.subscribe(pattern=f"^{prefix}-.*")
    seen = []
    for name in (f"{prefix}-one", f"{prefix}-two"):
        fill(name, 1, name, 3)

        def last_seen():
            seen.extend(r.value.decode() for records in c.poll(RECORDS_POLL_MS).values() for r in records)
            return f"{name}-2" in seen
        until(f"records of {name}", last_seen)
    c.close()


@check
def latest_skips_what_was_there():
    name = topic()
    fill(name, 1, "old", 3)
    c = consumer(name, auto_offset_reset="latest")
    until("an assignment", lambda: c.poll(100) or c.assignment())
    equal(c.position(TopicPartition(name, 0)), 3)
    fill(name, 1, "new", 1)
    got = until("the new record", lambda: c.poll(200))
    equal([r.value for records in got.values() for r in records], [b"new-0"])
    c.close()


@check
def offsets_are_found_by_time_and_at_both_ends():
    name = topic()
    p = producer()
    for i in range(10):
        p.send(name, b"v", timestamp_ms=1600000000000 + i * 1000).get(10)
    p.close()
    c, tp = consumer(), TopicPartition(name, 0)
    equal(c.beginning_offsets([tp]), {tp: 0})
    equal(c.end_offsets([tp]), {tp: 10})
    equal(c.offsets_for_times({tp: 1600000003500})[tp][:2], (4, 1600000004000))
    equal(c.partitions_for_topic(name), {0})
    assert name in c.topics()
    c.close()


def offset_and_metadata(offset, metadata=""):
    return OffsetAndMetadata(offset, metadata) if OLD else OffsetAndMetadata(offset, metadata, -1)


@check
def commits_are_kept_and_gone_on_from():
    name, group = topic(), unique("group")
    fill(name, 1, "v", 6)
    tp = TopicPartition(name, 0)
    c = consumer(name, group_id=group, enable_auto_commit=False, max_poll_records=2)
    equal([r.value for records in until("records", lambda: c.poll(RECORDS_POLL_MS)).values() for r in records], [b"v-0", b"v-1"])
    c.commit()
    equal(c.committed(tp), 2)
    answers = []
    c.commit_async({tp: offset_and_metadata(4, "note")}, callback=lambda offsets, answer: answers.append(answer))
    until("the callback", lambda: (c.poll(50, max_records=1), answers)[1])
    assert not isinstance(answers[0], Exception), answers[0]
    equal(c.committed(tp, metadata=True)[:2], (4, "note"))
    c.close()
    again = consumer(name, group_id=group, enable_auto_commit=False)
    equal([r.value for records in until("records", lambda: again.poll(RECORDS_POLL_MS)).values() for r in records],
          [b"v-4", b"v-5"])
    again.close()


@check
def an_automatic_commit_is_gone_on_from():
    name, group = topic(), unique("group")
    fill(name, 1, "first", 3)
    c = consumer(name, group_id=group, auto_commit_interval_ms=100)
    until("records", lambda: c.poll(RECORDS_POLL_MS))
    until("the commit", lambda: (c.poll(50), c.committed(TopicPartition(name, 0)) == 3)[1])
    c.close()
    fill(name, 1, "second", 1)
    again = consumer(name, group_id=group)
    equal([r.value for records in until("records", lambda: again.poll(RECORDS_POLL_MS)).values() for r in records], [b"second-0"])
    again.close()


class Member(Polling):
    def __init__(self, name, group, assignor):
        self.values = []
        self.consumer = consumer(name, group_id=group, partition_assignment_strategy=[assignor], session_timeout_ms=6000,
                                 heartbeat_interval_ms=200)
        super().__init__(self._step, self.consumer.close)

    @property
    def owned(self):
        return frozenset(self.consumer.assignment())

    def _step(self):
        self.values.extend(r.value.decode() for records in self.consumer.poll(JOINING_POLL_MS).values() for r in records)


def until_shared(members, each):
    def shared():
        for m in members:
            if m.failure:
                raise m.failure
        return all(len(m.owned) == each for m in members) and len(frozenset().union(*[m.owned for m in members])) == 6
    until(f"{len(members)} members own {each} partitions each", shared, 45)


def until_read(members, expected):
    until("everything is read", lambda: len({v for m in members for v in m.values}) >= len(expected))
    equal(sorted({v for m in members for v in m.values}), sorted(expected))


def share(assignor):
    name, group = topic(6), unique("group")
    values = fill(name, 6, "first", 30)
    members = [Member(name, group, assignor)]
    until_shared(members, 6)
    members.append(Member(name, group, assignor))
    until_shared(members, 3)
    values += fill(name, 6, "second", 30)
    until_read(members, values)
    members[0].stop()
    until_shared(members[1:], 6)
    values += fill(name, 6, "third", 30)
    until_read(members, values)
    members[1].stop()


for _assignor in (RangePartitionAssignor, RoundRobinPartitionAssignor, StickyPartitionAssignor):
    if OLD and _assignor is StickyPartitionAssignor:
        continue  # 2.0.2 cannot encode what its own sticky assignor remembers, whatever the broker
    add(f"members_share_and_take_over_by_{_assignor.name}", share, _assignor)


def refused(error, call):
    """The call is answered with this error, which 2.0.2 raises and later releases may return."""
    try:
        call()
    except error:
        return
    raise AssertionError(f"not refused with {error.__name__}")


@check
def topics_are_made_described_and_deleted():
    a, name = admin(), topic(3)
    refused(TopicAlreadyExistsError, lambda: a.create_topics([NewTopic(name, 1, 1)]))
    described = a.describe_topics([name])[0]
    equal(len(described["partitions"]), 3)
    assert name in a.list_topics()
    a.delete_topics([name])
    until("the topic is gone", lambda: name not in a.list_topics())
    refused(UnknownTopicOrPartitionError, lambda: a.delete_topics([name]))
    a.close()


@check
def partitions_are_added():
    a, name = admin(), topic()
    a.create_partitions({name: NewPartitions(3)})
    until("three partitions", lambda: len(a.describe_topics([name])[0]["partitions"]) == 3)
    a.close()


@check
def settings_are_described_and_altered():
    a, name = admin(), topic(**{"retention.ms": "1000"})

    def retention():
        resource = [ConfigResource(ConfigResourceType.TOPIC, name)]
        if OLD:
            entries = a.describe_configs(resource)[0].resources[0][4]
            return {entry[0]: entry[1] for entry in entries}["retention.ms"]
        return a.describe_configs(resource, config_filter="all")["topic"][name]["retention.ms"]["value"]
    equal(retention(), "1000")
    a.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, configs={"retention.ms": "5000"})])
    until("the new setting", lambda: retention() == "5000")
    a.close()


@check
def groups_are_listed_described_and_deleted():
    a, name, group = admin(), topic(6), unique("group")
    values = fill(name, 6, "v", 12)
    member = Member(name, group, RangePartitionAssignor)
    until_shared([member], 6)
    until_read([member], values)
    if OLD:
        listed = dict(a.list_consumer_groups())
        described = a.describe_consumer_groups([group])[0]
        state, members = described.state, described.members
    else:
        listed = {g["group_id"]: g["protocol_type"] for g in a.list_groups()}
        described = a.describe_groups([group])[group]
        state, members = described["group_state"], described["members"]
    equal(listed[group], "consumer")
    equal((state, len(members)), ("Stable", 1))
    member.stop()
    offsets = a.list_consumer_group_offsets(group) if OLD else a.list_group_offsets({group: None})[group]
    equal({tp.partition: o.offset for tp, o in offsets.items()}, {p: 2 for p in range(6)})
    if OLD:
        equal(a.delete_consumer_groups([group]), [(group, NoError)])
        assert group not in dict(a.list_consumer_groups())
    else:
        equal(a.delete_groups([group]), {group: "OK"})
        assert group not in {g["group_id"] for g in a.list_groups()}
    a.close()


main(set_bootstrap)
