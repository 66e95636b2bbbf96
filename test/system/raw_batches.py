"""Record batches of every format, built field by field so that any field may be wrong; and read again for comparisons."""

import struct
import zlib

from kafka import codec
from kafka.record.util import calc_crc32c, encode_varint

CODECS = {"none": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}


def _gzip(data):
    """Without the time of day in it, so that a seed means the same bytes every time."""
    compressor = zlib.compressobj(wbits=31)
    return compressor.compress(data) + compressor.flush()


_COMPRESS = {1: _gzip, 2: codec.snappy_encode, 3: codec.lz4_encode, 4: codec.zstd_encode}
_EXPAND = {1: codec.gzip_decode, 2: codec.snappy_decode, 3: codec.lz4_decode, 4: codec.zstd_decode}
HEADER = struct.Struct(">qiibIhiqqqhii")
HEADER_FIELDS = ("base_offset", "length", "leader_epoch", "magic", "crc", "attributes", "last_offset_delta",
                 "first_timestamp", "max_timestamp", "producer_id", "producer_epoch", "base_sequence", "count")
LOG_APPEND_TIME = 8


def compress(codec_id, data):
    return _COMPRESS[codec_id](data) if codec_id in _COMPRESS else data


def expand(codec_id, data):
    return _EXPAND[codec_id](data) if codec_id in _EXPAND else data


def varints(*values):
    out = bytearray()
    for value in values:
        encode_varint(value, out.append)
    return bytes(out)


def _sized(data):
    return varints(-1) if data is None else varints(len(data)) + data


def v2_record(delta, timestamp_delta, key, value, headers=()):
    body = b"\0" + varints(timestamp_delta, delta) + _sized(key) + _sized(value) + varints(len(headers))
    for name, content in headers:
        body += _sized(name) + _sized(content)
    return varints(len(body)) + body


def v2_batch(records, codec_id=0, payload=None, **fields):
    """records: (timestamp, key, value, headers); fields override what the header would say, payload what follows it."""
    first = records[0][0] if records else -1
    if payload is None:
        payload = compress(codec_id, b"".join(v2_record(i, t - first, k, v, h) for i, (t, k, v, h) in enumerate(records)))
    header = {"base_offset": 0, "length": HEADER.size - 12 + len(payload), "leader_epoch": -1, "magic": 2, "crc": 0,
              "attributes": codec_id, "last_offset_delta": len(records) - 1, "first_timestamp": first,
              "max_timestamp": max((r[0] for r in records), default=-1), "producer_id": -1, "producer_epoch": -1,
              "base_sequence": -1, "count": len(records), **fields}
    return with_v2_crc(HEADER.pack(*(header[name] for name in HEADER_FIELDS)) + payload)


def with_v2_crc(batch):
    return batch[:17] + struct.pack(">I", calc_crc32c(batch[21:])) + batch[21:]


def message(magic, offset, timestamp, key, value, attributes=0, crc=None, size=None):
    """One message of an old format, or a set of them when the value is one, compressed."""
    def field(data):
        return struct.pack(">i", -1) if data is None else struct.pack(">i", len(data)) + data
    body = struct.pack(">bB", magic, attributes) + (struct.pack(">q", timestamp) if magic else b"") + field(key) + field(value)
    crc = zlib.crc32(body) if crc is None else crc
    return struct.pack(">qiI", offset, len(body) + 4 if size is None else size, crc) + body


def message_set(magic, records, codec_id=0, first_offset=0, relative=True, **wrapper):
    """Messages one after another, or wrapped in one when there is a codec. v0 counts absolute offsets within, v1 from 0."""
    if not codec_id:
        return b"".join(message(magic, first_offset + i, t, k, v, **wrapper) for i, (t, k, v, _) in enumerate(records))
    inner = b"".join(message(magic, i if relative else 0, t, k, v) for i, (t, k, v, _) in enumerate(records))
    return wrapped(magic, inner, codec_id, len(records) - 1, max((r[0] for r in records), default=-1), **wrapper)


def wrapped(magic, inner, codec_id, last_offset, timestamp, **fields):
    return message(magic, last_offset, timestamp, None, compress(codec_id, inner),
                   **{"attributes": codec_id, **fields})


def split(data):
    """The whole batches in data, each from its offset field on; what is left at the end is not given."""
    at = 0
    while at + 17 <= len(data):
        size = 12 + struct.unpack_from(">i", data, at + 8)[0]
        if size < 26 or at + size > len(data):
            return
        yield data[at:at + size]
        at += size


def meaning(batch):
    """What a batch says, without what depends on how its codec was written: a comparable value. LogAppendTime is masked."""
    offset, _ = struct.unpack_from(">qi", batch)
    magic = batch[16]
    if magic >= 2:
        fields = dict(zip(HEADER_FIELDS, HEADER.unpack_from(batch)))
        del fields["length"], fields["crc"]
        if fields["attributes"] & LOG_APPEND_TIME:
            fields["max_timestamp"] = "append time"
        return tuple(fields.items()), expand(fields["attributes"] & 7, batch[HEADER.size:])
    attributes, at = batch[17], 18
    timestamp = None
    if magic:
        timestamp, = struct.unpack_from(">q", batch, at)
        at += 8
    if attributes & LOG_APPEND_TIME:
        timestamp = "append time"
    key, value = old_fields(batch, at)
    if attributes & 7:
        inner = expand(attributes & 7, value)
        value = tuple(meaning(m) for m in split(inner))
    return offset, magic, attributes, timestamp, key, value


def old_fields(batch, at):
    found = []
    for _ in range(2):
        size, = struct.unpack_from(">i", batch, at)
        at += 4
        found.append(None if size < 0 else batch[at:at + size])
        at += max(size, 0)
    return found


def masked(batch):
    """The bytes of a batch without a time of appending, which differs from broker to broker."""
    if batch[16] == 2 and batch[22] & LOG_APPEND_TIME:
        return batch[:17] + bytes(4) + batch[21:35] + bytes(8) + batch[43:]
    if batch[16] == 1 and batch[17] & LOG_APPEND_TIME:
        return batch[:12] + bytes(4) + batch[16:18] + bytes(8) + batch[26:]
    return batch
