"""Two brokers that get the same bytes: what they answer and what they leave on disk, and where that differs.

By hand, with any seed:  /usr/bin/python3 test/interop/side_by_side.py --seed 7 --requests 2000
"""

import argparse
import pathlib
import random
import re
import struct
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))

from kafka.admin import KafkaAdminClient, NewTopic  # noqa: E402

from clients import ReferenceBroker  # noqa: E402
from cluster import Broker, ZooKeeper, wait_until  # noqa: E402
from messages import Connection  # noqa: E402
from produce_stream import BYTE_BY_BYTE, NOW_MS, TOPICS, Stream  # noqa: E402
from raw_batches import masked, meaning, split  # noqa: E402

APPEND_TIME = {topic for topic, configs in TOPICS.items() if configs.get("message.timestamp.type") == "LogAppendTime"}
SEVERAL_SEGMENTS = {topic for topic, configs in TOPICS.items() if any(key.startswith("segment.") for key in configs)}
SETTINGS = {"log.retention.hours": -1, "log.retention.bytes": -1, "log.flush.offset.checkpoint.interval.ms": 3600000,
            "auto.create.topics.enable": "false", "log.cleaner.backoff.ms": 3600000}


class Side:
    """One of the two brokers and the connection to it."""

    def __init__(self, kind, directory, zookeeper):
        self.broker = kind(directory, zookeeper)
        self.broker.properties.update(SETTINGS)
        self.connection = None

    def start(self):
        self.broker.start()
        admin = KafkaAdminClient(bootstrap_servers=self.broker.address)
        admin.create_topics([NewTopic(name, 1, 1, topic_configs={k: str(v) for k, v in configs.items()})
                             for name, configs in TOPICS.items()])
        admin.close()
        wait_until("every topic has a leader", lambda: all(
            t["error_code"] == 0 and all(p["error_code"] == 0 for p in t["partitions"])
            for t in self.ask("metadata", 5, topics=[{"name": name} for name in TOPICS])["topics"]))

    def ask(self, api, version, **request):
        """The answer, or "hung up"."""
        try:
            if not self.connection:
                self.connection = Connection(self.broker.port)
            return self.connection.ask(api, version, **request)
        except (ConnectionError, TimeoutError) as e:
            self.connection.close()
            self.connection = None
            return "no answer" if isinstance(e, TimeoutError) else "hung up"

    def produce(self, version, acks, topics):
        request = {"acks": acks, "transactional_id": None, "timeout_ms": 10000, "topics": [
            {"name": topic, "partitions": [{"partition_index": 0, "records": records}]} for topic, records in topics]}
        if acks:
            return self.ask("produce", version, **request)
        try:
            if not self.connection:
                self.connection = Connection(self.broker.port)
            self.connection.send("produce", version, **request).sent.pop()
        except ConnectionError:
            pass
        # Told apart by whether the connection goes on.
        return "goes on" if self.ask("api_versions", 0) != "hung up" else "hung up"

    def stop(self):
        if self.connection:
            self.connection.close()
        assert self.broker.stop() in (0, 143)


def comparable_answer(answer):
    """Without times of appending; by name, as Kafka orders topics by hash."""
    if not isinstance(answer, dict):
        return answer
    found = {}
    for topic in answer["responses"]:
        for partition in topic["partitions"]:
            if topic["name"] in APPEND_TIME and partition.get("log_append_time_ms", -1) > 0:
                partition["log_append_time_ms"] = "append time"
            text = [[e["batch_index"], re.sub(r"\[\d+, \d+\]", "[around now]", e["batch_index_error_message"] or "")]
                    for e in partition.pop("record_errors", [])]
            found[topic["name"]] = {**partition, "record_errors": text}
    return found


