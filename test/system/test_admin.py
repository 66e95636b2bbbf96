"""Topics that grow and settings that change while brokers run, told by clients that others wrote."""

import json

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient as ConfluentAdmin
from confluent_kafka.admin import ConfigResource as ConfluentResource
from confluent_kafka.admin import NewPartitions as ConfluentNewPartitions
from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewPartitions, NewTopic
from kafka.errors import InvalidPartitionsError, InvalidReplicationAssignmentError, MessageSizeTooLargeError
from kazoo.client import KazooClient

from cluster import tool, wait_until
from reading import await_led


@pytest.fixture
def zk(chroot):
    client = KazooClient(chroot)
    client.start()
    yield client
    client.stop()
    client.close()


@pytest.fixture
def admin(broker):
    client = KafkaAdminClient(bootstrap_servers=broker.address)
    yield client
    client.close()


@pytest.fixture
def topic(admin):
    admin.create_topics([NewTopic("t", 1, 1)])
    return "t"


def partitions(broker, topic):
    consumer = KafkaConsumer(bootstrap_servers=broker.address)
    try:
        return consumer.partitions_for_topic(topic)
    finally:
        consumer.close()


def send(broker, topic, value, **options):
    producer = KafkaProducer(bootstrap_servers=broker.address, retries=0, **options)
    try:
        return producer.send(topic, value).get(10)
    finally:
        producer.close()


def settings_of(zk, entity):
    return json.loads(zk.get(f"/config/{entity}")[0])


# Partitions

def test_a_topic_grows_and_its_new_partitions_take_records_at_once(broker, admin, topic):
    admin.create_partitions({topic: NewPartitions(3)})
    assert partitions(broker, topic) == {0, 1, 2}
    producer = KafkaProducer(bootstrap_servers=broker.address)
    assert [producer.send(topic, b"x", partition=p).get(10).offset for p in range(3)] == [0, 0, 0]
    producer.close()


def test_a_topic_never_shrinks_and_given_replicas_must_be_possible(admin, topic):
    with pytest.raises(InvalidPartitionsError, match="Topic already has 1 partitions."):
        admin.create_partitions({topic: NewPartitions(1)})
    with pytest.raises(InvalidReplicationAssignmentError, match="Unknown broker"):
        admin.create_partitions({topic: NewPartitions(2, [[9]])})


def test_librdkafka_grows_a_topic_and_hears_kafkas_refusals(broker, topic):
    client = ConfluentAdmin({"bootstrap.servers": broker.address})
    client.create_partitions([ConfluentNewPartitions(topic, 4)])[topic].result(10)
    assert partitions(broker, topic) == {0, 1, 2, 3}
    with pytest.raises(KafkaException, match="Topic currently has 4 partitions"):
        client.create_partitions([ConfluentNewPartitions(topic, 2)])[topic].result(10)
    client.create_partitions([ConfluentNewPartitions(topic, 9)], validate_only=True)[topic].result(10)
    assert partitions(broker, topic) == {0, 1, 2, 3}


def test_the_topic_tool_grows_a_topic(broker, topic):
    tool("kafka-topics", "--bootstrap-server", broker.address, "--alter", "--topic", topic, "--partitions", 2)
    assert partitions(broker, topic) == {0, 1}


def test_partitions_that_somebody_writes_into_the_znode_come_to_life(broker, zk, topic):
    path = f"/brokers/topics/{topic}"
    znode = json.loads(zk.get(path)[0])
    znode["partitions"]["1"] = [0]
    zk.set(path, json.dumps(znode).encode())
    wait_until("the new partition is known", lambda: partitions(broker, topic) == {0, 1})
    assert json.loads(zk.get(f"{path}/partitions/1/state")[0])["leader"] == 0


# Topics' settings

def test_a_topics_new_limit_holds_on_the_next_record_and_is_announced(broker, admin, zk, topic):
    send(broker, topic, b"x" * 1000)
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {"max.message.bytes": "200"})])
    assert settings_of(zk, f"topics/{topic}") == {"version": 1, "config": {"max.message.bytes": "200"}}
    assert zk.get("/config/changes/config_change_0000000000")[0] == b'{"version":2,"entity_path":"topics/t"}'

    def refused():
        try:
            send(broker, topic, b"x" * 1000)
        except MessageSizeTooLargeError:
            return True
    wait_until("the limit is in force", refused)
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {})])
    wait_until("the limit is gone", lambda: send(broker, topic, b"x" * 1000))


def test_the_config_tool_changes_topics_key_by_key(broker, zk, topic):
    def configs(*arguments):
        return tool("kafka-configs", "--bootstrap-server", broker.address, "--entity-type", "topics",
                    "--entity-name", topic, *arguments).stdout
    configs("--alter", "--add-config", "retention.ms=1000,segment.bytes=2000")
    configs("--alter", "--delete-config", "segment.bytes")
    assert settings_of(zk, f"topics/{topic}")["config"] == {"retention.ms": "1000"}
    assert "retention.ms=1000 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:retention.ms=1000}" in configs("--describe")


