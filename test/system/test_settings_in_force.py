"""Every setting of a topic takes effect while the broker runs: its own, and the default that it has from the broker.

What is looked at is what the setting does, not what can be read back of it. The throttled replicas are missing, as there is no
replication yet that they could slow down.
"""

import itertools
import struct
import time

import pytest
from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic
from kazoo.client import KazooClient

import raw_wire as wire
from cluster import tool, wait_until
from raw_wire import Wire
from reading import records_in

TOPIC = "t"
QUICK = {"log_retention_check_interval_ms": 50, "log_cleaner_backoff_ms": 50, "log_cleaner_dedupe_buffer_size": 2 << 20,
         "log_flush_offset_checkpoint_interval_ms": 50, "log_flush_start_offset_checkpoint_interval_ms": 50}
HOUR_MS = 3600 * 1000
# Whose default the setting of the topic is; only where it may change while the broker runs.
BROKER_KEYS = {
    "cleanup.policy": "log.cleanup.policy", "compression.type": "compression.type",
    "delete.retention.ms": "log.cleaner.delete.retention.ms", "file.delete.delay.ms": "log.segment.delete.delay.ms",
    "flush.messages": "log.flush.interval.messages", "flush.ms": "log.flush.interval.ms",
    "index.interval.bytes": "log.index.interval.bytes", "max.compaction.lag.ms": "log.cleaner.max.compaction.lag.ms",
    "max.message.bytes": "message.max.bytes", "message.downconversion.enable": "log.message.downconversion.enable",
    "message.timestamp.difference.max.ms": "log.message.timestamp.difference.max.ms",
    "message.timestamp.type": "log.message.timestamp.type", "min.cleanable.dirty.ratio": "log.cleaner.min.cleanable.ratio",
    "min.compaction.lag.ms": "log.cleaner.min.compaction.lag.ms", "min.insync.replicas": "min.insync.replicas",
    "preallocate": "log.preallocate", "retention.bytes": "log.retention.bytes", "retention.ms": "log.retention.ms",
    "segment.bytes": "log.segment.bytes", "segment.index.bytes": "log.index.size.max.bytes",
    "segment.jitter.ms": "log.roll.jitter.ms", "segment.ms": "log.roll.ms",
    "unclean.leader.election.enable": "unclean.leader.election.enable"}
EVERYWHERE = pytest.mark.parametrize("scope", ["topic", "broker"])


class Subject:
    """A topic of one partition, its broker, and the way in which settings are changed."""

    def __init__(self, broker, scope):
        self.broker, self.scope = broker, scope
        self.admin = AdminClient({"bootstrap.servers": broker.address})
        self.folder = broker.data / f"{TOPIC}-0"

    def create(self, **configs):
        topic = NewTopic(TOPIC, 1, 1, config={key.replace("_", "."): str(value) for key, value in configs.items()})
        self.admin.create_topics([topic])[TOPIC].result(10)
        wait_until("the topic has its log", self.folder.exists)
        return self

    def set(self, **settings):
        settings = {key.replace("_", "."): str(value) for key, value in settings.items()}
        if self.scope == "topic":
            path, entity = f"topics/{TOPIC}", ["--entity-type", "topics", "--entity-name", TOPIC]
            named = settings
        else:
            path, entity = "brokers/<default>", ["--entity-type", "brokers", "--entity-default"]
            named = {BROKER_KEYS[key]: value for key, value in settings.items()}
        # DescribeConfigs tells what ZooKeeper has, which the broker may still have to hear of.
        with self.broker.settings_change(path):
            tool("kafka-configs", "--bootstrap-server", self.broker.address, *entity, "--alter",
                 "--add-config", ",".join(f"{key}=[{value}]" for key, value in named.items()))
        resource = ConfigResource(ConfigResource.Type.TOPIC, TOPIC)
        told = self.admin.describe_configs([resource])[resource].result(10)
        assert {key: told[key].value for key in settings} == settings

    def send(self, value=b"v", key=None, timestamp_ms=None, **options):
        """One record in a batch of its own; the error's code, if it is refused."""
        errors = []
        producer = Producer({"bootstrap.servers": self.broker.address, "retries": 0, "acks": "all", **options})
        extra = {} if timestamp_ms is None else {"timestamp": timestamp_ms}
        producer.produce(TOPIC, value, key, callback=lambda error, _: errors.append(error and error.code()), **extra)
        assert producer.flush(30) == 0
        return errors[0]

    def files(self, suffix):
        return sorted(self.folder.glob(f"*{suffix}"))

    def segments(self):
        return len(self.files(".log"))

    def last_batch(self):
        """What dump-log prints of the newest batch, with its records."""
        lines = tool("kafka-dump-log", "--deep-iteration", "--files", self.files(".log")[-1]).stdout.splitlines()
        start = max(i for i, line in enumerate(lines) if line.startswith(("baseOffset:", "offset:")))
        return "\n".join(lines[start:])

    def keys(self):
        return [record.key for record in records_in(self.broker, TOPIC)]