class Comparison:
    def __init__(self, reference, ours):
        self.sides = reference, ours
        self.differences = []
        self.answers = 0
        self.seen_of_log = 0
        self.pool = ThreadPoolExecutor(2)

    def both(self, ask):
        self.answers += 1
        return tuple(self.pool.map(ask, self.sides))

    def check(self, what, reference, ours):
        self.differences += difference(what, reference, ours)

    def produce(self, stream, count):
        for number, (version, acks, topics) in enumerate(stream.requests(count)):
            reference, ours = map(comparable_answer, self.both(lambda side: side.produce(version, acks, topics)))
            if reference != ours and not self.ran_out_of_memory():
                sent = ", ".join(f"{t} {r.hex() if r is not None else None}" for t, r in topics)
                self.check(f"request {number}, version {version}, acks {acks}: {sent}", reference, ours)

    def ran_out_of_memory(self):
        """Whether Kafka has since the last look: it makes room for as many headers as a damaged record claims to have."""
        log = self.sides[0].broker.log()
        seen, self.seen_of_log = self.seen_of_log, len(log)
        return "OutOfMemoryError" in log[seen:]

    # Reading

    def read(self, rng):
        for topic in TOPICS:
            end = max(self.end_of(side, topic) for side in self.sides)
            times = [-2, -1, 0, 1] + [NOW_MS - rng.randrange(10**10) for _ in range(4)]
            for at in times:
                self.list_offsets(topic, rng.choice(range(6)), at)
            starts = {0, end, end + 1, -1} | {rng.randrange(end + 1) for _ in range(6)}
            for offset in sorted(starts):
                for version in (range(13) if offset == 0 else rng.sample(range(13), 3)):
                    self.fetch(topic, version, offset, rng.choice([1, 300, 5000, 1 << 20]))

    @staticmethod
    def end_of(side, topic):
        answer = side.ask("list_offset", 1, replica_id=-1, topics=[
            {"name": topic, "partitions": [{"partition_index": 0, "timestamp": -1}]}])
        return answer["topics"][0]["partitions"][0]["offset"]

    def list_offsets(self, topic, version, timestamp):
        partition = {"partition_index": 0, "timestamp": timestamp, "max_num_offsets": 5}
        answers = self.both(lambda side: side.ask("list_offset", version, replica_id=-1, topics=[
            {"name": topic, "partitions": [partition]}]))
        found = answers[0]["topics"][0]["partitions"][0].get("offset")
        if timestamp >= 0 and found == -1 and topic in SEVERAL_SEGMENTS:
            return  # to Kafka, records without timestamps are as old as their file, and hide what follows them
        self.check(f"ListOffsets v{version} of {topic} at {timestamp}", *map(self.without_append_time(topic), answers))

    @staticmethod
    def without_append_time(topic):
        def mask(answer):
            for one in answer["topics"][0]["partitions"] if topic in APPEND_TIME else ():
                if one.get("timestamp", -1) > 0:
                    one["timestamp"] = "append time"
            return answer
        return mask

    def fetch(self, topic, version, offset, max_bytes):
        answers = self.both(lambda side: side.ask(
            "fetch", version, replica_id=-1, max_wait_ms=0, min_bytes=0, max_bytes=1 << 24, session_epoch=-1, topics=[
                {"topic": topic, "partitions": [{"partition": 0, "fetch_offset": offset, "partition_max_bytes": max_bytes}]}]))
        what = f"Fetch v{version} of {topic} from {offset}, at most {max_bytes} bytes"
        if answers[0] == "hung up" and version < 4:
            return  # Kafka converts while it sends, and can't say then that something can't be converted
        if "hung up" in answers:
            return self.check(what, *answers)
        partitions = [a["responses"][0]["partition_responses"][0] for a in answers]
        records = [p.pop("record_set") or b"" for p in partitions]
        self.check(what, *partitions)
        same_bytes = topic in BYTE_BY_BYTE and topic not in APPEND_TIME and version >= 4
        if same_bytes:
            self.check(what + ", bytes", *around_difference(*records))
        elif version < 4 and (topic in BYTE_BY_BYTE or max_bytes == 1 << 20):  # what was compressed anew has another size
            self.check_converted(what, *records)
        elif topic in BYTE_BY_BYTE or max_bytes == 1 << 20:
            self.check_meaning(what, *records)

    def check_converted(self, what, reference, ours):
        """Kafka may end sooner: it cuts what it converted to the size that it had before."""
        reference, ours = list(split(reference)), list(split(ours))
        self.check(what + ", converted batches", len(reference), min(len(reference), len(ours)))
        self.check_meaning(what, b"".join(reference), b"".join(ours[:len(reference)]))

    def check_meaning(self, what, reference, ours):
        self.differences += meaning_differences(what, reference, ours)

    # Files

    def files(self):
        reference, ours = (side.broker.data for side in self.sides)
        for name in ("recovery-point-offset-checkpoint", "replication-offset-checkpoint", "log-start-offset-checkpoint",
                     "cleaner-offset-checkpoint"):
            self.check(name, *(sorted((d / name).read_text().split("\n")) if (d / name).exists() else [""] for d in (reference, ours)))
        # Kafka makes this one before it has anything to write into it.
        self.check("files of the log directory", *(sorted({p.name for p in d.iterdir() if p.is_file()} | {"cleaner-offset-checkpoint"})
                                                   for d in (reference, ours)))
        for topic in TOPICS:
            self.differences += partition_differences(topic, reference / f"{topic}-0", ours / f"{topic}-0",
                                                      topic in BYTE_BY_BYTE, topic in APPEND_TIME)


