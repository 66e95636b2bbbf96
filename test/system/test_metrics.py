"""What Prometheus sees of a broker."""

import re
import urllib.request

from cluster import HOST, free_port, tool, wait_until
from test_everyday import produce


def scrape(port):
    with urllib.request.urlopen(f"http://{HOST}:{port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    return {name: float(value) for name, value in re.findall(r"^([^#\s]\S*) (\S+)$", text, re.M)}


def test_logs_and_their_directories_are_shown(make_broker):
    port = free_port()
    broker = make_broker(prometheus_address=f"{HOST}:{port}", log_segment_bytes=2000).start()
    produce(broker, "t", [b"x" * 1000] * 5, batch_size=0)
    seen = scrape(port)
    of_log = '{partition="0",topic="t"}'
    assert seen[f"kafka_log_log_logendoffset{of_log}"] == 5
    assert seen[f"kafka_log_log_logstartoffset{of_log}"] == 0
    segments = list((broker.data / "t-0").glob("*.log"))
    assert seen[f"kafka_log_log_numlogsegments{of_log}"] == len(segments) == 5
    assert seen[f"kafka_log_log_size{of_log}"] == sum(path.stat().st_size for path in segments)
    assert seen["kafka_log_logmanager_offlinelogdirectorycount"] == 0
    assert seen[rf'kafka_log_logmanager_logdirectoryoffline{{logDirectory="\"{broker.data}\""}}'] == 0
    assert seen["process_resident_memory_bytes"] > 1e6
    tool("kafka-topics", "--delete", "--bootstrap-server", broker.address, "--topic", "t")
    wait_until("the log is shown no more", lambda: f"kafka_log_log_size{of_log}" not in scrape(port))


def test_a_recovery_can_be_watched(make_broker):
    port = free_port()
    broker = make_broker(prometheus_address=f"{HOST}:{port}").start()
    produce(broker, "t", [b"x"])
    broker.kill()
    broker.start()
    seen = scrape(port)
    assert seen[f'kafka_log_logmanager_remaininglogstorecover{{dir="{broker.data}"}}'] == 0
    assert seen["kafka_log_logmanager_recovery_percent"] == 100
    assert seen["kafka_log_logmanager_recovery_seconds_left"] == 0


def test_an_address_that_can_not_be_bound_ends_the_start(make_broker):
    broker = make_broker(prometheus_address="203.0.113.1:9404").launch()
    assert broker.process.wait() == 1
    assert "prometheus.address: can't listen on 203.0.113.1:9404: Cannot assign requested address" in broker.log()
