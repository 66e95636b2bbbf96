"""kafka-topics and kafka-configs with --zookeeper: what they print and what they write."""

import base64
import hashlib
import hmac
import json

import pytest
from kazoo.client import KazooClient

from cluster import tool, wait_until


@pytest.fixture
def zk(chroot):
    client = KazooClient(chroot)
    client.start()
    client.ensure_path("/")
    yield client
    client.stop()
    client.close()


@pytest.fixture
def topics(chroot):
    def run(*arguments, check=True):
        return tool("kafka-topics", "--zookeeper", chroot, *arguments, check=check)
    return run


@pytest.fixture
def configs(chroot):
    def run(*arguments, check=True):
        return tool("kafka-configs", "--zookeeper", chroot, *arguments, check=check)
    return run


DEPRECATED = ("Warning: --zookeeper is deprecated and will be removed in a future version of Kafka.\n"
              "Use --bootstrap-server instead to specify a broker to connect to.\n")


def prepare(zk):
    """The paths that the first broker of a cluster makes."""
    for path in ("/brokers/topics", "/brokers/ids", "/config/topics", "/config/users", "/config/clients",
                 "/config/brokers", "/config/changes", "/admin/delete_topics"):
        zk.ensure_path(path)


def register(zk, broker_id, rack=None):
    endpoint = {"version": 5, "host": "h", "port": 1, "jmx_port": -1, "timestamp": "0", "features": {},
                "endpoints": ["PLAINTEXT://h:1"], "listener_security_protocol_map": {"PLAINTEXT": "PLAINTEXT"}}
    if rack:
        endpoint["rack"] = rack
    zk.create(f"/brokers/ids/{broker_id}", json.dumps(endpoint).encode(), ephemeral=True, makepath=True)


def test_a_topic_is_created_grown_described_and_deleted(broker, topics, zk):
    assert topics("--create", "--topic", "t", "--partitions", 1, "--replication-factor", 1,
                  "--config", "retention.ms=86400000").stdout == "Created topic t.\n"
    assert zk.get("/config/topics/t")[0] == b'{"version":1,"config":{"retention.ms":"86400000"}}'
    assert zk.get("/brokers/topics/t")[0] == \
        b'{"version":2,"partitions":{"0":[0]},"adding_replicas":{},"removing_replicas":{}}'
    wait_until("the controller finds the topic", lambda: zk.exists("/brokers/topics/t/partitions/0/state"))
    assert topics("--list").stdout == "t\n"
    assert topics("--describe").stdout == (
        "Topic: t\tPartitionCount: 1\tReplicationFactor: 1\tConfigs: retention.ms=86400000\n"
        "\tTopic: t\tPartition: 0\tLeader: 0\tReplicas: 0\tIsr: 0\n")
    assert topics("--alter", "--topic", "t", "--partitions", 2).stdout == (
        "WARNING: If partitions are increased for a topic that has a key, the partition logic or ordering of the "
        "messages will be affected\nAdding partitions succeeded!\n")
    assert zk.get("/brokers/topics/t")[0] == \
        b'{"version":2,"partitions":{"0":[0],"1":[0]},"adding_replicas":{},"removing_replicas":{}}'
    assert topics("--delete", "--topic", "t").stdout == (
        "Topic t is marked for deletion.\n"
        "Note: This will have no impact if delete.topic.enable is not set to true.\n")
    wait_until("the controller deletes the topic", lambda: not zk.exists("/brokers/topics/t"))
    assert topics("--list").stdout == ""


def test_refusals_are_kafkas(broker, topics):
    def message(*arguments):
        done = topics(*arguments, check=False)
        assert done.returncode == 1
        return done.stdout.splitlines()[-1].removeprefix("Error while executing topic command : ")
    create = ("--create", "--topic", "t", "--partitions", 1, "--replication-factor")
    assert message(*create, 2) == "Replication factor: 2 larger than available brokers: 1."
    topics(*create, 1)
    assert message(*create, 1) == "Topic 't' already exists."
    assert topics(*create, 1, "--if-not-exists").stdout == ""
    assert message("--alter", "--topic", "t", "--partitions", 1) == (
        "The number of partitions for a topic can only be increased. Topic t currently has 1 partitions, "
        "1 would not be an increase.")
    assert message("--describe", "--topic", "nope") == "Topic 'nope' does not exist as expected"
    assert topics("--describe", "--topic", "nope", "--if-exists").stdout == ""
    assert message("--delete", "--topic", "nope") == "Topic 'nope' does not exist as expected"
    topics("--create", "--topic", "a.b", "--partitions", 1, "--replication-factor", 1)
    assert message("--create", "--topic", "a_b", "--partitions", 1, "--replication-factor", 1) == \
        "Topic 'a_b' collides with existing topics: a.b"


def test_a_deletion_that_nobody_carries_out_stays_marked(topics, zk):
    prepare(zk)
    register(zk, 1)
    topics("--create", "--topic", "t", "--replica-assignment", "1,1")
    topics("--delete", "--topic", "t")
    assert topics("--list").stdout == "t - marked for deletion\n"
    assert topics("--describe", "--topic", "t").stdout.splitlines() == [
        "Topic: t\tPartitionCount: 2\tReplicationFactor: 1\tConfigs: \tMarkedForDeletion: true",
        "\tTopic: t\tPartition: 0\tLeader: none\tReplicas: 1\tIsr: \tMarkedForDeletion: true",
        "\tTopic: t\tPartition: 1\tLeader: none\tReplicas: 1\tIsr: \tMarkedForDeletion: true"]
    assert topics("--delete", "--topic", "t").stdout == "Topic t is already marked for deletion.\n"
    assert topics("--describe", "--under-replicated-partitions").stdout.count("\n") == 2
    assert topics("--describe", "--unavailable-partitions").stdout.count("\n") == 2
    assert topics("--describe", "--topics-with-overrides").stdout == ""


