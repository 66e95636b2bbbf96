"""ZooKeeper goes, comes back, forgets, or never was there; brokers die and return. Nobody has to lend a hand."""

import contextlib
import json
import os
import signal
import time

import pytest
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import TopicAlreadyExistsError
from kazoo.client import KazooClient

from cluster import HOST, ZooKeeper, free_port, wait_until
from messages import Connection
from reading import await_led
from test_everyday import consume, produce

# The one for brokers whose sessions are to end, the other for those that must outlive a stall.
SESSION_MS, LASTING_MS = 2000, 20000


@pytest.fixture
def own_zookeeper(tmp_path):
    """A ZooKeeper of this test's own, to be stopped and paused."""
    servers = []

    def start():
        port = servers[-1].port if servers else None
        servers.append(ZooKeeper(tmp_path / "zookeeper", port).wait_ready())
        return servers[-1]

    server = start()
    server.start_again = start
    yield server
    for one in servers:
        one.kill()


@contextlib.contextmanager
def looking_into(connect):
    client = KazooClient(connect)
    client.start()
    try:
        yield client
    finally:
        client.stop()
        client.close()


def epoch_of(zk, broker_id=0):
    """The broker epoch, or None while the broker is not registered."""
    stat = zk.exists(f"/brokers/ids/{broker_id}")
    return stat and stat.czxid


def controller_of(zk):
    return json.loads(zk.get("/controller")[0])["brokerid"]


def create_topic(broker, name):
    with contextlib.closing(KafkaAdminClient(bootstrap_servers=broker.address)) as admin:
        admin.create_topics([NewTopic(name, 1, 1)])


def is_serving(broker, topic):
    """Creates a topic, for which a controller must be at work and not only elected, and has a record acknowledged in it."""
    def is_created():
        with contextlib.suppress(TopicAlreadyExistsError):  # by a request whose answer was lost
            create_topic(broker, topic)
        return True
    wait_until("a controller creates the topic", is_created)
    return [r.offset for r in produce(broker, topic, [b"v"])] == [0]


def test_a_killed_broker_that_is_started_at_once_takes_its_place_again(make_broker, zk):
    broker = make_broker(zookeeper_session_timeout_ms=SESSION_MS).start()
    values = [b"%d" % i for i in range(10)]
    produce(broker, "t", values)
    before = epoch_of(zk)
    broker.kill()
    broker.start()
    assert epoch_of(zk) > before
    assert consume(broker, "t", 10) == values
    assert is_serving(broker, "after")


def test_an_expired_session_is_followed_by_another_with_a_new_broker_epoch(make_broker, zk, zookeeper):
    broker = make_broker().start()
    produce(broker, "t", [b"before"])
    stat = zk.exists("/brokers/ids/0")
    zookeeper.expire(stat.ephemeralOwner)
    wait_until("registered again", lambda: (epoch_of(zk) or 0) > stat.czxid)
    wait_until("elected again", lambda: controller_of(zk) == 0 and int(zk.get("/controller_epoch")[0]) > 1)
    assert [r.offset for r in produce(broker, "t", [b"after"])] == [1]
    assert is_serving(broker, "after")


def test_an_epoch_that_is_no_number_is_named_and_waited_for(make_broker, zk):
    broker = make_broker().start()
    produce(broker, "t", [b"before"])
    zk.set("/controller_epoch", b"junk\n")
    zk.delete("/controller")
    broker.process.wait_for_line(r"There can be no controller: /controller_epoch holds no epoch: junk\.")
    assert [r.offset for r in produce(broker, "t", [b"after"])] == [1]
    zk.set("/controller_epoch", b"7")
    wait_until("elected again", lambda: zk.get("/controller_epoch")[0] == b"8" and controller_of(zk) == 0)


def test_sessions_that_expire_one_after_another_leave_the_broker_registered(make_broker, zk, zookeeper):
    broker = make_broker().start()
    for _ in range(5):
        stat = wait_until("registered", lambda: zk.exists("/brokers/ids/0"))
        zookeeper.expire(stat.ephemeralOwner)
        wait_until("registered again", lambda: (epoch_of(zk) or 0) > stat.czxid)
    assert is_serving(broker, "after")


def test_another_broker_takes_the_office_of_one_that_dies_and_keeps_what_it_knew(make_broker, zk):
    first = make_broker(1).start()
    second = make_broker(2, zookeeper_session_timeout_ms=LASTING_MS).start()
    assert controller_of(zk) == 1
    zk.create("/brokers/topics/on2", b'{"version":2,"partitions":{"0":[2]},"adding_replicas":{},"removing_replicas":{}}')
    zk.create("/brokers/topics/on1", b'{"version":2,"partitions":{"0":[1]},"adding_replicas":{},"removing_replicas":{}}')
    assert [r.offset for r in produce(second, "on2", [b"v"])] == [0]
    assert [r.offset for r in produce(first, "on1", [b"v"])] == [0]
    first.kill()
    wait_until("the other is elected", lambda: controller_of(zk) == 2)
    assert zk.get("/controller_epoch")[0] == b"2"
    wait_until("the dead broker's partition has no leader", lambda: json.loads(
        zk.get("/brokers/topics/on1/partitions/0/state")[0]) == {
            "controller_epoch": 2, "leader": -1, "version": 1, "leader_epoch": 1, "isr": [1]})
    assert [r.offset for r in produce(second, "on2", [b"v"])] == [1]
    assert is_serving(second, "after")
    first.start()
    wait_until("the partition is led again", lambda: json.loads(
        zk.get("/brokers/topics/on1/partitions/0/state")[0])["leader"] == 1)
    await_led(first, "on1")
    assert [r.offset for r in produce(first, "on1", [b"v"])] == [1]


