"""The image's entry point: which environment gives which server.properties, with a broker that only prints."""

import http.server
import json
import os
import pathlib
import shutil
import socketserver
import subprocess
import threading

import pytest

from cluster import ROOT

FAKE_BROKER = """#!/bin/sh
echo "broker: $*"
env | grep -E '^(KAFKA_OPTS|KAFKA_HEAP_OPTS|KAFKA_CREATE_TOPICS)=' || true
"""
# Fails for the first attempts, as a cluster does that has too few brokers yet.
FAKE_TOOL = """#!/bin/sh
echo "$*" >>"$CALLS"
if [ "$(wc -l <"$CALLS")" -le "${FAILURES:-0}" ]; then
  echo "Error while executing topic command : Replication factor: 1 larger than available brokers: 0."
  echo "[$(date +%s.%N)] ERROR org.apache.kafka.common.errors.InvalidReplicationFactorException"
  exit 1
fi
case " $* " in *" bad/name "*)
  echo "Error while executing topic command : Topic name \\"bad/name\\" is illegal"
  echo "[$(date +%s.%N)] ERROR org.apache.kafka.common.errors.InvalidTopicException: Topic name is illegal"
  exit 1
esac
"""


class Image:
    """What the Dockerfile lays out, in a folder: /opt/kafka and the scripts of /usr/bin."""

    def __init__(self, directory):
        self.home = directory / "kafka"
        self.programs = directory / "programs"
        self.calls = directory / "calls"
        self.socket = directory / "docker.sock"
        shutil.copytree(ROOT / "bin", self.home / "bin")
        shutil.copytree(ROOT / "conf", self.home / "config")
        self.programs.mkdir()
        self.write_program("samsa-broker", FAKE_BROKER)
        self.write_program("samsa", FAKE_TOOL)

    def write_program(self, name, text):
        path = self.programs / name
        path.write_text(text)
        path.chmod(0o755)

    def run(self, script="start-samsa.sh", arguments=(), **variables):
        environment = {"PATH": f"{ROOT / 'docker'}:/usr/sbin:/usr/bin:/sbin:/bin", "KAFKA_HOME": str(self.home),
                       "KAFKA_VERSION": "2.7.0", "SAMSA_PROGRAMS": str(self.programs), "CALLS": str(self.calls),
                       "HOSTNAME": "box", "DOCKER_SOCKET": str(self.socket)}
        environment.update(variables)
        return subprocess.run([ROOT / "docker" / script, *arguments], env=environment, text=True, capture_output=True,
                              timeout=60)

    def start(self, **variables):
        """The properties that the broker is started with."""
        variables.setdefault("KAFKA_ZOOKEEPER_CONNECT", "zookeeper:2181")
        done = self.run(**variables)
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"broker: {self.home}/config/server.properties" in done.stdout
        return self.properties()

    def properties(self, name="server.properties"):
        lines = (self.home / "config" / name).read_text().splitlines()
        pairs = [line.split("=", 1) for line in lines if "=" in line and not line.startswith("#")]
        assert len(pairs) == len({key for key, _ in pairs}), "a key is set twice"
        return dict(pairs)


@pytest.fixture
def image(tmp_path):
    return Image(tmp_path)


def test_the_least_environment_gives_an_address_a_port_an_id_and_a_folder(image):
    properties = image.start(KAFKA_ADVERTISED_HOST_NAME="192.168.99.100")
    assert properties["zookeeper.connect"] == "zookeeper:2181"
    assert properties["advertised.host.name"] == "192.168.99.100"
    assert properties["port"] == "9092"
    assert properties["broker.id"] == "-1"
    assert properties["log.dirs"] == "/kafka/kafka-logs-box"
    assert "listeners" not in properties
    assert "advertised.port" not in properties


