"""Several log directories: where partitions go, how they move, and what happens when one of the directories fails."""

import contextlib
import random
import threading

import pytest
from confluent_kafka import KafkaError, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from cluster import tool, wait_until
from moving_logs import LOG_DIR_NOT_FOUND, NONE, UNKNOWN_TOPIC_OR_PARTITION, described, directories, homes, move
from reading import await_led, records_in

QUICK = {"log_flush_offset_checkpoint_interval_ms": 50, "replica_high_watermark_checkpoint_interval_ms": 50,
         "log_retention_check_interval_ms": 50}


@pytest.fixture
def two_dirs(make_broker, tmp_path):
    dirs = [tmp_path / "one", tmp_path / "two"]
    broker = make_broker(log_dirs=",".join(map(str, dirs)), **QUICK).start()
    return broker, dirs


def create(broker, topic, partitions):
    admin = AdminClient({"bootstrap.servers": broker.address})
    admin.create_topics([NewTopic(topic, partitions, 1)])[topic].result(10)


def send(broker, topic, partition, value=b"v"):
    """The error's code, if the record is refused."""
    errors = []
    producer = Producer({"bootstrap.servers": broker.address, "retries": 0, "acks": "all", "message.timeout.ms": 5000})
    producer.produce(topic, value, partition=partition, callback=lambda error, _: errors.append(error and error.code()))
    assert producer.flush(30) == 0
    return errors[0]


def create_over_both(broker, dirs):
    """A topic with a partition in each of the two directories: the number of the one in the second, and where its state is."""
    create(broker, "t", 2)
    for partition in (0, 1):
        assert send(broker, "t", partition) is None
    number = 0 if (dirs[1] / "t-0").exists() else 1
    return number, f"/brokers/topics/t/partitions/{number}/state"


def test_partitions_go_to_the_directory_with_the_fewest(two_dirs):
    broker, (one, two) = two_dirs
    for number in range(4):
        create(broker, f"t{number}", 1)
        wait_until("the log is there", lambda: len(directories(one) + directories(two)) == number + 1)
    assert (directories(one), directories(two)) == (["t0-0", "t2-0"], ["t1-0", "t3-0"])


def test_a_failed_directory_takes_only_its_partitions_along(two_dirs, zk):
    broker, (one, two) = two_dirs
    lost, state = create_over_both(broker, (one, two))
    two.rename(two.with_name("gone"))
    wait_until("nobody leads the lost one", lambda: b'"leader":-1' in zk.get(state)[0])
    assert b'"leader":0' in zk.get(f"/brokers/topics/t/partitions/{1 - lost}/state")[0]
    wait_until("the notification is dealt with", lambda: zk.get_children("/log_dir_event_notification") == [])

    admin = AdminClient({"bootstrap.servers": broker.address})

    def told_of_the_lost():
        error = admin.list_topics("t", timeout=10).topics["t"].partitions[lost].error
        return error and error.code()
    wait_until("clients are told so", lambda: told_of_the_lost() == KafkaError.LEADER_NOT_AVAILABLE)
    assert send(broker, "t", 1 - lost) is None
    assert send(broker, "t", lost) in (KafkaError.LEADER_NOT_AVAILABLE, KafkaError._MSG_TIMED_OUT)
    described = tool("kafka-log-dirs", "--bootstrap-server", broker.address, "--describe").stdout
    assert f'"logDir":"{two}","error":"org.apache.kafka.common.errors.KafkaStorageException"' in described.replace(" ", "")
    # What is new to the cluster does not need what was lost.
    create(broker, "new", 2)
    assert [send(broker, "new", partition) for partition in (0, 1)] == [None, None]
    assert {"new-0", "new-1"} <= set(directories(one))

    assert broker.stop() == 0
    assert (one / ".kafka_cleanshutdown").exists() and not two.exists()
    two.with_name("gone").rename(two)
    assert not (two / ".kafka_cleanshutdown").exists(), "it must be looked through"
    broker.start()
    wait_until("it leads again", lambda: b'"leader":0' in zk.get(state)[0])
    assert [len(records_in(broker, "t", partition)) for partition in (lost, 1 - lost)] == [1, 2]


