"""A small batch that says of itself that it is huge, or becomes it, costs a broker neither its memory nor its time."""

import os
import pathlib
import struct
import zlib

import zstandard

from raw_batches import CODECS, v2_batch, varints
from raw_wire import Wire, batch
from test_everyday import produce

PLAIN_BYTES = 384 << 20
ALLOWED_MEMORY, ALLOWED_CPU_S = 96 << 20, 10
GZIP, SNAPPY, LZ4, ZSTD = (CODECS[name] for name in ("gzip", "snappy", "lz4", "zstd"))


def pressed(compressor, head):
    chunk = bytes(1 << 20)
    parts = [compressor.compress(head)] + [compressor.compress(chunk) for _ in range(PLAIN_BYTES >> 20)]
    return b"".join(parts) + compressor.flush()


def record_of(size):
    """The beginning of a record whose value takes so many bytes."""
    body = b"\0" + varints(0, 0, -1, size)
    return varints(len(body) + size + 1) + body


def bombs():
    yield "gzip, one record", GZIP, 1, pressed(zlib.compressobj(6, wbits=31), record_of(PLAIN_BYTES - 100))
    yield "gzip, empty records", GZIP, 2**31 - 1, pressed(zlib.compressobj(6, wbits=31), b"")
    yield "zstd, one record", ZSTD, 1, pressed(zstandard.ZstdCompressor(1).compressobj(), record_of(PLAIN_BYTES - 100))
    # A frame with a window of two GiB and one block that repeats a byte.
    yield "zstd, widest window", ZSTD, 1, (b"\x28\xb5\x2f\xfd\0" + bytes([21 << 3]) +
                                           struct.pack("<I", 100000 << 3 | 1 << 1 | 1)[:3] + b"\0")
    yield "snappy, declared length", SNAPPY, 1, b"\xff\xff\xff\xff\x0f" + bytes(100)
    yield "snappy, length of a chunk", SNAPPY, 1, b"\x82SNAPPY\0" + struct.pack(">iii", 1, 1, 2**31 - 1) + bytes(100)
    yield "snappy, declared length in a chunk", SNAPPY, 1, (b"\x82SNAPPY\0" + struct.pack(">iii", 1, 1, 105) +
                                                            b"\xff\xff\xff\xff\x0f" + bytes(100))
    yield "lz4, a block that is none", LZ4, 1, b"\x04\x22\x4d\x18\x60\x70\x73" + struct.pack("<I", 4000000) + bytes(100)


def memory_of(broker, item):
    status = pathlib.Path(f"/proc/{broker.process.pid}/status").read_text()
    return int(status.split(item + ":")[1].split()[0]) << 10


def cpu_s_of(broker):
    fields = pathlib.Path(f"/proc/{broker.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_a_batch_that_expands_beyond_all_measure_costs_little(make_broker):
    broker = make_broker(message_max_bytes=8 << 20).start()
    produce(broker, "t", [b"first"])
    for name, codec, count, payload in bombs():
        pathlib.Path(f"/proc/{broker.process.pid}/clear_refs").write_text("5")
        before, cpu_s = memory_of(broker, "VmRSS"), cpu_s_of(broker)
        bomb = v2_batch([], codec, payload=payload, count=count, last_offset_delta=count - 1)
        with Wire(broker.address, timeout_s=60) as connection:
            connection.produce("t", bomb)
        assert memory_of(broker, "VmHWM") - before < ALLOWED_MEMORY, name
        assert cpu_s_of(broker) - cpu_s < ALLOWED_CPU_S, name
    with Wire(broker.address) as connection:
        assert connection.produce("t", batch([b"last"]))[0] == 0