def test_a_change_that_another_program_announces_is_followed(broker, zk, topic):
    zk.set(f"/config/topics/{topic}", b'{"version":1,"config":{"max.message.bytes":"100"}}')
    zk.create("/config/changes/config_change_", b'{"version":1,"entity_type":"topics","entity_name":"t"}', sequence=True)

    def refused():
        try:
            send(broker, topic, b"x" * 1000)
        except MessageSizeTooLargeError:
            return True
    wait_until("the limit is in force", refused)


def test_an_announcement_that_makes_no_sense_does_no_harm(broker, admin, zk, topic):
    zk.create("/config/changes/config_change_", b"not json", sequence=True)
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {"max.message.bytes": "200"})])

    def refused():
        try:
            send(broker, topic, b"x" * 1000)
        except MessageSizeTooLargeError:
            return True
    wait_until("the limit is in force", refused)


# Brokers' settings

def described(broker, resource_type, name, key):
    client = ConfluentAdmin({"bootstrap.servers": broker.address})
    resource = ConfluentResource(resource_type, name)
    entry = client.describe_configs([resource])[resource].result(10)[key]
    return entry.value, entry.source


def test_a_default_for_all_brokers_reaches_topics_and_survives_a_restart(broker, admin, zk, topic):
    with broker.settings_change("brokers/<default>"):
        tool("kafka-configs", "--bootstrap-server", broker.address, "--entity-type", "brokers", "--entity-default",
             "--alter", "--add-config", "message.max.bytes=300")
    assert settings_of(zk, "brokers/<default>")["config"] == {"message.max.bytes": "300"}
    dynamic_default_broker = 3

    def in_force():
        return described(broker, ConfluentResource.Type.TOPIC, topic, "max.message.bytes") == ("300", dynamic_default_broker)
    assert in_force()
    with pytest.raises(MessageSizeTooLargeError):
        send(broker, topic, b"x" * 1000)
    broker.stop()
    broker.start()
    await_led(broker, topic)
    assert in_force()
    with pytest.raises(MessageSizeTooLargeError):
        send(broker, topic, b"x" * 1000)


def test_one_brokers_value_beats_the_default_for_all(broker):
    dynamic_broker, dynamic_default_broker = 2, 3

    def await_in_force(value, source):
        wait_until(f"{value} is in force", lambda: described(
            broker, ConfluentResource.Type.BROKER, "0", "log.cleaner.threads") == (value, source))
    # One after the other: threads may at most double from what is in force.
    for target, value, source in ((["--entity-default"], "2", dynamic_default_broker),
                                  (["--entity-name", "0"], "3", dynamic_broker)):
        tool("kafka-configs", "--bootstrap-server", broker.address, "--entity-type", "brokers", *target, "--alter",
             "--add-config", f"log.cleaner.threads={value}")
        await_in_force(value, source)
    tool("kafka-configs", "--bootstrap-server", broker.address, "--entity-type", "brokers", "--entity-name", "0", "--alter",
         "--delete-config", "log.cleaner.threads")
    await_in_force("2", dynamic_default_broker)


def test_what_can_not_change_while_running_is_refused_in_kafkas_words(broker):
    done = tool("kafka-configs", "--bootstrap-server", broker.address, "--entity-type", "brokers", "--entity-name", "0",
                "--alter", "--add-config", "log.dirs=/elsewhere", check=False)
    assert done.returncode == 1
    assert "Cannot update these configs dynamically: Set(log.dirs)" in done.stdout + done.stderr


def test_settings_of_a_stopped_broker_are_in_force_when_it_starts(broker, admin, zk, topic):
    broker.stop()
    zk.set(f"/config/topics/{topic}", b'{"version":1,"config":{"max.message.bytes":"100"}}')
    broker.start()
    await_led(broker, topic)
    with pytest.raises(MessageSizeTooLargeError):
        send(broker, topic, b"x" * 1000)


# Quotas and credentials, which other brokers of the cluster enforce

def test_quotas_are_kept_where_kafka_keeps_them(broker, zk):
    tool("kafka-configs", "--bootstrap-server", broker.address, "--alter", "--add-config", "producer_byte_rate=1048576",
         "--entity-type", "users", "--entity-name", "alice", "--entity-type", "clients", "--entity-name", "c 1")
    assert settings_of(zk, "users/alice/clients/c%201")["config"] == {"producer_byte_rate": "1048576"}
    told = tool("kafka-configs", "--bootstrap-server", broker.address, "--describe", "--entity-type", "users",
                "--entity-name", "alice", "--entity-type", "clients", "--entity-name", "c 1").stdout
    assert "producer_byte_rate=1048576" in told


# Leaving

def test_a_broker_that_stops_hands_its_partitions_over_first(broker):
    assert broker.stop() == 0
    log = broker.log()
    assert log.index("Controlled shutdown succeeded") < log.index("shut down completed")