def test_a_broker_that_was_paused_past_its_session_gives_its_office_up_and_comes_back(make_broker, zk):
    paused = make_broker(1).start()
    other = make_broker(2, zookeeper_session_timeout_ms=LASTING_MS).start()
    before = epoch_of(zk, 1)
    os.killpg(paused.process.pid, signal.SIGSTOP)
    try:
        wait_until("the other is elected", lambda: controller_of(zk) == 2)
        wait_until("the paused one is gone", lambda: epoch_of(zk, 1) is None)
    finally:
        os.killpg(paused.process.pid, signal.SIGCONT)
    wait_until("it is registered again", lambda: (epoch_of(zk, 1) or 0) > before)
    assert controller_of(zk) == 2 and zk.get("/controller_epoch")[0] == b"2"
    assert is_serving(other, "after")


def test_a_broker_lives_through_a_restart_of_zookeeper_in_the_same_session(make_broker, own_zookeeper):
    broker = make_broker(zookeeper_connect=own_zookeeper.address, zookeeper_session_timeout_ms=LASTING_MS).start()
    produce(broker, "t", [b"before"])
    with looking_into(own_zookeeper.address) as zk:
        before = epoch_of(zk)
    own_zookeeper.kill()
    assert [r.offset for r in produce(broker, "t", [b"meanwhile"])] == [1]
    own_zookeeper.start_again()
    assert is_serving(broker, "after")
    with looking_into(own_zookeeper.address) as zk:
        assert epoch_of(zk) == before and zk.get("/controller_epoch")[0] == b"1"


def test_a_zookeeper_silent_for_longer_than_the_session_ends_the_office_until_it_is_back(make_broker, own_zookeeper):
    broker = make_broker(zookeeper_connect=own_zookeeper.address, zookeeper_session_timeout_ms=SESSION_MS).start()
    produce(broker, "t", [b"before"])
    with own_zookeeper.paused():
        broker.process.wait_for_line("must be taken for expired")
        broker.process.wait_for_line(r"\[Controller id=0\] resigned")
        assert [r.offset for r in produce(broker, "t", [b"meanwhile"])] == [1]
    broker.process.wait_for_line("registered again with broker epoch")
    with looking_into(own_zookeeper.address) as zk:
        wait_until("elected again", lambda: controller_of(zk) == 0)
    assert is_serving(broker, "after")


def test_a_zookeeper_that_was_gone_for_longer_than_the_session_is_joined_again(make_broker, own_zookeeper):
    broker = make_broker(zookeeper_connect=own_zookeeper.address, zookeeper_session_timeout_ms=SESSION_MS).start()
    own_zookeeper.kill()
    broker.process.wait_for_line("must be taken for expired")
    own_zookeeper.start_again()
    broker.process.wait_for_line("registered again with broker epoch")
    assert is_serving(broker, "after")


def test_a_start_without_zookeeper_gives_up_after_the_connection_timeout_and_says_so(make_broker):
    nowhere = f"{HOST}:{free_port()}"
    broker = make_broker(zookeeper_connect=nowhere, zookeeper_connection_timeout_ms=1500)
    began = time.monotonic()
    broker.launch()
    assert broker.process.wait() == 1
    assert 1.4 < time.monotonic() - began < 10
    assert f"Timed out waiting for connection while in state: CONNECTING ({nowhere})" in broker.log()
    assert "WARN ZooKeeper client: Socket" in broker.log() and "ZOO_ERROR" not in broker.log()


def test_a_zookeeper_that_comes_after_the_broker_is_waited_for(make_broker, tmp_path):
    port = free_port()
    broker = make_broker(zookeeper_connect=f"{HOST}:{port}/a/b", zookeeper_connection_timeout_ms=60000).launch()
    wait_until("the broker is trying", lambda: broker.process.log_path.stat().st_size > 0)
    server = ZooKeeper(tmp_path / "zookeeper", port).wait_ready()
    try:
        broker.process.wait_for_line(r"\[KafkaServer id=0\] started")
        assert is_serving(broker, "t")
        broker.kill()
    finally:
        server.kill()


def test_one_live_server_of_the_connection_string_is_enough(make_broker, zookeeper, zk, chroot):
    path = chroot.removeprefix(zookeeper.address)
    connect = f"{HOST}:{free_port()}, {zookeeper.address}{path}"
    assert is_serving(make_broker(zookeeper_connect=connect).start(), "t")
    assert zk.exists("/brokers/topics/t")


def test_clients_that_come_before_the_broker_is_in_the_cluster_wait_for_its_topics(make_broker, zk):
    broker = make_broker(zookeeper_session_timeout_ms=4000).start()
    assert is_serving(broker, "t")
    broker.kill()
    broker.launch()  # waits for its former session
    with contextlib.closing(wait_until("it listens", lambda: Connection(broker.port), interval_s=0.001)) as early:
        answer = early.ask("metadata", 5, topics=[{"name": "t"}], allow_auto_topic_creation=False)
    assert [(topic["name"], topic["error_code"]) for topic in answer["topics"]] == [("t", 0)]


def test_a_broker_id_that_is_taken_is_refused_with_the_owner(make_broker, zk):
    first = make_broker(zookeeper_session_timeout_ms=LASTING_MS).start()
    second = make_broker(zookeeper_session_timeout_ms=SESSION_MS).launch()
    assert second.process.wait() == 1
    log = second.log()
    owner = zk.exists("/brokers/ids/0").ephemeralOwner
    assert "/brokers/ids/0" in log and f"0x{owner:x}" in log and f"PLAINTEXT://{HOST}:{first.port}" in log
    assert "broker.id" in log
    assert not list(second.data.rglob("meta.properties"))  # with the id of the other broker, no other id would do
    assert is_serving(first, "t")
