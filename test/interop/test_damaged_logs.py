"""What is made of a damaged partition after a kill: Kafka and we start over the same copies, stop, and have left the same."""

import random
import shutil

import damaged_logs
from clients import ReferenceBroker
from cluster import Broker
from produce_stream import Stream
from side_by_side import SETTINGS, Side, partition_differences

SEED = 29
NOW_MS = 1_600_000_000_000


def killed_partition(directory, zookeeper):
    """A partition with several segments that a kill has left, and the end of its segment but last."""
    side = Side(Broker, directory, zookeeper)
    side.start()
    stream = Stream(random.Random(SEED), NOW_MS)
    for version in (8,) * 120:
        side.produce(version, -1, [(damaged_logs.TOPIC, stream.new(damaged_logs.TOPIC))])
    side.broker.kill()
    partition = side.broker.data / f"{damaged_logs.TOPIC}-0"
    bases = sorted(int(p.stem) for p in partition.glob("*.log"))
    assert len(bases) >= 4
    return partition, bases[-2]


def recovered(kind, directory, zookeeper, source):
    broker = kind(directory, zookeeper)
    broker.properties.update(SETTINGS)
    broker.properties.update({"num.recovery.threads.per.data.dir": 2, "log.segment.bytes": 3000, "log.index.interval.bytes": 200})
    shutil.copytree(source, broker.data)
    broker.start()
    assert broker.stop() in (0, 143)
    return broker.data


def differences(tmp_path, zookeeper, cases_of):
    partition, recovery_point = killed_partition(tmp_path / "source", f"{zookeeper.address}/source-{tmp_path.name}")
    cases = list(cases_of(partition))
    damaged_logs.make(partition, tmp_path / "damaged", cases, recovery_point)
    reference, ours = (recovered(kind, tmp_path / kind.__name__, f"{zookeeper.address}/{kind.__name__}-{tmp_path.name}", tmp_path / "damaged")
                       for kind in (ReferenceBroker, Broker))
    found = []
    for case in cases:
        found += partition_differences(case.name, reference / f"{case.name}-0", ours / f"{case.name}-0")
    return found, len(cases)


def test_torn_tails_are_cut_where_kafka_cuts_them(tmp_path, zookeeper):
    found, _ = differences(tmp_path, zookeeper, damaged_logs.torn_tails)
    assert not found, "\n".join(found)[:5000]


def test_damaged_files_are_mended_as_kafka_mends_them(tmp_path, zookeeper):
    def cases(partition):
        yield from damaged_logs.damaged_indexes(partition)
        yield from damaged_logs.other_files(partition)
        yield from damaged_logs.flipped_bits(partition, random.Random(SEED), 100)
    found, _ = differences(tmp_path, zookeeper, cases)
    assert not found, "\n".join(found)[:5000]
