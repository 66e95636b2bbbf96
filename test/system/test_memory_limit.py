"""In a container with little memory: what clients ask for and do not take, and what expands, never costs more than there is."""

import contextlib
import os
import re
import struct

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

import raw_wire as wire
from cluster import Broker, wait_until
from memory_limit import memory_limit
from raw_wire import Wire, batch
from test_compression_bombs import GZIP, LZ4, many_records

LIMIT_MIB = int(os.environ.get("SAMSA_MEMORY_MIB", 512))
MIB = 1 << 20
ASKED_BYTES, READERS, BOMBS = 50 * MIB, 24, 4


class Story:
    """Acknowledges records all along, which must be there after a kill."""

    def __init__(self, broker, limit):
        self.broker, self.limit, self.acknowledged = broker, limit, 0

    def create(self, topic, **configs):
        admin = AdminClient({"bootstrap.servers": self.broker.address})
        settings = {key.replace("_", "."): value for key, value in configs.items()}
        admin.create_topics([NewTopic(topic, 1, 1, config=settings)])[topic].result(20)
        with Wire(self.broker.address) as connection:
            wait_until("it is led", lambda: connection.produce(topic, batch([b"first"]))[0] == 0)

    def fill(self, topic, total_bytes, records):
        with Wire(self.broker.address, timeout_s=60) as connection:
            for _ in range(total_bytes // len(records) + 1):
                assert connection.produce(topic, records)[0] == 0

    def acknowledge(self):
        with Wire(self.broker.address, timeout_s=60) as connection:
            assert connection.produce("canary", batch([b"%d" % self.acknowledged])) == (0, self.acknowledged + 1)
            self.acknowledged += 1

    def memory(self):
        status = open(f"/proc/{self.broker.process.pid}/status").read()
        return {name: int(re.search(rf"{name}:\s+(\d+)", status)[1]) // 1024 for name in ("VmRSS", "VmHWM")}

    def check(self):
        assert self.limit.kills() == 0, "the kernel has killed it"
        assert self.broker.process.child.poll() is None
        self.acknowledge()
        print(f"{self.memory()} MiB of {LIMIT_MIB}")


@pytest.fixture
def story(tmp_path, chroot):
    with memory_limit(LIMIT_MIB << 20) as limit:
        broker = Broker(tmp_path / "broker", chroot, message_max_bytes=8 << 20, zookeeper_session_timeout_ms=2000)
        broker.run_by = limit.enter()
        try:
            story = Story(broker.start(), limit)
            story.create("canary")
            yield story
            if limit.kills():
                return  # which the test has told
            # At the end of each story nothing that was acknowledged is lost by a kill.
            broker.kill()
            broker.start()
            with Wire(broker.address) as connection:
                wait_until("it is led", lambda: connection.produce("canary", batch([b"next"])) == (0, story.acknowledged + 1))
            assert limit.kills() == 0
        finally:
            broker.kill()


def old_fetch(topic, version, max_bytes=ASKED_BYTES):
    body = struct.pack(">iiii", -1, 500, 1, 1) + wire.string(topic) + struct.pack(">iiqi", 1, 0, 0, max_bytes)
    return wire.request(wire.API_FETCH, version, body)


@contextlib.contextmanager
def readers(story, request, count=READERS):
    """So many that ask at once, see that there is something, and take nothing."""
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(Wire(story.broker.address, receive_buffer_bytes=4096, timeout_s=60)) for _ in range(count)]
        for connection in connections:
            connection.send(request)
        for connection in connections:
            assert len(connection._exactly(4)) == 4
        yield connections


def plain_batch():
    return batch([bytes(1000)] * 1000)


def test_readers_that_ask_for_much_and_take_nothing_cost_little(story):
    story.create("plain")
    story.fill("plain", 100 * MIB, plain_batch())
    with readers(story, wire.fetch_request("plain", max_bytes=ASKED_BYTES)):
        for _ in range(20):
            story.check()


@pytest.mark.parametrize("version", [1, 2])
def test_old_readers_that_ask_for_much_and_take_nothing_cost_no_more_than_there_is(story, version):
    story.create("plain")
    story.fill("plain", 100 * MIB, plain_batch())
    with readers(story, old_fetch("plain", version)):
        story.check()


@pytest.mark.parametrize("codec", [GZIP, LZ4], ids=["gzip", "lz4"])
def test_batches_that_expand_at_the_same_time_cost_no_more_than_there_is(story, codec):
    story.create("kept")
    story.create("rewritten", compression_type="lz4" if codec == GZIP else "gzip")
    bomb = many_records(codec, 200 * MIB)
    for topic in ("kept", "rewritten"):
        with contextlib.ExitStack() as stack:
            connections = [stack.enter_context(Wire(story.broker.address, timeout_s=120)) for _ in range(BOMBS)]
            for connection in connections:
                connection.send(wire.produce_request(topic, bomb))
            for connection in connections:
                connection.response()
        story.check()
    with readers(story, old_fetch("kept", 2), BOMBS):
        story.check()
