"""The command-line tools against a broker: what they move, print and refuse."""

import os
import pathlib
import signal
import socket
import subprocess
import time

import pytest

from cluster import BIN, free_port, tool, wait_until


@pytest.fixture
def run(broker):
    def run(name, *arguments, **options):
        return tool(name, "--bootstrap-server", broker.address, *arguments, **options)
    return run


def test_every_record_of_a_large_topic_arrives_unharmed(run):
    run("kafka-topics", "--create", "--topic", "large", "--partitions", 4, "--replication-factor", 1)
    lines = [f"k{i}\t{i}:" + "x" * (i % 400) for i in range(40000)]
    run("kafka-console-producer", "--topic", "large", "--property", "parse.key=true", stdin="\n".join(lines) + "\n")
    read = run("kafka-console-consumer", "--topic", "large", "--from-beginning", "--max-messages", len(lines),
               "--property", "print.key=true", "--consumer-property", "max.partition.fetch.bytes=50000")
    assert sorted(read.stdout.splitlines()) == sorted(lines)
    assert read.stderr.endswith(f"Processed a total of {len(lines)} messages\n")


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
def test_what_is_compressed_is_read_back(run, codec):
    lines = [f"{codec}-{i}" for i in range(1000)]
    run("kafka-console-producer", "--topic", "t", "--compression-codec", codec, stdin="\n".join(lines) + "\n")
    read = run("kafka-console-consumer", "--topic", "t", "--partition", 0, "--offset", "earliest",
               "--max-messages", len(lines))
    assert read.stdout.splitlines() == lines


def test_records_are_shown_as_asked(run):
    run("kafka-console-producer", "--topic", "t", "--property", "parse.key=true", "--property", "key.separator=:",
        stdin="k:v\n")

    def shown(*arguments):
        return run("kafka-console-consumer", "--topic", "t", "--partition", 0, "--offset", "earliest",
                   "--max-messages", 1, *arguments).stdout
    assert shown("--property", "print.key=true", "--property", "key.separator==") == "k=v\n"
    assert shown("--property", "print.offset=true", "--property", "print.partition=true") == \
        "Partition:0\tOffset:0\tv\n"
    assert shown("--formatter", "kafka.tools.LoggingMessageFormatter") == "v\n"
    assert shown("--formatter", "kafka.tools.NoOpMessageFormatter") == ""
    assert shown("--formatter", "kafka.tools.ChecksumMessageFormatter") == "checksum:0\n"


def test_a_group_reads_on_where_it_stopped(run):
    run("kafka-console-producer", "--topic", "t", stdin="a\nb\nc\n")
    group = ("kafka-console-consumer", "--topic", "t", "--group", "g", "--from-beginning", "--max-messages")
    assert run(*group, 2).stdout == "a\nb\n"
    assert run(*group, 1).stdout == "c\n"
    described = run("kafka-consumer-groups", "--describe", "--group", "g")
    assert described.stdout.splitlines()[-1].split() == ["g", "t", "0", "3", "3", "0", "-", "-", "-"]
    assert run("kafka-consumer-groups", "--list").stdout == "g\n"
    moved = run("kafka-consumer-groups", "--reset-offsets", "--group", "g", "--topic", "t", "--to-earliest", "--execute")
    assert moved.stdout.splitlines()[-1].split() == ["g", "t", "0", "0"]
    assert run(*group, 1).stdout == "a\n"
    assert run("kafka-consumer-groups", "--delete", "--group", "g").stdout == \
        "Deletion of requested consumer groups ('g') was successful.\n"
    assert run("kafka-consumer-groups", "--list").stdout == ""


def test_offsets_and_deleted_records_are_told(run, broker, tmp_path):
    run("kafka-console-producer", "--topic", "t", stdin="a\nb\nc\n")
    plan = tmp_path / "offsets.json"
    plan.write_text('{"partitions":[{"topic":"t","partition":0,"offset":2}],"version":1}')
    assert run("kafka-delete-records", "--offset-json-file", plan).stdout == (
        "Executing records delete operation\nRecords delete operation completed:\npartition: t-0\tlow_watermark: 2\n")
    offsets = ("kafka-get-offsets", "--broker-list", broker.address, "--topic", "t", "--time")
    assert tool(*offsets, -2).stdout == "t:0:2\n"
    assert tool(*offsets, -1).stdout == "t:0:3\n"