def test_a_directory_that_can_not_be_used_at_the_start_takes_only_its_partitions_along(two_dirs, zk):
    broker, (one, two) = two_dirs
    lost, state = create_over_both(broker, (one, two))
    assert broker.stop() == 0
    two.rename(two.with_name("away"))
    two.write_bytes(b"not a directory")
    broker.start()
    wait_until("nobody leads the lost one", lambda: b'"leader":-1' in zk.get(state)[0])
    await_led(broker, "t", 1 - lost)
    assert send(broker, "t", 1 - lost) is None
    assert broker.stop() == 0
    two.unlink()
    two.with_name("away").rename(two)
    broker.start()
    wait_until("it leads again", lambda: b'"leader":0' in zk.get(state)[0])
    assert [len(records_in(broker, "t", partition)) for partition in (lost, 1 - lost)] == [1, 2]


def test_a_directory_without_a_readable_meta_properties_is_not_used(two_dirs, zk):
    broker, (one, two) = two_dirs
    lost, state = create_over_both(broker, (one, two))
    assert broker.stop() == 0
    (two / "meta.properties").unlink()
    (two / "meta.properties").mkdir()
    broker.start()
    await_led(broker, "t", 1 - lost)
    assert send(broker, "t", 1 - lost) is None
    wait_until("nobody leads the lost one", lambda: b'"leader":-1' in zk.get(state)[0])
    assert f"Stopping serving logs in dir {two}" in broker.log()


def test_without_any_directory_left_the_process_ends(two_dirs):
    broker, (one, two) = two_dirs
    for folder in (one, two):
        folder.rename(folder.with_name(folder.name + "-gone"))
    assert broker.process.wait() == 1
    assert "Shutdown broker because all log dirs have failed" in broker.log()


# Moving between them (KIP-113)

def throttle(broker, bytes_per_second):
    """Sets the rate at which this broker moves partitions; None for no limit."""
    key = "replica.alter.log.dirs.io.max.bytes.per.second"
    change = ("--delete-config", key) if bytes_per_second is None else ("--add-config", f"{key}={bytes_per_second}")
    with broker.settings_change("brokers/0"):
        tool("kafka-configs", "--bootstrap-server", broker.address, "--entity-type", "brokers", "--entity-name", 0,
             "--alter", *change)


def test_what_is_acknowledged_while_a_partition_moves_is_there_once(two_dirs):
    broker, (one, two) = two_dirs
    create(broker, "t", 1)
    acknowledged, stopping = [], threading.Event()

    def write():
        producer = Producer({"bootstrap.servers": broker.address, "enable.idempotence": True, "linger.ms": 1})
        number = 0
        while not stopping.is_set():
            if len(producer) < 200:
                producer.produce("t", b"%d" % number, callback=lambda error, m: error or acknowledged.append(int(m.value())))
                number += 1
            producer.poll(0.0005)
        assert producer.flush(30) == 0
    writer = threading.Thread(target=write)
    writer.start()
    try:
        for destination in (two, one) * 3:
            before = len(acknowledged)
            assert move(broker, {("t", 0): destination}) == {("t", 0): NONE}
            wait_until("it has moved", lambda: homes(broker, "t") == ({0: str(destination)}, {}))
            wait_until("writing goes on", lambda: len(acknowledged) > before)
    finally:
        stopping.set()
        writer.join()
    assert [int(record.value) for record in records_in(broker, "t")] == sorted(acknowledged)


