"""Kafka's own command-line tools, of 2.7.0 and of 3.9, told what to do with a broker; what they print is Kafka's."""

import json
import re
import subprocess

import pytest

from clients import KAFKA
from cluster import wait_until
from jvm_tools import run_alone

NEWER = "3.9.1"
TOPICS = {KAFKA: "kafka.admin.TopicCommand", NEWER: "org.apache.kafka.tools.TopicCommand"}
CONSUMER = {KAFKA: "kafka.tools.ConsoleConsumer", NEWER: "org.apache.kafka.tools.consumer.ConsoleConsumer"}
GROUPS = {KAFKA: "kafka.admin.ConsumerGroupCommand", NEWER: "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"}
ZOOKEEPER_IS_OLD = ["Warning: --zookeeper is deprecated and will be removed in a future version of Kafka.",
                    "Use --bootstrap-server instead to specify a broker to connect to."]
WAYS = pytest.mark.parametrize("way", ["--zookeeper", "--bootstrap-server"])
RELEASES = pytest.mark.parametrize("release", [KAFKA, NEWER])


@pytest.fixture
def tool(tools):
    """Runs a tool and gives the lines that it prints to standard output, without empty ones."""
    def run(release, main_class, *arguments, stdin="", status=0):
        # The console consumer counts records for as long as its JVM lives, so it gets one of its own.
        jvm = run_alone(release) if main_class == CONSUMER[release] else tools(release).run
        done = jvm(main_class, *arguments, stdin=stdin)
        assert done.status == status, f"{main_class} ended with {done.status}:\n{done.stdout}\n{done.stderr}"
        run.stderr = done.stderr
        return [line.rstrip() for line in done.stdout.splitlines() if line.strip()]
    return run


def way_to(broker, way):
    return way, broker.properties["zookeeper.connect"] if way == "--zookeeper" else broker.address


def topic_name(request):
    return re.sub(r"[^a-zA-Z0-9.]", "-", request.node.name).strip("-")[:100]


@WAYS
def test_topics_are_made_described_widened_and_deleted(broker, tool, request, way):
    name = topic_name(request)

    def topics(*arguments, **options):
        return tool(KAFKA, TOPICS[KAFKA], *way_to(broker, way), *arguments, **options)

    def partitions(count):
        return [f"\tTopic: {name}\tPartition: {p}\tLeader: 0\tReplicas: 0\tIsr: 0" for p in range(count)]

    assert topics("--create", "--topic", name, "--partitions", 2, "--replication-factor", 1,
                  "--config", "retention.ms=86400000") == [f"Created topic {name}."]
    described = [f"Topic: {name}\tPartitionCount: 2\tReplicationFactor: 1\tConfigs: retention.ms=86400000", *partitions(2)]
    # Written to ZooKeeper, it is the controller's turn.
    wait_until("the topic is described", lambda: topics("--describe", "--topic", name) == described, interval_s=0.2)
    assert name in topics("--list")
    assert topics("--create", "--topic", name, "--partitions", 1, "--replication-factor", 1, status=1)[0] == (
        f"Error while executing topic command : Topic '{name}' already exists.")
    widened = topics("--alter", "--topic", name, "--partitions", 3)
    assert widened == (["WARNING: If partitions are increased for a topic that has a key, the partition logic or ordering of "
                        "the messages will be affected", "Adding partitions succeeded!"] if way == "--zookeeper" else [])
    described = [described[0].replace("PartitionCount: 2", "PartitionCount: 3"), *partitions(3)]
    wait_until("the new partition is described", lambda: topics("--describe", "--topic", name) == described, interval_s=0.2)
    deleted = topics("--delete", "--topic", name)
    assert deleted == ([f"Topic {name} is marked for deletion.",
                        "Note: This will have no impact if delete.topic.enable is not set to true."]
                       if way == "--zookeeper" else [])
    # Until then it may be listed as marked for deletion.
    wait_until("the topic is gone", lambda: not [t for t in topics("--list") if t.startswith(name)], interval_s=0.2)
    assert topics("--delete", "--topic", name, status=1)[0] == (
        f"Error while executing topic command : Topic '{name}' does not exist as expected")


