"""Consumer groups as clients that others wrote live them."""

import json
import pathlib
import sys
import threading
import time

import pytest
from confluent_kafka import Consumer as ConfluentConsumer
from confluent_kafka import TopicPartition as ConfluentTopicPartition
from kafka import KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor

import group_story
import messages
from cluster import Process, tool, wait_until

HERE = pathlib.Path(__file__).resolve().parent


@pytest.fixture
def broker(make_broker):
    return make_broker(group_min_session_timeout_ms=1000).start()


@pytest.fixture
def members(tmp_path):
    """Starts consumers in processes of their own; ends them after the test."""
    started = []

    class Member(Process):
        def __init__(self, broker, group, topic, **options):
            settings = [f"{key.replace('_', '.')}={value}" for key, value in options.items()]
            super().__init__([sys.executable, HERE / "group_member.py", broker.address, group, topic, *settings],
                             tmp_path, f"member-{len(started)}")
            started.append(self)

        def said(self):
            return [json.loads(line) for line in self.log().splitlines() if line.startswith("{")]

        def partitions(self):
            """What it has now, with eager and with cooperative assignors."""
            held = set()
            for line in self.said():
                held |= set(line.get("assigned", ()))
                held -= set(line.get("revoked", ()))
            return held

        def values(self):
            """What it has read; some of it twice, where it has lost its place in a stall."""
            return {line["value"] for line in self.said() if "value" in line}

    yield Member
    for member in started:
        member.kill()


def create_topic(broker, name, partitions):
    tool("kafka-topics", "--bootstrap-server", broker.address, "--create", "--topic", name, "--partitions", partitions,
         "--replication-factor", 1)


def numbered(prefix, count):
    return {f"{prefix}{i}" for i in range(count)}


def produce(broker, topic, values, partition=None):
    producer = KafkaProducer(bootstrap_servers=broker.address)
    for value in values:
        producer.send(topic, value.encode(), partition=partition)
    producer.flush()
    producer.close()


def commit(broker, group, topic, offset, partition=0):
    """Of a consumer that is no member of anything."""
    consumer = KafkaConsumer(bootstrap_servers=broker.address, group_id=group, enable_auto_commit=False)
    tp = TopicPartition(topic, partition)
    consumer.assign([tp])
    consumer.commit({tp: OffsetAndMetadata(offset, "")})
    consumer.close()


def committed(broker, group, topic, partition=0):
    consumer = KafkaConsumer(bootstrap_servers=broker.address, group_id=group)
    try:
        return consumer.committed(TopicPartition(topic, partition))
    finally:
        consumer.close()


def groups_tool(broker, *arguments, check=True):
    done = tool("kafka-consumer-groups", "--bootstrap-server", broker.address, *arguments, check=check)
    return done.stdout + done.stderr


def test_every_answer_is_kafkas_byte_for_byte(broker):
    create_topic(broker, "t", 2)
    told = (HERE.parent / "data" / "group" / "story-2.7.0.txt").read_text().splitlines()
    assert group_story.tell(broker.port) == told


@pytest.mark.parametrize("assignor", ["range", "roundrobin", "cooperative-sticky"])
def test_members_share_the_partitions_and_take_over_from_one_that_is_killed(broker, members, assignor):
    create_topic(broker, "shared", 6)
    group = [members(broker, "team", "shared", partition_assignment_strategy=assignor) for _ in range(3)]

    def is_shared_by(*alive):
        held = [member.partitions() for member in alive]
        return all(held) and sum(map(len, held)) == 6 and set.union(*held) == set(range(6))

    wait_until("three members have all six partitions", lambda: is_shared_by(*group))
    before, after = numbered("before-", 60), numbered("after-", 60)
    produce(broker, "shared", before)
    wait_until("all is read", lambda: set.union(*(m.values() for m in group)) == before)
    group[0].kill()
    rest = group[1:]
    wait_until("the other two have all partitions", lambda: is_shared_by(*rest), 60)
    produce(broker, "shared", after)
    wait_until("all is read by the other two", lambda: set.union(*(m.values() for m in rest)) - before == after)


