"""The everyday story of one broker, told by clients that others wrote."""

import json
import signal
import socket
import struct
import subprocess

import pytest
from confluent_kafka import Producer as ConfluentProducer
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import (InvalidReplicationFactorError, InvalidTopicError, MessageSizeTooLargeError, TopicAlreadyExistsError,
                          UnknownTopicOrPartitionError)

from cluster import HOST, tool, wait_until
from reading import await_led


def produce(broker, topic, values, **options):
    producer = KafkaProducer(bootstrap_servers=broker.address, **options)
    futures = [producer.send(topic, value) for value in values]
    producer.flush()
    results = [future.get(10) for future in futures]
    producer.close()
    return results


def consume(broker, topic, count, partition=0):
    consumer = KafkaConsumer(bootstrap_servers=broker.address, consumer_timeout_ms=10000)
    consumer.assign([TopicPartition(topic, partition)])
    consumer.seek_to_beginning()
    values = []
    for record in consumer:
        values.append(record.value)
        if len(values) == count:
            break
    consumer.close()
    return values


def test_a_named_topic_comes_into_being_and_gives_back_what_was_produced(broker):
    values = [b"value-%d" % i for i in range(100)]
    results = produce(broker, "mykafka", values)
    assert [r.offset for r in results] == list(range(100))
    assert consume(broker, "mykafka", 100) == values


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_each_signal_that_stops_kafka_stops_it_cleanly(broker, stop):
    broker.process.child.send_signal(stop)
    assert broker.process.wait() == 0
    assert f"Terminating process due to signal {stop.name}" in broker.log()
    assert (broker.data / ".kafka_cleanshutdown").exists()


def test_a_signal_ends_a_broker_that_still_waits_for_zookeeper(make_broker):
    with socket.create_server((HOST, 0)) as silent:
        silent.settimeout(60)
        broker = make_broker(zookeeper_connect=f"{HOST}:{silent.getsockname()[1]}",
                             zookeeper_connection_timeout_ms=60000).launch()
        connection, _ = silent.accept()
        assert broker.process.stop(timeout_s=20) == 1
        connection.close()
    assert "still starting up" in broker.log()


def test_records_survive_a_clean_stop_and_a_kill(broker):
    values = [b"%d" % i for i in range(50)]
    produce(broker, "durable", values)
    assert broker.stop() == 0
    assert (broker.data / ".kafka_cleanshutdown").exists()
    broker.start()
    assert not (broker.data / ".kafka_cleanshutdown").exists()
    assert consume(broker, "durable", 50) == values
    produce(broker, "durable", [b"more"])
    broker.kill()
    broker.start()
    assert consume(broker, "durable", 51) == [*values, b"more"]


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_every_codec_of_librdkafka_is_read_by_kcat(broker, codec):
    producer = ConfluentProducer({"bootstrap.servers": broker.address, "compression.type": codec,
                                  "enable.idempotence": True, "linger.ms": 20})
    for i in range(200):
        producer.produce(f"codec-{codec}", key=b"k", value=b"x" * 100 + b"%d" % i)
    assert producer.flush(20) == 0
    read = subprocess.run(["kcat", "-C", "-b", broker.address, "-t", f"codec-{codec}", "-e", "-q", "-f", "%s\n"],
                          capture_output=True, text=True, timeout=30)
    assert read.stdout.splitlines() == ["x" * 100 + str(i) for i in range(200)]


def test_administrators_create_and_delete_topics_with_kafkas_errors(broker):
    admin = KafkaAdminClient(bootstrap_servers=broker.address)
    admin.create_topics([NewTopic("made", 3, 1, topic_configs={"retention.ms": "1000"})])
    assert "made" in admin.list_topics()
    with pytest.raises(TopicAlreadyExistsError):
        admin.create_topics([NewTopic("made", 1, 1)])
    with pytest.raises(InvalidReplicationFactorError):
        admin.create_topics([NewTopic("too-many", 1, 3)])
    with pytest.raises(InvalidTopicError):
        admin.create_topics([NewTopic("not a name", 1, 1)])
    admin.delete_topics(["made"])
    with pytest.raises(UnknownTopicOrPartitionError):
        admin.delete_topics(["made"])
    admin.close()


def test_a_topics_own_settings_are_in_force_and_survive_a_restart(broker):
    admin = KafkaAdminClient(bootstrap_servers=broker.address)
    admin.create_topics([NewTopic("small", 1, 1, topic_configs={"max.message.bytes": "200"})])
    admin.close()
    for _ in range(2):
        await_led(broker, "small")
        produce(broker, "small", [b"fits"])
        with pytest.raises(MessageSizeTooLargeError):
            produce(broker, "small", [b"x" * 1000])
        broker.stop()
        broker.start()