def test_every_variable_becomes_a_property_and_replaces_the_files_own(image):
    properties = image.start(KAFKA_ADVERTISED_HOST_NAME="h", KAFKA_NUM_PARTITIONS="7",
                             KAFKA_LOG_RETENTION_BYTES="5", KAFKA_MESSAGE_MAX_BYTES="2000000",
                             KAFKA_CFG_NUM_IO_THREADS="3", KAFKA_LOG_DIRS="/data", KAFKA_BROKER_ID="4")
    assert properties["num.partitions"] == "7"  # was set
    assert properties["log.retention.bytes"] == "5"  # was commented out
    assert properties["message.max.bytes"] == "2000000"  # was absent
    assert properties["num.io.threads"] == "3"  # as Bitnami's image spells it
    assert properties["log.dirs"] == "/data"
    assert properties["broker.id"] == "4"


def test_values_may_hold_any_character(image):
    value = 'required username="a@b" password="c&d|e\\\\f" x=$1;'
    properties = image.start(KAFKA_ADVERTISED_HOST_NAME="h", KAFKA_SASL_JAAS_CONFIG=value,
                             KAFKA_SSL_PRINCIPAL_MAPPING_RULES="RULE:^CN=(.*?)$/$1/L,\nDEFAULT")
    assert properties["sasl.jaas.config"] == value
    assert properties["ssl.principal.mapping.rules"] == "RULE:^CN=(.*?)$/$1/L,\\nDEFAULT"


def test_variables_of_the_java_machine_are_no_properties(image):
    properties = image.start(KAFKA_ADVERTISED_HOST_NAME="h", KAFKA_OPTS="-Dx=y", KAFKA_HEAP_OPTS="-Xmx1G",
                             KAFKA_JMX_OPTS="-Dz", KAFKA_LOG4J_OPTS="-Dq", KAFKA_DEBUG="1")
    assert not {"version", "home", "opts", "heap.opts", "jmx.opts", "log4j.opts", "debug"} & properties.keys()


def test_variables_of_a_service_named_kafka_are_ignored(image):
    properties = image.start(KAFKA_ADVERTISED_HOST_NAME="h", KAFKA_PORT="tcp://10.0.0.1:9092",
                             KAFKA_PORT_9092_TCP_ADDR="10.0.0.1", KAFKA_SERVICE_HOST="10.0.0.1",
                             KAFKA_SERVICE_PORT="9092")
    assert properties["port"] == "9092"
    assert not any(key.startswith(("service.", "port.")) for key in properties)


def test_starting_again_changes_nothing(image):
    first = image.start(KAFKA_ADVERTISED_HOST_NAME="h")
    assert image.start(KAFKA_ADVERTISED_HOST_NAME="h") == first


def test_log4j_variables_go_to_their_own_file(image):
    image.start(KAFKA_ADVERTISED_HOST_NAME="h", LOG4J_LOGGER_KAFKA_AUTHORIZER_LOGGER="DEBUG, authorizerAppender")
    assert image.properties("log4j.properties") == {
        "log4j.logger.kafka.authorizer.logger": "DEBUG, authorizerAppender"}


def test_commands_give_id_host_port_and_rack(image):
    properties = image.start(BROKER_ID_COMMAND="echo 3", RACK_COMMAND="echo r1", PORT_COMMAND="echo 9876",
                             HOSTNAME_COMMAND="f() { echo monkey.domain; }; f",
                             KAFKA_LISTENERS="INSIDE://:9092,OUTSIDE://:9094",
                             KAFKA_ADVERTISED_LISTENERS="INSIDE://:9092,OUTSIDE://_{HOSTNAME_COMMAND}:_{PORT_COMMAND}",
                             KAFKA_LISTENER_SECURITY_PROTOCOL_MAP="INSIDE:PLAINTEXT,OUTSIDE:PLAINTEXT",
                             KAFKA_INTER_BROKER_LISTENER_NAME="INSIDE")
    assert properties["broker.id"] == "3"
    assert properties["broker.rack"] == "r1"
    assert properties["advertised.listeners"] == "INSIDE://:9092,OUTSIDE://monkey.domain:9876"
    assert "advertised.host.name" not in properties


