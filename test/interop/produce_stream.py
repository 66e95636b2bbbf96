"""A stream of Produce requests, drawn from a seed: good ones of every format and codec, and every mistake that a client can make."""

import struct
import zlib

from raw_batches import compress, message, message_set, v2_batch, v2_record, with_v2_crc, wrapped

INT32_MAX, INT64_MAX = 2**31 - 1, 2**63 - 1
HOUR_MS = 3600_000
# The time of all records but of those whose distance to the clock matters, so that a seed means the same bytes every time.
NOW_MS = 1_790_000_000_000

# Kafka's cleaner would change files at moments of its own.
COMPACTED = {"cleanup.policy": "compact", "min.compaction.lag.ms": INT64_MAX // 2, "max.compaction.lag.ms": INT64_MAX}
# Topics whose files are the same to the byte, because the broker writes what the producer sent...
BYTE_BY_BYTE = {
    "plain": {},
    "small-segments": {"segment.bytes": 3000, "index.interval.bytes": 200},
    "small-indexes": {"segment.index.bytes": 64, "index.interval.bytes": 100},
    "every-batch-indexed": {"index.interval.bytes": 0, "segment.ms": 60000},
    "compacted": COMPACTED,
    "append-time": {"message.timestamp.type": "LogAppendTime", "segment.bytes": 4000, "index.interval.bytes": 300},
    "narrow-times": {"message.timestamp.difference.max.ms": HOUR_MS},
    "small-batches": {"max.message.bytes": 700},
    "segments-below-batches": {"segment.bytes": 600},
    "uncompressed-2.7": {"message.format.version": "2.7"},
}
# ...and those where it compresses or converts by itself, so that only what is in the batches is the same.
REWRITTEN = {
    "format-0.9": {"message.format.version": "0.9.0"},
    "format-0.10": {"message.format.version": "0.10.2"},
    "format-0.10-append-time": {"message.format.version": "0.10.2", "message.timestamp.type": "LogAppendTime"},
    "format-0.9-gzip": {"message.format.version": "0.9.0", "compression.type": "gzip"},
    "format-0.10-compacted": {"message.format.version": "0.10.0", **COMPACTED},
    **{f"to-{name}": {"compression.type": name} for name in ("gzip", "snappy", "lz4", "zstd")},
    "to-uncompressed": {"compression.type": "uncompressed"},
    "to-gzip-small": {"compression.type": "gzip", "max.message.bytes": 400},
    "to-snappy-append-time": {"compression.type": "snappy", "message.timestamp.type": "LogAppendTime"},
}
TOPICS = {**BYTE_BY_BYTE, **REWRITTEN}


class Producer:
    """What one idempotent producer has sent to one partition."""

    def __init__(self, producer_id):
        self.id, self.epoch, self.next, self.sent = producer_id, 0, 0, []


class Stream:
    def __init__(self, rng, now_ms):
        """now_ms is the brokers' time."""
        self.rng, self.now_ms = rng, now_ms
        self.producers = {topic: [Producer(1000 + i) for i in range(3)] for topic in TOPICS}

    def requests(self, count):
        """Each a version, acks, and a list of (topic, records)."""
        for _ in range(count):
            rng = self.rng
            version = rng.choice([0, 1, 2, 3, 4, 5, 6, 7, 7, 8, 8, 8, 8])
            acks = rng.choice([-1] * 10 + [1, 1, 0, 2])
            topics = rng.sample(list(TOPICS), rng.choice([1, 1, 1, 2]))
            yield version, acks, [(topic, self.records(topic, version)) for topic in topics]

    def records(self, topic, version):
        rng = self.rng
        magic = 2 if version >= 3 else 1 if version == 2 else 0
        if rng.random() < 0.15:
            magic = rng.choice([0, 1, 2])
        if magic < 2:
            return self.old(magic, topic)
        return self.new(topic)

    # Records

    def timestamps(self, topic, count):
        rng, now = self.rng, self.now_ms if topic == "narrow-times" else NOW_MS
        kind = rng.choice(["now"] * 5 + ["rising", "falling", "equal", "none", "old", "future", "zero", "negative", "far"])
        if topic == "narrow-times" and rng.random() < 0.5:
            kind = "now"
        near = now - rng.randrange(HOUR_MS // 2)
        return {
            "now": lambda: [near + rng.randrange(-1000, 1000) for _ in range(count)],
            "rising": lambda: [near + i * 10 for i in range(count)],
            "falling": lambda: [near - i * 10 for i in range(count)],
            "equal": lambda: [near] * count,
            "none": lambda: [-1] * count,
            "old": lambda: [now - rng.randrange(10**11) for _ in range(count)],
            "future": lambda: [now + rng.randrange(2 * HOUR_MS) for _ in range(count)],
            "zero": lambda: [0] * count,
            "negative": lambda: [-rng.randrange(1, 5) for _ in range(count)],
            "far": lambda: [rng.choice([INT64_MAX, INT64_MAX - 1, 2**62, -2**62])] * count,
        }[kind]()

    def plain_records(self, topic):
        rng = self.rng
        count = rng.choice([1, 1, 2, 3, 5, 8, 13, 30])
        keyless = 0.05 if "compacted" in topic else 0.3
        found = []
        for timestamp in self.timestamps(topic, count):
            key = None if rng.random() < keyless else b"key-%d" % rng.randrange(20)
            size = rng.choice([0, 1, 10, 30, 100, 200])
            value = None if rng.random() < 0.1 else rng.randbytes(size // 4) + b"x" * (size - size // 4)
            headers = [(b"h", rng.choice([None, b"", b"v"]))] * rng.choice([0, 0, 0, 1, 2])
            found.append((timestamp, key, value, headers))
        return found

    # Format v2

    def new(self, topic):
        rng = self.rng
        records = self.plain_records(topic)
        codec = rng.choice([0, 0, 1, 2, 3, 4])
        fields = {}
        if rng.random() < 0.45:
            fields, again = self.sequence(topic, len(records))
            if again:
                return again
        batch = v2_batch(records, codec, **fields)
        if rng.random() < 0.3:
            return self.mistaken(records, codec, fields, batch)
        if fields:
            self.last.sent.append(batch)
        return batch

    def sequence(self, topic, count):
        """The header's fields for the next batch of one of the topic's producers, or a batch that was sent before."""
        rng = self.rng
        self.last = one = rng.choice(self.producers[topic])
        kind = rng.choice(["next"] * 8 + ["again", "again", "gap", "back", "old epoch", "new epoch", "new epoch wrong", "wrap", "part"])
        if kind == "again" and one.sent:
            return {}, rng.choice(one.sent[-7:])
        first = one.next
        if kind == "gap":
            first = one.next + rng.randrange(1, 9)
        elif kind == "back":
            first = max(0, one.next - rng.randrange(1, 9))
        elif kind == "new epoch":
            one.epoch, first = one.epoch + 1, 0
        elif kind == "new epoch wrong":
            return self.producer_fields(one.id, one.epoch + 1, min(one.next + 1, INT32_MAX)), None
        elif kind == "old epoch":
            return self.producer_fields(one.id, max(0, one.epoch - 1), first), None
        elif kind == "wrap":  # a new producer may begin anywhere
            one = self.last = Producer(rng.randrange(2000, 10**12))
            self.producers[topic][rng.randrange(3)] = one
            first = INT32_MAX - rng.randrange(0, 12)
        elif kind == "part":  # the same producer goes on as if a part of its last batch had not arrived
            first = max(0, one.next - 1)
        first = first if first <= INT32_MAX else first - INT32_MAX - 1
        if kind in ("next", "new epoch", "wrap"):
            one.next = first + count
            if one.next > INT32_MAX:
                one.next -= INT32_MAX + 1
        return self.producer_fields(one.id, one.epoch, first), None

    @staticmethod
    def producer_fields(producer_id, epoch, sequence):
        return {"producer_id": producer_id, "producer_epoch": epoch, "base_sequence": sequence}

    def mistaken(self, records, codec, fields, good):
        rng = self.rng
        wrong = rng.choice([
            {"count": rng.choice([0, -1, -2**31, INT32_MAX, len(records) + 1, len(records) - 1])},
            {"last_offset_delta": rng.choice([-1, -2, 0, len(records), INT32_MAX, -2**31])},
            {"count": len(records) + 1, "last_offset_delta": len(records)},
            {"count": max(1, len(records) - 1), "last_offset_delta": max(1, len(records) - 1) - 1},
            {"base_offset": rng.choice([1, -1, 10**12, INT64_MAX, -2**63])},
            {"magic": rng.choice([3, 4, 127, -1])},
            {"magic": rng.choice([0, 1])},
            {"attributes": codec | rng.choice([0x20, 0x30, 0x10, 8, 0x40, 0x80, 0x100, -2**15])},
            {"attributes": rng.choice([5, 6, 7])},
            {"attributes": rng.choice([0, 1, 2, 3, 4])},
            {"producer_id": 77, "producer_epoch": 0, "base_sequence": rng.choice([-1, -2, -2**31])},
            {"producer_id": -1, "producer_epoch": 3, "base_sequence": 5},
            {"producer_id": 78, "producer_epoch": rng.choice([-1, -2, 32767]), "base_sequence": 0},
            {"producer_id": -5, "producer_epoch": 0, "base_sequence": 0},
            {"length": max(49, len(good) - 12 + rng.choice([1, -1, 100, -30]))},
            # Not 14 to 38: Kafka reads beyond such a batch and hangs up, unless a batch of a producer with an id came before.
            {"length": rng.choice([0, -1, 13, 39, 49, INT32_MAX, -2**31])},
            {"max_timestamp": rng.choice([0, -1, NOW_MS + 10**9, INT64_MAX])},
            {"leader_epoch": rng.choice([0, 5, -7])},
            "crc", "cut", "more", "two", "empty", "no records", "payload", "record", "garbage", "trailing", "deltas", "null", "bit",
        ])
        if isinstance(wrong, dict):
            return v2_batch(records, codec, **{**fields, **wrong})
        flip = rng.randrange(61, len(good))
        header = {**fields, "count": len(records), "last_offset_delta": len(records) - 1}
        whole = {
            "crc": lambda: good[:20] + bytes([good[20] ^ 1]) + good[21:],
            "cut": lambda: good[:rng.randrange(len(good))],
            "more": lambda: good + rng.randbytes(rng.randrange(1, 40)),
            "two": lambda: good + v2_batch(records, codec),
            "empty": lambda: b"",
            "no records": lambda: v2_batch([], codec, **rng.choice([{}, {"last_offset_delta": 0}, {"count": 1, "last_offset_delta": 0}])),
            "payload": lambda: with_v2_crc(good[:61] + rng.randbytes(len(good) - 61)),
            "bit": lambda: with_v2_crc(good[:flip] + bytes([good[flip] ^ 1 << rng.randrange(8)]) + good[flip + 1:]),
            "garbage": lambda: rng.randbytes(rng.randrange(1, 200)),
            "trailing": lambda: v2_batch(records, codec, compress(codec, self.encoded(records) + b"\2\0"), **header),
            "deltas": lambda: v2_batch(records, codec, compress(codec, self.encoded(records, step=2)), **header),
            "null": lambda: None,
            "record": lambda: v2_batch(records, codec, compress(codec, self.damaged(self.encoded(records))), **header),
        }
        return whole[wrong]()

    @staticmethod
    def encoded(records, step=1):
        first = records[0][0]
        return b"".join(v2_record(i * step, t - first, k, v, h) for i, (t, k, v, h) in enumerate(records))

    def damaged(self, data):
        rng = self.rng
        at = rng.randrange(min(len(data), 12))
        return data[:at] + rng.choice([b"\xff" * 11, b"\x01", b"\x7f", b"", bytes([rng.randrange(256)])]) + data[at + 1:]

    # Formats v0 and v1

    def old(self, magic, topic):
        rng = self.rng
        records = self.plain_records(topic)
        if topic in BYTE_BY_BYTE:  # converted, which with a codec is not the same to the byte
            return message_set(magic, records)
        codec = rng.choice([0, 0, 1, 2, 3])
        good = message_set(magic, records, codec, first_offset=rng.choice([0, 0, 0, 17]), relative=rng.random() < 0.8)
        if rng.random() > 0.3:
            return good
        timestamp, key, value, _ = records[0]
        inner = message_set(magic, records)
        other = message_set(1 - magic, records)
        codec = codec or 1
        return rng.choice([
            lambda: message(magic, 0, timestamp, key, value, crc=12345),
            lambda: message(magic, 0, timestamp, key, value, size=rng.choice([-1, 0, 13, 5, 10**6])),
            lambda: message(magic, 0, timestamp, key, value, attributes=rng.choice([5, 6, 7, 8, 0x10, 0x80, 4])),
            lambda: message(magic, 0, timestamp, key, None, attributes=codec),
            lambda: message(magic, 0, timestamp, key, b"", attributes=codec),
            lambda: message(magic, 0, timestamp, key, b"junk" * 5, attributes=codec),
            lambda: wrapped(magic, b"", codec, 0, timestamp),
            lambda: wrapped(magic, other, codec, len(records) - 1, timestamp),
            lambda: wrapped(magic, wrapped(magic, inner, codec, 0, timestamp), codec, 0, timestamp),
            lambda: wrapped(magic, message(magic, 0, timestamp, key, value, crc=1), codec, 0, timestamp),
            lambda: wrapped(magic, message(magic, 5, timestamp, key, value), codec, rng.choice([0, 5, 9]), timestamp),
            lambda: wrapped(magic, inner, codec, rng.choice([0, 99]), timestamp),
            lambda: wrapped(magic, inner[:-1], codec, len(records) - 1, timestamp),
            lambda: wrapped(magic, inner, codec, len(records) - 1, timestamp, attributes=codec | 8),
            lambda: wrapped(magic, message(magic, 0, timestamp, key, value, attributes=8), codec, 0, timestamp),
            lambda: wrapped(magic, inner, codec, len(records) - 1, timestamp, size=10),
            lambda: wrapped(magic, v2_batch(records), codec, len(records) - 1, timestamp),
            lambda: good + other,
            lambda: good + good,
            lambda: good + v2_batch(records),
            lambda: good[:rng.randrange(len(good))],
            lambda: good + b"\0" * rng.randrange(1, 20),
            # In its own format Kafka keeps such a message, which nobody can read; we refuse it.
            lambda: good if topic.startswith("format") else self.old_with_sizes(magic, timestamp),
            lambda: b"",
            lambda: None,
        ])()

    def old_with_sizes(self, magic, timestamp):
        """A message whose key or value claims another size than it has."""
        rng = self.rng
        good = message(magic, 0, timestamp, b"key", b"value")
        at = rng.choice([18, 25]) + (8 if magic else 0)
        bad = good[:at] + struct.pack(">i", rng.choice([-2, -1, 0, 2, 4, 100, INT32_MAX, -2**31])) + good[at + 4:]
        return bad[:12] + struct.pack(">I", zlib.crc32(bad[16:])) + bad[16:]
