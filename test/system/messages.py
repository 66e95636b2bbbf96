"""Kafka's wire protocol by hand: any request in any version, from the same schema that the broker is built from.

A struct is a dict by field name; what is left out of a request takes the field's default.
"""

import functools
import pathlib
import re
import socket
import struct

SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "src" / "protocol" / "schema"
NUMBERS = {"int8": ">b", "int16": ">h", "int32": ">i", "int64": ">q"}


class Field:
    def __init__(self, line):
        match = re.match(r"( *)(\d+)(\+|-\d+)? +(\w+) +(\S+)(?: +\[(.*)\])?$", line)
        indent, low, high, self.name, self.type, notes = match.groups()
        self.depth = len(indent)
        self.versions = self._range(low, high)
        notes = notes or ""
        null = re.search(r"null (\d+)(\+|-\d+)?", notes)
        self.nullable = self._range(*null.groups()) if null else range(0)
        tag = re.search(r"tag (\d+) in (\d+)\+", notes)
        self.tag = int(tag.group(1)) if tag else None
        default = re.search(r"default (-?\w+)", notes)
        self.default = default.group(1) if default else None
        self.fields = []

    @staticmethod
    def _range(low, high):
        return range(int(low), 100 if high == "+" else int(low) + 1 if high is None else int(high[1:]) + 1)

    def default_value(self):
        if self.default == "null":
            return None
        if self.type.startswith("[]"):
            return []
        if self.type in NUMBERS:
            return int(self.default or "0", 0)
        return {"bool": self.default == "true", "string": "", "bytes": b"", "records": None}.get(self.type, {})


@functools.lru_cache
def schema(api):
    """The key, and for "request" and "response" the first flexible version and the fields."""
    messages, key = {}, None
    for line in (SCHEMAS / f"{api}.schema").read_text().splitlines():
        head = re.match(r"api (\d+) (request|response) \w+ versions \S+(?: flexible (\d+)\+)?", line)
        if head:
            key, fields = int(head.group(1)), []
            messages[head.group(2)] = (int(head.group(3)) if head.group(3) else 100, fields)
            parents = [(-1, fields)]
        elif line.strip():
            field = Field(line)
            while parents[-1][0] >= field.depth:
                parents.pop()
            parents[-1][1].append(field)
            parents.append((field.depth, field.fields))
    return key, messages


def varint(value):
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def encode_size(size, flexible, narrow):
    """Of a string (narrow) or of bytes or an array; -1 is null."""
    if flexible:
        return varint(size + 1)
    return struct.pack(">h" if narrow else ">i", size)


def encode_fields(fields, value, version, flexible):
    out = b""
    for field in fields:
        if version in field.versions and field.tag is None:
            out += encode(field, field.type, value.get(field.name, field.default_value()), version, flexible)
    return out + (b"\0" if flexible else b"")


def encode(field, kind, value, version, flexible):
    if kind.startswith("[]"):
        if value is None:
            return encode_size(-1, flexible, False)
        items = b"".join(encode(field, kind[2:], item, version, flexible) for item in value)
        return encode_size(len(value), flexible, False) + items
    if kind in NUMBERS:
        return struct.pack(NUMBERS[kind], value)
    if kind == "bool":
        return bytes([value])
    if kind in ("string", "bytes", "records"):
        raw = value.encode() if isinstance(value, str) else value
        size = -1 if raw is None else len(raw)
        return encode_size(size, flexible, kind == "string") + (raw or b"")
    return encode_fields(field.fields, value, version, flexible)


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        self.at += size
        assert self.at <= len(self.data), "the message ends too soon"
        return self.data[self.at - size:self.at]

    def number(self, form):
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def varint(self):
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def size(self, flexible, narrow):
        return self.varint() - 1 if flexible else self.number(">h" if narrow else ">i")

    def fields(self, fields, version, flexible):
        value = {f.name: self.value(f, f.type, version, flexible)
                 for f in fields if version in f.versions and f.tag is None}
        for _ in range(self.varint() if flexible else 0):
            self.varint()
            self.take(self.varint())
        return value

    def value(self, field, kind, version, flexible):
        if kind.startswith("[]"):
            size = self.size(flexible, False)
            return None if size < 0 else [self.value(field, kind[2:], version, flexible) for _ in range(size)]
        if kind in NUMBERS:
            return self.number(NUMBERS[kind])
        if kind == "bool":
            return self.take(1) != b"\0"
        if kind in ("string", "bytes", "records"):
            size = self.size(flexible, kind == "string")
            raw = None if size < 0 else self.take(size)
            return raw if raw is None or kind != "string" else raw.decode()
        return self.fields(field.fields, version, flexible)


class Connection:
    """One connection; one request at a time, or sent and awaited apart."""

    def __init__(self, port, host="127.0.0.1", client_id="raw", timeout_s=30):
        self.socket = socket.create_connection((host, port), timeout_s)
        self.client_id = client_id
        self.correlation = 0
        self.sent = []

    def close(self):
        self.socket.close()

    def send(self, api, version, **request):
        key, messages = schema(api)
        first_flexible, fields = messages["request"]
        flexible = version >= first_flexible
        self.correlation += 1
        client = self.client_id.encode()
        frame = struct.pack(">hhih", key, version, self.correlation, len(client)) + client
        frame += (b"\0" if flexible else b"") + encode_fields(fields, request, version, flexible)
        self.socket.sendall(struct.pack(">i", len(frame)) + frame)
        self.sent.append((api, version, self.correlation))
        return self

    def receive_body(self):
        """The body of the next response, after the header."""
        api, version, correlation = self.sent.pop(0)
        (size,) = struct.unpack(">i", self._exactly(4))
        body = self._exactly(size)
        assert struct.unpack(">i", body[:4])[0] == correlation
        flexible = version >= schema(api)[1]["response"][0] and api != "api_versions"
        return api, version, body[5 if flexible else 4:]

    def receive(self):
        return decode(*self.receive_body())

    def ask(self, api, version, **request):
        return self.send(api, version, **request).receive()

    def _exactly(self, size):
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            if not more:
                raise ConnectionError("the broker closed the connection")
            data += more
        return data


def decode(api, version, body):
    first_flexible, fields = schema(api)[1]["response"]
    reader = Reader(body)
    value = reader.fields(fields, version, version >= first_flexible)
    assert reader.at == len(body), "bytes are left over"
    return value