def test_the_host_name_command_alone_is_the_advertised_host(image):
    assert image.start(HOSTNAME_COMMAND="echo here")["advertised.host.name"] == "here"


def test_a_given_id_and_rack_win_over_commands(image):
    properties = image.start(KAFKA_ADVERTISED_HOST_NAME="h", KAFKA_BROKER_ID="1", BROKER_ID_COMMAND="echo 2",
                             KAFKA_BROKER_RACK="a", RACK_COMMAND="echo b")
    assert (properties["broker.id"], properties["broker.rack"]) == ("1", "a")


@pytest.mark.parametrize("variables, message", [
    ({}, "ERROR: missing mandatory config: KAFKA_ZOOKEEPER_CONNECT"),
    ({"KAFKA_ZOOKEEPER_CONNECT": "z"}, "ERROR: No listener or advertised hostname configuration provided"),
    ({"KAFKA_ZOOKEEPER_CONNECT": "z", "KAFKA_ADVERTISED_LISTENERS": "PLAINTEXT://h:1"},
     "ERROR: Missing environment variable KAFKA_LISTENERS."),
])
def test_an_environment_that_cannot_work_is_refused(image, variables, message):
    done = image.run(**variables)
    assert done.returncode == 1
    assert message in done.stdout
    assert "broker:" not in done.stdout


def test_the_init_script_runs_before_the_broker(image):
    done = image.run(KAFKA_ZOOKEEPER_CONNECT="z", KAFKA_ADVERTISED_HOST_NAME="h",
                     CUSTOM_INIT_SCRIPT="export KAFKA_OPTS='-Da=b c'; echo num.io.threads=5 >>$KAFKA_HOME/config/x")
    assert "KAFKA_OPTS=-Da=b c" in done.stdout
    assert (image.home / "config" / "x").read_text() == "num.io.threads=5\n"


def test_topics_are_created_as_listed(image):
    done = image.run("create-topics.sh", KAFKA_ZOOKEEPER_CONNECT="z:2181", KAFKA_CREATE_TOPICS="a:1:3,b:2:1:compact, c")
    assert done.returncode == 0, done.stdout + done.stderr
    common = "topics --create --if-not-exists --bootstrap-server localhost:9092 --topic"
    assert image.calls.read_text().splitlines() == [
        f"{common} a --partitions 1 --replication-factor 3",
        f"{common} b --partitions 2 --replication-factor 1 --config cleanup.policy=compact",
        f"{common} c --partitions 1 --replication-factor 1",
    ]


@pytest.mark.parametrize("separator", ["\n", "$'\\n'"])
def test_topics_may_stand_on_lines_of_their_own(image, separator):
    image.run("create-topics.sh", KAFKA_ZOOKEEPER_CONNECT="z", KAFKA_CREATE_TOPICS="  one:1:1\n  lines-n:1:1\n",
              KAFKA_CREATE_TOPICS_SEPARATOR=separator)
    calls = image.calls.read_text()
    assert "--topic one " in calls and "--topic lines-n " in calls
    assert len(calls.splitlines()) == 2


@pytest.mark.parametrize("listeners, address", [
    ("PLAINTEXT://:9093", "localhost:9093"),
    ("INSIDE://0.0.0.0:1,OUTSIDE://:2", "localhost:1"),
    ("INSIDE://10.0.0.1:1", "10.0.0.1:1"),
])
def test_topics_are_created_through_the_first_listener(image, listeners, address):
    image.run("create-topics.sh", KAFKA_LISTENERS=listeners, KAFKA_CREATE_TOPICS="a:1:1")
    assert f"--bootstrap-server {address} " in image.calls.read_text()


def test_topics_wait_for_brokers(image):
    done = image.run("create-topics.sh", KAFKA_ZOOKEEPER_CONNECT="z", KAFKA_CREATE_TOPICS="a:1:1", FAILURES="1")
    assert done.returncode == 0
    assert "cannot be created yet" in done.stdout
    assert len(image.calls.read_text().splitlines()) == 2


