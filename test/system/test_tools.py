"""The command-line tools against a broker: what they move, print and refuse."""

import pytest

from cluster import free_port, tool


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
