"""A directory of many copies of one partition that was left by a kill, each damaged in a way of its own.

Left out is what Kafka 2.7.0 does not start with: a batch whose offset does not lie behind the last one's, be it there twice or
with a flipped bit (no CRC covers an offset), and a leader-epoch-checkpoint that ends too soon. For what we do then, see
test/system/test_refused_damage.py. Also a time index that is gone: Kafka puts an empty one there and finds no records of the
segment by their time; we make it anew.
"""

import shutil
import struct

from raw_batches import split

TOPIC = "small-segments"


class Case:
    """A copy of the partition: its name is what was done to it."""

    def __init__(self, name, damage, recovery_point="as left"):
        self.name, self.damage, self.recovery_point = name, damage, recovery_point


def newest(partition, suffix, back=0):
    return sorted(partition.glob(f"*.{suffix}"))[-1 - back]


def batches_in(log):
    return len(list(split(log.read_bytes())))


def rewrite(suffix, change, back=0):
    def damage(partition):
        path = newest(partition, suffix, back)
        path.write_bytes(change(path.read_bytes()))
    return damage


def flipped(data, at, bit=0):
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1:]


def remove(suffix, back=0):
    return lambda partition: newest(partition, suffix, back).unlink()


def torn_tails(partition):
    """The last segment cut within and around its last batches, and with tails that were never written."""
    data = newest(partition, "log").read_bytes()
    batches = list(split(data))
    assert len(batches) >= 3
    last, two = len(data) - len(batches[-1]), len(data) - len(batches[-1]) - len(batches[-2])
    three = two - len(batches[-3])
    # Every byte of a header; of records, a few.
    cuts = {*range(last - 3, last + 64), *range(last, len(data), 17), *range(two - 2, two + 3), *range(two, last, 41),
            *range(three - 2, three + 3), *range(len(data) - 3, len(data))}
    for cut in sorted(c for c in cuts if 0 <= c < len(data)):
        yield Case(f"cut-at-{cut}", rewrite("log", lambda d, cut=cut: d[:cut]))
    for name, tail in {"zeros-10": bytes(10), "zeros-17": bytes(17), "zeros-100": bytes(100), "zeros-4096": bytes(4096), "ones-100": b"\xff" * 100,
                       "half-again": batches[-1][:len(batches[-1]) // 2]}.items():
        yield Case(f"tail-{name}", rewrite("log", lambda d, tail=tail: d + tail))
    yield Case("last-batch-zeroed", rewrite("log", lambda d: d[:-len(batches[-1])] + bytes(len(batches[-1]))))
    yield Case("empty", rewrite("log", lambda d: b""))


def damaged_indexes(partition):
    entry = struct.pack(">ii", 5, 10**6)
    for back in (0, 1):
        for suffix in ("index", "timeindex"):
            name = f"{suffix}-{back}"
            if (suffix, back) != ("timeindex", 1):  # the other is of a segment that is recovered
                yield Case(f"{name}-removed", remove(suffix, back))
            yield Case(f"{name}-empty", rewrite(suffix, lambda d: b"", back))
            yield Case(f"{name}-shorter", rewrite(suffix, lambda d: d[:-5], back))
            yield Case(f"{name}-zeros", rewrite(suffix, lambda d: bytes(len(d)), back))
            yield Case(f"{name}-longer", rewrite(suffix, lambda d: d + bytes(96), back))
            yield Case(f"{name}-wrong", rewrite(suffix, lambda d: entry * 12, back))


def active_indexes(partition):
    """Kafka preallocates them, and a kill leaves them so; entries may have been written or not."""
    base = newest(partition, "log").stem
    for name, head in {"preallocated": b"", "of-old": struct.pack(">ii", 3, 100), "wrong": b"\x7f" * 800}.items():
        def damage(p, head=head):
            for suffix, size in (("index", 8), ("timeindex", 12)):
                (p / f"{base}.{suffix}").write_bytes(head[:len(head) // size * size] + bytes(size * 1000))
        yield Case(f"active-indexes-{name}", damage)


def in_an_offset(data, at):
    start = 0
    for batch in split(data):
        if at < start + len(batch):
            return at < start + 8
        start += len(batch)
    return False


def flipped_bits(partition, rng, count):
    for number in range(count):
        suffix, back = rng.choice([("log", 0), ("log", 1), ("log", 2), ("index", 1), ("timeindex", 1), ("snapshot", 0), ("snapshot", 1)])
        size = newest(partition, suffix, back).stat().st_size
        if not size:
            continue
        at, bit = rng.randrange(size), rng.randrange(8)
        if suffix == "log" and in_an_offset(newest(partition, suffix, back).read_bytes(), at):
            continue
        point = rng.choice(["as left", 0])
        yield Case(f"bit-{number}-{suffix}-{back}-at-{at}-recovered-from-{point}".replace(" ", "-"),
                   rewrite(suffix, lambda d, at=at, bit=bit: flipped(d, at, bit), back), point)


def other_files(partition):
    yield Case("untouched", lambda p: None)
    yield Case("snapshots-removed", lambda p: [s.unlink() for s in p.glob("*.snapshot")])
    yield Case("snapshot-empty", rewrite("snapshot", lambda d: b""))
    yield Case("snapshot-cut", rewrite("snapshot", lambda d: d[:-3]))
    epochs = "leader-epoch-checkpoint"
    yield Case("epochs-removed", lambda p: (p / epochs).unlink())
    for name, text in {"fewer": "0\n0\n", "ahead": "0\n1\n0 100000\n"}.items():
        yield Case(f"epochs-{name}", lambda p, text=text: (p / epochs).write_text(text))


def make(source, target, cases, recovery_point):
    """A log directory with a partition per case, as after a kill."""
    target.mkdir(parents=True)
    points = []
    for case in cases:
        partition = target / f"{case.name}-0"
        shutil.copytree(source, partition)
        case.damage(partition)
        points.append(f"{case.name} 0 {recovery_point if case.recovery_point == 'as left' else case.recovery_point}\n")
    (target / "recovery-point-offset-checkpoint").write_text(f"0\n{len(points)}\n" + "".join(points))
