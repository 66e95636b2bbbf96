"""What is made of a damaged partition after a kill: Kafka and we start over the same copies, stop, and have left the same."""

import os
import random
import shutil
import time

import damaged_logs
from clients import ReferenceBroker
from cluster import Broker
from produce_stream import Stream
from side_by_side import SETTINGS, Side, partition_differences

SEED = int(os.environ.get("SAMSA_SEED", 29))
FLIPS = int(os.environ.get("SAMSA_FLIPS", 100))


def killed_partition(directory, zookeeper):
    """A partition with several segments that a kill has left, and where its segment but last begins."""
    side = Side(Broker, directory, zookeeper)
    now_ms = int(time.time() * 1000)
    stream = Stream(random.Random(SEED), now_ms)
    stream.timestamps = lambda topic, count: [now_ms + i for i in range(count)]  # producers of long ago would be forgotten
    partition = side.broker.data / f"{damaged_logs.TOPIC}-0"

    def segments():
        return sorted(partition.glob("*.log"))
    try:
        side.start()
        while len(segments()) < 5 or damaged_logs.batches_in(segments()[-1]) < 4:
            side.produce(8, -1, [(damaged_logs.TOPIC, stream.new(damaged_logs.TOPIC))])
    finally:
        side.broker.kill()
    return partition, int(segments()[-2].stem)


def recovered(kind, directory, zookeeper, source):
    """The files once a broker has started over them and stopped."""
    broker = kind(directory, zookeeper)
    broker.properties.update(SETTINGS)
    broker.properties.update({"num.recovery.threads.per.data.dir": 2, "log.segment.bytes": 3000, "log.index.interval.bytes": 200})
    shutil.copytree(source, broker.data)
    try:
        broker.start()
        assert broker.stop() in (0, 143)
    finally:
        broker.kill()
    return broker.data


def differences(tmp_path, zookeeper, cases_of):
    chroot = f"{zookeeper.address}/{tmp_path.name}"
    partition, recovery_point = killed_partition(tmp_path / "source", f"{chroot}-source")
    cases = list(cases_of(partition))
    damaged_logs.make(partition, tmp_path / "damaged", cases, recovery_point)
    reference = recovered(ReferenceBroker, tmp_path / "reference", f"{chroot}-reference", tmp_path / "damaged")
    ours = recovered(Broker, tmp_path / "ours", f"{chroot}-ours", tmp_path / "damaged")
    found = []
    for case in cases:
        found += partition_differences(case.name, reference / f"{case.name}-0", ours / f"{case.name}-0")
    return found


def test_torn_tails_are_cut_where_kafka_cuts_them(tmp_path, zookeeper):
    found = differences(tmp_path, zookeeper, damaged_logs.torn_tails)
    assert not found, "\n".join(found)[:5000]


def test_damaged_files_are_mended_as_kafka_mends_them(tmp_path, zookeeper):
    def cases(partition):
        yield from damaged_logs.damaged_indexes(partition)
        yield from damaged_logs.active_indexes(partition)
        yield from damaged_logs.other_files(partition)
        yield from damaged_logs.flipped_bits(partition, random.Random(SEED), FLIPS)
    found = differences(tmp_path, zookeeper, cases)
    assert not found, "\n".join(found)[:5000]