@pytest.fixture
def make_subject(make_broker):
    def make(scope, **overrides):
        return Subject(make_broker(**{**QUICK, **overrides}).start(), scope)
    return make


def now_ms():
    return int(time.time() * 1000)


# Segments and their files

@EVERYWHERE
def test_segment_bytes(make_subject, scope):
    subject = make_subject(scope).create()
    for _ in range(3):
        assert subject.send(b"x" * 1000) is None
    assert subject.segments() == 1
    subject.set(segment_bytes=2000)
    for _ in range(3):
        assert subject.send(b"x" * 1000) is None
    assert subject.segments() == 4


@EVERYWHERE
def test_segment_ms(make_subject, scope):
    subject = make_subject(scope).create(retention_ms=-1)
    assert subject.send(timestamp_ms=1) is None
    assert subject.send(timestamp_ms=HOUR_MS) is None
    assert subject.segments() == 1
    subject.set(segment_ms=HOUR_MS)
    assert subject.send(timestamp_ms=2 * HOUR_MS) is None
    assert subject.segments() == 2


@EVERYWHERE
def test_segment_jitter_ms(make_subject, scope):
    subject = make_subject(scope).create(retention_ms=-1, segment_ms=HOUR_MS)
    subject.set(segment_jitter_ms=HOUR_MS)
    times = itertools.count(1, 2 * HOUR_MS)

    def rolls_early():
        start = next(times)
        assert subject.send(timestamp_ms=start) is None
        before = subject.segments()
        assert subject.send(timestamp_ms=start + HOUR_MS - 1) is None
        return subject.segments() > before
    rolls_early()  # the first segment began before
    wait_until("a segment does not wait for its full time", rolls_early)


@EVERYWHERE
def test_segment_index_bytes_and_index_interval_bytes(make_subject, scope):
    """For segments that begin from then on, at the latest."""
    subject = make_subject(scope).create(retention_ms=-1)
    times = itertools.count(1)

    def send(count):
        for _ in range(count):
            assert subject.send(timestamp_ms=next(times)) is None
    send(10)
    subject.set(index_interval_bytes=0)
    send(10)
    subject.set(segment_index_bytes=48)  # room for four entries in the index of times
    times = itertools.count(10 * 24 * HOUR_MS)  # the next segment is due
    send(3)
    assert subject.segments() == 2
    send(9)
    assert subject.segments() > 2
    assert 0 < subject.files(".index")[1].stat().st_size <= 48


@EVERYWHERE
def test_preallocate(make_subject, scope):
    subject = make_subject(scope, log_segment_bytes=1 << 20, zookeeper_session_timeout_ms=2000).create()
    subject.set(preallocate="true")
    assert subject.send(b"x" * 900_000) is None
    assert subject.files(".log")[-1].stat().st_size < 1 << 20
    assert subject.send(b"x" * 900_000) is None
    assert [file.stat().st_size == 1 << 20 for file in subject.files(".log")] == [False, True]
    assert subject.send(b"x" * 900_000) is None
    assert [file.stat().st_size == 1 << 20 for file in subject.files(".log")] == [False, False, True]
    subject.broker.kill()
    subject.broker.start()
    assert len(records_in(subject.broker, TOPIC)) == 3


