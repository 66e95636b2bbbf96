"""A small batch that says of itself that it is huge, or becomes it, costs a broker neither its memory nor its time."""

import os
import pathlib
import select
import struct
import zlib

import lz4.frame
import pytest
import zstandard
from kafka.admin import KafkaAdminClient, NewTopic

import raw_wire as wire
from raw_batches import CODECS, message, v2_batch, varints
from raw_wire import Wire, batch
from test_everyday import produce

REFUSED_BYTES, KEPT_BYTES = 384 << 20, 200 << 20
ALLOWED_MEMORY, ALLOWED_CPU_S = 64 << 20, 10
NONE, MESSAGE_TOO_LARGE = 0, 10
GZIP, SNAPPY, LZ4, ZSTD = (CODECS[name] for name in ("gzip", "snappy", "lz4", "zstd"))


class SnappyStream:
    """Zeroes in the Java library's framing, each block written by hand: one literal, and copies of what is before it."""

    def __init__(self):
        self.begun = False

    def compress(self, data):
        out = b"" if self.begun else b"\x82SNAPPY\0" + struct.pack(">ii", 1, 1)
        self.begun = True
        for at in range(0, len(data), 1 << 20):
            out += self.block(data[at:at + (1 << 20)])
        return out

    @staticmethod
    def block(data):
        literal = min(len(data), len(data.rstrip(b"\0")) + 1)
        out, size = b"", len(data)
        while size > 0x7F:
            out, size = out + bytes([size & 0x7F | 0x80]), size >> 7
        out += bytes([size, 61 << 2]) + struct.pack("<H", literal - 1) + data[:literal]
        copies, rest = divmod(len(data) - literal, 64)
        out += struct.pack("<BH", 63 << 2 | 2, 1) * copies
        if rest:
            out += struct.pack("<BH", (rest - 1) << 2 | 2, 1)
        return struct.pack(">i", len(out)) + out

    def flush(self):
        return b""


class Lz4Stream:
    def __init__(self):
        self.frame = lz4.frame.LZ4FrameCompressor(block_size=lz4.frame.BLOCKSIZE_MAX4MB, block_linked=False)
        self.head = self.frame.begin()

    def compress(self, data):
        head, self.head = self.head, b""
        return head + self.frame.compress(data)

    def flush(self):
        return self.frame.flush()


STREAMS = {GZIP: lambda: zlib.compressobj(6, wbits=31), SNAPPY: SnappyStream, LZ4: Lz4Stream,
           ZSTD: lambda: zstandard.ZstdCompressor(1).compressobj()}


def pressed(codec, *pieces):
    stream = STREAMS[codec]()
    return b"".join([stream.compress(piece) for piece in pieces] + [stream.flush()])


def zeros(count):
    return [bytes(1 << 20)] * (count >> 20) + [bytes(count & (1 << 20) - 1)]


def record_of(size, offset_delta=0):
    """The beginning of a record whose value takes so many bytes; a byte for the number of its headers follows that."""
    body = b"\0" + varints(0, offset_delta, -1, size)
    return varints(len(body) + size + 1) + body


def memory_of(broker, item):
    status = pathlib.Path(f"/proc/{broker.process.pid}/status").read_text()
    return int(status.split(item + ":")[1].split()[0]) << 10