def around_difference(a, b):
    """Two byte strings, cut to where they begin to differ."""
    if a == b:
        return "", ""
    at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    return tuple(f"{len(x)} bytes, from {at}: {x[at:at + 60].hex()}" for x in (a, b))


def difference(what, reference, ours):
    return [] if reference == ours else [f"{what}\n  Kafka: {reference}\n  ours:  {ours}"]


def meaning_differences(what, reference, ours):
    """Of two stretches of batches; names the first that differs."""
    reference, ours = list(split(reference)), list(split(ours))
    found = difference(what + ", number of batches", len(reference), len(ours))
    for a, b in zip(reference, ours):
        if a == b or masked(a) == masked(b):
            continue
        try:
            a, b = meaning(a), meaning(b)
        except Exception as e:
            a, b = f"{a.hex()} ({e!r})", b.hex()
        if a != b:
            return found + difference(what, a, b)
    return found


def partition_differences(name, reference, ours, same_bytes=True, mask_times=False):
    """Between the files of a partition; same_bytes when neither broker has compressed anything by itself."""
    # Kafka has no indexes for a segment that nothing went into; whether they were made is not told apart.
    empty = [log.stem for log in ours.glob("*.log") if log.stat().st_size == 0]
    names = [sorted(p.name for p in d.iterdir() if p.suffix != ".deleted" and (p.stem not in empty or p.suffix not in (".index", ".timeindex")))
             for d in (reference, ours)]
    found = difference(f"files of {name}", *names)
    for file in sorted(set(names[0]) & set(names[1])):
        a, b = (reference / file).read_bytes(), (ours / file).read_bytes()
        what, kind = f"{name}/{file}", file.rsplit(".", 1)[-1]
        if kind == "log":
            found += meaning_differences(what, a, b)
            if same_bytes:
                found += difference(f"{what}, size", len(a), len(b))
                found += difference(f"{what}, bytes", *around_difference(*(b"".join(map(masked, split(d))) for d in (a, b))))
        elif kind == "snapshot":
            found += difference(what, *(snapshot(data, mask_times) for data in (a, b)))
        elif kind in ("index", "timeindex"):
            found += difference(what, *(index(data, kind, mask_times) for data in (a, b))) if same_bytes else []
        else:
            found += difference(what, a, b)
    return found


def index(data, kind, mask_times):
    form = ">ii" if kind == "index" else ">qi"
    if len(data) % struct.calcsize(form):
        return data  # damaged, and nobody had to look at it
    entries = list(struct.iter_unpack(form, data))
    if mask_times and kind == "timeindex" and all(a[0] < b[0] and a[1] < b[1] for a, b in zip(entries, entries[1:])):
        return "as times went: two appends within one millisecond share an entry"
    return entries


def snapshot(data, mask_times):
    """The version and the producers by id; Kafka orders them by hash."""
    form = ">qhiqiqiq"
    if len(data) < 10 or (len(data) - 10) % struct.calcsize(form):
        return data
    entries = struct.iter_unpack(form, data[10:])
    return data[:2], sorted((*e[:5], "append time" if mask_times else e[5], *e[6:]) for e in entries)


def compare(directory, zookeeper, seed, requests):
    """The differences found, and how many answers were compared."""
    directory = pathlib.Path(directory)
    sides = Side(ReferenceBroker, directory / "reference", f"{zookeeper}/reference-{directory.name}"), \
        Side(Broker, directory / "ours", f"{zookeeper}/ours-{directory.name}")
    comparison = Comparison(*sides)
    try:
        list(comparison.pool.map(Side.start, sides))
        rng = random.Random(seed)
        comparison.produce(Stream(rng, int(time.time() * 1000)), requests)
        comparison.read(rng)
        list(comparison.pool.map(Side.stop, sides))
        comparison.files()
        return comparison.differences, comparison.answers
    finally:
        for side in sides:
            if side.broker.process:
                side.broker.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--keep", metavar="DIRECTORY", help="where the brokers' files go and stay")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        directory = pathlib.Path(arguments.keep or directory)
        zookeeper = ZooKeeper(directory / "zookeeper").wait_ready()
        try:
            differences, answers = compare(directory, zookeeper.address, arguments.seed, arguments.requests)
        finally:
            zookeeper.kill()
    for difference in differences:
        print(difference if len(difference) < 3000 else f"{difference[:1500]} ... {difference[-1500:]}")
    print(f"seed {arguments.seed}: {answers} answers compared, {len(differences)} differences")
    sys.exit(bool(differences))


if __name__ == "__main__":
    main()
