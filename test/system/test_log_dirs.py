"""Several log directories: where new partitions go, and what happens when one of the directories fails."""

import pytest
from confluent_kafka import KafkaError, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from cluster import tool, wait_until
from reading import records_in

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


def partitions_in(folder):
    return {path.name for path in folder.iterdir() if path.is_dir()}


def test_partitions_go_to_the_directory_with_the_fewest(two_dirs):
    broker, (one, two) = two_dirs
    for number in range(4):
        create(broker, f"t{number}", 1)
        wait_until("the log is there", lambda: len(partitions_in(one) | partitions_in(two)) == number + 1)
    assert (partitions_in(one), partitions_in(two)) == ({"t0-0", "t2-0"}, {"t1-0", "t3-0"})


def test_a_failed_directory_takes_only_its_partitions_along(two_dirs, zk):
    broker, (one, two) = two_dirs
    create(broker, "t", 2)
    for partition in (0, 1):
        assert send(broker, "t", partition) is None
    lost = 0 if (two / "t-0").exists() else 1
    two.rename(two.with_name("gone"))
    state = f"/brokers/topics/t/partitions/{lost}/state"
    wait_until("nobody leads the lost one", lambda: b'"leader":-1' in zk.get(state)[0])
    assert b'"leader":0' in zk.get(f"/brokers/topics/t/partitions/{1 - lost}/state")[0]
    wait_until("the notification is dealt with", lambda: zk.get_children("/log_dir_event_notification") == [])

    assert send(broker, "t", 1 - lost) is None
    assert send(broker, "t", lost) in (KafkaError.LEADER_NOT_AVAILABLE, KafkaError._MSG_TIMED_OUT)
    admin = AdminClient({"bootstrap.servers": broker.address})
    assert admin.list_topics("t", timeout=10).topics["t"].partitions[lost].error.code() == KafkaError.LEADER_NOT_AVAILABLE
    described = tool("kafka-log-dirs", "--bootstrap-server", broker.address, "--describe").stdout
    assert f'"logDir":"{two}","error":"org.apache.kafka.common.errors.KafkaStorageException"' in described.replace(" ", "")
    # What is new to the cluster does not need what was lost.
    create(broker, "new", 2)
    assert [send(broker, "new", partition) for partition in (0, 1)] == [None, None]
    assert {"new-0", "new-1"} <= partitions_in(one)

    assert broker.stop() == 0
    assert (one / ".kafka_cleanshutdown").exists() and not two.exists()
    two.with_name("gone").rename(two)
    assert not (two / ".kafka_cleanshutdown").exists(), "it must be looked through"
    broker.start()
    wait_until("it leads again", lambda: b'"leader":0' in zk.get(state)[0])
    assert [len(records_in(broker, "t", partition)) for partition in (lost, 1 - lost)] == [1, 2]


def test_a_directory_that_can_not_be_used_at_the_start_takes_only_its_partitions_along(two_dirs, zk):
    broker, (one, two) = two_dirs
    create(broker, "t", 2)
    for partition in (0, 1):
        assert send(broker, "t", partition) is None
    lost = 0 if (two / "t-0").exists() else 1
    assert broker.stop() == 0
    two.rename(two.with_name("away"))
    two.write_bytes(b"not a directory")
    broker.start()
    state = f"/brokers/topics/t/partitions/{lost}/state"
    wait_until("nobody leads the lost one", lambda: b'"leader":-1' in zk.get(state)[0])
    assert send(broker, "t", 1 - lost) is None
    assert broker.stop() == 0
    two.unlink()
    two.with_name("away").rename(two)
    broker.start()
    wait_until("it leads again", lambda: b'"leader":0' in zk.get(state)[0])
    assert [len(records_in(broker, "t", partition)) for partition in (lost, 1 - lost)] == [1, 2]


def test_a_directory_without_a_readable_meta_properties_is_not_used(two_dirs, zk):
    broker, (one, two) = two_dirs
    create(broker, "t", 2)
    assert broker.stop() == 0
    lost = 0 if (two / "t-0").exists() else 1
    (two / "meta.properties").unlink()
    (two / "meta.properties").mkdir()
    broker.start()
    assert send(broker, "t", 1 - lost) is None
    state = f"/brokers/topics/t/partitions/{lost}/state"
    wait_until("nobody leads the lost one", lambda: b'"leader":-1' in zk.get(state)[0])
    assert f"Stopping serving logs in dir {two}" in broker.log()


def test_without_any_directory_left_the_process_ends(two_dirs):
    broker, (one, two) = two_dirs
    for folder in (one, two):
        folder.rename(folder.with_name(folder.name + "-gone"))
    assert broker.process.wait() == 1
    assert "Shutdown broker because all log dirs have failed" in broker.log()