def test_wrong_values_end_as_in_java(run):
    def ending(name, *arguments, **options):
        done = run(name, *arguments, check=False, **options)
        assert done.returncode == 1
        return done.stderr.splitlines()
    assert ending("kafka-console-consumer", "--topic", "t", "--max-messages", "x")[0] == (
        'Exception in thread "main" joptsimple.OptionArgumentConversionException: '
        "Cannot parse argument 'x' of option max-messages")
    assert ending("kafka-console-consumer", "--topic", "t", "--consumer.config", "/nowhere")[0] == \
        'Exception in thread "main" java.nio.file.NoSuchFileException: /nowhere'
    assert ending("kafka-console-producer", "--topic", "t", "--producer-property", "acks=7", stdin="a\n")[0] == (
        "org.apache.kafka.common.config.ConfigException: Invalid value 7 for configuration acks: "
        "String must be one of: all, -1, 0, 1")
    assert ending("kafka-topics", "--create", "--topic", "t", "--partitions", "x")[0].endswith(
        "ERROR joptsimple.OptionArgumentConversionException: Cannot parse argument 'x' of option partitions")


def test_a_broker_that_is_not_there_is_named_and_given_up(tmp_path):
    client = tmp_path / "client.properties"
    client.write_text("default.api.timeout.ms=1000\nrequest.timeout.ms=1000\n")
    port = free_port()
    done = tool("kafka-topics", "--bootstrap-server", f"127.0.0.1:{port}", "--list", "--command-config", client,
                check=False)
    assert done.returncode == 1
    assert done.stdout.startswith("Error while executing topic command : Timed out waiting for a node assignment.")
    assert f"Connection to node -1 (/127.0.0.1:{port}) could not be established." in done.stderr
    assert done.stderr.count("could not be established") < 10


def test_a_pattern_that_is_none_is_refused(run):
    for pattern, why in (("c[", "Unclosed character class near index 1"),
                         ("*", "Dangling meta character '*' near index 0")):
        done = run("kafka-console-consumer", "--whitelist", pattern, check=False)
        assert done.returncode == 1
        assert f"java.util.regex.PatternSyntaxException: {why}\n{pattern}\n" in done.stderr
        listed = run("kafka-topics", "--list", "--topic", pattern, check=False)
        assert listed.returncode == 1
        assert listed.stdout == f"Error while executing topic command : {pattern} is an invalid regex.\n"


def test_patterns_may_ignore_case(run):
    run("kafka-topics", "--create", "--topic", "c1")
    run("kafka-console-producer", "--topic", "c1", stdin="a\n")
    assert run("kafka-topics", "--list", "--topic", "(?i)C1").stdout == "c1\n"
    read = run("kafka-console-consumer", "--whitelist", "(?i)C1", "--from-beginning", "--max-messages", 1)
    assert read.stdout == "a\n"


