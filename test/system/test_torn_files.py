"""What a crash may leave of a file: nothing, a part, zeros in its length, the new beside the old. A broker starts over it and serves
what is whole, or tells which file it can not start over."""

import shutil
import struct

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

import raw_wire as wire
from cluster import wait_until
from raw_batches import HEADER, HEADER_FIELDS, split, v2_record
from raw_wire import Wire

TOPIC, RECORDS = "torn", 60
SETTINGS = {"log_segment_bytes": 1000, "log_index_interval_bytes": 100, "zookeeper_session_timeout_ms": 1000,
            "auto_create_topics_enable": "false", "log_flush_offset_checkpoint_interval_ms": 50,
            "replica_high_watermark_checkpoint_interval_ms": 50, "log_flush_start_offset_checkpoint_interval_ms": 50}
CHECKPOINTS = ("recovery-point-offset-checkpoint", "replication-offset-checkpoint", "log-start-offset-checkpoint")

TORN = {"empty": lambda new: b"", "half": lambda new: new[:len(new) // 2], "without-its-last-byte": lambda new: new[:-1],
        "zeros": lambda new: bytes(len(new)), "zeros-behind-half": lambda new: new[:len(new) // 2] + bytes(len(new) - len(new) // 2)}


def tear(suffix, how, back=0):
    def damage(partition):
        path = sorted(partition.glob(f"*{suffix}"))[-1 - back]
        path.write_bytes(TORN[how](path.read_bytes()))
    return damage


def leave(name, content):
    def damage(partition):
        (partition / name).write_bytes(content)
    return damage


def unfinished_swap(partition):
    """A compaction that has written all but renamed nothing."""
    for log in sorted(partition.glob("*.log"))[:2]:
        shutil.copyfile(log, f"{log}.cleaned")
        log.with_suffix(".index.cleaned").write_bytes(b"")


def half_deleted(partition):
    """Retention that has renamed the log and not yet its indexes."""
    log = sorted(partition.glob("*.log"))[0]
    log.rename(f"{log}.deleted")


def partition_cases():
    """(name, damage, how many segments at the end may be lost, how many at the beginning are gone)."""
    yield "untouched", lambda partition: None, 0, 0
    for how in TORN:
        yield f"log-{how}", tear(".log", how), 1, 0
        for suffix in ("index", "timeindex", "snapshot"):
            yield f"{suffix}-{how}", tear(f".{suffix}", how), 0, 0
        for suffix in ("index", "timeindex"):
            yield f"full-{suffix}-{how}", tear(f".{suffix}", how, 1), 0, 0
        yield f"epochs-{how}", tear("leader-epoch-checkpoint", how), 0, 0
    for name, content in {"00000000000000000500.snapshot.tmp": b"\1", "leader-epoch-checkpoint.tmp": b"0\n1",
                          "00000000000000000000.log.cleaned": bytes(500), "00000000000000000000.log.deleted": b"x" * 10,
                          "00000000000000000000.index.swap": bytes(8), "00000000000000009999.index": bytes(80)}.items():
        yield f"left-{name}", leave(name, content), 0, 0
    yield "unfinished-swap", unfinished_swap, 0, 0
    yield "half-deleted", half_deleted, 0, 1


CASES = list(partition_cases())


def entries(path):
    _, _, *lines = path.read_text().splitlines()
    return {tuple(line.split()[:-1]): int(line.split()[-1]) for line in lines}


class Torn:
    """A killed broker's directory, with a copy to go back to; each record's number is its offset."""

    def __init__(self, broker, partitions):
        self.broker, self.partitions = broker, partitions
        broker.start()
        admin = AdminClient({"bootstrap.servers": broker.address})
        admin.create_topics([NewTopic(TOPIC, partitions, 1)])[TOPIC].result(20)
        producer = Producer({"bootstrap.servers": broker.address, "enable.idempotence": True, "batch.num.messages": 1, "linger.ms": 0})
        for number in range(RECORDS):
            for partition in range(partitions):
                producer.produce(TOPIC, b"%d" % number, b"key", partition=partition)
        assert producer.flush(30) == 0
        points, marks = (broker.data / name for name in CHECKPOINTS[:2])
        wait_until("full segments are synced", lambda: all(
            entries(points)[TOPIC, str(p)] == int(self.segments(p)[-1].stem) for p in range(partitions)))
        wait_until("the high watermarks are noted", lambda: all(entries(marks)[TOPIC, str(p)] == RECORDS for p in range(partitions)))
        wait_until("all checkpoints are there", lambda: all((broker.data / name).exists() for name in CHECKPOINTS))
        broker.kill()
        self.original = broker.directory / "original"
        shutil.copytree(broker.data, self.original)
        self.bases = [int(log.stem) for log in self.segments(0)]

    def folder(self, partition):
        return self.broker.data / f"{TOPIC}-{partition}"

    def segments(self, partition):
        return sorted(self.folder(partition).glob("*.log"))

    def put_back(self):
        shutil.rmtree(self.broker.data)
        shutil.copytree(self.original, self.broker.data)

    def fetch(self, partition, offset):
        """The batches that a client gets at an offset, and an error."""
        with Wire(self.broker.address) as connection:
            _, body = connection.send(wire.fetch_request(TOPIC, offset, partition, 1 << 20, max_wait_ms=0)).response()
        at = 4 + 4 + 2 + len(TOPIC) + 4
        _, error, _, _, _, size = struct.unpack_from(">ihqqii", body, at)
        return error, list(split(body[len(body) - size:]))

    def offsets(self, partition, start=0):
        """All offsets there are; each record is looked at."""
        found = []
        while True:
            error, batches = self.fetch(partition, start)
            assert error == 0, f"{CASES[partition][0]}: error {error} at {start}"
            if not batches:
                return found
            for batch in batches:
                fields = dict(zip(HEADER_FIELDS, HEADER.unpack_from(batch)))
                offset = fields["base_offset"]
                assert batch[HEADER.size:] == v2_record(0, 0, b"key", b"%d" % offset), f"{CASES[partition][0]}: garbage at {offset}"
                found.append(offset)
            start = found[-1] + 1

    def check(self, partition, lost_segments=0, gone_segments=0):
        name = CASES[partition][0]
        wait_until(f"{name} is led", lambda: self.fetch(partition, self.bases[gone_segments])[0] == 0)
        found = self.offsets(partition, self.bases[gone_segments])
        least = self.bases[-lost_segments] if lost_segments else RECORDS
        assert found == list(range(self.bases[gone_segments], max(least, len(found) + self.bases[gone_segments]))), name
        for offset in found[::7]:
            _, batches = self.fetch(partition, offset)
            assert HEADER.unpack_from(batches[0])[0] == offset, f"{name}: another one at {offset}"
        with Wire(self.broker.address) as connection:
            error, offset = connection.produce(TOPIC, wire.batch([b"next"]), partition)
        assert error == 0 and offset == found[-1] + 1, name

    def check_all(self):
        for partition in range(self.partitions):
            self.check(partition)


def test_torn_files_of_a_partition_cost_only_what_was_not_synced(make_broker):
    torn = Torn(make_broker(**SETTINGS), len(CASES))
    assert len(torn.bases) > 3
    for partition, (_, damage, _, _) in enumerate(CASES):
        damage(torn.folder(partition))
    torn.broker.start()
    for partition, (name, _, lost, gone) in enumerate(CASES):
        torn.check(partition, lost, gone)
        epochs = entries(torn.folder(partition) / "leader-epoch-checkpoint")
        assert epochs.get(("0",)) == torn.bases[gone], f"{name}: the epochs are {epochs}"
    assert torn.broker.stop() == 0
    left = [path for path in torn.broker.data.glob(f"{TOPIC}-*/*") if path.suffix in (".cleaned", ".swap", ".deleted")]
    assert left == []


@pytest.fixture
def torn(make_broker):
    return Torn(make_broker(**SETTINGS), 3)


MIXED = {**TORN, "new-before-old": lambda new: new[:len(new) // 2] + new.replace(b"60", b"5").replace(b"0\n", b"1\n")[len(new) // 2:]}


@pytest.mark.parametrize("how", MIXED)
def test_torn_checkpoints_of_a_directory_cost_no_record(torn, how):
    """Though none is ever left so by us: each is written beside the old one, synced and renamed."""
    for name in CHECKPOINTS:
        path = torn.broker.data / name
        path.write_bytes(MIXED[how](path.read_bytes()))
        path.with_name(f"{name}.tmp").write_bytes(b"0\n9")
    torn.broker.start()
    torn.check_all()
    for name in CHECKPOINTS[:2]:
        wait_until(f"{name} is whole again", lambda: len(entries(torn.broker.data / name)) >= 3)


@pytest.mark.parametrize("how", MIXED)
def test_over_a_torn_meta_properties_the_broker_starts_or_names_it(torn, how):
    path = torn.broker.data / "meta.properties"
    path.write_bytes(MIXED[how](path.read_bytes()))
    torn.broker.launch()
    process = torn.broker.process
    wait_until("it has decided", lambda: process.child.poll() is not None or
               "started (kafka.server" in process.log()[process._seen:])
    if process.child.poll() is None:
        torn.check_all()
        return
    assert process.child.returncode == 1
    assert str(path) in process.log()[process._seen:]
    for name in CHECKPOINTS:
        assert (torn.broker.data / name).read_bytes() == (torn.original / name).read_bytes()


def test_a_meta_properties_that_was_not_renamed_yet_is_written_again(torn):
    path = torn.broker.data / "meta.properties"
    path.rename(path.with_name("meta.properties.tmp"))
    torn.broker.start()
    torn.check_all()
    assert {"version=0", "broker.id=0"} <= set(path.read_text().splitlines())
