"""Killed before any system call of a compaction or of retention, a broker has all that it should have after the next start."""

import os
import random
import shutil
import signal

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from cluster import wait_until
from reading import records_in
from system_calls import TracedBroker, need_strace

# How many of the calls before which it may be killed; 0 for all.
KILLS = int(os.environ.get("SAMSA_CALL_KILLS", 4))
SEED = int(os.environ.get("SAMSA_SEED", 38))
TOPIC, KEYS, RECORDS, TOMBSTONES = "latest", 30, 600, 5
SETTINGS = {"auto_create_topics_enable": "false", "zookeeper_session_timeout_ms": 1000, "log_index_interval_bytes": 200,
            "log_cleaner_backoff_ms": 50, "log_cleaner_dedupe_buffer_size": 2 << 20, "log_cleaner_threads": 1,
            "log_segment_delete_delay_ms": 200, "log_retention_check_interval_ms": 100,
            # What else writes to the directory does it at the end.
            "log_flush_offset_checkpoint_interval_ms": 3600000, "log_flush_start_offset_checkpoint_interval_ms": 3600000,
            "replica_high_watermark_checkpoint_interval_ms": 3600000}
WRITES = ("openat", "pwrite64", "fsync", "fdatasync", "ftruncate", "utimensat", "unlink")
STAGES = (".cleaned", ".swap", ".deleted")


class Killed:
    """A stopped broker's directory with work to do, which is put back for each kill; what is in it; what is to be left."""

    def __init__(self, broker):
        self.broker = broker
        self.original = broker.directory / "original"

    def prepare(self, configs, segment_bytes=6000, segment_bytes_later=6000):
        self.broker.properties["log.segment.bytes"] = segment_bytes
        self.broker.properties["log.cleaner.enable"] = "false"
        self.broker.properties["log.retention.check.interval.ms"] = 3600000
        self.broker.start()
        admin = AdminClient({"bootstrap.servers": self.broker.address})
        admin.create_topics([NewTopic(TOPIC, 1, 1, config=configs)])[TOPIC].result(20)
        producer = Producer({"bootstrap.servers": self.broker.address, "linger.ms": 0, "enable.idempotence": True})
        for number in range(RECORDS):
            key = number % KEYS
            gone = number >= RECORDS - KEYS and key < TOMBSTONES
            producer.produce(TOPIC, None if gone else b"%d" % number + b"x" * 50, b"%d" % key)
            if number % 5 == 4:
                assert producer.flush(20) == 0
        self.records = self.read()
        assert self.broker.stop() == 0
        shutil.copytree(self.broker.data, self.original)
        self.broker.properties.update({"log.cleaner.enable": "true", "log.retention.check.interval.ms": 100,
                                       "log.segment.bytes": segment_bytes_later})

    @property
    def partition(self):
        return self.broker.data / f"{TOPIC}-0"

    def read(self):
        return {record.offset: (record.key, record.value) for record in records_in(self.broker, TOPIC)}

    def put_back(self):
        shutil.rmtree(self.broker.data)
        shutil.copytree(self.original, self.broker.data)

    def paths(self, calls):
        """What these calls change. strace knows a renamed file by its former name; what a start reads is left out."""
        names = [f"{log.with_suffix(suffix)}" for log in sorted(self.partition.glob("*.log"))
                 for suffix in (".log", ".index", ".timeindex")]
        return [self.partition, *(f"{self.broker.data}/cleaner-offset-checkpoint{end}" for end in ("", ".tmp")),
                *(name + stage for name in names for stage in STAGES), *(names if calls == ("rename",) else [])]

    def trace(self, calls, injection=None):
        self.put_back()
        self.broker.trace(calls, self.paths(calls), injection)

    def calls_of(self, is_done):
        """What there is to do is done twice: all (call, its number among those of the name and the thread, its arguments)."""
        found = []
        for calls in (WRITES, ("rename",)):
            self.trace(calls)
            self.broker.start()
            wait_until("all is done", is_done, 120)
            made = self.broker.calls()  # without those of the stop, which do not come where it is to be killed
            self.broker.stop()
            counts = {}
            for thread, call, rest in made:
                counts[thread, call] = counts.get((thread, call), 0) + 1
                # A look into the directory changes nothing.
                if call != "openat" or "O_CREAT" in rest:
                    found.append((call, counts[thread, call], rest))
        return found

    def kill_at(self, call, number):
        self.trace(("rename",) if call == "rename" else WRITES, f"{call}:signal=SIGKILL:when={number}")
        self.broker.launch()
        assert self.broker.process.wait(120) == -signal.SIGKILL, "it was not killed"
        self.broker.run_by = []

    def leftovers(self):
        return sorted(path.name for path in self.partition.iterdir() if path.suffix in STAGES or path.suffix == ".tmp")