def test_replicas_are_spread_over_racks(topics, zk):
    prepare(zk)
    for broker_id, rack in ((1, "a"), (2, "a"), (3, "b"), (4, "b")):
        register(zk, broker_id, rack)
    topics("--create", "--topic", "t", "--partitions", 8, "--replication-factor", 2)
    for replicas in json.loads(zk.get("/brokers/topics/t")[0])["partitions"].values():
        assert {replica > 2 for replica in replicas} == {False, True}
    register(zk, 5)
    refused = topics("--create", "--topic", "u", "--partitions", 1, "--replication-factor", 1, check=False)
    assert refused.returncode == 1 and "Not all brokers have rack information." in refused.stdout
    topics("--create", "--topic", "u", "--partitions", 1, "--replication-factor", 1, "--disable-rack-aware")


def test_a_chroot_that_is_not_there_looks_empty_and_stays_away(topics, zookeeper):
    nowhere = f"{zookeeper.address}/never-made"
    assert tool("kafka-topics", "--zookeeper", nowhere, "--list").stdout == ""
    client = KazooClient(zookeeper.address)
    client.start()
    assert not client.exists("/never-made")
    client.stop()


def test_configs_are_written_whole_and_announced(broker, topics, configs, zk):
    topics("--create", "--topic", "t", "--partitions", 1, "--replication-factor", 1)
    alter = ("--alter", "--entity-type", "topics", "--entity-name", "t")
    assert configs(*alter, "--add-config", "retention.ms=7,cleanup.policy=[compact,delete]").stdout == \
        DEPRECATED + "Completed updating config for entity: topic 't'.\n"
    assert zk.get("/config/topics/t")[0] == \
        b'{"version":1,"config":{"cleanup.policy":"compact,delete","retention.ms":"7"}}'
    changes = zk.get_children("/config/changes")
    assert [zk.get(f"/config/changes/{c}")[0] for c in changes] == [b'{"version":2,"entity_path":"topics/t"}']
    configs(*alter, "--delete-config", "retention.ms")
    assert configs("--describe", "--topic", "t").stdout == \
        DEPRECATED + "Configs for topic 't' are cleanup.policy=compact,delete\n"
    refused = configs(*alter, "--delete-config", "retention.ms", check=False)
    assert (refused.returncode, refused.stderr) == (1, "Invalid config(s): retention.ms\n")


def test_quotas_of_users_and_clients_stand_where_kafka_puts_them(configs, zk):
    prepare(zk)
    quota = ("--alter", "--add-config", "producer_byte_rate=1048576")
    configs(*quota, "--entity-type", "users", "--entity-name", "alice", "--entity-type", "clients",
            "--entity-name", "c1")
    configs(*quota, "--entity-type", "clients", "--entity-default")
    data = b'{"version":1,"config":{"producer_byte_rate":"1048576"}}'
    assert zk.get("/config/users/alice/clients/c1")[0] == data
    assert zk.get("/config/clients/<default>")[0] == data
    assert {zk.get(f"/config/changes/{c}")[0] for c in zk.get_children("/config/changes")} == {
        b'{"version":2,"entity_path":"users/alice/clients/c1"}', b'{"version":2,"entity_path":"clients/<default>"}'}
    assert configs("--describe", "--entity-type", "users", "--entity-type", "clients").stdout == DEPRECATED + \
        "Configs for user-principal 'alice', client-id 'c1' are producer_byte_rate=1048576\n"
    assert configs("--describe", "--entity-type", "users").stdout == DEPRECATED


def test_scram_credentials_are_derived_from_the_password(configs, zk):
    prepare(zk)
    configs("--alter", "--entity-type", "users", "--entity-name", "bob",
            "--add-config", "SCRAM-SHA-256=[iterations=8192,password=secret]")
    stored = json.loads(zk.get("/config/users/bob")[0])["config"]["SCRAM-SHA-256"]
    fields = dict(part.split("=", 1) for part in stored.split(","))
    salted = hashlib.pbkdf2_hmac("sha256", b"secret", base64.b64decode(fields["salt"]), 8192)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    assert base64.b64decode(fields["stored_key"]) == hashlib.sha256(client_key).digest()
    assert base64.b64decode(fields["server_key"]) == hmac.digest(salted, b"Server Key", "sha256")


def test_broker_configs_may_be_written_only_while_the_broker_is_down(configs, zk):
    prepare(zk)
    register(zk, 1)
    alter = ("--alter", "--entity-type", "brokers", "--add-config", "log.cleaner.threads=2")
    refused = configs(*alter, "--entity-name", 1, check=False)
    assert refused.returncode == 1
    assert "when broker 1 is running." in refused.stderr
    assert not zk.exists("/config/brokers/1")
    configs(*alter, "--entity-name", 2)
    assert zk.get("/config/brokers/2")[0] == b'{"version":1,"config":{"log.cleaner.threads":"2"}}'
    configs("--alter", "--entity-type", "brokers", "--entity-name", 1,
            "--add-config", "leader.replication.throttled.rate=1000")