def test_the_tools_tell_what_kafkas_tools_tell(broker):
    def topics(*arguments):
        return tool("kafka-topics", "--bootstrap-server", broker.address, *arguments).stdout
    assert topics("--create", "--topic", "mykafka", "--partitions", 2, "--replication-factor", 1,
                  "--config", "retention.ms=86400000") == "Created topic mykafka.\n"
    assert topics("--list") == "mykafka\n"
    assert topics("--describe", "--topic", "mykafka").splitlines() == [
        "Topic: mykafka\tPartitionCount: 2\tReplicationFactor: 1\tConfigs: retention.ms=86400000",
        "\tTopic: mykafka\tPartition: 0\tLeader: 0\tReplicas: 0\tIsr: 0",
        "\tTopic: mykafka\tPartition: 1\tLeader: 0\tReplicas: 0\tIsr: 0"]
    tool("kafka-console-producer", "--broker-list", broker.address, "--topic", "one", stdin="a\nb\n")
    read = tool("kafka-console-consumer", "--bootstrap-server", broker.address, "--topic", "one", "--partition", 0,
                "--offset", "earliest", "--max-messages", 2)
    assert read.stdout == "a\nb\n"
    assert "Processed a total of 2 messages" in read.stderr
    assert topics("--delete", "--topic", "mykafka") == ""
    assert "mykafka" not in topics("--list")


def test_the_znodes_are_kafkas(broker, zk):
    data, stat = zk.get("/brokers/ids/0")
    assert stat.ephemeralOwner != 0 and stat.version == 1
    timestamp = json.loads(data)["timestamp"]
    assert data.decode() == (
        '{"features":{},"listener_security_protocol_map":{"PLAINTEXT":"PLAINTEXT"},'
        f'"endpoints":["PLAINTEXT://{HOST}:{broker.port}"],"jmx_port":-1,"port":{broker.port},'
        f'"host":"{HOST}","version":5,"timestamp":"{timestamp}"}}')
    assert zk.get("/controller")[0].startswith(b'{"version":1,"brokerid":0,"timestamp":"')
    assert zk.get("/controller")[1].ephemeralOwner == stat.ephemeralOwner
    assert zk.get("/controller_epoch")[0] == b"1"
    wait_until("/feature is there", lambda: zk.exists("/feature"))
    assert zk.get("/feature")[0] == b'{"features":{},"version":1,"status":1}'
    assert len(json.loads(zk.get("/cluster/id")[0])["id"]) == 22
    produce(broker, "t", [b"v"])
    assert zk.get("/brokers/topics/t")[0] == (
        b'{"version":2,"partitions":{"0":[0]},"adding_replicas":{},"removing_replicas":{}}')
    assert zk.get("/brokers/topics/t/partitions/0/state")[0] == (
        b'{"controller_epoch":1,"leader":0,"version":1,"leader_epoch":0,"isr":[0]}')
    assert zk.get("/config/topics/t")[0] == b'{"version":1,"config":{}}'


def test_a_removed_controller_is_elected_again_with_a_higher_epoch(broker, zk):
    wait_until("a controller", lambda: zk.exists("/controller"))
    zk.delete("/controller")
    wait_until("a new controller", lambda: zk.exists("/controller") and zk.get("/controller_epoch")[0] == b"2")
    assert [r.offset for r in produce(broker, "after", [b"v"])] == [0]


def test_topics_made_and_deleted_by_hand_in_zookeeper_are_obeyed(broker, zk):
    zk.create("/brokers/topics/byhand", b'{"version":1,"partitions":{"0":[0]}}')
    assert [r.offset for r in produce(broker, "byhand", [b"v"])] == [0]
    zk.create("/admin/delete_topics/byhand", b"")
    wait_until("the topic is gone", lambda: not zk.exists("/brokers/topics/byhand"))
    wait_until("so is its request", lambda: not zk.exists("/admin/delete_topics/byhand"))
    wait_until("so is its log", lambda: not (broker.data / "byhand-0").exists())


def test_a_broker_without_an_id_gets_one_above_the_reserved_ones(make_broker):
    broker = make_broker(broker_id=-1).start()
    meta = (broker.data / "meta.properties").read_text()
    assert "broker.id=1001\n" in meta and "version=0\n" in meta
    broker.stop()
    broker.start()
    assert "broker.id=1001\n" in (broker.data / "meta.properties").read_text()


def exchange(broker, payload):
    with socket.create_connection((HOST, broker.port), 5) as s:
        s.settimeout(5)
        s.sendall(payload)
        return s.recv(65536)


def frame(body):
    return struct.pack(">i", len(body)) + body


def test_an_unknown_version_of_api_versions_is_answered_in_version_0(broker):
    answer = exchange(broker, frame(struct.pack(">hhih", 18, 99, 7, -1) + b"\x00"))
    size, correlation, error, count, key, low, high = struct.unpack(">iihihhh", answer)
    assert (correlation, error, count, key, low, high) == (7, 35, 1, 18, 0, 3)


def test_another_broker_id_than_the_data_is_refused(make_broker):
    broker = make_broker().start()
    broker.stop()
    broker.properties["broker.id"] = 5
    broker.launch()
    assert broker.process.wait() == 1
    assert "Configured broker.id 5 doesn't match stored broker.id 0 in meta.properties" in broker.log()
