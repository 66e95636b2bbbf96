#!/usr/bin/python3
"""What compacting a topic costs Samsa and Apache Kafka 2.7.0: CPU seconds of the broker's process, in turns.

Both get the same records while the topic is not compacted; then it becomes so, and what the process uses until the cleaner
has come to the last segment is counted. Needs what test/interop/prepare gets.

    bench/compaction.py [--mebibytes 512] [--value-bytes 100] [--keys 100000] [--codec none] [--rounds 3]
"""

import argparse
import pathlib
import statistics
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
for folder in ("system", "interop"):
    sys.path.insert(0, str(HERE.parent / "test" / folder))

from confluent_kafka import Producer  # noqa: E402
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic  # noqa: E402

from clients import ReferenceBroker  # noqa: E402
from cluster import Broker, ZooKeeper, wait_until  # noqa: E402

TOPIC = "compacted"
MIB = 1 << 20
PATIENCE_S = 600


def cpu_seconds(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def bytes_of(folder):
    return sum(path.stat().st_size for path in folder.glob("*.log"))


def cleaned_to(broker):
    """The offset up to where the topic is compacted, as the checkpoint tells."""
    try:
        lines = (broker.data / "cleaner-offset-checkpoint").read_text().splitlines()
    except FileNotFoundError:
        return 0
    return next((int(line.split()[2]) for line in lines if line.startswith(f"{TOPIC} 0 ")), 0)


def fill(broker, options):
    admin = AdminClient({"bootstrap.servers": broker.address})
    admin.create_topics([NewTopic(TOPIC, 1, 1)])[TOPIC].result()
    # One request at a time, so that both brokers get the same batches in the same order.
    producer = Producer({"bootstrap.servers": broker.address, "linger.ms": 100, "batch.size": 65536,
                         "compression.type": options.codec, "max.in.flight.requests.per.connection": 1,
                         "queue.buffering.max.messages": 1000000})
    count = options.mebibytes * MIB // (options.value_bytes + 20)
    key = 12345
    for i in range(count):
        key = (key * 1103515245 + 12345) % (1 << 31)
        value = (b"%d-" % i * (options.value_bytes // 2))[:options.value_bytes]
        while True:
            try:
                producer.produce(TOPIC, value, b"key-%08d" % (key % options.keys), partition=0)
                break
            except BufferError:
                producer.poll(0.1)
        if i % 1000 == 0:
            producer.poll(0)
    assert producer.flush(60) == 0
    return admin


def measure(kind, zookeeper, options):
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        broker = kind(folder, zookeeper)
        broker.properties.update({"log.segment.bytes": 64 * MIB, "log.cleaner.backoff.ms": 500,
                                  "log.cleaner.min.cleanable.ratio": 0.01, "file.delete.delay.ms": 3600000,
                                  "log.cleaner.dedupe.buffer.size": 128 * MIB})
        broker.start()
        try:
            admin = fill(broker, options)
            log = broker.data / f"{TOPIC}-0"
            active = max(int(path.stem) for path in log.glob("*.log"))
            closed = sum(path.stat().st_size for path in log.glob("*.log") if int(path.stem) < active)
            if not closed:
                sys.exit("No segment of 64 MiB is full, so that there is nothing to compact: give more --mebibytes")
            before, began = cpu_seconds(broker.process.pid), time.monotonic()
            admin.alter_configs([ConfigResource("topic", TOPIC, set_config={"cleanup.policy": "compact"})])
            wait_until("all closed segments are compacted", lambda: cleaned_to(broker) >= active, PATIENCE_S)
            used, took = cpu_seconds(broker.process.pid) - before, time.monotonic() - began
            return closed / 1e6 / used, used, took, bytes_of(log)
        finally:
            broker.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("mebibytes", 512), ("value-bytes", 100), ("keys", 100000), ("rounds", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--codec", default="none")
    parser.add_argument("--folder", default="/var/tmp", help="where the logs are written")
    options = parser.parse_args()
    kinds = [("Kafka 2.7.0", ReferenceBroker), ("Samsa", Broker)]
    rates = {name: [] for name, _ in kinds}
    with tempfile.TemporaryDirectory() as folder:
        zookeeper = ZooKeeper(pathlib.Path(folder)).wait_ready()
        try:
            for number in range(options.rounds):
                for name, kind in kinds:
                    rate, used, took, left = measure(kind, f"{zookeeper.address}/{number}-{kind.__name__}", options)
                    rates[name].append(rate)
                    print(f"{name}: {rate:.0f} MB per CPU second; {used:.2f} s of CPU within {took:.1f} s; "
                          f"{left / 1e6:.0f} MB left", flush=True)
        finally:
            zookeeper.kill()
    medians = {name: statistics.median(values) for name, values in rates.items()}
    print(", ".join(f"{name} {median:.0f}" for name, median in medians.items()),
          f"MB per CPU second: {medians['Samsa'] / medians['Kafka 2.7.0']:.1f} times as many")


if __name__ == "__main__":
    main()