class PolledConsumer(threading.Thread):
    """A consumer of kafka-python on a thread of its own: its poll() waits for the others to join."""

    def __init__(self, broker, **options):
        super().__init__(daemon=True)
        self.consumer = KafkaConsumer("shared", group_id="python", bootstrap_servers=broker.address,
                                      session_timeout_ms=6000, heartbeat_interval_ms=300, **options)
        self.assignment = set()
        self.stopping = threading.Event()
        self.start()

    def run(self):
        while not self.stopping.is_set():
            self.consumer.poll(50)
            self.assignment = self.consumer.assignment()
        self.consumer.close()

    def stop(self):
        self.stopping.set()
        self.join(60)
        assert not self.is_alive(), "the consumer does not close"


@pytest.mark.parametrize("assignor", [RangePartitionAssignor, RoundRobinPartitionAssignor])
def test_kafka_python_members_share_and_hand_over_by_leaving(broker, assignor):
    create_topic(broker, "shared", 4)
    one, two = (PolledConsumer(broker, partition_assignment_strategy=[assignor]) for _ in range(2))
    try:
        wait_until("each has two partitions", lambda: [len(c.assignment) for c in (one, two)] == [2, 2], 60)
        two.stop()
        wait_until("the one left has four", lambda: len(one.assignment) == 4, 60)
    finally:
        one.stop()
        two.stop()


def test_automatic_commits_survive_a_stop_and_a_kill_of_the_broker(broker, members):
    create_topic(broker, "kept", 1)
    produce(broker, "kept", numbered("", 30))
    first = members(broker, "auto", "kept")
    wait_until("all is read", lambda: first.values() == numbered("", 30))
    wait_until("all is committed", lambda: committed(broker, "auto", "kept") == 30)
    first.kill()
    assert broker.stop() == 0
    broker.start()
    assert committed(broker, "auto", "kept") == 30
    broker.kill()
    broker.start()
    assert committed(broker, "auto", "kept") == 30
    produce(broker, "kept", ["next"])
    second = members(broker, "auto", "kept")
    wait_until("the next is read", lambda: second.values() == {"next"})


def test_members_go_on_without_a_rebalance_when_the_broker_comes_back(broker, members):
    create_topic(broker, "lasting", 2)
    group = [members(broker, "lasting", "lasting", session_timeout_ms=60000, max_poll_interval_ms=60000,
                     reconnect_backoff_max_ms=500) for _ in range(2)]
    wait_until("each has one", lambda: [len(m.partitions()) for m in group] == [1, 1])
    before = [m.partitions() for m in group]
    revocations = sum("revoked" in line for m in group for line in m.said())
    broker.kill()
    broker.start()
    written = [numbered("a", 10), numbered("b", 10)]
    for partition, values in enumerate(written):
        produce(broker, "lasting", values, partition)
    wait_until("all is read", lambda: [m.values() for m in group] in (written, written[::-1]))
    assert [m.partitions() for m in group] == before
    assert sum("revoked" in line for m in group for line in m.said()) == revocations


def test_commits_with_and_without_waiting(broker):
    create_topic(broker, "c", 1)
    produce(broker, "c", [str(i) for i in range(10)])
    consumer = ConfluentConsumer({"bootstrap.servers": broker.address, "group.id": "manual",
                                  "auto.offset.reset": "earliest", "enable.auto.commit": False})
    consumer.subscribe(["c"])
    for _ in range(5):
        last = wait_until("a record", lambda: consumer.poll(1))
    consumer.commit(last, asynchronous=False)
    part = ConfluentTopicPartition("c", 0)
    assert consumer.committed([part], timeout=10)[0].offset == 5
    last = wait_until("a record", lambda: consumer.poll(1))
    consumer.commit(last, asynchronous=True)
    wait_until("the commit is there", lambda: consumer.committed([part], timeout=10)[0].offset == 6)
    consumer.close()


