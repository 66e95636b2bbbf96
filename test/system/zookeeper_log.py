"""Reads the transaction log of a ZooKeeper server, which may be running: every write, in order."""

import pathlib
import struct

FILE_HEADER_BYTES = 16
CREATE, DELETE, SET, CHECK, MULTI, CREATE2, ERROR = 1, 2, 5, 13, 14, 15, -1


class _Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def number(self, code):
        value, = struct.unpack_from(">" + code, self.data, self.at)
        self.at += struct.calcsize(">" + code)
        return value

    def buffer(self):
        size = self.number("i")
        if size < 0:
            return None
        value = self.data[self.at:self.at + size]
        self.at += size
        return value

    def string(self):
        return self.buffer().decode()

    def skip_acl(self):
        for _ in range(max(0, self.number("i"))):
            self.number("i"), self.string(), self.string()


def _text(data):
    return "null" if data is None else data.decode(errors="replace")


def _operation(kind, reader):
    if kind in (CREATE, CREATE2):
        path, data = reader.string(), reader.buffer()
        reader.skip_acl()
        return f"create{' -e' if reader.number('?') else ''} {path} {_text(data)}"
    if kind == DELETE:
        return f"delete {reader.string()}"
    if kind == SET:
        return f"set {reader.string()} {_text(reader.buffer())} ({reader.number('i')})"
    if kind == CHECK:
        return f"check {reader.string()}"
    if kind == MULTI:
        parts = [(reader.number("i"), reader.buffer()) for _ in range(reader.number("i"))]
        if any(part == ERROR for part, _ in parts):
            return None
        return "multi " + "; ".join(_operation(part, _Reader(data)) for part, data in parts)
    return None


def writes(data_dir):
    """Lines such as "create -e /a data", "set /a data (version)", "delete /a" and "multi …; …". What failed is left out,
    and so are sessions; an ephemeral that goes with its session is no write of its own."""
    lines = []
    for log in sorted(pathlib.Path(data_dir).glob("version-2/log.*"), key=lambda p: int(p.suffix[1:], 16)):
        data, at = log.read_bytes(), FILE_HEADER_BYTES
        while at + 12 <= len(data):
            _checksum, size = struct.unpack_from(">qi", data, at)
            if size <= 0:
                break
            reader = _Reader(data[at + 12:at + 12 + size])
            at += 12 + size + 1
            _session, _cxid, _zxid, _time, kind = (reader.number(code) for code in "qiqqi")
            line = _operation(kind, reader)
            if line:
                lines.append(line)
    return lines
