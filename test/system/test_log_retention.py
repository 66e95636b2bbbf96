"""log-retention explains a broker's logs, whether it runs or not, by the settings that are in force."""

import re
import time

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from cluster import tool, wait_until

HOUR_MS = 3600 * 1000
IN_2100_MS = 4102444800000
NEARLY_4_H = r"in 3 h 5\d min"


def send(broker, topic, *timestamps_ms):
    producer = Producer({"bootstrap.servers": broker.address})
    for timestamp_ms in timestamps_ms:
        producer.produce(topic, b"v", b"k", timestamp=timestamp_ms)
        assert producer.flush(30) == 0


@pytest.fixture
def filled(make_broker):
    broker = make_broker(log_retention_hours=5, replica_high_watermark_checkpoint_interval_ms=50).start()
    admin = AdminClient({"bootstrap.servers": broker.address})
    made = admin.create_topics([NewTopic("plain", 1, 1), NewTopic("future", 1, 1, config={"segment.ms": "1000"}),
                                NewTopic("compacted", 1, 1, config={"cleanup.policy": "compact", "retention.ms": "1"})])
    for topic in made.values():
        topic.result(10)
    now_ms = int(time.time() * 1000)
    send(broker, "plain", now_ms - HOUR_MS)
    send(broker, "future", IN_2100_MS, IN_2100_MS + HOUR_MS)
    send(broker, "compacted", now_ms - HOUR_MS)
    checkpoint = broker.data / "replication-offset-checkpoint"
    wait_until("the high watermarks are noted", lambda: {"plain 0 1", "future 0 2", "compacted 0 1"} <= set(
        checkpoint.read_text().splitlines()))
    return broker


def explain(*arguments, **options):
    done = tool("kafka-log-retention", *arguments, **options)
    head, *rows = done.stdout.splitlines()
    assert head.split() == "PARTITION SEGMENTS SIZE OLDEST ITS SIZE ITS NEWEST RECORD GOES WHY".split()
    return {row.split()[0]: row for row in rows}


@pytest.mark.parametrize("where", ["--config", "--bootstrap-server"])
def test_the_settings_of_topics_and_brokers_count(filled, where):
    source = (["--config", filled.directory / "server.properties"] if where == "--config" else
              ["--bootstrap-server", filled.address, "--log-dirs", filled.data])
    rows = explain(*source)
    assert re.search(NEARLY_4_H, rows["plain-0"]) and "retention.ms=18000000 (5 h)" in rows["plain-0"]
    assert "(2100-01-01 05:00:00Z)" in rows["future-0"] and "a producer's clock" in rows["future-0"]
    assert "cleanup.policy=compact" in rows["compacted-0"]
    tool("kafka-configs", "--bootstrap-server", filled.address, "--entity-type", "topics", "--entity-name", "plain", "--alter",
         "--add-config", "retention.ms=7200000")
    wait_until("the new setting counts", lambda: re.search(r"in 5\d min", explain(*source)["plain-0"]))
    tool("kafka-configs", "--bootstrap-server", filled.address, "--entity-type", "brokers", "--entity-default", "--alter",
         "--add-config", "log.retention.ms=10800000")
    wait_until("the brokers' new default counts", lambda: "retention.ms=10800000" in explain(*source)["future-0"])
    assert "retention.ms=7200000" in explain(*source)["plain-0"]


def test_a_stopped_brokers_logs_are_explained_and_what_would_be(filled):
    assert filled.stop() == 0
    before = {path: path.stat().st_mtime_ns for path in filled.data.rglob("*")}
    rows = explain("--config", filled.directory / "server.properties", "--topic", "plain,future")
    assert set(rows) == {"plain-0", "future-0"}
    assert re.search(NEARLY_4_H, rows["plain-0"])
    rows = explain("--log-dirs", filled.data, "--property", "retention.ms=1000", "--topic", "plain")
    assert "at the next look" in rows["plain-0"]
    assert {path: path.stat().st_mtime_ns for path in filled.data.rglob("*")} == before, "nothing was touched"


def test_what_is_explained_is_what_happens(filled):
    """The broker's next look removes what the tool said it would."""
    broker = filled
    broker.stop()
    broker.properties["log.retention.check.interval.ms"] = 50
    would = explain("--config", broker.directory / "server.properties", "--property", "retention.ms=1000")
    assert [name for name, row in would.items() if "at the next look" in row] == ["plain-0"]
    broker.properties["log.retention.ms"] = 1000
    broker.start()
    gone = broker.data / "plain-0" / "00000000000000000001.log"
    wait_until("the segment has gone", gone.exists)
    assert (broker.data / "future-0" / "00000000000000000000.log").exists()


def test_mistakes_are_told(tmp_path):
    for arguments, sentence in [(["--topic", "t"], "One of --config and --log-dirs"),
                                (["--config", tmp_path / "none"], "There is no file"),
                                (["--log-dirs", tmp_path / "none"], "No such file or directory"),
                                (["--log-dirs", tmp_path, "--property", "retention.sm=1"], "Unknown topic config name: retention.sm"),
                                (["--log-dirs", tmp_path, "--nonsense"], "nonsense is not a recognized option")]:
        done = tool("kafka-log-retention", *arguments, check=False)
        assert done.returncode == 1
        assert sentence in done.stderr
