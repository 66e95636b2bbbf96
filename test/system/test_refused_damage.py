"""Damage with which Kafka 2.7.0 does not start: we do, serve every whole record before it, and go on.

What Kafka starts with is compared with it: see test/interop/damaged_logs.py.
"""

import struct

import pytest

from cluster import wait_until
from raw_batches import split
from reading import records_in
from test_everyday import produce

TOPIC = "ledger"
RECORDS = 60
SETTINGS = {"log_segment_bytes": 1000, "log_index_interval_bytes": 100, "log_flush_offset_checkpoint_interval_ms": 3600000,
            "zookeeper_session_timeout_ms": 2000}


def batches_of(path):
    return list(split(path.read_bytes()))


def offset_of(batch):
    return struct.unpack_from(">q", batch)[0]


def with_offset(batch, offset):
    return struct.pack(">q", offset) + batch[8:]


def repeat(first, last):
    """Batches of the segment once more behind it, which then has lower offsets behind higher ones; all of it is sound."""
    def damage(segment):
        whole = batches_of(segment)
        segment.write_bytes(b"".join(whole + whole[first:last]))
        return offset_of(whole[-1]) + 1
    return damage


def an_older_segments_batches(segment):
    whole = batches_of(segment)
    oldest = sorted(segment.parent.glob("*.log"))[0]
    segment.write_bytes(b"".join(whole) + oldest.read_bytes())
    return offset_of(whole[-1]) + 1


def flip(bit):
    """A bit of a batch's offset, which no CRC covers."""
    def damage(segment):
        whole = batches_of(segment)
        at = len(whole) // 2
        sound = offset_of(whole[at])
        whole[at] = with_offset(whole[at], struct.unpack(">q", struct.pack(">Q", (sound % 2**64) ^ 1 << bit))[0])
        segment.write_bytes(b"".join(whole))
        return sound
    return damage


DAMAGES = {
    "last-batch-twice": repeat(-1, None), "first-batches-again": repeat(0, 3), "older-segment-again": an_older_segments_batches,
    **{f"offset-bit-{bit}": flip(bit) for bit in (0, 5, 31, 63)},
}


@pytest.fixture
def killed(make_broker):
    """A broker that was killed with a partition of several segments, a batch for each record; its number is its offset."""
    broker = make_broker(**SETTINGS).start()
    produce(broker, TOPIC, [b"%d" % i for i in range(RECORDS)], batch_size=0)
    broker.kill()
    return broker


def segments_of(broker):
    return sorted((broker.data / f"{TOPIC}-0").glob("*.log"))


def values_by_offset(broker):
    return {record.offset: record.value for record in records_in(broker, TOPIC)}


def start_and_write(broker):
    """What is there after the start, and once more has been written."""
    broker.start()
    after_start = wait_until("the partition is served", lambda: values_by_offset(broker))
    (written,) = produce(broker, TOPIC, [b"next"])
    found = values_by_offset(broker)
    assert found == {**after_start, written.offset: b"next"}
    assert written.offset > max(after_start)
    return after_start


@pytest.mark.parametrize("back", [1, 2], ids=["active-segment", "full-segment"])
@pytest.mark.parametrize("name", DAMAGES)
def test_offsets_that_go_back_cost_no_record_before_them(killed, name, back):
    assert len(segments_of(killed)) > 3
    sound = DAMAGES[name](segments_of(killed)[-back])
    found = start_and_write(killed)
    assert {offset: found.get(offset) for offset in range(sound)} == {offset: b"%d" % offset for offset in range(sound)}


@pytest.mark.parametrize("content", ["", "0\n", "0\n1\n", "0\n3\n0 0\n", "0\n1\n0 ", "0\n1\nx y\n", "7\n0\n", "\0\0\0\0\0\0\0\0"],
                         ids=["empty", "version", "no-entry", "entries-missing", "half-an-entry", "words", "another-version", "zeros"])
def test_a_damaged_epoch_checkpoint_is_made_anew_and_costs_no_record(killed, content):
    checkpoint = killed.data / f"{TOPIC}-0" / "leader-epoch-checkpoint"
    checkpoint.write_text(content)
    found = start_and_write(killed)
    assert found == {offset: b"%d" % offset for offset in range(RECORDS)}
    lines = checkpoint.read_text().splitlines()
    assert lines[0] == "0" and lines[2] == "0 0" and int(lines[1]) == len(lines) - 2
    assert not content or str(checkpoint) in killed.log()