def test_a_static_member_comes_back_without_a_rebalance(broker, members):
    create_topic(broker, "s", 4)
    # More than the test may take: the group must not miss the member that is away.
    settings = {"session_timeout_ms": 20000}
    stays = members(broker, "static", "s", group_instance_id="one", **settings)
    goes = members(broker, "static", "s", group_instance_id="two", **settings)
    wait_until("each has two", lambda: [len(m.partitions()) for m in (stays, goes)] == [2, 2])
    had = goes.partitions()
    rebalances = len(stays.said())
    goes.kill()
    back = members(broker, "static", "s", group_instance_id="two", **settings)
    wait_until("it has what it had", lambda: back.partitions() == had)
    assert len(stays.said()) == rebalances


def test_groups_are_listed_described_and_deleted(broker, members):
    create_topic(broker, "d", 2)
    member = members(broker, "described", "d", client_id="tester")
    wait_until("it has both", lambda: len(member.partitions()) == 2)
    admin = KafkaAdminClient(bootstrap_servers=broker.address)
    assert ("described", "consumer") in admin.list_consumer_groups()
    described = admin.describe_consumer_groups(["described"])[0]
    assert (described.state, described.protocol_type, described.protocol) == ("Stable", "consumer", "range")
    assert [(m.client_id, m.client_host) for m in described.members] == [("tester", "/127.0.0.1")]
    assert "is not empty" in groups_tool(broker, "--delete", "--group", "described", check=False)
    member.kill()
    wait_until("it is empty", lambda: admin.describe_consumer_groups(["described"])[0].state == "Empty")
    assert "successful" in groups_tool(broker, "--delete", "--group", "described")
    assert ("described", "consumer") not in admin.list_consumer_groups()
    assert admin.describe_consumer_groups(["described"])[0].state == "Dead"
    admin.close()
    broker.stop()
    broker.start()
    assert "described" not in groups_tool(broker, "--list").split()


def test_the_groups_tool_tells_and_moves_offsets(broker):
    create_topic(broker, "o", 2)
    produce(broker, "o", [str(i) for i in range(10)], partition=0)
    commit(broker, "tooled", "o", 4)
    assert "tooled" in groups_tool(broker, "--list").split()

    def row():
        lines = [line.split() for line in groups_tool(broker, "--describe", "--group", "tooled").splitlines()]
        return next(line[2:6] for line in lines if line[:3] == ["tooled", "o", "0"])

    assert row() == ["0", "4", "10", "6"]
    groups_tool(broker, "--reset-offsets", "--group", "tooled", "--topic", "o", "--to-earliest", "--execute")
    assert row() == ["0", "0", "10", "10"]
    groups_tool(broker, "--reset-offsets", "--group", "tooled", "--topic", "o:0", "--to-offset", "7", "--execute")
    assert committed(broker, "tooled", "o") == 7
    assert "Empty" in groups_tool(broker, "--describe", "--group", "tooled", "--state")
    groups_tool(broker, "--delete-offsets", "--group", "tooled", "--topic", "o")
    assert committed(broker, "tooled", "o") is None


def test_offsets_expire_and_an_idle_group_goes(make_broker):
    broker = make_broker(offsets_retention_check_interval_ms=100).start()
    create_topic(broker, "e", 1)
    connection = messages.Connection(broker.port)
    group_story.find_coordinator(connection, "brief")
    kept = {"topics": [{"name": "e", "partitions": [{"partition_index": 0, "committed_offset": 1}]}]}
    for version, group, retention in ((2, "brief", {"retention_time_ms": 300}), (7, "lasting", {})):
        answer = connection.ask("offset_commit", version, group_id=group, generation_id=-1, **retention, **kept)
        assert answer["topics"][0]["partitions"][0]["error_code"] == 0

    def listed():
        return sorted(g["group_id"] for g in connection.ask("list_groups", 0)["groups"])

    wait_until("the group is gone", lambda: listed() == ["lasting"])
    broker.stop()
    broker.start()
    connection = messages.Connection(broker.port)
    group_story.find_coordinator(connection, "brief")
    assert listed() == ["lasting"]
    connection.close()


