"""Checks of a broker by the newest confluent-kafka, whose core is librdkafka."""

import time

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaException, Producer, TopicPartition
from confluent_kafka import KafkaError
from confluent_kafka.admin import (AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, NewTopic,
                                   OffsetSpec)

from checks import Polling, add, check, equal, main, unique, until

BOOTSTRAP = None
ADMIN = None


def set_bootstrap(address):
    global BOOTSTRAP, ADMIN
    BOOTSTRAP = address
    ADMIN = AdminClient({"bootstrap.servers": BOOTSTRAP})


def admin():
    return ADMIN


def done(futures):
    """The result of the only one of these futures."""
    (future,) = futures.values()
    return future.result(20)


def refused(code, futures):
    try:
        done(futures)
    except KafkaException as e:
        equal(e.args[0].code(), code)
        return
    raise AssertionError(f"not refused with {code}")


def topic(partitions=1, **settings):
    name = unique("topic")
    done(admin().create_topics([NewTopic(name, partitions, 1, config=settings)]))
    return name


def fill(name, partitions, prefix, count, **options):
    values = [f"{prefix}-{i}" for i in range(count)]
    told = []
    p = Producer({"bootstrap.servers": BOOTSTRAP, "linger.ms": 5, **options})
    for i, value in enumerate(values):
        p.produce(name, value, partition=i % partitions, on_delivery=lambda e, m: told.append(e))
    equal(p.flush(20), 0)
    equal(told, [None] * count)
    return values


def whole_records(codec):
    name = topic()
    p = Producer({"bootstrap.servers": BOOTSTRAP, "compression.type": codec, "linger.ms": 20, "batch.size": 4000})
    for i in range(300):
        p.produce(name, key=f"k{i}" if i % 7 else None, value=f"v{i}" * 20, timestamp=1600000000000 + i, headers={"n": str(i)})
    equal(p.flush(20), 0)
    c = Consumer({"bootstrap.servers": BOOTSTRAP, "group.id": unique("unused")})
    c.assign([TopicPartition(name, 0, 0)])
    for i in range(300):
        m = until("a record", lambda: c.poll(1))
        assert not m.error(), m.error()
        equal((m.offset(), m.key(), m.value(), m.timestamp()[1], m.headers()),
              (i, b"k%d" % i if i % 7 else None, b"v%d" % i * 20, 1600000000000 + i, [("n", b"%d" % i)]))
    c.close()


for _codec in ("none", "gzip", "snappy", "lz4", "zstd"):
    add(f"records_come_back_whole_from_{_codec}", whole_records, _codec)


@check
def an_idempotent_producer_writes_each_record_once():
    name = topic(2)
    fill(name, 2, "v", 1000, **{"enable.idempotence": True, "batch.num.messages": 7})
    c = Consumer({"bootstrap.servers": BOOTSTRAP, "group.id": unique("unused")})
    for p in range(2):
        equal(c.get_watermark_offsets(TopicPartition(name, p), timeout=10), (0, 500))
    c.close()


class Member(Polling):
    def __init__(self, names, group, **options):
        self.values = []
        self.revoked = 0
        self.owned = frozenset()
        self.consumer = Consumer({"bootstrap.servers": BOOTSTRAP, "group.id": group, "auto.offset.reset": "earliest",
                                  "session.timeout.ms": 6000, "heartbeat.interval.ms": 200,
                                  "topic.metadata.refresh.interval.ms": 500, **options})
        self.consumer.subscribe(names, on_revoke=self._on_revoke)
        super().__init__(self._step, self.consumer.close)

    def _on_revoke(self, _, partitions):
        self.revoked += len(partitions)

    def _step(self):
        m = self.consumer.poll(0.1)
        if m is not None and not m.error():
            self.values.append(m.value().decode())
        self.owned = frozenset((tp.topic, tp.partition) for tp in self.consumer.assignment())


def until_shared(members, each):
    until(f"{len(members)} members own {each} partitions each", lambda:
          all(len(m.owned) == each for m in members) and len(frozenset().union(*[m.owned for m in members])) == 6)


def until_read(members, expected):
    until("everything is read", lambda: len({v for m in members for v in m.values}) >= len(expected))
    equal(sorted({v for m in members for v in m.values}), sorted(expected))


def share(assignor):
    name, group = topic(6), unique("group")
    options = {"partition.assignment.strategy": assignor}
    members = [Member([name], group, **options)]
    until_shared(members, 6)
    members.append(Member([name], group, **options))
    until_shared(members, 3)
    if assignor == "cooperative-sticky":
        equal(members[0].revoked, 3)
    values = fill(name, 6, "second", 30)
    until_read(members, values)
    members[0].stop()
    until_shared(members[1:], 6)
    values += fill(name, 6, "third", 30)
    until_read(members, values)
    members[1].stop()


for _assignor in ("range", "roundrobin", "cooperative-sticky"):
    add(f"members_share_and_take_over_by_{_assignor}", share, _assignor)