@EVERYWHERE
def test_flush_messages(make_subject, scope):
    check_flush(make_subject(scope).create(), flush_messages=1)


@EVERYWHERE
def test_flush_ms(make_subject, scope):
    check_flush(make_subject(scope).create(), flush_ms=1)


def check_flush(subject, **setting):
    """What is on the disk is told by the checkpoint of recovery points."""
    checkpoint = subject.broker.data / "recovery-point-offset-checkpoint"

    def synced():
        lines = checkpoint.read_text().splitlines()[2:]
        return {line.rsplit(" ", 1)[0]: int(line.rsplit(" ", 1)[1]) for line in lines}.get(f"{TOPIC} 0")
    assert subject.send() is None
    wait_until("the checkpoint knows the log", lambda: synced() is not None)
    assert synced() == 0
    subject.set(**setting)
    assert subject.send() is None
    wait_until("both records are synced", lambda: synced() == 2)


# What goes

@EVERYWHERE
def test_retention_ms(make_subject, scope):
    subject = make_subject(scope).create()
    assert subject.send(timestamp_ms=now_ms() - HOUR_MS) is None
    assert len(records_in(subject.broker, TOPIC)) == 1
    subject.set(retention_ms=HOUR_MS // 2)
    wait_until("the record has gone", lambda: records_in(subject.broker, TOPIC) == [])


@EVERYWHERE
def test_retention_bytes(make_subject, scope):
    subject = make_subject(scope, log_segment_bytes=2000).create()
    for _ in range(10):
        assert subject.send(b"x" * 1500) is None
    assert len(records_in(subject.broker, TOPIC)) == 10
    subject.set(retention_bytes=4000)
    wait_until("what is left is as much as asked", lambda: [r.offset for r in records_in(subject.broker, TOPIC)] == [7, 8, 9])


@EVERYWHERE
def test_file_delete_delay_ms(make_subject, scope):
    subject = make_subject(scope).create()

    def files_of(offset):
        return sorted(path.suffix for path in subject.folder.glob(f"{offset:020}.log*"))
    assert subject.send(timestamp_ms=1) is None
    wait_until("the segment is on its way out", lambda: files_of(0) == [".deleted"])
    subject.set(file_delete_delay_ms=0)
    assert subject.send(timestamp_ms=1) is None
    wait_until("the next one has gone", lambda: files_of(1) == [])


# What is compacted

COMPACTS_AT_ONCE = {"cleanup_policy": "compact", "min_cleanable_dirty_ratio": 0, "segment_ms": 1}


def is_compacted(subject):
    """Whether the first key's older record has gone. A record with a later time makes the segment before it full."""
    subject.ticks = getattr(subject, "ticks", 0) + 1
    assert subject.send(key=b"tick", timestamp_ms=now_ms() + subject.ticks * 10) is None
    return subject.keys().count(b"k") == 1


def stays_uncompacted(subject):
    """The cleaner looks every 50 ms; that many ticks are many looks."""
    return not any(is_compacted(subject) for _ in range(5))


def fill(subject):
    for i in range(2):
        assert subject.send(key=b"k", timestamp_ms=now_ms() - HOUR_MS + i * 1000) is None
    return subject


@EVERYWHERE
def test_cleanup_policy(make_subject, scope):
    subject = fill(make_subject(scope).create(min_cleanable_dirty_ratio=0, segment_ms=1))
    assert stays_uncompacted(subject)
    subject.set(cleanup_policy="compact")
    wait_until("the log is compacted", lambda: is_compacted(subject))


@EVERYWHERE
def test_min_cleanable_dirty_ratio(make_subject, scope):
    subject = fill(make_subject(scope, log_cleaner_min_cleanable_ratio=1).create(cleanup_policy="compact", segment_ms=1))
    assert stays_uncompacted(subject)
    subject.set(min_cleanable_dirty_ratio=0.0)
    wait_until("the log is compacted", lambda: is_compacted(subject))


@EVERYWHERE
def test_min_compaction_lag_ms(make_subject, scope):
    subject = fill(make_subject(scope, log_cleaner_min_compaction_lag_ms=2 * HOUR_MS).create(**COMPACTS_AT_ONCE))
    assert stays_uncompacted(subject)
    subject.set(min_compaction_lag_ms=0)
    wait_until("the log is compacted", lambda: is_compacted(subject))


@EVERYWHERE
def test_max_compaction_lag_ms(make_subject, scope):
    subject = fill(make_subject(scope).create(**{**COMPACTS_AT_ONCE, "min_cleanable_dirty_ratio": 1}))
    assert stays_uncompacted(subject)
    subject.set(max_compaction_lag_ms=1000)
    wait_until("the log is compacted", lambda: is_compacted(subject))


@EVERYWHERE
def test_delete_retention_ms(make_subject, scope):
    subject = make_subject(scope).create(**COMPACTS_AT_ONCE)
    for value in (b"v", None):
        assert subject.send(value, key=b"k", timestamp_ms=now_ms() - HOUR_MS) is None
    wait_until("only the tombstone is left", lambda: is_compacted(subject))
    assert all(is_compacted(subject) for _ in range(5)), "it stays"
    subject.set(delete_retention_ms=0)
    wait_until("the tombstone has gone", lambda: not is_compacted(subject))
    assert b"k" not in subject.keys()


# What is taken in, and how

@EVERYWHERE
def test_max_message_bytes(make_subject, scope):
    subject = make_subject(scope).create()
    assert subject.send(b"x" * 2000) is None
    subject.set(max_message_bytes=1000)
    assert subject.send(b"x" * 2000) == KafkaError.MSG_SIZE_TOO_LARGE


@EVERYWHERE
def test_compression_type(make_subject, scope):
    subject = make_subject(scope).create()
    assert subject.send() is None
    assert "compresscodec: NONE" in subject.last_batch()
    for codec in ("gzip", "zstd"):
        subject.set(compression_type=codec)
        assert subject.send() is None
        assert f"compresscodec: {codec.upper()}" in subject.last_batch()


def test_message_format_version(make_subject):
    subject = make_subject("topic").create()
    assert subject.send() is None
    assert "magic: 2" in subject.last_batch()
    subject.set(message_format_version="0.10.2-IV0")
    assert subject.send() is None
    assert "magic: 1" in subject.last_batch()


@EVERYWHERE
def test_message_timestamp_type(make_subject, scope):
    subject = make_subject(scope).create(retention_ms=-1)
    assert subject.send(timestamp_ms=1) is None
    assert "CreateTime: 1 " in subject.last_batch()
    subject.set(message_timestamp_type="LogAppendTime")
    assert subject.send(timestamp_ms=1) is None
    assert "LogAppendTime: " in subject.last_batch() and "LogAppendTime: 1 " not in subject.last_batch()


@EVERYWHERE
def test_message_timestamp_difference_max_ms(make_subject, scope):
    subject = make_subject(scope).create()
    assert subject.send(timestamp_ms=now_ms() - 2 * HOUR_MS) is None
    subject.set(message_timestamp_difference_max_ms=HOUR_MS)
    assert subject.send(timestamp_ms=now_ms() - 2 * HOUR_MS) == KafkaError.INVALID_TIMESTAMP
    assert subject.send(timestamp_ms=now_ms()) is None


def error_of_old_fetch(subject):
    """What a client is told that can't read the topic's format."""
    body = (struct.pack(">iiii", -1, 500, 1, 1) + wire.string(TOPIC) + struct.pack(">iiqi", 1, 0, 0, 1 << 20))
    with Wire(subject.broker.address) as connection:
        _, answer = connection.send(wire.request(wire.API_FETCH, 2, body)).response()
    return struct.unpack_from(">h", answer, 4 + 4 + 2 + len(TOPIC) + 4 + 4)[0]


@EVERYWHERE
def test_message_downconversion_enable(make_subject, scope):
    none, unsupported_version = 0, 35
    subject = make_subject(scope).create()
    assert subject.send() is None
    assert error_of_old_fetch(subject) == none
    subject.set(message_downconversion_enable="false")
    assert error_of_old_fetch(subject) == unsupported_version


@EVERYWHERE
def test_min_insync_replicas(make_subject, scope):
    subject = make_subject(scope).create()
    assert subject.send() is None
    subject.set(min_insync_replicas=2)
    assert subject.send(**{"message.timeout.ms": 3000, "retries": 0}) in (
        KafkaError.NOT_ENOUGH_REPLICAS, KafkaError._MSG_TIMED_OUT)
    assert len(records_in(subject.broker, TOPIC)) == 1


@EVERYWHERE
def test_unclean_leader_election_enable(make_broker, chroot, scope):
    """The only replica in sync is on a broker that is not there."""
    broker = make_broker(**QUICK).start()
    broker.stop()
    zk = KazooClient(chroot)
    zk.start()
    zk.create(f"/brokers/topics/{TOPIC}", b'{"version":2,"partitions":{"0":[1,0]},"adding_replicas":{},"removing_replicas":{}}')
    state = f"/brokers/topics/{TOPIC}/partitions/0/state"
    zk.create(state, b'{"controller_epoch":1,"leader":-1,"version":1,"leader_epoch":3,"isr":[1]}', makepath=True)
    broker.start()
    subject = Subject(broker, scope)
    wait_until("the topic is known", lambda: TOPIC in subject.admin.list_topics(timeout=5).topics)
    assert b'"leader":-1' in zk.get(state)[0]
    subject.set(unclean_leader_election_enable="true")
    wait_until("the replica that is there leads", lambda: b'"leader":0' in zk.get(state)[0] and b'"isr":[0]' in zk.get(state)[0])
    zk.stop()
    zk.close()


# The one key that Kafka does not have

def bound_decompression(broker, size):
    tool("kafka-configs", "--bootstrap-server", broker.address, "--entity-type", "brokers", "--entity-default", "--alter",
         "--add-config", f"max.decompressed.message.bytes={size}")


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
def test_max_decompressed_message_bytes(make_broker, codec):
    """A batch that unpacks to too much is refused and costs no memory; with a higher bound it is taken."""
    broker = make_broker(**{**QUICK, "max_decompressed_message_bytes": 8 << 20}).start()
    subject = Subject(broker, "broker").create()
    bomb = bytes(12 << 20)
    limits = {"compression.type": codec, "message.max.bytes": 64 << 20}
    assert subject.send(b"warm", **limits) is None

    def peak_kib():
        status = open(f"/proc/{broker.process.pid}/status").read()
        return int(status.split("VmHWM:")[1].split()[0])
    before = peak_kib()
    assert subject.send(bomb, **limits) == KafkaError.MSG_SIZE_TOO_LARGE
    assert peak_kib() - before < 8 << 10
    bound_decompression(broker, 16 << 20)
    wait_until("it is taken", lambda: subject.send(bomb, **limits) is None)
    assert f"valuesize: {len(bomb)} " in subject.last_batch() and f"compresscodec: {codec.upper()}" in subject.last_batch()


def test_what_unpacks_to_too_much_is_not_rewritten_for_old_clients_but_stays_readable(make_broker):
    none, message_too_large = 0, 10
    broker = make_broker(**QUICK).start()
    subject = Subject(broker, "broker").create()
    bomb = bytes(12 << 20)
    assert subject.send(bomb, **{"compression.type": "gzip", "message.max.bytes": 64 << 20}) is None
    assert error_of_old_fetch(subject) == none
    bound_decompression(broker, 8 << 20)
    wait_until("the bound holds", lambda: error_of_old_fetch(subject) == message_too_large)
    assert [len(record.value) for record in records_in(broker, TOPIC)] == [len(bomb)]


def test_a_setting_that_makes_no_sense_changes_nothing(make_subject):
    subject = make_subject("topic").create()
    with pytest.raises((AssertionError, KafkaException)):
        subject.set(segment_bytes=-1)
    assert subject.send() is None