def cpu_s_of(broker):
    fields = pathlib.Path(f"/proc/{broker.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.fixture
def make_topic():
    def make(broker, name, **configs):
        admin = KafkaAdminClient(bootstrap_servers=broker.address)
        admin.create_topics([NewTopic(name, 1, 1, topic_configs={k.replace("_", "."): v for k, v in configs.items()})])
        admin.close()
        return name
    return make


class Costs:
    """Checks what each request takes of the broker's memory, and of its time."""

    def __init__(self, broker):
        self.broker = broker

    def check(self, name, connect_and_ask):
        pathlib.Path(f"/proc/{self.broker.process.pid}/clear_refs").write_text("5")
        before, cpu_s = memory_of(self.broker, "VmRSS"), cpu_s_of(self.broker)
        with Wire(self.broker.address, timeout_s=60) as connection:
            answer = connect_and_ask(connection)
        taken = memory_of(self.broker, "VmHWM") - before
        print(f"{name}: {taken >> 20} MiB, {cpu_s_of(self.broker) - cpu_s:.2f} s")
        assert taken < ALLOWED_MEMORY, name
        assert cpu_s_of(self.broker) - cpu_s < ALLOWED_CPU_S, name
        return answer


@pytest.fixture
def broker(make_broker):
    broker = make_broker(message_max_bytes=8 << 20).start()
    produce(broker, "warm", [b"first"])
    yield broker
    with Wire(broker.address) as connection:
        assert connection.produce("warm", batch([b"last"]))[0] == NONE


def one_record(codec, size):
    return v2_batch([], codec, payload=pressed(codec, record_of(size), *zeros(size + 1)), count=1, last_offset_delta=0)


def many_records(codec, size, each=1 << 20):
    count = size // each
    pieces = [record_of(each, i) + bytes(each + 1) for i in range(count)]
    return v2_batch([], codec, payload=pressed(codec, *pieces), count=count, last_offset_delta=count - 1)


def liars():
    yield "gzip, empty records", GZIP, 2**31 - 1, pressed(GZIP, *zeros(REFUSED_BYTES))
    # A frame with a window of two GiB and one block that repeats a byte.
    yield "zstd, widest window", ZSTD, 1, (b"\x28\xb5\x2f\xfd\0" + bytes([21 << 3]) +
                                           struct.pack("<I", 100000 << 3 | 1 << 1 | 1)[:3] + b"\0")
    yield "snappy, declared length", SNAPPY, 1, b"\xff\xff\xff\xff\x0f" + bytes(100)
    yield "snappy, length of a chunk", SNAPPY, 1, b"\x82SNAPPY\0" + struct.pack(">iii", 1, 1, 2**31 - 1) + bytes(100)
    yield "snappy, declared length in a chunk", SNAPPY, 1, (b"\x82SNAPPY\0" + struct.pack(">iii", 1, 1, 105) +
                                                            b"\xff\xff\xff\xff\x0f" + bytes(100))
    yield "lz4, a block that is none", LZ4, 1, b"\x04\x22\x4d\x18\x60\x70\x73" + struct.pack("<I", 4000000) + bytes(100)


def far_looking_zstd():
    """A frame of zeroes that its reader must keep 128 MiB of."""
    parameters = zstandard.ZstdCompressionParameters(window_log=27, compression_level=1)
    stream = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    head = stream.compress(record_of(KEPT_BYTES))
    return head + b"".join(stream.compress(piece) for piece in zeros(KEPT_BYTES + 1)) + stream.flush()


def test_a_batch_that_lies_about_its_size_costs_little(broker, make_topic):
    topics = [make_topic(broker, "kept"), make_topic(broker, "rewritten", compression_type="lz4")]
    costs = Costs(broker)
    for name, codec, count, payload in liars():
        bomb = v2_batch([], codec, payload=payload, count=count, last_offset_delta=count - 1)
        for topic in topics:
            assert costs.check(f"{name}, {topic}", lambda c: c.produce(topic, bomb))[0] != NONE


# To what a topic rewrites the batches of each codec.
OTHER = {GZIP: "zstd", SNAPPY: "gzip", LZ4: "zstd", ZSTD: "lz4"}


@pytest.mark.parametrize("shape", [one_record, many_records])
@pytest.mark.parametrize("codec", STREAMS, ids=[name for name in CODECS if name != "none"])
def test_a_batch_that_expands_beyond_all_measure_costs_little(broker, make_topic, codec, shape):
    """Whether it is kept, recompressed, or stored plain, and on either side of max.decompressed.message.bytes."""
    kept = make_topic(broker, "kept")
    rewritten = make_topic(broker, "rewritten", compression_type=OTHER[codec])
    plain = make_topic(broker, "plain", compression_type="uncompressed")
    costs = Costs(broker)
    # What snappy can make of so much is more than a message may have.
    kept_bytes, refused_bytes = (KEPT_BYTES, REFUSED_BYTES) if codec != SNAPPY else (160 << 20, 160 << 20)
    bomb = shape(codec, refused_bytes)
    if codec != SNAPPY:
        for topic in (kept, rewritten, plain):
            assert costs.check(f"refused, {topic}", lambda c: c.produce(topic, bomb))[0] == MESSAGE_TOO_LARGE
    bomb = shape(codec, kept_bytes)
    assert costs.check("kept", lambda c: c.produce(kept, bomb)) == (NONE, 0)
    assert costs.check("rewritten", lambda c: c.produce(rewritten, bomb)) == (NONE, 0)
    assert costs.check("plain", lambda c: c.produce(plain, bomb))[0] == MESSAGE_TOO_LARGE


def test_zstd_that_looks_back_too_far_is_refused(broker, make_topic):
    bomb = v2_batch([], ZSTD, payload=far_looking_zstd(), count=1, last_offset_delta=0)
    for topic in (make_topic(broker, "kept"), make_topic(broker, "rewritten", compression_type="gzip")):
        assert Costs(broker).check(topic, lambda c: c.produce(topic, bomb))[0] == MESSAGE_TOO_LARGE


OLD_FORMATS = {"0.9.0": 0, "0.10.2": 1}


def produce_v2(topic, records):
    body = struct.pack(">hii", -1, 60000, 1) + wire.string(topic) + struct.pack(">iii", 1, 0, len(records)) + records

    def ask(connection):
        _, answer = connection.send(wire.request(wire.API_PRODUCE, 2, body)).response()
        return struct.unpack_from(">h", answer, 4 + 2 + len(topic) + 4 + 4)[0]
    return ask


@pytest.mark.parametrize("version", OLD_FORMATS)
def test_old_messages_that_expand_cost_little(broker, make_topic, version):
    magic = OLD_FORMATS[version]
    messages = [message(magic, i, 1600000000000, None, bytes(1 << 20)) for i in range(KEPT_BYTES >> 20)]
    inner = pressed(GZIP, *messages)
    bomb = message(magic, len(messages) - 1, 1600000000000, None, inner, attributes=GZIP)
    costs = Costs(broker)
    for name, configs in {"kept": {}, "newer": {"compression_type": "lz4"}}.items():
        topic = make_topic(broker, name, **configs)
        assert costs.check(name, produce_v2(topic, bomb)) == NONE
    # v0 has to be held plain until its offsets are known, plain messages of either format likewise.
    topic = make_topic(broker, "same", message_format_version=version)
    assert costs.check("same", produce_v2(topic, bomb)) == (NONE if magic else MESSAGE_TOO_LARGE)
    topic = make_topic(broker, "plain", message_format_version=version, compression_type="uncompressed")
    assert costs.check("plain", produce_v2(topic, bomb)) == MESSAGE_TOO_LARGE


@pytest.mark.parametrize("codec", [GZIP, SNAPPY, LZ4], ids=["gzip", "snappy", "lz4"])
def test_a_batch_that_expands_costs_little_when_an_old_client_fetches_it(broker, make_topic, codec):
    topic = make_topic(broker, "kept")
    size = KEPT_BYTES if codec != SNAPPY else 100 << 20
    with Wire(broker.address, timeout_s=60) as connection:
        assert connection.produce(topic, many_records(codec, size)) == (NONE, 0)

    def fetch(connection, version):
        body = struct.pack(">iiii", -1, 500, 1, 1) + wire.string(topic) + struct.pack(">iiqi", 1, 0, 0, 16 << 20)
        _, answer = connection.send(wire.request(wire.API_FETCH, version, body)).response()
        error, _, size = struct.unpack_from(">hqi", answer, 4 + 4 + 2 + len(topic) + 4 + 4)
        return error, size > 0
    for version in (1, 2):
        assert Costs(broker).check(f"version {version}", lambda c: fetch(c, version)) == (NONE, True)


@pytest.fixture
def one_loop(make_broker):
    """A broker whose connections all share one thread."""
    return make_broker(message_max_bytes=8 << 20, num_network_threads=1).start()


def others_go_on(broker, request, attempts=5):
    """Whether it is more than a few, at least once: they are few, too, where it is this process that stalls."""
    return any(answered_meanwhile(broker, request) > 10 for _ in range(attempts))


def answered_meanwhile(broker, request):
    """How many small requests of another connection are answered before this one is."""
    with Wire(broker.address, timeout_s=60) as heavy, Wire(broker.address, timeout_s=60) as light:
        assert light.produce("small", batch([b"first"]))[0] == NONE
        heavy.send(request)
        count = 0
        while not select.select([heavy.socket], [], [], 0)[0]:
            assert light.produce("small", batch([b"v"]))[0] == NONE
            count += 1
        heavy.response()
    return count


def test_other_connections_go_on_while_a_large_batch_is_recompressed(one_loop, make_topic):
    make_topic(one_loop, "small")
    topic = make_topic(one_loop, "rewritten", compression_type="gzip")
    # The smaller one seems light at first, and turns out not to be.
    for size in KEPT_BYTES, 50 << 20:
        request = wire.produce_request(topic, many_records(ZSTD, size))
        assert others_go_on(one_loop, request)


def test_other_connections_go_on_while_a_large_batch_is_rewritten_for_an_old_client(one_loop, make_topic):
    make_topic(one_loop, "small")
    topic = make_topic(one_loop, "kept")
    with Wire(one_loop.address, timeout_s=60) as connection:
        assert connection.produce(topic, many_records(GZIP, KEPT_BYTES)) == (NONE, 0)
    body = struct.pack(">iiii", -1, 500, 1, 1) + wire.string(topic) + struct.pack(">iiqi", 1, 0, 0, 16 << 20)
    assert others_go_on(one_loop, wire.request(wire.API_FETCH, 2, body))


def test_a_producers_batches_keep_their_order_whether_they_are_rewritten_elsewhere_or_not(one_loop, make_topic):
    topic = make_topic(one_loop, "rewritten", compression_type="gzip")
    heavy, light = many_records(ZSTD, 50 << 20), batch([b"v"])
    with Wire(one_loop.address, timeout_s=60) as connection:
        connection.send(b"".join(wire.produce_request(topic, records, correlation=i)
                                 for i, records in enumerate([light, heavy, light, heavy, light])))
        offsets = []
        for i in range(5):
            correlation, body = connection.response()
            assert correlation == i
            offsets.append(struct.unpack_from(">q", body, 4 + 2 + len(topic) + 4 + 6)[0])
    assert offsets == [0, 1, 51, 52, 102]