@pytest.fixture
def silent():
    """The address of one who accepts connections and says nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield "127.0.0.1:%d" % listener.getsockname()[1]


@pytest.mark.parametrize("there", [False, True])
def test_a_consumer_waits_no_longer_than_told_for_brokers(there, silent):
    address = silent if there else f"127.0.0.1:{free_port()}"
    begin = time.monotonic()
    done = tool("kafka-console-consumer", "--bootstrap-server", address, "--topic", "t", "--timeout-ms", 1500)
    assert 1.4 < time.monotonic() - begin < 8
    assert done.stderr.endswith("org.apache.kafka.common.errors.TimeoutException\nProcessed a total of 0 messages\n")


def test_brokers_without_an_address_are_given_up_at_once():
    begin = time.monotonic()
    why = "No resolvable bootstrap urls given in bootstrap.servers"
    server = ("--bootstrap-server", "nosuch.invalid:2181")
    for name, *arguments in (("kafka-topics", "--list"), ("kafka-consumer-groups", "--list"),
                             ("kafka-console-consumer", "--topic", "t"),
                             ("kafka-configs", "--describe", "--entity-type", "users")):
        done = tool(name, *server, *arguments, check=False, timeout_s=120)
        assert done.returncode == 1, name
        assert done.stderr.splitlines()[-1] == f"Caused by: org.apache.kafka.common.config.ConfigException: {why}"
    assert tool("kafka-broker-api-versions", *server, check=False, timeout_s=120).stderr.splitlines()[-1] == \
        f'Exception in thread "main" org.apache.kafka.common.config.ConfigException: {why}'
    assert time.monotonic() - begin < 200  # a name server that is dead takes its time


def test_who_asks_for_brokers_that_are_not_there_is_told_which():
    address = f"127.0.0.1:{free_port()}"
    versions = tool("kafka-broker-api-versions", "--bootstrap-server", address, check=False)
    assert versions.returncode == 1
    assert versions.stderr.splitlines()[-1] == (
        'Exception in thread "main" java.lang.RuntimeException: Request METADATA failed on brokers '
        f"List({address} (id: -1 rack: null))")
    groups = tool("kafka-consumer-groups", "--bootstrap-server", address, "--list", "--timeout", 500)
    assert groups.stdout == ("\nError: Executing consumer group command failed due to "
                             "org.apache.kafka.common.KafkaException: Failed to find brokers to send ListGroups\n")


def handles(pid, number):
    """Whether the tool itself does: the shell that becomes it catches SIGINT, too."""
    if pathlib.Path(os.readlink(f"/proc/{pid}/exe")).name != "samsa":
        return False
    with open(f"/proc/{pid}/status") as status:
        caught = next(line for line in status if line.startswith("SigCgt:"))
    return int(caught.split()[1], 16) >> (number - 1) & 1


def test_the_exit_code_names_the_signal(broker, run):
    run("kafka-topics", "--create", "--topic", "t")
    server = ["--bootstrap-server", broker.address]
    commands = [["kafka-console-consumer", "--topic", "t", *server],
                ["kafka-console-producer", "--topic", "t", *server],
                ["kafka-producer-perf-test", "--topic", "t", "--num-records", "1000000", "--record-size", "10",
                 "--throughput", "10", "--producer-props", f"bootstrap.servers={broker.address}"],
                ["kafka-consumer-perf-test", "--topic", "t", "--messages", "1000000000", "--timeout", "100000", *server]]
    for name, *arguments in commands:
        for number in (signal.SIGTERM, signal.SIGINT):
            with subprocess.Popen([BIN / f"{name}.sh", *arguments], stdin=subprocess.PIPE,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
                try:
                    wait_until(f"{name} has a handler", lambda: handles(child.pid, number))
                    child.send_signal(number)
                    assert child.wait(60) == 128 + number, name
                finally:
                    child.kill()


def test_credentials_of_users_are_altered_through_brokers(run):
    user = ("kafka-configs", "--entity-type", "users", "--entity-name", "alice")
    altered = "Completed updating config for user alice.\n"
    assert run(*user, "--alter", "--add-config",
               "SCRAM-SHA-256=[iterations=8192,password=secret],SCRAM-SHA-512=[password=other]").stdout == altered
    assert run(*user, "--describe").stdout == (
        "SCRAM credential configs for user-principal 'alice' are "
        "SCRAM-SHA-256=iterations=8192, SCRAM-SHA-512=iterations=4096\n")
    assert run(*user, "--alter", "--delete-config", "SCRAM-SHA-512").stdout == altered
    assert run(*user, "--describe").stdout == (
        "SCRAM credential configs for user-principal 'alice' are SCRAM-SHA-256=iterations=8192\n")

    def refused(*arguments):
        done = run("kafka-configs", "--alter", *arguments, check=False)
        assert done.returncode == 1
        return done.stderr
    assert refused(*user[1:], "--add-config", "SCRAM-SHA-256=[iterations=100,password=x]") == \
        "Iterations 100 is less than the minimum 4096 required for SCRAM-SHA-256\n"
    assert refused(*user[1:], "--add-config", "SCRAM-SHA-256=[iterations=8192]") == \
        "Invalid credential property SCRAM_SHA_256=iterations=8192\n"
    assert refused(*user[1:], "--add-config", "SCRAM-SHA-256=[password=x],producer_byte_rate=1") == (
        "Cannot alter both quota and SCRAM credential configs simultaneously for 'users' using --bootstrap-server.\n")
    assert refused("--user-defaults", "--add-config", "SCRAM-SHA-256=[password=x]") == (
        "The use of --entity-default or --user-defaults is not allowed with User SCRAM Credentials using "
        "--bootstrap-server.\n")
    assert "org.apache.kafka.common.errors.ResourceNotFoundException" in refused(
        *user[1:], "--delete-config", "SCRAM-SHA-512")


def test_a_record_larger_than_the_producers_memory_is_refused(run):
    run("kafka-topics", "--create", "--topic", "t")
    done = run("kafka-console-producer", "--topic", "t", "--max-memory-bytes", 100, stdin="x" * 50 + "\nshort\n")
    assert ("org.apache.kafka.common.errors.RecordTooLargeException: The message is 135 bytes when serialized which is "
            "larger than the total memory buffer you have configured with the buffer.memory configuration.\n"
            ) in done.stderr
    assert run("kafka-console-consumer", "--topic", "t", "--from-beginning", "--max-messages", 1).stdout == "short\n"


def test_impossible_measurements_are_refused(broker):
    def ending(*arguments):
        done = tool("kafka-producer-perf-test", "--topic", "t", "--throughput", -1, *arguments, "--producer-props",
                    f"bootstrap.servers={broker.address}", check=False)
        assert done.returncode == 1
        return done.stderr.splitlines()[-1]
    assert ending("--num-records", 1, "--record-size", -10) == \
        'Exception in thread "main" java.lang.NegativeArraySizeException: -10'
    assert ending("--num-records", 0, "--record-size", 10) == \
        'Exception in thread "main" java.lang.ArithmeticException: / by zero'
    assert "--print-metrics" in ending("--num-records", 1, "--record-size", 1, "--print-metrics")


def test_what_is_wrong_is_told_in_kafkas_words(run, tmp_path):
    run("kafka-topics", "--create", "--topic", "t")

    def last(name, *arguments, code=1):
        done = run(name, *arguments, check=False)
        assert done.returncode == code
        return (done.stdout + done.stderr).splitlines()
    assert "Error while executing topic command : Found multiple arguments for option topic, but you asked for only one" \
        in last("kafka-topics", "--describe", "--topic", "t1", "--topic", "t2")
    uneven = last("kafka-topics", "--create", "--topic", "u", "--replica-assignment", "0:0")
    assert uneven[0] == ("Error while executing topic command : Partition replica lists may not contain duplicate "
                         "entries: 0")
    assert "kafka.common.AdminCommandFailedException: Partition replica lists" in uneven[1]
    assert last("kafka-consumer-groups", "--list", "--state", "stable,empty")[0] == (
        "Invalid state list 'stable,empty'. Valid states are: PreparingRebalance, CompletingRebalance, Stable, Dead, "
        "Empty")
    assert "Error: Executing consumer group command failed due to Unable to read file /nonexistent" in last(
        "kafka-consumer-groups", "--reset-offsets", "--group", "g", "--from-file", "/nonexistent", "--dry-run", code=0)
    plan = tmp_path / "offsets.json"
    plan.write_text('{"partitions":[{"topic":"t","partition":0}],"version":1}')
    assert last("kafka-delete-records", "--offset-json-file", plan)[-1] == (
        'Exception in thread "main" com.fasterxml.jackson.databind.JsonMappingException: No such field exists: `offset`')


def test_a_last_line_needs_no_end(run):
    assert run("kafka-console-producer", "--topic", "t", stdin="a\nb").stdout == ">>>"
    assert run("kafka-console-consumer", "--topic", "t", "--from-beginning", "--max-messages", 2).stdout == "a\nb\n"


def test_settings_are_listed_in_kafkas_order(run):
    run("kafka-topics", "--create", "--topic", "t")
    topic = ("kafka-configs", "--topic", "t")
    run(*topic, "--alter", "--add-config", "retention.ms=86400000,max.message.bytes=1000,cleanup.policy=compact")
    lines = run(*topic, "--describe").stdout.splitlines()
    assert [line.split("=")[0].strip() for line in lines[1:]] == ["cleanup.policy", "retention.ms", "max.message.bytes"]
    user = ("kafka-configs", "--user", "alice")
    run(*user, "--alter", "--add-config", "producer_byte_rate=1,consumer_byte_rate=2")
    assert run(*user, "--describe").stdout == (
        "Quota configs for user-principal 'alice' are consumer_byte_rate=2.0, "
        "producer_byte_rate=1.0\n")