def test_a_topic_that_cannot_be_made_keeps_no_other_waiting(image):
    done = image.run("create-topics.sh", KAFKA_ZOOKEEPER_CONNECT="z", KAFKA_CREATE_TOPICS="bad/name:1:1,good:1:1")
    assert done.returncode == 1
    assert "topic bad/name cannot be created: Error while executing" in done.stdout
    assert "--topic good " in image.calls.read_text()
    assert len(image.calls.read_text().splitlines()) == 2


def test_the_same_reason_is_told_once(image):
    done = image.run("create-topics.sh", KAFKA_ZOOKEEPER_CONNECT="z", KAFKA_CREATE_TOPICS="a:1:1", FAILURES="2")
    assert done.stdout.count("cannot be created yet") == 1


def test_topics_are_given_up_in_the_end(image):
    done = image.run("create-topics.sh", KAFKA_ZOOKEEPER_CONNECT="z", KAFKA_CREATE_TOPICS="a:1:1", FAILURES="99",
                     START_TIMEOUT="0")
    assert done.returncode == 1
    assert "Not able to auto-create topic a (waited for 0 sec)" in done.stdout


def test_the_broker_does_not_see_the_list_of_topics(image):
    done = image.run(KAFKA_ZOOKEEPER_CONNECT="z", KAFKA_ADVERTISED_HOST_NAME="h", KAFKA_CREATE_TOPICS="a:1:1")
    assert "KAFKA_CREATE_TOPICS=" not in done.stdout.split("broker:")[1]
    assert "create.topics" not in image.properties()


class Engine(http.server.BaseHTTPRequestHandler):
    """A container engine that knows one container."""

    def do_GET(self):
        container = {"NetworkSettings": {"Ports": {"9092/tcp": [{"HostIp": "0.0.0.0", "HostPort": "32770"}], "1/tcp": None}}}
        body = json.dumps({"Name": "swarm-node"} if self.path == "/info" else container).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self):
        return "socket"

    def log_message(self, *_):
        pass


@pytest.fixture
def engine(image):
    server = socketserver.ThreadingUnixStreamServer(str(image.socket), Engine)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_the_engine_tells_the_published_port(image, engine):
    assert image.start(KAFKA_ADVERTISED_HOST_NAME="h")["advertised.port"] == "32770"


def test_the_engine_is_not_asked_when_listeners_are_given(image, engine):
    properties = image.start(KAFKA_LISTENERS="PLAINTEXT://:9092", KAFKA_ADVERTISED_LISTENERS="PLAINTEXT://h:1")
    assert "advertised.port" not in properties


def test_the_engine_can_be_asked_from_commands(image, engine):
    properties = image.start(HOSTNAME_COMMAND="docker info | grep ^Name: | cut -d' ' -f 2",
                             PORT_COMMAND="docker port $(hostname) 9092/tcp | cut -d: -f2",
                             KAFKA_LISTENERS="PLAINTEXT://:9092",
                             KAFKA_ADVERTISED_LISTENERS="PLAINTEXT://_{HOSTNAME_COMMAND}:_{PORT_COMMAND}")
    assert properties["advertised.listeners"] == "PLAINTEXT://swarm-node:32770"


@pytest.mark.parametrize("file", sorted(path.name for path in ROOT.glob("docker-compose*.yml")))
def test_compose_files_are_valid(file):
    done = subprocess.run(["docker-compose", "-f", ROOT / file, "config", "-q"], capture_output=True, text=True, timeout=60,
                          env={**os.environ, "DOCKER_HOST": "tcp://127.0.0.1:1"})
    assert done.returncode == 0, done.stderr


def test_the_image_copies_only_what_exists():
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    sources = [word for line in lines if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]]
    assert sources
    for source in sources:
        assert list(ROOT.glob(source)), source
    assert pathlib.Path(ROOT / "docker" / "start-samsa.sh").stat().st_mode & 0o111
