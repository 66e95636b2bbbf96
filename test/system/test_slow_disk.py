"""One directory's disk takes its time: who has to do with it waits, everybody else is served, and ZooKeeper keeps the session."""

import contextlib
import select
import threading
import time

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

import group_story
import messages
from cluster import wait_until
from raw_wire import batch
from system_calls import need_strace, slow_calls

# Longer than the session that ZooKeeper keeps for the broker, and than the groups' members have.
STALL_MS, SESSION_MS = 8000, 6000
SETTINGS = {"zookeeper_session_timeout_ms": SESSION_MS, "num_network_threads": 2, "group_min_session_timeout_ms": 1000,
            "offsets_topic_num_partitions": 1}
WRITES = ("write", "pwrite64", "writev", "pwritev")


class Client(messages.Connection):
    """Asks for what has nothing to do with the slow disk."""

    def is_answered(self, timeout_s=0):
        return bool(select.select([self.socket], [], [], timeout_s)[0])

    def send_produce(self, topic, partition, value=b"v"):
        return self.send("produce", 7, acks=-1, timeout_ms=30000, topics=[{"name": topic, "partitions": [
            {"partition_index": partition, "records": batch([value])}]}])

    def produced(self):
        (topic,) = self.receive()["responses"]
        return topic["partitions"][0]["error_code"], topic["partitions"][0]["base_offset"]


class Member(Client):
    """The only member of a group."""

    def __init__(self, port, group, session_ms):
        super().__init__(port)
        self.group = {"group_id": group}
        joined = self.ask("join_group", 2, **self.group, session_timeout_ms=session_ms, rebalance_timeout_ms=session_ms, member_id="",
                          protocol_type="consumer", protocols=[{"name": "range", "metadata": b""}])
        assert joined["error_code"] == 0
        self.place = {**self.group, "generation_id": joined["generation_id"], "member_id": joined["member_id"]}
        assert self.ask("sync_group", 1, **self.place, assignments=[{"member_id": joined["member_id"], "assignment": b"a"}])["error_code"] == 0

    def beat(self):
        return self.ask("heartbeat", 1, **self.place)["error_code"]


class Disks:
    def __init__(self, broker, dirs):
        self.broker, self.dirs = broker, dirs

    def begin(self):
        self.broker.start()
        admin = AdminClient({"bootstrap.servers": self.broker.address})
        admin.create_topics([NewTopic("t", 2, 1)])["t"].result(10)
        with self.clients(1) as (client,):
            for partition in (0, 1):
                wait_until("it is led", lambda: client.send_produce("t", partition).produced()[0] == 0)
        self.slow = 0 if (self.dirs[1] / "t-0").exists() else 1
        self.quick = 1 - self.slow
        # Where groups are kept must not be slow, or each of them waits.
        with self.clients(1) as (client,):
            group_story.find_coordinator(client, "g")
        return self

    @property
    def slow_log(self):
        return self.dirs[1] / f"t-{self.slow}" / f"{0:020}.log"

    @contextlib.contextmanager
    def clients(self, count):
        with contextlib.ExitStack() as stack:
            yield [stack.enter_context(contextlib.closing(Client(self.broker.port))) for _ in range(count)]

    def stall(self):
        return slow_calls(self.broker, WRITES, [self.slow_log], STALL_MS, self.broker.directory / "slow-calls")


@pytest.fixture
def disks(make_broker, tmp_path):
    need_strace()
    dirs = [tmp_path / "one", tmp_path / "two"]
    return Disks(make_broker(log_dirs=",".join(map(str, dirs)), **SETTINGS), dirs).begin()


def test_zookeeper_keeps_the_session_while_a_write_takes_longer_than_it(disks, zk):
    node = zk.exists("/brokers/ids/0").czxid
    with disks.clients(1) as (writer,), disks.clients(4) as idle, disks.stall():
        began = time.monotonic()
        assert writer.send_produce("t", disks.slow).produced() == (0, 1)
        assert time.monotonic() - began > SESSION_MS / 1000
        assert zk.exists("/brokers/ids/0").czxid == node
        assert writer.send_produce("t", disks.quick).produced() == (0, 1)
        assert [client.ask("api_versions", 0)["error_code"] for client in idle] == [0] * 4, "who was idle is still connected"
    assert zk.exists("/brokers/ids/0").czxid == node


