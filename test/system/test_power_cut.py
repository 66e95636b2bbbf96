"""A broker whose machine loses its power keeps what it had synced, and of the rest a beginning; it starts, and goes on from there."""

import os
import random
import re
import threading

import pytest
from confluent_kafka import Consumer, KafkaException, Producer
from confluent_kafka import TopicPartition as Partition
from confluent_kafka.admin import AdminClient, NewTopic
from kafka import KafkaConsumer
from kafka import TopicPartition

from cluster import Broker, tool, wait_until
from power_cut_disk import MOUNTS, power_cut_disk
from raw_batches import HEADER, HEADER_FIELDS, split

CUTS = int(os.environ.get("SAMSA_POWER_CUTS", 1))
SEED = int(os.environ.get("SAMSA_SEED", 7))
KEYS = 40
SETTINGS = {"auto_create_topics_enable": "false", "zookeeper_session_timeout_ms": 2000, "log_segment_bytes": 40000,
            "log_index_interval_bytes": 200, "log_cleaner_backoff_ms": 50, "log_cleaner_dedupe_buffer_size": 2 << 20,
            "log_flush_offset_checkpoint_interval_ms": 300, "log_flush_start_offset_checkpoint_interval_ms": 300,
            "replica_high_watermark_checkpoint_interval_ms": 300, "log_segment_delete_delay_ms": 200, "file_delete_delay_ms": 200}