def test_a_deleted_topics_offsets_go_with_it(broker):
    create_topic(broker, "gone", 1)
    create_topic(broker, "stays", 1)
    commit(broker, "g", "gone", 1)
    commit(broker, "g", "stays", 2)
    tool("kafka-topics", "--bootstrap-server", broker.address, "--delete", "--topic", "gone")
    wait_until("its offset is gone", lambda: committed(broker, "g", "gone") is None)
    assert committed(broker, "g", "stays") == 2


def test_a_member_whose_connection_dies_while_it_joins_stays_until_its_session_ends(broker):
    create_topic(broker, "t", 1)
    one, two, watch = (messages.Connection(broker.port) for _ in range(3))
    group_story.find_coordinator(watch, "half")

    def members():
        return len(watch.ask("describe_groups", 0, groups=["half"])["groups"][0]["members"])

    first = one.ask("join_group", 3, **group_story.join("half"))["member_id"]
    one.ask("sync_group", 2, group_id="half", generation_id=1, member_id=first, assignments=[])
    two.send("join_group", 3, **group_story.join("half"))
    wait_until("it waits", lambda: members() == 2)
    two.close()
    again = one.ask("join_group", 3, **group_story.join("half", first))
    assert len(again["members"]) == 2
    for connection in (one, watch):
        connection.close()


def test_old_consumers_offsets_are_in_zookeeper(broker, chroot):
    from kazoo.client import KazooClient
    create_topic(broker, "old", 1)
    connection = messages.Connection(broker.port)
    topics = [{"name": "old", "partitions": [{"partition_index": 0, "committed_offset": 42}]}]
    answer = connection.ask("offset_commit", 0, group_id="ancient", topics=topics)
    assert answer["topics"][0]["partitions"][0]["error_code"] == 0
    zk = KazooClient(chroot)
    zk.start()
    assert zk.get("/consumers/ancient/offsets/old/0")[0] == b"42"
    zk.set("/consumers/ancient/offsets/old/0", b"43")
    fetched = connection.ask("offset_fetch", 0, group_id="ancient", topics=[{"name": "old", "partition_indexes": [0]}])
    assert fetched["topics"][0]["partitions"][0]["committed_offset"] == 43
    zk.stop()
    zk.close()
    connection.close()


def test_a_thousand_members_agree(broker):
    create_topic(broker, "t", 1)
    count = 1000
    watch = messages.Connection(broker.port)
    group_story.find_coordinator(watch, "crowd")
    crowd = [messages.Connection(broker.port) for _ in range(count)]
    begun = time.monotonic()
    leader = crowd[0].ask("join_group", 3, **group_story.join("crowd", session_timeout_ms=60000,
                                                              rebalance_timeout_ms=60000))["member_id"]
    for member in crowd[1:]:
        member.send("join_group", 3, **group_story.join("crowd", session_timeout_ms=60000, rebalance_timeout_ms=60000))

    def all_wait():
        return len(watch.ask("describe_groups", 0, groups=["crowd"])["groups"][0]["members"]) == count

    wait_until("all have come", all_wait)
    crowd[0].send("join_group", 3, **group_story.join("crowd", leader, session_timeout_ms=60000,
                                                      rebalance_timeout_ms=60000))
    answers = [member.receive() for member in crowd]
    assert {answer["generation_id"] for answer in answers} == {2}
    assert len(answers[0]["members"]) == count
    for member, answer in zip(crowd, answers):
        member.send("sync_group", 2, group_id="crowd", generation_id=2, member_id=answer["member_id"],
                    assignments=[{"member_id": a["member_id"], "assignment": a["member_id"].encode()}
                                 for a in answers] if answer["member_id"] == leader else [])
    for member, answer in zip(crowd, answers):
        assert member.receive()["assignment"] == answer["member_id"].encode()
    print(f"{count} members agreed within {time.monotonic() - begun:.2f} s")
    for member in crowd:
        member.close()
    watch.close()