def answered_during_a_write(disks, ask, enough, clients=16, former_writes=0):
    """Whether enough of so many clients are answered before the write is that all of them came after. All are in the end."""
    with disks.clients(1) as (writer,), disks.clients(clients) as others:
        with disks.stall():
            for _ in range(former_writes):
                assert writer.send_produce("t", disks.slow).produced()[0] == 0
            writer.send_produce("t", disks.slow)
            assert not writer.is_answered(0.2), "the write takes its time"
            for other in others:
                ask(other)
            seen, answered = set(), set()
            while not writer.is_answered():  # only now it is known of those who were seen that they came before
                answered |= seen
                if len(answered) >= enough:
                    break  # the rest of the stall is nobody's concern
                waiting = {other.socket: other for other in others if other not in answered}
                ready = select.select([writer.socket, *waiting], [], [])[0]
                seen = {waiting[socket] for socket in ready if socket in waiting}
        assert writer.produced()[0] == 0
        for other in others:
            other.receive()
        return len(answered) >= enough


REQUESTS = {"metadata": lambda disks, client: client.send("metadata", 1, topics=[{"name": "t"}]),
            "produce to another disk": lambda disks, client: client.send_produce("t", disks.quick)}


@pytest.mark.parametrize("name", REQUESTS)
def test_clients_of_other_loops_are_answered_while_a_write_takes_its_time(disks, name):
    assert answered_during_a_write(disks, lambda client: REQUESTS[name](disks, client), 8)


@pytest.mark.parametrize("name", REQUESTS)
def test_after_a_write_that_took_its_time_all_are_answered_during_the_next(disks, name):
    assert answered_during_a_write(disks, lambda client: REQUESTS[name](disks, client), 16, former_writes=1)


def test_however_many_write_to_a_slow_disk_the_others_are_served(disks):
    with disks.clients(12) as writers, disks.clients(4) as others:
        with disks.stall():
            assert writers[0].send_produce("t", disks.slow).produced()[0] == 0
            for writer in writers:
                writer.send_produce("t", disks.slow)
            assert not writers[0].is_answered(0.2), "the first write takes its time"
            for other in others:
                assert other.send_produce("t", disks.quick).produced()[0] == 0
            assert sum(writer.is_answered() for writer in writers) <= 1, "they did not wait for them"
        for writer in writers:
            assert writer.produced()[0] == 0


def test_who_reads_behind_a_slow_write_holds_up_nobody_else(disks):
    with disks.clients(2) as (writer, reader), disks.clients(16) as others:
        with disks.stall():
            assert writer.send_produce("t", disks.slow).produced()[0] == 0
            writer.send_produce("t", disks.slow)
            assert not writer.is_answered(0.2), "the write takes its time"
            reader.send("fetch", 4, replica_id=-1, max_wait_ms=100, min_bytes=1, max_bytes=1000, isolation_level=0, topics=[
                {"topic": "t", "partitions": [{"partition": disks.slow, "fetch_offset": 0, "partition_max_bytes": 1000}]}])
            for other in others:
                assert other.ask("metadata", 1, topics=[])["brokers"]
            assert not writer.is_answered(), "they did not wait for it"
        assert writer.produced()[0] == 0
        assert reader.receive()["responses"][0]["partition_responses"][0]["error_code"] == 0


def lost_members(disks, count=8, session_ms=SESSION_MS):
    """How many members of groups that go on with their heartbeats lose their places while a write takes its time."""
    with contextlib.ExitStack() as stack:
        members = [stack.enter_context(contextlib.closing(Member(disks.broker.port, f"g{i}", session_ms))) for i in range(count)]
        stopping, errors = threading.Event(), [[] for _ in members]

        def live(member, found):
            while not stopping.wait(0.3):
                found.append(member.beat())
        threads = [threading.Thread(target=live, args=pair) for pair in zip(members, errors)]
        with disks.clients(1) as (writer,), disks.stall():
            for thread in threads:
                thread.start()
            assert writer.send_produce("t", disks.slow).produced()[0] == 0
        stopping.set()
        for thread in threads:
            thread.join()
        return sum(any(found) for found in errors)


def test_members_of_groups_keep_their_places_while_a_write_takes_its_time(disks):
    assert lost_members(disks) == 0
