"""The broker's edge: many connections, bad ones, slow ones, and what the listeners' settings promise."""

import contextlib
import os
import re
import resource
import socket
import struct
import time

import pytest

import raw_wire as wire
from cluster import HOST, free_port, tool, wait_until
from test_everyday import produce
from raw_wire import Wire

MIB = 1 << 20


def rss_bytes(broker):
    with open(f"/proc/{broker.process.pid}/status") as f:
        return int(re.search(r"VmRSS:\s+(\d+) kB", f.read())[1]) * 1024


def descriptors(broker):
    return len(os.listdir(f"/proc/{broker.process.pid}/fd"))


@pytest.fixture
def many_files():
    """Allows this process and the brokers that it starts as many descriptors as the system lets them have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 12000:
        hard = 12000  # root may; anybody else fails here and is told so
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def is_answered(connection, correlation=1):
    return connection.send(wire.request(wire.API_VERSIONS, 0, correlation=correlation)).response()[0] == correlation


def test_ten_thousand_idle_connections_are_held_and_cost_little(many_files, make_broker):
    broker = make_broker().start()
    produce(broker, "t", [b"v"])
    before = rss_bytes(broker)
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(Wire(broker.address)) for _ in range(10000)]
        for connection in connections:
            assert is_answered(connection)
        grown = rss_bytes(broker) - before
        print(f"10 000 connections: {grown / MIB:.1f} MiB, {grown / 10000:.0f} bytes each")
        assert grown < 30 * MIB
        assert [r.offset for r in produce(broker, "t", [b"v"])] == [1]
        for connection in connections[::100]:
            assert is_answered(connection, 7)
    wait_until("all are closed", lambda: descriptors(broker) < 300, 30)
    assert [r.offset for r in produce(broker, "t", [b"v"])] == [2]


def test_ten_thousand_vanished_clients_leave_nothing_behind(broker):
    produce(broker, "t", [b"v"])
    ways = [b"", b"\x00\x00", struct.pack(">ihh", 5000, 0, 7) + b"half of it", wire.request(wire.API_VERSIONS, 0),
            wire.fetch_request("t", offset=1, max_wait_ms=5000), wire.produce_request("t", wire.batch([b"x"] * 9))[:-5]]

    def vanish(count):
        for i in range(count):
            connection = Wire(broker.address)
            connection.send(ways[i % len(ways)])
            connection.abort() if i % 2 else connection.close()

    vanish(5000)  # what is kept for later is there from now on, also where many are open at a time
    wait_until("the first are gone", lambda: descriptors(broker) < 100)
    files, memory = descriptors(broker), rss_bytes(broker)
    vanish(10000)
    wait_until("all are gone", lambda: descriptors(broker) <= files + 2)
    assert rss_bytes(broker) - memory < 8 * MIB
    assert [r.offset for r in produce(broker, "t", [b"v"])] == [1]


def test_who_sends_and_does_not_read_costs_little_and_holds_up_nobody(broker):
    tool("kafka-topics", "--create", "--bootstrap-server", broker.address, "--topic", "wide", "--partitions", 500,
         "--replication-factor", 1)
    of_all = wire.request(wire.API_METADATA, 0, struct.pack(">i", 0))
    before = rss_bytes(broker)
    with Wire(broker.address) as sender, contextlib.ExitStack() as stack:
        others = [stack.enter_context(Wire(broker.address)) for _ in range(8)]  # on every loop
        # A large request, which makes room for many small ones; they come while its answer waits to be read.
        sender.send(wire.request(wire.API_METADATA, 1, struct.pack(">i", 200) + wire.string("n" * 30000) * 200))
        sender.send(of_all * 30000)
        sender.response()
        for i in range(20):
            assert all(is_answered(other, i) for other in others)
        grown = rss_bytes(broker) - before
        print(f"{grown / MIB:.1f} MiB")
        assert grown < 64 * MIB


def test_an_announced_size_costs_nothing_until_the_bytes_come(broker):
    produce(broker, "t", [b"v"])
    before = rss_bytes(broker)
    with contextlib.ExitStack() as stack:
        for _ in range(50):
            stack.enter_context(Wire(broker.address)).send(struct.pack(">i", 100 * MIB) + b"\x00\x00\x00\x07 little")
        with Wire(broker.address) as bystander:
            assert is_answered(bystander)
        assert rss_bytes(broker) - before < 20 * MIB


def test_what_is_asked_for_again_and_again_is_answered_once(broker):
    produce(broker, "t", [b"v"])
    many = 20000
    name = wire.string("t")
    asked = [wire.request(wire.API_METADATA, 1, struct.pack(">i", many) + name * many),
             wire.request(wire.API_OFFSET_FETCH, 1, wire.string("g") + struct.pack(">i", many) + (name + struct.pack(">ii", 1, 0)) * many),
             wire.request(wire.API_DESCRIBE_GROUPS, 0, struct.pack(">i", many) + wire.string("g") * many),
             wire.request(wire.API_DESCRIBE_CONFIGS, 0, struct.pack(">i", many) + (b"\2" + name + struct.pack(">i", -1)) * many)]
    with Wire(broker.address) as connection:
        sizes = [len(connection.send(one).response()[1]) for one in asked]
    assert max(sizes) < 10000


def test_of_a_partition_that_is_written_twice_in_one_request_the_last_counts(broker):
    produce(broker, "t", [b"first"])
    records = [wire.batch([value]) for value in (b"second", b"third", b"fourth")]
    data = [struct.pack(">ii", 0, len(one)) + one for one in records]
    body = (wire.string(None) + struct.pack(">hii", -1, 10000, 3) + wire.string("t") + struct.pack(">i", 2) + data[0] + data[1] +
            wire.string("none") + struct.pack(">i", 0) + wire.string("t") + struct.pack(">i", 1) + data[2])
    with Wire(broker.address) as connection:
        _, answer = connection.send(wire.request(wire.API_PRODUCE, 7, body)).response()
        assert answer == (struct.pack(">i", 1) + wire.string("t") + struct.pack(">iihqqq", 1, 0, 0, 1, -1, 0) + struct.pack(">i", 0))
        assert b"fourth" in connection.send(wire.fetch_request("t", offset=1)).response()[1]


def test_a_commit_of_many_unknown_partitions_holds_nobody_up(broker):
    many = 30000
    partitions = b"".join(struct.pack(">iqh", i, 0, 0) for i in range(many))
    commit = wire.request(wire.API_OFFSET_COMMIT, 2, wire.string("g") + struct.pack(">i", -1) + wire.string("") +
                          struct.pack(">qi", -1, 1) + wire.string("none") + struct.pack(">i", many) + partitions)
    with Wire(broker.address) as connection:
        began = time.monotonic()
        _, answer = connection.send(commit).response()
        assert time.monotonic() - began < 5  # a hundredth of that; square, it takes longer
        assert struct.unpack_from(">ih", answer, len(answer) - 6) == (many - 1, 3)


def test_a_client_that_vanishes_while_it_is_kept_waiting_is_let_go(broker):
    produce(broker, "t", [b"v"])
    forever_ms = 1 << 30
    with Wire(broker.address) as half_closed:
        before = descriptors(broker)
        for _ in range(50):
            gone = Wire(broker.address)
            gone.send(wire.fetch_request("t", offset=1, max_wait_ms=forever_ms))
            assert is_answered(half_closed)
            gone.abort()
        # One that can still read waits for its answer.
        half_closed.send(wire.fetch_request("t", offset=1, max_wait_ms=forever_ms, correlation=9))
        half_closed.socket.shutdown(socket.SHUT_WR)
        wait_until("they are let go", lambda: descriptors(broker) <= before + 2, 20)
        produce(broker, "t", [b"w"])
        assert half_closed.response()[0] == 9


def test_connections_leave_descriptors_for_the_files(make_broker):
    broker = make_broker(log_segment_bytes=80, num_network_threads=1).start()  # a segment for each record
    resource.prlimit(broker.process.pid, resource.RLIMIT_NOFILE, (256, 256))
    produce(broker, "t", [b"0"])
    with contextlib.ExitStack() as stack, Wire(broker.address) as before:
        for _ in range(300):
            stack.enter_context(Wire(broker.address))
        wait_until("there are no more for connections", lambda: "Too many open files" in broker.log())
        for i in range(1, 200):
            assert before.produce("t", wire.batch([b"%d" % i])) == (0, i)
        for i in range(0, 200, 10):
            assert b"%d" % i in before.send(wire.fetch_request("t", offset=i)).response()[1]
    wait_until("all are closed", lambda: descriptors(broker) < 200)
    assert [r.offset for r in produce(broker, "t", [b"v"])] == [200]


def test_pipelined_requests_are_answered_one_by_one_in_order(broker):
    produce(broker, "t", [b"v"])
    kinds = [lambda n: wire.request(wire.API_VERSIONS, 0, correlation=n),
             lambda n: wire.produce_request("t", wire.batch([b"%d" % n]), correlation=n),
             lambda n: wire.request(wire.API_METADATA, 1, struct.pack(">i", 0), correlation=n),
             lambda n: wire.fetch_request("t", offset=10**6, max_wait_ms=1, correlation=n),
             lambda n: wire.fetch_request("t", offset=0, correlation=n)]
    count = 500
    with Wire(broker.address) as connection:
        connection.send(b"".join(kinds[n % len(kinds)](n) for n in range(count)))
        assert [connection.response()[0] for _ in range(count)] == list(range(count))


def test_a_request_that_comes_byte_by_byte_is_answered(broker):
    with Wire(broker.address) as connection:
        connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in wire.request(wire.API_VERSIONS, 0, correlation=5):
            connection.send(bytes([byte]))
        assert connection.response()[0] == 5


def test_a_reader_that_never_takes_its_answer_holds_nobody_up(broker):
    with Wire(broker.address) as connection:
        produce(broker, "t", [b"first"])
        for _ in range(64):
            assert connection.produce("t", wire.batch([b"x" * 900000]))[0] == 0
    before = rss_bytes(broker)
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            reader = stack.enter_context(Wire(broker.address, receive_buffer_bytes=4096))
            reader.send(wire.fetch_request("t", correlation=1) * 3)
        assert [r.offset for r in produce(broker, "t", [b"v"])] == [65]
        assert rss_bytes(broker) - before < 30 * MIB
        correlation, body = reader.response()  # and late is not never
        assert correlation == 1 and len(body) > 50 * MIB


def test_connections_above_the_maximum_wait_until_one_ends(make_broker):
    broker = make_broker(max_connections=6).start()
    produce(broker, "t", [b"v"])
    with contextlib.ExitStack() as stack:
        # The broker's own connection to itself, as the controller's, is one of the six.
        connections = [stack.enter_context(Wire(broker.address)) for _ in range(5)]
        for connection in connections:
            assert is_answered(connection)
        late = stack.enter_context(Wire(broker.address, timeout_s=1))
        late.send(wire.request(wire.API_VERSIONS, 0, correlation=9))
        with pytest.raises(TimeoutError):
            late.response()
        late.socket.settimeout(20)
        connections[0].close()
        assert late.response()[0] == 9


def test_the_listener_between_brokers_is_not_bound_by_the_maximum(make_broker):
    inside = free_port()
    broker = make_broker(max_connections=4)
    broker.properties.update({
        "listeners": f"PLAINTEXT://{HOST}:{broker.port},INSIDE://{HOST}:{inside}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,INSIDE:PLAINTEXT", "inter.broker.listener.name": "INSIDE"})
    broker.start()
    with contextlib.ExitStack() as stack:
        outside = [stack.enter_context(Wire(broker.address)) for _ in range(3)]
        for connection in outside:
            assert is_answered(connection)
        within = [stack.enter_context(Wire(f"{HOST}:{inside}")) for _ in range(6)]
        for connection in within:
            assert is_answered(connection)
        assert outside[0].is_hung_up()  # the one that was quiet for longest made way
        for connection in within:
            assert is_answered(connection)


def test_one_address_may_hold_so_many_connections_and_named_ones_another_number(make_broker):
    broker = make_broker(max_connections_per_ip=4)
    broker.properties["listeners"] = f"PLAINTEXT://0.0.0.0:{broker.port}"
    broker.properties["advertised.listeners"] = f"PLAINTEXT://{HOST}:{broker.port}"
    broker.properties["max.connections.per.ip.overrides"] = "localhost:6"
    broker.start()

    def connect_from(address, stack):
        connection = socket.create_connection((HOST, broker.port), 20, (address, 0))
        stack.callback(connection.close)
        connection.sendall(wire.request(wire.API_VERSIONS, 0))
        with contextlib.suppress(ConnectionResetError):
            return connection.recv(1) != b""
        return False

    with contextlib.ExitStack() as stack:
        assert [connect_from("127.0.0.2", stack) for _ in range(6)] == [True] * 4 + [False] * 2
        assert [connect_from("127.0.0.3", stack) for _ in range(2)] == [True] * 2
        # The controller's own connection comes from 127.0.0.1, which is localhost.
        assert [connect_from("127.0.0.1", stack) for _ in range(8)] == [True] * 5 + [False] * 3


def test_idle_connections_are_ended_and_busy_ones_are_not(make_broker):
    broker = make_broker(connections_max_idle_ms=6000).start()
    produce(broker, "t", [b"v"])
    began = time.monotonic()
    with Wire(broker.address) as idle, Wire(broker.address) as busy, Wire(broker.address, timeout_s=60) as waiting:
        waiting.send(wire.fetch_request("t", offset=1, max_wait_ms=15000, correlation=3))
        idle.socket.setblocking(False)

        def is_ended():
            assert is_answered(busy)
            with contextlib.suppress(BlockingIOError, ConnectionResetError):
                return idle.socket.recv(1) == b""
            return False
        wait_until("the idle one is ended", is_ended, 60)
        assert time.monotonic() - began > 5.9
        assert is_answered(busy)
        assert waiting.response()[0] == 3


def test_each_listener_tells_of_its_own_addresses(make_broker):
    inside, outside = free_port(), free_port()
    broker = make_broker(port=inside)
    broker.properties.update({
        "listeners": f"INSIDE://{HOST}:{inside},OUTSIDE://{HOST}:{outside}",
        "advertised.listeners": f"INSIDE://{HOST}:{inside},OUTSIDE://outer.example:19094",
        "listener.security.protocol.map": "INSIDE:PLAINTEXT,OUTSIDE:PLAINTEXT",
        "inter.broker.listener.name": "INSIDE"})
    broker.start()

    def told(port):
        with Wire(f"{HOST}:{port}") as connection:
            _, body = connection.send(wire.request(wire.API_METADATA, 1, struct.pack(">i", 0))).response()
        count, node, length = struct.unpack_from(">iih", body)
        host = body[10:10 + length].decode()
        return count, node, host, struct.unpack_from(">i", body, 10 + length)[0]
    assert told(inside) == (1, 0, HOST, inside)
    assert told(outside) == (1, 0, "outer.example", 19094)