TOPICS = {"promised": {"flush.messages": "1"}, "plain": {}, "trimmed": {},
          "latest": {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.01", "segment.ms": "200"}}
CHECKPOINTS = ("recovery-point-offset-checkpoint", "replication-offset-checkpoint", "log-start-offset-checkpoint",
               "cleaner-offset-checkpoint")


class Writer:
    """Sends numbers, idempotently, each of which becomes the offset of its record."""

    def __init__(self, broker, topic, first):
        self.topic, self.next, self.stopping, self.resting = topic, first, False, False
        self.acknowledged, self.failed = {}, set()
        self.producer = Producer({"bootstrap.servers": broker.address, "enable.idempotence": True, "linger.ms": 1,
                                  "message.timeout.ms": 120000, "reconnect.backoff.max.ms": 100})
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.stopping:
            try:
                if not self.resting and len(self.producer) < 30:
                    self.producer.produce(self.topic, b"%d" % self.next, b"%d" % (self.next % KEYS), partition=0, callback=self.note)
                    self.next += 1
            except KafkaException:
                self.producer.poll(0.05)
            self.producer.poll(0.0005)

    def note(self, error, message):
        if error:
            self.failed.add(int(message.value()))
        else:
            self.acknowledged[int(message.value())] = message.offset()

    def stop(self):
        self.stopping = True
        self.thread.join()

    def give_up(self):
        """Sends nothing any more, also not again."""
        self.stop()
        self.producer.purge()


def ends(broker, topic):
    consumer = KafkaConsumer(bootstrap_servers=broker.address)
    place = TopicPartition(topic, 0)
    found = consumer.beginning_offsets([place])[place], consumer.end_offsets([place])[place]
    consumer.close()
    return found


def send(broker, topic, number, key=None):
    """The offset of the record."""
    told = []
    producer = Producer({"bootstrap.servers": broker.address, "message.timeout.ms": 20000})
    producer.produce(topic, b"%d" % number, key, partition=0, callback=lambda error, m: told.append(error or m.offset()))
    assert producer.flush(30) == 0
    return told[0]


def numbers_by_offset(broker, topic, upto):
    """What is there up to an offset that a record has; librdkafka reads it, as there may be much to read."""
    consumer = Consumer({"bootstrap.servers": broker.address, "group.id": "none", "enable.auto.commit": False})
    consumer.assign([Partition(topic, 0, ends(broker, topic)[0])])
    found, last = {}, -1

    def more():
        messages = consumer.consume(5000, 0.1)  # waits as long unless there are so many
        assert not any(m.error() for m in messages), messages
        return messages
    while last < upto:
        messages = wait_until(f"more of {topic} comes than up to {last} of {upto}", more)
        found.update((m.offset(), int(m.value())) for m in messages)
        last = messages[-1].offset()
    consumer.close()
    return {offset: number for offset, number in found.items() if offset <= upto}


def check_checkpoints(data):
    """Each is as it was written at some time, and so whole, though the broker has not looked at it yet."""
    for path in [data / name for name in CHECKPOINTS]:
        if not path.exists():
            continue
        version, count, *entries = path.read_text().split("\n")
        assert version == "0" and entries.pop() == "" and int(count) == len(entries), path
        assert all(re.fullmatch(r"\S+ \d+ \d+", entry) for entry in entries), path
    meta = data / "meta.properties"
    assert not meta.exists() or {"version=0", "broker.id=0"} <= set(meta.read_text().splitlines())


def epochs_in_batches(partition):
    """Where each leader epoch begins, as the batches tell it."""
    found = {}
    for segment in sorted(partition.glob("*.log")):
        for batch in split(segment.read_bytes()):
            fields = dict(zip(HEADER_FIELDS, HEADER.unpack_from(batch)))
            found.setdefault(fields["leader_epoch"], fields["base_offset"])
    return found


def epochs_in_checkpoint(partition):
    _, _, *entries = (partition / "leader-epoch-checkpoint").read_text().splitlines()
    return {int(epoch): int(start) for epoch, start in map(str.split, entries)}


class Story:
    """What was written between cuts, and what has to be found after each."""

    def __init__(self, broker, disk):
        self.broker, self.disk, self.rng = broker, disk, random.Random(SEED)
        self.made = {}  # how many records each has
        self.trimmed_to = 0
        # Of the offsets that were written, those which must be there; the last range is of what is being written.
        self.ranges = {topic: [(0, 0)] for topic in TOPICS}
        self.writers = {}

    def begin(self):
        self.broker.start()
        self.admin = AdminClient({"bootstrap.servers": self.broker.address})
        for topic, config in TOPICS.items():
            self.admin.create_topics([NewTopic(topic, 1, 1, config=config)])[topic].result(20)

    def write(self):
        for topic in TOPICS:
            if topic not in self.writers:
                self.writers[topic] = Writer(self.broker, topic, ends(self.broker, topic)[1])
        self.writers["promised"].resting = False
        before = {topic: len(writer.acknowledged) for topic, writer in self.writers.items()}
        wanted = {topic: count + self.rng.randrange(10, 100 if topic == "promised" else 1500)
                  for topic, count in before.items()}
        wait_until("every topic takes records", lambda: all(len(self.writers[t].acknowledged) > wanted[t] for t in TOPICS), 60)

    def trim(self):
        """DeleteRecords, with more of the topic being written."""
        upto = max(self.writers["trimmed"].acknowledged.values()) * 2 // 3
        tool("kafka-delete-records", "--bootstrap-server", self.broker.address, "--offset-json-file", self.offsets_file(upto))
        self.trimmed_to = upto

    def offsets_file(self, upto):
        path = self.broker.directory / "offsets.json"
        path.write_text('{"version": 1, "partitions": [{"topic": "trimmed", "partition": 0, "offset": %d}]}' % upto)
        return path

    def make_topic(self):
        name = f"made-{len(self.made)}"
        self.admin.create_topics([NewTopic(name, 1, 1, config={"flush.messages": "1"})])[name].result(20)
        self.made[name] = 0

    def cut(self):
        self.disk.cut()
        acknowledged = {topic: dict(writer.acknowledged) for topic, writer in self.writers.items()}
        for topic in set(TOPICS) - {"promised"}:
            self.writers.pop(topic).give_up()
        self.writers["promised"].resting = True  # what it has sent it goes on to send
        self.broker.kill()
        self.disk.unplug()
        self.disk.plug_in()
        check_checkpoints(self.broker.data)
        self.broker.start()
        return acknowledged

    def check(self, acknowledged):
        wait_until("all topics are there", lambda: {*TOPICS, *self.made} <= set(self.admin.list_topics(timeout=10).topics))
        for topic in set(TOPICS) - {"promised"}:
            self.check_beginning(topic, acknowledged[topic])
        self.check_promise(acknowledged["promised"])
        for topic in self.made:
            count = ends(self.broker, topic)[1]
            assert count == self.made[topic] and send(self.broker, topic, count) == count, topic
            self.made[topic] += 1

    def check_beginning(self, topic, acknowledged):
        """Nothing that outlived a former cut is gone; of what was written since, a beginning is there and nothing else."""
        start, end = wait_until(f"{topic} is led", lambda: ends(self.broker, topic))
        # Segments that had lost all of their bytes may have kept their names, and their offsets are not given again.
        assert send(self.broker, topic, end, b"%d" % (end % KEYS)) == end
        found = numbers_by_offset(self.broker, topic, end)
        assert all(offset == number for offset, number in found.items()), f"{topic}: a record of another offset"
        del found[end]
        first = self.ranges[topic][-1][0]
        last = max(found, default=-1)
        self.ranges[topic][-1] = (first, max(first, last + 1))
        written = [n for begin, stop in self.ranges[topic] for n in range(begin, stop)]
        if topic == "latest":
            latest = {n % KEYS: n for n in written}
            assert set(latest.values()) <= set(found) <= set(written), topic
        else:
            assert list(found) == [n for n in written if n >= start], topic
        assert start <= self.trimmed_to if topic == "trimmed" else start == 0
        print(f"{topic}: {len(acknowledged)} acknowledged, up to {last} kept, goes on at {end}")
        self.ranges[topic].append((end, end))

    def check_promise(self, acknowledged):
        end = max(acknowledged.values())
        found = numbers_by_offset(self.broker, "promised", end)
        # Numbers fall behind offsets where the broker refused some, as it did when the disk had gone.
        numbers = list(found.values())
        assert list(found) == list(range(end + 1)) and numbers == sorted(set(numbers))
        assert {n: o for n, o in acknowledged.items() if found[o] != n} == {}
        assert set(range(numbers[-1])) - set(numbers) <= self.writers["promised"].failed
        print(f"promised: all of {end + 1} kept")

    def end(self):
        for writer in self.writers.values():
            writer.stop()
            assert writer.producer.flush(60) == 0

    def give_up(self):
        for writer in self.writers.values():
            writer.give_up()

    def check_epochs(self):
        for topic in TOPICS:
            partition = self.broker.data / f"{topic}-0"
            told, known = epochs_in_batches(partition), epochs_in_checkpoint(partition)
            if topic == "latest":  # what told where an epoch begins may have been compacted away
                assert set(told) <= set(known), topic
            else:
                start = min(told.values(), default=0)
                assert {epoch: known.get(epoch) for epoch, at in told.items() if at > start} == {
                    epoch: at for epoch, at in told.items() if at > start}, topic


@pytest.fixture(params=MOUNTS)
def disk(request, tmp_path):
    with power_cut_disk(tmp_path / "disk", MOUNTS[request.param]) as disk:
        yield disk


def test_what_was_synced_outlives_cuts_of_the_power_and_of_the_rest_a_beginning_does(disk, tmp_path, chroot):
    broker = Broker(tmp_path / "broker", chroot, log_dirs=disk.path / "data", **SETTINGS)
    broker.data = disk.path / "data"
    story = Story(broker, disk)
    try:
        story.begin()
        for number in range(CUTS):
            story.write()
            if number % 2 == 0:
                story.trim()
            story.make_topic()
            acknowledged = story.cut()
            story.check(acknowledged)
        story.end()
        assert broker.stop() == 0
        story.check_epochs()
        for log in sorted(broker.data.glob("*-0/*.log")):
            printed = tool("kafka-dump-log", "--files", log, "--deep-iteration").stdout
            assert "isvalid: false" not in printed
    finally:
        story.give_up()
        broker.kill()