def test_the_newer_tools_make_describe_and_delete_topics(broker, tool, request):
    name = topic_name(request)

    def topics(*arguments):
        return tool(NEWER, TOPICS[NEWER], "--bootstrap-server", broker.address, *arguments)
    assert topics("--create", "--topic", name, "--partitions", 1, "--replication-factor", 1) == [f"Created topic {name}."]
    assert topics("--describe", "--topic", name) == [
        f"Topic: {name}\tPartitionCount: 1\tReplicationFactor: 1\tConfigs:",
        f"\tTopic: {name}\tPartition: 0\tLeader: 0\tReplicas: 0\tIsr: 0\tElr: N/A\tLastKnownElr: N/A"]
    assert topics("--alter", "--topic", name, "--partitions", 2) == []
    wait_until("the new partition", lambda: "PartitionCount: 2" in topics("--describe", "--topic", name)[0], interval_s=0.2)
    assert topics("--delete", "--topic", name) == []
    wait_until("the topic is gone", lambda: name not in topics("--list"), interval_s=0.2)


def make_topic(tool, broker, name, partitions=1):
    tool(KAFKA, TOPICS[KAFKA], "--bootstrap-server", broker.address, "--create", "--topic", name, "--partitions", partitions,
         "--replication-factor", 1)


@RELEASES
def test_settings_of_topics_are_changed_through_the_broker(broker, tool, request, release):
    name = topic_name(request)
    make_topic(tool, broker, name)

    def configs(*arguments):
        return tool(release, "kafka.admin.ConfigCommand", "--bootstrap-server", broker.address, "--entity-type", "topics",
                    "--entity-name", name, *arguments)
    assert configs("--alter", "--add-config", "segment.bytes=1048576") == [f"Completed updating config for topic {name}."]
    described = [f"Dynamic configs for topic {name} are:",
                 "  segment.bytes=1048576 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:segment.bytes=1048576, "
                 "DEFAULT_CONFIG:log.segment.bytes=1073741824}"]
    wait_until("the setting is described", lambda: configs("--describe") == described, interval_s=0.2)
    assert configs("--alter", "--delete-config", "segment.bytes") == [f"Completed updating config for topic {name}."]
    wait_until("no setting is described", lambda: configs("--describe") == described[:1], interval_s=0.2)


def test_settings_of_topics_are_changed_through_zookeeper(broker, tool, request):
    name = topic_name(request)
    make_topic(tool, broker, name)

    def configs(way, *arguments):
        return tool(KAFKA, "kafka.admin.ConfigCommand", *way_to(broker, way), "--entity-type", "topics", "--entity-name", name,
                    *arguments)
    assert configs("--zookeeper", "--alter", "--add-config", "retention.ms=5000") == [
        *ZOOKEEPER_IS_OLD, f"Completed updating config for entity: topic '{name}'."]
    assert configs("--zookeeper", "--describe")[-1] == f"Configs for topic '{name}' are retention.ms=5000"
    wait_until("the broker tells it too", lambda: configs("--bootstrap-server", "--describe")[1:] == [
        "  retention.ms=5000 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:retention.ms=5000}"], interval_s=0.2)


def test_settings_of_brokers_are_changed_through_the_broker(broker, tool):
    def configs(*arguments):
        return tool(KAFKA, "kafka.admin.ConfigCommand", "--bootstrap-server", broker.address, "--entity-type", "brokers",
                    *arguments)
    assert configs("--entity-name", 0, "--alter", "--add-config", "log.retention.ms=7200000") == [
        "Completed updating config for broker 0."]
    assert configs("--entity-default", "--alter", "--add-config", "log.retention.ms=86400000") == [
        "Completed updating default config for brokers in the cluster."]
    described = ["Dynamic configs for broker 0 are:",
                 "  log.retention.ms=7200000 sensitive=false synonyms={DYNAMIC_BROKER_CONFIG:log.retention.ms=7200000, "
                 "DYNAMIC_DEFAULT_BROKER_CONFIG:log.retention.ms=86400000, DEFAULT_CONFIG:log.retention.hours=168}"]
    wait_until("both are described", lambda: configs("--entity-name", 0, "--describe") == described, interval_s=0.2)
    configs("--entity-name", 0, "--alter", "--delete-config", "log.retention.ms")
    configs("--entity-default", "--alter", "--delete-config", "log.retention.ms")


def produce(tool, release, broker, name, lines):
    tool(release, "kafka.tools.ConsoleProducer", "--broker-list" if release == KAFKA else "--bootstrap-server", broker.address,
         "--topic", name, "--property", "parse.key=true", "--property", "key.separator=:", stdin="".join(f"{x}\n" for x in lines))


@RELEASES
def test_what_the_console_producer_sends_the_console_consumer_prints(broker, tool, request, release):
    name = topic_name(request)
    make_topic(tool, broker, name)
    produce(tool, release, broker, name, ["k1:v1", "k2:v2"])
    assert tool(release, CONSUMER[release], "--bootstrap-server", broker.address, "--topic", name, "--partition", 0, "--offset",
                "earliest", "--max-messages", 2, "--property", "print.key=true") == ["k1\tv1", "k2\tv2"]