@check
def a_static_member_comes_back_to_its_partitions_without_a_rebalance():
    name, group = topic(6), unique("group")
    # librdkafka leaves when it closes unless it is static.
    one = Member([name], group, **{"group.instance.id": "one", "session.timeout.ms": 20000})
    other = Member([name], group, **{"group.instance.id": "other", "session.timeout.ms": 20000})
    until_shared([one, other], 3)
    before, revoked = one.owned, other.revoked
    one.stop()
    again = Member([name], group, **{"group.instance.id": "one", "session.timeout.ms": 20000})
    until("an assignment", lambda: len(again.owned) == 3)
    equal(again.owned, before)
    equal(other.revoked, revoked)
    again.stop()
    other.stop()


@check
def a_pattern_notices_a_topic_made_later():
    prefix = unique("pattern")
    member = Member([f"^{prefix}-.*"], unique("group"))
    for suffix in ("one", "two"):
        done(admin().create_topics([NewTopic(f"{prefix}-{suffix}", 1, 1)]))
        fill(f"{prefix}-{suffix}", 1, suffix, 3)
        until("records", lambda: f"{suffix}-2" in member.values)
    member.stop()


@check
def commits_are_kept_and_gone_on_from():
    name, group = topic(), unique("group")
    fill(name, 1, "v", 6)
    settings = {"bootstrap.servers": BOOTSTRAP, "group.id": group, "enable.auto.commit": False,
                "auto.offset.reset": "earliest"}
    c = Consumer(settings)
    c.subscribe([name])
    equal(until("a record", lambda: c.poll(1)).value(), b"v-0")
    c.commit(asynchronous=False, offsets=[TopicPartition(name, 0, 4)])
    equal(c.committed([TopicPartition(name, 0)], 10)[0].offset, 4)
    c.close()
    again = Consumer(settings)
    again.subscribe([name])
    equal(until("a record", lambda: again.poll(1)).value(), b"v-4")
    again.close()


@check
def topics_are_made_described_and_deleted():
    a, name = admin(), topic(3, **{"retention.ms": "1000"})
    refused(KafkaError.TOPIC_ALREADY_EXISTS, a.create_topics([NewTopic(name, 1, 1)]))
    equal(len(a.list_topics(name, 10).topics[name].partitions), 3)
    done(a.delete_topics([name]))
    until("the topic is gone", lambda: name not in a.list_topics(timeout=10).topics)
    refused(KafkaError.UNKNOWN_TOPIC_OR_PART, a.delete_topics([name]))


@check
def partitions_are_added():
    a, name = admin(), topic()
    done(a.create_partitions([NewPartitions(name, 3)]))
    until("three partitions", lambda: len(a.list_topics(name, 10).topics[name].partitions) == 3)


@check
def settings_are_described_and_altered():
    a, name = admin(), topic()

    def retention():
        return done(a.describe_configs([ConfigResource(ConfigResource.Type.TOPIC, name)]))["retention.ms"].value
    equal(retention(), "604800000")
    done(a.incremental_alter_configs([ConfigResource(ConfigResource.Type.TOPIC, name, incremental_configs=[
        ConfigEntry("retention.ms", "5000", incremental_operation=AlterConfigOpType.SET)])]))
    until("the new setting", lambda: retention() == "5000")


@check
def groups_are_listed_described_and_deleted():
    a, name, group = admin(), topic(6), unique("group")
    values = fill(name, 6, "v", 12)
    member = Member([name], group)
    until_shared([member], 6)
    until_read([member], values)
    assert group in {g.group_id for g in a.list_consumer_groups().result(20).valid}
    described = done(a.describe_consumer_groups([group]))
    equal((described.state.name, len(described.members)), ("STABLE", 1))
    equal({tp.partition for tp in described.members[0].assignment.topic_partitions}, set(range(6)))
    refused(KafkaError.NON_EMPTY_GROUP, a.delete_consumer_groups([group]))
    member.stop()
    offsets = done(a.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])).topic_partitions
    equal({tp.partition: tp.offset for tp in offsets}, {p: 2 for p in range(6)})
    done(a.delete_consumer_groups([group]))
    assert group not in {g.group_id for g in a.list_consumer_groups().result(20).valid}


@check
def offsets_are_listed_and_records_deleted():
    a, name = admin(), topic()
    fill(name, 1, "v", 10)
    tp = TopicPartition(name, 0)
    equal(done(a.list_offsets({tp: OffsetSpec.latest()})).offset, 10)
    equal(done(a.delete_records([TopicPartition(name, 0, 4)])).low_watermark, 4)
    equal(done(a.list_offsets({tp: OffsetSpec.earliest()})).offset, 4)
    equal(done(a.list_offsets({tp: OffsetSpec.for_timestamp(int(time.time() * 1000) + 3600000)})).offset, -1)


main(set_bootstrap)
