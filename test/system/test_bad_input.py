"""What comes from outside may be wrong: settings, files, requests. The broker says what is wrong and where, goes on or
ends with a reason, and loses nothing that it has acknowledged."""

import json
import struct
import subprocess

import pytest

import raw_wire as wire
from cluster import BIN, HOST, free_port, tool
from test_everyday import consume, produce
from raw_wire import Wire

# Kafka's error codes
NONE, UNKNOWN_TOPIC, CORRUPT_MESSAGE, MESSAGE_TOO_LARGE, INVALID_TOPIC, INVALID_RECORD = 0, 3, 2, 10, 17, 87
UNSUPPORTED_VERSION, INVALID_REPLICATION_FACTOR, NOT_AUTHORIZED_FOR_ID = 35, 38, 53


def fails_to_start(broker, *expected, status=1):
    """Starts a broker that must end by itself, and whose log must say all of this."""
    broker.launch()
    assert broker.process.wait() == status
    for text in expected:
        assert text in broker.log()


# Settings

def test_a_missing_properties_file_is_named(tmp_path):
    path = tmp_path / "nowhere.properties"
    done = subprocess.run([str(BIN / "kafka-server-start.sh"), str(path)], capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert str(path) in done.stdout + done.stderr and "No such file or directory" in done.stdout + done.stderr


@pytest.mark.parametrize("key, value, said", [
    ("num.io.threads", "many", "Invalid value many for configuration num.io.threads: Not a number of type INT"),
    ("num.io.threads", "0", "Invalid value 0 for configuration num.io.threads: Value must be at least 1"),
    ("log.flush.interval.messages", "99999999999999999999", "log.flush.interval.messages"),
    ("auto.create.topics.enable", "perhaps", "auto.create.topics.enable"),
    ("log.cleanup.policy", "burn", "log.cleanup.policy"),
    ("zookeeper.connect", None, 'Missing required configuration "zookeeper.connect" which has no default value.'),
    ("listeners", "PLAINTEXT//nonsense", "PLAINTEXT//nonsense"),
    ("listeners", "INSIDE://127.0.0.1:0", "listener.security.protocol.map"),
    ("listeners", "PLAINTEXT://127.0.0.1:9092,PLAINTEXT://127.0.0.1:9093", "Each listener must have a different name"),
    ("listeners", "PLAINTEXT://no.such.host.invalid:19092", "no.such.host.invalid:19092"),
    ("advertised.listeners", "PLAINTEXT://0.0.0.0:9092", "advertised.listeners cannot use the nonroutable meta-address"),
    ("inter.broker.listener.name", "ELSEWHERE", "ELSEWHERE"),
    ("max.connections.per.ip.overrides", "127.0.0.1", "max.connections.per.ip.overrides"),
    ("max.connections.per.ip.overrides", "no.such.host.invalid:5", "max.connections.per.ip.overrides: The host no.such"),
    ("log.message.format.version", "1.two", "1.two"),
])
def test_a_bad_setting_ends_the_start_with_its_name(make_broker, key, value, said):
    broker = make_broker()
    broker.properties[key] = value
    fails_to_start(broker, said)


def test_a_malformed_line_is_named_by_file_and_number(make_broker):
    broker = make_broker()
    path = broker.directory / "server.properties"
    broker.write_config = lambda: (path.write_text("broker.id=0\n\nlog.dirs=C:\\users\n"), path)[1]
    fails_to_start(broker, f"{path}:3", "log.dirs")


def test_meta_properties_may_be_edited_by_hand(make_broker):
    broker = make_broker().start()
    broker.stop()
    path = broker.data / "meta.properties"
    path.write_bytes(path.read_bytes().replace(b"=", b" = ").replace(b"\n", b"\r\n"))
    broker.start()


@pytest.mark.parametrize("index", ["-1", str(2**31 - 2)])
def test_a_topic_znode_with_an_impossible_partition_harms_no_other_topic(broker, zk, index):
    zk.create("/brokers/topics/impossible", json.dumps(
        {"version": 2, "partitions": {index: [0], "0": [0]}, "adding_replicas": {}, "removing_replicas": {}}).encode())
    assert [r.offset for r in produce(broker, "alive", [b"v"])] == [0]
    broker.stop()
    broker.start()
    assert consume(broker, "alive", 1) == [b"v"]


def test_an_unknown_setting_is_only_warned_about(make_broker):
    broker = make_broker()
    broker.properties["log.retention.hour"] = "3"
    broker.start()
    assert "The configuration 'log.retention.hour' was supplied but isn't a known config." in broker.log()
    assert "Did you mean 'log.retention.hours'?" in broker.log()


# The machine

def test_a_log_directory_below_a_file_is_named(make_broker, tmp_path):
    (tmp_path / "file").write_text("in the way")
    path = tmp_path / "file" / "logs"
    fails_to_start(make_broker(log_dirs=path), str(path))


def test_a_log_directory_that_cannot_be_written_is_named(make_broker):
    fails_to_start(make_broker(log_dirs="/proc/samsa-logs"), "/proc/samsa-logs")


def test_one_bad_directory_of_several_does_not_keep_the_broker_from_starting(make_broker, tmp_path):
    (tmp_path / "file").write_text("in the way")
    broker = make_broker()
    broker.properties["log.dirs"] = f"{broker.data},{tmp_path / 'file' / 'logs'}"
    broker.start()
    assert str(tmp_path / "file" / "logs") in broker.log()
    assert [r.offset for r in produce(broker, "alive", [b"v"])] == [0]


def test_a_taken_port_ends_the_start_with_the_address(make_broker):
    first = make_broker().start()
    fails_to_start(make_broker(broker_id=1, port=first.port), f"Socket server failed to bind to {HOST}:{first.port}",
                   "Address already in use", "listeners")


def test_an_address_that_another_broker_has_registered_is_refused(make_broker):
    first = make_broker(1).start()
    fails_to_start(make_broker(2, advertised_listeners=f"PLAINTEXT://{first.address}"),
                   f"Configured end points {first.address} in advertised listeners are already registered by broker 1")
    first.stop()
    first.start()


def test_a_listener_on_an_address_of_another_machine_is_not_blamed_on_a_process(make_broker):
    broker = make_broker()
    broker.properties["listeners"] = f"PLAINTEXT://192.0.2.1:{broker.port}"
    fails_to_start(broker, "Socket server failed to bind to 192.0.2.1", "must name an address of this machine")


@pytest.mark.parametrize("port", ["99999", "-5", "99999999999"])
def test_a_port_out_of_range_is_refused(make_broker, port):
    broker = make_broker()
    broker.properties["listeners"] = f"PLAINTEXT://{HOST}:{port}"
    fails_to_start(broker, f"port out of range:{port}")


@pytest.mark.parametrize("connect", [",", "/chroot", f"{HOST}:abc", f"{HOST}:99999"])
def test_a_list_of_zookeepers_that_cannot_be_reached_by_anybody_is_refused_at_once(make_broker, connect):
    broker = make_broker()
    broker.properties["zookeeper.connect"] = connect
    fails_to_start(broker, f"zookeeper.connect={connect}")


def test_listeners_are_not_said_to_change_while_their_sockets_do_not(make_broker):
    broker = make_broker().start()
    done = tool("kafka-configs", "--bootstrap-server", broker.address, "--entity-type", "brokers", "--entity-name", "0",
                "--alter", "--add-config", f"listeners=PLAINTEXT://{HOST}:{free_port()}", check=False)
    assert done.returncode != 0 and "does not do yet" in done.stdout + done.stderr
    assert [r.offset for r in produce(broker, "alive", [b"v"])] == [0]


def test_a_second_broker_on_the_same_directory_says_why_it_ends(make_broker):
    first = make_broker().start()
    fails_to_start(make_broker(broker_id=1, log_dirs=first.data), "Failed to acquire lock on file .lock in",
                   str(first.data))
    assert [r.offset for r in produce(first, "alive", [b"v"])] == [0]


def test_the_wrong_cluster_is_refused_with_both_ids(make_broker, zookeeper):
    broker = make_broker().start()
    broker.stop()
    stored = dict(line.split("=") for line in (broker.data / "meta.properties").read_text().splitlines()
                  if "=" in line)["cluster.id"]
    broker.properties["zookeeper.connect"] += "/another-cluster"
    fails_to_start(broker, "The broker is trying to join the wrong cluster", stored,
                   "Configured zookeeper.connect may be wrong")
    assert (broker.data / ".kafka_cleanshutdown").exists(), "nothing was written, so there is nothing to recover"


@pytest.mark.parametrize("text, said", [
    ("version=7\nbroker.id=0\n", "Unrecognized version of the server meta.properties file"),
    ("version=0\nbroker.id=zero\n", "broker.id"),
    ("", "meta.properties"),
    ("\0\xff\xfe" * 100, "meta.properties"),
])
def test_a_damaged_meta_properties_is_named(make_broker, text, said):
    broker = make_broker().start()
    broker.stop()
    path = broker.data / "meta.properties"
    path.write_text(text)
    fails_to_start(broker, said, str(path))


@pytest.mark.parametrize("damage", [b"", b"\xff" * 96, b"\x00" * 96, b"rubbish"])
@pytest.mark.parametrize("stop", ["stop", "kill"])
def test_damaged_indexes_are_made_anew_and_cost_no_record(make_broker, damage, stop):
    broker = make_broker(log_index_interval_bytes=200).start()
    values = [b"value-%d" % i for i in range(300)]
    produce(broker, "t", values, batch_size=300)
    getattr(broker, stop)()
    for suffix in ("index", "timeindex"):
        (broker.data / "t-0" / f"{0:020}.{suffix}").write_bytes(damage)
    broker.start()
    assert consume(broker, "t", 300) == values
    assert [r.offset for r in produce(broker, "t", [b"more"])] == [300]


# Requests

@pytest.fixture
def topic(broker):
    produce(broker, "t", [b"first"])
    return "t"


def test_a_wrong_crc_is_answered_and_nothing_is_kept(broker, topic):
    good = wire.batch([b"value"])
    for at in (17, 20, len(good) - 1):  # in the CRC, in the attributes that it covers, in the last record
        bad = bytearray(good)
        bad[at] ^= 1
        with Wire(broker.address) as connection:
            assert connection.produce(topic, bytes(bad)) == (CORRUPT_MESSAGE, -1)
            assert connection.produce(topic, good)[0] == NONE  # the connection goes on
    assert consume(broker, topic, 4) == [b"first"] + [b"value"] * 3


def test_a_batch_too_short_for_its_format_is_its_partitions_fault_alone(broker, topic):
    whole = wire.batch([b"value"])
    for size in (26, 51, 60):
        short = whole[:8] + struct.pack(">i", size - 12) + whole[12:size]
        with Wire(broker.address) as connection:
            assert connection.produce(topic, short) == (CORRUPT_MESSAGE, -1)
            assert connection.produce(topic, whole)[0] == NONE  # the connection goes on


def test_more_than_one_batch_is_answered_with_a_reason(broker, topic):
    with Wire(broker.address) as connection:
        assert connection.produce(topic, wire.batch([b"one"]) + wire.batch([b"two"])) == (INVALID_RECORD, -1)
    assert [r.offset for r in produce(broker, topic, [b"next"])] == [1]


@pytest.mark.parametrize("records", [
    b"",
    b"\x00" * 10,
    wire.batch([b"cut"])[:-1],
    wire.batch([b"cut"])[:30],
    wire.batch([b"x"])[:16] + b"\x09" + wire.batch([b"x"])[17:],
], ids=["none", "no header", "last byte cut", "header alone", "unknown magic"])
def test_a_request_without_a_whole_batch_ends_its_connection_as_kafka_does(broker, topic, records):
    with Wire(broker.address) as connection:
        assert connection.send(wire.produce_request(topic, records)).is_hung_up()
    assert [r.offset for r in produce(broker, topic, [b"next"])] == [1]


def test_a_batch_of_a_transaction_that_nobody_could_end_is_refused(broker, topic):
    with Wire(broker.address) as connection:
        assert connection.produce(topic, wire.batch([b"v"], is_transactional=True)) == (NOT_AUTHORIZED_FOR_ID, -1)
    assert [r.offset for r in produce(broker, topic, [b"next"])] == [1]


def test_a_batch_above_the_limit_is_refused(broker, topic):
    with Wire(broker.address) as connection:
        assert connection.produce(topic, wire.batch([b"x" * 1100000])) == (MESSAGE_TOO_LARGE, -1)
        assert connection.produce(topic, wire.batch([b"x" * 900000])) == (NONE, 1)


def test_unknown_topics_and_partitions_are_answered(make_broker):
    broker = make_broker(auto_create_topics_enable="false").start()
    with Wire(broker.address) as connection:
        assert connection.produce("nowhere", wire.batch([b"v"])) == (UNKNOWN_TOPIC, -1)
        assert connection.produce("not a name", wire.batch([b"v"]))[0] in (UNKNOWN_TOPIC, INVALID_TOPIC)
        for partition in (-1, 7, 2**31 - 1):
            assert connection.produce("nowhere", wire.batch([b"v"]), partition) == (UNKNOWN_TOPIC, -1)


def frames_that_break_the_protocol():
    yield "negative size", struct.pack(">i", -1)
    yield "most negative size", struct.pack(">i", -2**31)
    yield "two GiB", struct.pack(">i", 2**31 - 1)
    yield "above socket.request.max.bytes", struct.pack(">i", 104857601)
    yield "empty frame", wire.frame(b"")
    yield "half a header", wire.frame(b"\x00\x12\x00")
    yield "unknown API", wire.request(999, 0)
    yield "negative API", wire.request(-1, 0)
    yield "an API that is not for brokers", wire.request(52, 0)
    yield "unknown version of Metadata", wire.request(wire.API_METADATA, 99)
    yield "negative version", wire.request(wire.API_METADATA, -1)
    yield "client id longer than the frame", wire.frame(struct.pack(">hhih", 3, 1, 1, 30000))
    yield "array of two thousand millions", wire.request(wire.API_METADATA, 1, struct.pack(">i", 2**31 - 1))
    yield "body cut short", wire.request(wire.API_METADATA, 1, struct.pack(">ih", 1, 5) + b"ab")
    yield "HTTP", b"GET / HTTP/1.1\r\nHost: broker\r\n\r\n"
    yield "TLS", bytes.fromhex("16030100c8010000c40303") + bytes(190)


@pytest.mark.parametrize("payload", [pytest.param(p, id=name) for name, p in frames_that_break_the_protocol()])
def test_a_frame_that_breaks_the_protocol_ends_only_its_own_connection(broker, payload):
    with Wire(broker.address) as bystander, Wire(broker.address) as offender:
        assert offender.send(payload).is_hung_up()
        correlation, _ = bystander.send(wire.request(wire.API_VERSIONS, 0, correlation=77)).response()
        assert correlation == 77


def test_administrators_mistakes_have_kafkas_codes(broker):
    def create(name, partitions, replicas, *configs):
        body = struct.pack(">i", 1) + wire.string(name) + struct.pack(">ihii", partitions, replicas, 0, len(configs))
        for key, value in configs:
            body += wire.string(key) + wire.string(value)
        body += struct.pack(">ib", 10000, 0)
        with Wire(broker.address) as connection:
            _, answer = connection.send(wire.request(wire.API_CREATE_TOPICS, 2, body)).response()
        return struct.unpack_from(">h", answer, 4 + 4 + 2 + len(name))[0]
    topic_exists, invalid_partitions, invalid_config = 36, 37, 40
    assert create("fine", 1, 1) == NONE
    assert create("fine", 1, 1) == topic_exists
    assert create("no replicas", 1, 1) == INVALID_TOPIC
    assert create("", 1, 1) == INVALID_TOPIC
    assert create("..", 1, 1) == INVALID_TOPIC
    assert create("x" * 250, 1, 1) == INVALID_TOPIC
    assert create("x" * 249, 1, 1) == NONE
    assert create("many-replicas", 1, 2) == INVALID_REPLICATION_FACTOR
    assert create("no-replicas", 1, 0) == INVALID_REPLICATION_FACTOR
    assert create("no-partitions", 0, 1) == invalid_partitions
    assert create("too-many-partitions", 2**31 - 1, 1) == invalid_partitions
    assert create("bad-config", 1, 1, ("retention.ms", "soon")) == invalid_config
    assert create("unknown-config", 1, 1, ("retention.mss", "1")) == invalid_config
