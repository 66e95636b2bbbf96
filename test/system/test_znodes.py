"""What a broker leaves in ZooKeeper, against what Apache Kafka 2.7.0 left there: data byte for byte, ephemeral or not, ACL,
and the order of the writes of its own session."""

import contextlib
import json
import re

import pytest
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewTopic
from kazoo.client import KazooClient
from kazoo.security import OPEN_ACL_UNSAFE

import zookeeper_log
from cluster import HOST, ZooKeeper, wait_until
from test_everyday import produce

CLUSTER_ID = r"[A-Za-z0-9_-]{22}"
TIME_MS = r"\d{13}"


@pytest.fixture
def life(tmp_path, make_broker):
    """A ZooKeeper whose transaction log is ours alone and the broker that has just started over it."""
    with contextlib.ExitStack() as stack:
        server = ZooKeeper(tmp_path / "zookeeper").wait_ready()
        stack.callback(server.kill)
        broker = make_broker(zookeeper_connect=server.address).start()
        stack.callback(broker.kill)
        client = KazooClient(server.address)
        client.start()
        stack.callback(client.close)
        stack.callback(client.stop)
        broker.writes = lambda: zookeeper_log.writes(tmp_path / "zookeeper" / "data")
        wait_until("the start is over", lambda: client.exists("/feature") and client.get("/latest_producer_id_block")[0])
        yield broker, client


def all_znodes(client, path="/"):
    for name in sorted(client.get_children(path)):
        child = path.rstrip("/") + "/" + name
        if child != "/zookeeper":
            yield child
            yield from all_znodes(client, child)


def assert_matches(writes, patterns):
    """Line by line, each a regular expression that must match the whole."""
    for number, (line, pattern) in enumerate(zip(writes, patterns)):
        assert re.fullmatch(pattern, line), f"write {number}: {line!r} is not {pattern!r}"
    assert len(writes) == len(patterns), writes[len(patterns):] or patterns[len(writes):]


def literally(*lines):
    return [re.escape(line) for line in lines]


def start_of_a_first_broker(broker):
    broker_json = (
        r'\{"features":\{\},"listener_security_protocol_map":\{"PLAINTEXT":"PLAINTEXT"\},'
        rf'"endpoints":\["PLAINTEXT://{HOST}:{broker.port}"\],"jmx_port":-1,"port":{broker.port},'
        rf'"host":"{HOST}","version":5,"timestamp":"{TIME_MS}"\}}')
    return [
        *literally(*(f"create {path} null" for path in [
            "/consumers", "/brokers", "/brokers/ids", "/brokers/topics", "/config", "/config/changes", "/admin",
            "/admin/delete_topics", "/brokers/seqid", "/isr_change_notification", "/latest_producer_id_block",
            "/log_dir_event_notification", "/config/topics", "/config/clients", "/config/users", "/config/brokers",
            "/cluster"])),
        rf'create /cluster/id \{{"version":"1","id":"{CLUSTER_ID}"\}}',
        rf"multi create -e /brokers/ids/0 null; set /brokers/ids/0 {broker_json} \(1\)",
        re.escape("create /controller_epoch 0"),
        rf'multi create -e /controller \{{"version":1,"brokerid":0,"timestamp":"{TIME_MS}"\}}; set /controller_epoch 1 \(1\)',
        re.escape('create /feature {"features":{},"version":1,"status":1}'),
    ]


def by_controller(*lines):
    return "; ".join(["multi check /controller_epoch", *lines])


def test_the_start_of_a_first_broker_writes_what_kafka_writes(life):
    broker, _ = life
    # A broker draws its producer ids beside the controller's first steps, in no order.
    block = 'set /latest_producer_id_block {"version":1,"broker":0,"block_start":"0","block_end":"999"} (1)'
    writes = broker.writes()
    writes.remove(block)
    assert_matches(writes, start_of_a_first_broker(broker))


def test_every_znode_is_open_to_the_world_and_only_two_are_ephemeral(life):
    broker, client = life
    produce(broker, "t", [b"v"])
    ephemeral = set()
    for path in all_znodes(client):
        acl, _ = client.get_acls(path)
        assert acl == OPEN_ACL_UNSAFE, path
        if client.exists(path).ephemeralOwner:
            ephemeral.add(path)
    assert ephemeral == {"/controller", "/brokers/ids/0"}


