"""Requests built by hand, for what no well-behaved client sends."""

import contextlib
import socket
import struct

from kafka.record.default_records import DefaultRecordBatchBuilder

API_PRODUCE, API_FETCH, API_LIST_OFFSETS, API_METADATA, API_VERSIONS, API_CREATE_TOPICS = 0, 1, 2, 3, 18, 19
API_OFFSET_COMMIT, API_OFFSET_FETCH, API_DESCRIBE_GROUPS, API_DESCRIBE_CONFIGS = 8, 9, 15, 32


def string(text):
    return struct.pack(">h", -1) if text is None else struct.pack(">h", len(text)) + text.encode()


def frame(body):
    return struct.pack(">i", len(body)) + body


def request(api, version, body=b"", correlation=1, client_id="test"):
    return frame(struct.pack(">hhi", api, version, correlation) + string(client_id) + body)


def batch(values, magic=2, is_transactional=False):
    """An uncompressed record batch with a valid CRC."""
    builder = DefaultRecordBatchBuilder(magic=magic, compression_type=0, is_transactional=is_transactional, producer_id=-1,
                                        producer_epoch=-1, base_sequence=-1, batch_size=1 << 30)
    for offset, value in enumerate(values):
        builder.append(offset, timestamp=1600000000000, key=None, value=value, headers=[])
    return bytes(builder.build())


def produce_request(topic, records, partition=0, acks=-1, correlation=1):
    body = (string(None) + struct.pack(">hii", acks, 10000, 1) + string(topic) + struct.pack(">ii", 1, partition) +
            struct.pack(">i", len(records)) + records)
    return request(API_PRODUCE, 7, body, correlation)


def fetch_request(topic, offset=0, partition=0, max_bytes=1 << 30, max_wait_ms=500, correlation=1):
    body = (struct.pack(">iiiib", -1, max_wait_ms, 1, max_bytes, 0) + struct.pack(">i", 1) + string(topic) +
            struct.pack(">iiqi", 1, partition, offset, max_bytes))
    return request(API_FETCH, 4, body, correlation)


class Wire:
    """One raw connection to a broker."""

    def __init__(self, address, timeout_s=20, receive_buffer_bytes=None):
        host, port = address.rsplit(":", 1)
        self.socket = socket.socket()
        if receive_buffer_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        self.socket.settimeout(timeout_s)
        self.socket.connect((host, int(port)))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def abort(self):
        """Ends the connection with a reset, as a peer does that crashes with unread data."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)
        return self

    def _exactly(self, size):
        data = bytearray()
        while len(data) < size:
            part = self.socket.recv(min(1 << 20, size - len(data)))
            if not part:
                raise ConnectionError(f"closed after {len(data)} of {size} bytes")
            data += part
        return bytes(data)

    def response(self):
        """The correlation id and the body of the next response."""
        size, = struct.unpack(">i", self._exactly(4))
        data = self._exactly(size)
        return struct.unpack(">i", data[:4])[0], data[4:]

    def is_hung_up(self):
        """Waits until the broker has ended the connection without a word."""
        with contextlib.suppress(ConnectionResetError):
            return self.socket.recv(1) == b""
        return True

    def produce(self, topic, records, partition=0):
        """The error code and the base offset that the broker gave the records."""
        _, body = self.send(produce_request(topic, records, partition)).response()
        at = 4 + 2 + len(topic) + 4
        got_partition, error, offset = struct.unpack_from(">ihq", body, at)
        assert got_partition == partition
        return error, offset