def test_a_move_goes_on_after_a_kill(two_dirs):
    broker, (one, two) = two_dirs
    broker.properties["zookeeper.session.timeout.ms"] = 2000
    broker.properties["replica.fetch.max.bytes"] = 10000
    broker.stop()
    broker.start()
    create(broker, "t", 1)
    for _ in range(30):
        assert send(broker, "t", 0, b"x" * 5000) is None
    throttle(broker, 1000)
    assert move(broker, {("t", 0): two}) == {("t", 0): NONE}

    def is_begun():
        size, lag = described(broker, "t")[str(two)].get((0, True), (0, 0))
        return size > 0 and lag > 0
    wait_until("some is copied", is_begun)
    assert directories(one) == ["t-0"] and directories(two) == ["t-0.ID-future"]
    broker.kill()
    broker.start()
    assert directories(one) == ["t-0"] and directories(two) == ["t-0.ID-future"]
    await_led(broker, "t")
    assert send(broker, "t", 0) is None
    throttle(broker, None)
    wait_until("it has moved", lambda: homes(broker, "t") == ({0: str(two)}, {}))
    assert [len(record.value) for record in records_in(broker, "t")] == [5000] * 30 + [1]
    assert broker.stop() == 0
    broker.start()
    assert len(records_in(broker, "t")) == 31


def test_kills_while_partitions_move_to_and_fro_need_nobody(two_dirs):
    broker, dirs = two_dirs
    broker.properties["zookeeper.session.timeout.ms"] = 2000
    broker.stop()
    broker.start()
    partitions = 12
    create(broker, "t", partitions)
    producer = Producer({"bootstrap.servers": broker.address, "acks": "all"})
    for partition in range(partitions):
        for value in (b"a", b"b"):
            producer.produce("t", value, partition=partition)
    assert producer.flush(30) == 0
    rng = random.Random(11)
    for kill in range(4):
        stopping, rounds = threading.Event(), []

        def move_all():
            with contextlib.suppress(OSError, EOFError):
                while not stopping.is_set():
                    there = dirs[len(rounds) % 2]
                    move(broker, {("t", partition): there for partition in range(partitions)})
                    rounds.append(there)
                    wait_until("most have moved", lambda: stopping.is_set() or list(homes(broker, "t")[0].values())
                               .count(str(there)) > partitions // 2, interval_s=0.001)
        mover = threading.Thread(target=move_all)
        mover.start()
        try:
            wait_until("they move", lambda: len(rounds) > 2 + rng.randrange(4), interval_s=0.0005)
            broker.kill()
        finally:
            stopping.set()
            mover.join()
        broker.start()
        assert len(homes(broker, "t")[0]) == partitions
    for partition in range(partitions):
        assert [record.value for record in records_in(broker, "t", partition)] == [b"a", b"b"]


def test_a_move_is_given_up_by_naming_the_directory_that_it_is_in(two_dirs):
    broker, (one, two) = two_dirs
    create(broker, "t", 1)
    assert send(broker, "t", 0, b"x" * 100000) is None
    throttle(broker, 0)
    assert move(broker, {("t", 0): two}) == {("t", 0): NONE}
    assert move(broker, {("t", 0): one}) == {("t", 0): NONE}
    assert homes(broker, "t") == ({0: str(one)}, {})
    assert directories(two) == ["t-0.ID-delete"]


def test_a_topic_that_goes_takes_its_moving_partitions_along(two_dirs):
    broker, (one, two) = two_dirs
    create(broker, "t", 1)
    assert send(broker, "t", 0, b"x" * 100000) is None
    throttle(broker, 0)
    assert move(broker, {("t", 0): two}) == {("t", 0): NONE}
    admin = AdminClient({"bootstrap.servers": broker.address})
    admin.delete_topics(["t"])["t"].result(10)
    wait_until("both are on their way out", lambda: directories(one) == directories(two) == ["t-0.ID-delete"])


def test_a_directory_that_is_not_there_and_a_partition_that_is_not_here(two_dirs, tmp_path):
    broker, (one, two) = two_dirs
    create(broker, "t", 1)
    wait_until("the log is there", (one / "t-0").exists)
    assert move(broker, {("t", 0): tmp_path / "three"}) == {("t", 0): LOG_DIR_NOT_FOUND}
    assert move(broker, {("later", 0): two}) == {("later", 0): UNKNOWN_TOPIC_OR_PARTITION}
    create(broker, "sooner", 2)
    create(broker, "later", 1)
    wait_until("all logs are there", lambda: len(directories(one) + directories(two)) == 4)
    assert (two / "later-0").exists(), "where it was wanted"