def test_a_topic_is_made_and_deleted_by_kafkas_writes(life):
    broker, client = life
    before = len(broker.writes())
    admin = KafkaAdminClient(bootstrap_servers=broker.address)
    admin.create_topics([NewTopic("t", 2, 1, topic_configs={"segment.bytes": "1048576", "retention.ms": "86400000"})])
    admin.delete_topics(["t"])
    admin.close()
    wait_until("the deletion is over", lambda: not client.exists("/admin/delete_topics/t"))
    state = '{"controller_epoch":1,"leader":0,"version":1,"leader_epoch":0,"isr":[0]}'
    t = "/brokers/topics/t"
    configs = r'"(retention\.ms":"86400000","segment\.bytes":"1048576|segment\.bytes":"1048576","retention\.ms":"86400000)"'
    assert_matches(broker.writes()[before:], [
        rf'create /config/topics/t \{{"version":1,"config":\{{{configs}\}}\}}',
        *literally(
            f'create {t} {{"version":2,"partitions":{{"0":[0],"1":[0]}},"adding_replicas":{{}},"removing_replicas":{{}}}}',
            by_controller(f"create {t}/partitions null", f"create {t}/partitions/0 null", f"create {t}/partitions/1 null",
                          f"create {t}/partitions/0/state {state}", f"create {t}/partitions/1/state {state}"),
            "create /admin/delete_topics/t null",
            by_controller(f"delete {t}/partitions/0/state", f"delete {t}/partitions/0", f"delete {t}/partitions/1/state",
                          f"delete {t}/partitions/1", f"delete {t}/partitions", f"delete {t}", "delete /config/topics/t",
                          "delete /admin/delete_topics/t"))])


def test_idempotent_producers_live_on_the_block_of_ids_that_their_broker_drew_at_its_start(life):
    broker, client = life
    from confluent_kafka import Producer
    producer = Producer({"bootstrap.servers": broker.address, "enable.idempotence": True})
    producer.produce("t", b"v")
    assert producer.flush(20) == 0
    data, stat = client.get("/latest_producer_id_block")
    assert data == b'{"version":1,"broker":0,"block_start":"0","block_end":"999"}' and stat.version == 1


def test_generated_broker_ids_come_from_the_version_of_seqid(life, make_broker):
    broker, client = life
    second = make_broker(-1, zookeeper_connect=broker.properties["zookeeper.connect"]).start()
    third = make_broker(-1, zookeeper_connect=broker.properties["zookeeper.connect"]).start()
    assert set(client.get_children("/brokers/ids")) == {"0", "1001", "1002"}
    data, stat = client.get("/brokers/seqid")
    assert not data and stat.version == 2
    third.kill()
    second.kill()


def test_a_broker_that_stops_takes_its_registration_and_its_office_along(life):
    broker, client = life
    before = len(broker.writes())
    assert broker.stop() == 0
    wait_until("its session is over", lambda: not client.exists("/brokers/ids/0") and not client.exists("/controller"))
    assert client.get("/controller_epoch")[0] == b"1"
    assert broker.writes()[before:] == []  # the ephemerals go with the session


def test_a_second_start_writes_no_more_than_its_registration_its_election_and_a_block_of_ids(life):
    broker, client = life
    produce(broker, "t", [b"v"])
    broker.stop()
    before = len(broker.writes())
    broker.start()
    wait_until("elected", lambda: client.get("/controller_epoch")[0] == b"2")
    wait_until("led again", lambda: json.loads(client.get("/brokers/topics/t/partitions/0/state")[0])["leader"] == 0)
    wait_until("the next block of producer ids", lambda: b'"1000"' in client.get("/latest_producer_id_block")[0])
    kinds = [re.sub(r" .*?(/[a-z_]+/?[a-z0-9]*).*", r" \1", line) for line in broker.writes()[before:]]
    kinds.remove("set /latest_producer_id_block")
    assert kinds[:2] == ["multi /brokers/ids", "multi /controller"]
    assert not any(line.startswith("create") for line in broker.writes()[before:])


def test_settings_are_written_and_announced_as_by_kafka(life):
    broker, client = life
    admin = KafkaAdminClient(bootstrap_servers=broker.address)
    admin.create_topics([NewTopic("t", 1, 1)])
    before = len(broker.writes())
    for kind, name, settings in [(ConfigResourceType.TOPIC, "t", {"retention.ms": "86400000"}),
                                 (ConfigResourceType.BROKER, "0", {"log.cleaner.threads": "2"}),
                                 (ConfigResourceType.BROKER, "", {"message.max.bytes": "2000000"})]:
        admin.alter_configs([ConfigResource(kind, name, configs=settings)])
    admin.close()
    changes = [
        'set /config/topics/t {"version":1,"config":{"retention.ms":"86400000"}} (1)',
        'create /config/changes/config_change_0000000000 {"version":2,"entity_path":"topics/t"}',
        'create /config/brokers/0 {"version":1,"config":{"log.cleaner.threads":"2"}}',
        'create /config/changes/config_change_0000000001 {"version":2,"entity_path":"brokers/0"}',
        'create /config/brokers/<default> {"version":1,"config":{"message.max.bytes":"2000000"}}',
        'create /config/changes/config_change_0000000002 {"version":2,"entity_path":"brokers/<default>"}']
    assert [w for w in broker.writes()[before:] if "/config/" in w] == changes