@RELEASES
def test_a_group_is_described_reset_and_deleted(broker, tool, request, release):
    name = topic_name(request)
    group = f"group-{release}"
    make_topic(tool, broker, name)
    produce(tool, release, broker, name, ["k1:v1", "k2:v2"])

    def groups(*arguments, **options):
        return tool(release, GROUPS[release], "--bootstrap-server", broker.address, *arguments, **options)

    def offsets():
        return [line.split() for line in groups("--describe", "--group", group) if line.startswith(group)]

    assert tool(release, CONSUMER[release], "--bootstrap-server", broker.address, "--topic", name, "--group", group,
                "--from-beginning", "--max-messages", 2) == ["v1", "v2"]
    assert offsets() == [[group, name, "0", "2", "2", "0", "-", "-", "-"]]
    assert f"Consumer group '{group}' has no active members." in tool.stderr
    assert group in groups("--list")
    assert groups("--reset-offsets", "--group", group, "--topic", name, "--to-earliest", "--execute")[-1].split()[-4:] == [
        group, name, "0", "0"]  # 3.9 puts it on the line of the heads
    assert offsets() == [[group, name, "0", "0", "2", "2", "-", "-", "-"]]
    assert groups("--delete", "--group", group) == [f"Deletion of requested consumer groups ('{group}') was successful."]
    assert group not in groups("--list")


def test_offsets_sizes_and_versions_are_told(broker, tool, request, tmp_path):
    name = topic_name(request)
    make_topic(tool, broker, name, 2)
    produce(tool, KAFKA, broker, name, ["k1:v1"] * 3)
    (where,) = [line for line in tool(KAFKA, "kafka.tools.GetOffsetShell", "--broker-list", broker.address, "--topic", name)
                if not line.endswith(":0")]
    partition = int(where.split(":")[1])
    assert where == f"{name}:{partition}:3"
    printed = tool(KAFKA, "kafka.admin.LogDirsCommand", "--bootstrap-server", broker.address, "--describe", "--topic-list", name)
    assert printed[:2] == ["Querying brokers for log directories information",
                           "Received log directory information from brokers 0"]
    (directory,) = json.loads(printed[2])["brokers"][0]["logDirs"]
    assert directory["logDir"] == str(broker.data) and directory["error"] is None
    sizes = {p["partition"]: p["size"] for p in directory["partitions"]}
    assert sizes[f"{name}-{partition}"] > 0 and sizes[f"{name}-{1 - partition}"] == 0
    order = tmp_path / "delete.json"
    order.write_text(json.dumps({"version": 1, "partitions": [{"topic": name, "partition": partition, "offset": 2}]}))
    assert tool(KAFKA, "kafka.admin.DeleteRecordsCommand", "--bootstrap-server", broker.address,
                "--offset-json-file", order) == ["Executing records delete operation", "Records delete operation completed:",
                                                 f"partition: {name}-{partition}\tlow_watermark: 2"]
    versions = tool(KAFKA, "kafka.admin.BrokerApiVersionsCommand", "--bootstrap-server", broker.address)
    assert versions[0] == f"{broker.address} (id: 0 rack: null) -> ("
    for line in ("Produce(0): 0 to 8 [usable: 8]", "Fetch(1): 0 to 12 [usable: 12]", "CreateTopics(19): 0 to 6 [usable: 6]"):
        assert f"\t{line}," in versions


def test_the_election_tool_finds_the_preferred_leader_leading(broker, tool, request):
    name = topic_name(request)
    make_topic(tool, broker, name)
    assert tool(KAFKA, "kafka.admin.LeaderElectionCommand", "--bootstrap-server", broker.address, "--election-type", "preferred",
                "--topic", name, "--partition", 0) == ["Valid replica already elected for partitions"]


def test_kcat_lists_produces_and_consumes(broker, request):
    name = topic_name(request)

    def kcat(*arguments, stdin=""):
        done = subprocess.run(["kcat", "-b", broker.address, *arguments], input=stdin, text=True, capture_output=True, timeout=30)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()
    for i, codec in enumerate(["none", "gzip", "snappy", "lz4", "zstd"]):
        kcat("-P", "-t", name, "-K", ":", "-z", codec, stdin="".join(f"k:{codec}-{j}\n" for j in range(20)))
        assert kcat("-C", "-t", name, "-o", str(20 * i), "-e", "-q", "-K", ":") == [f"k:{codec}-{j}" for j in range(20)]
    listed = kcat("-L", "-t", name)
    assert f"  broker 0 at {broker.address} (controller)" in listed
    assert f'  topic "{name}" with 1 partitions:' in listed
    assert "    partition 0, leader 0, replicas: 0, isrs: 0" in listed