def some(calls):
    """As many as are wanted, spread over all."""
    print(f"{len(calls)} calls")
    if not KILLS or KILLS >= len(calls):
        return calls
    step = len(calls) / KILLS
    rng = random.Random(SEED)
    return [calls[int(i * step + rng.random() * step)] for i in range(KILLS)]


@pytest.fixture
def story(tmp_path, chroot):
    need_strace()
    broker = TracedBroker(tmp_path / "broker", chroot, **SETTINGS)
    yield Killed(broker)
    if broker.process:
        broker.kill()


@pytest.mark.parametrize("sizes", [(6000, 6000), (2500, 20000)], ids=["each-segment-alone", "some-into-one"])
def test_a_kill_at_any_call_of_a_compaction_costs_no_last_value_and_no_tombstone(story, sizes):
    story.prepare({"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.01", "file.delete.delay.ms": "200"}, *sizes)
    broker, before = story.broker, story.records
    last = {key: (offset, value) for offset, (key, value) in before.items()}

    def is_clean():
        return f"cleaned log {TOPIC}-0" in broker.new_log() and not story.leftovers()
    calls = story.calls_of(is_clean)
    assert {"rename", "fsync", "fdatasync", "unlink", "pwrite64"} <= {call for call, _, _ in calls}
    for call, number, rest in some(calls):
        story.kill_at(call, number)
        left = story.leftovers()
        broker.start()
        found = wait_until("the partition is led", story.read)
        where = f"killed at {call} {number}: {rest}\n{left}"
        for key, (offset, value) in last.items():
            assert found.get(offset) == (key, value), f"{where}\nlast of {key}"
        assert {offset: before.get(offset) for offset in found} == found, where
        wait_until(f"nothing is left over\n{where}", lambda: not story.leftovers())
        producer, told = Producer({"bootstrap.servers": broker.address}), []
        producer.produce(TOPIC, b"next", b"next", callback=lambda error, message: told.append(error or message.offset()))
        assert producer.flush(20) == 0 and told == [len(before)], where
        assert broker.stop() == 0


def test_a_kill_at_any_call_of_retention_takes_no_record_that_is_not_due(story):
    story.prepare({"retention.bytes": "20000", "file.delete.delay.ms": "200"})
    broker, before = story.broker, story.records

    def is_done():
        return "segments went by retention" in broker.new_log() and not story.leftovers()
    calls = story.calls_of(is_done)
    assert {"rename", "unlink"} <= {call for call, _, _ in calls}
    for call, number, rest in some(calls):
        story.kill_at(call, number)
        left = story.leftovers()
        broker.start()
        where = f"killed at {call} {number}: {rest}\n{left}"

        def is_as_wanted():
            found = story.read()
            assert {offset: before[offset] for offset in found} == found, where
            assert list(found) == list(range(min(found), len(before))), where
            return 0 < min(found) and not story.leftovers()
        wait_until(f"what is due has gone\n{where}", is_as_wanted)
        logs = list(story.partition.glob("*.log"))
        assert sum(log.stat().st_size for log in logs) >= 20000, where
        assert {p.stem for p in story.partition.glob("*.*index")} <= {p.stem for p in logs}, where
        assert broker.stop() == 0
