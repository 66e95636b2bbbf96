"""More segments than the process may open files."""

import contextlib
import os

from cluster import tool
from reading import records_in
from test_everyday import produce

PARTITIONS = 4
RECORDS = 1200
DESCRIPTORS = 256


def open_files(broker):
    found = []
    for entry in os.scandir(f"/proc/{broker.process.pid}/fd"):
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            found.append(os.readlink(entry.path))
    return found


def segments_of(broker):
    return list(broker.data.glob("t-*/*.log"))


def test_a_broker_holds_more_segments_than_it_may_open_files(make_broker):
    broker = make_broker(log_segment_bytes=2000)
    broker.run_by = ["prlimit", f"--nofile={DESCRIPTORS}"]
    broker.start()
    tool("kafka-topics", "--create", "--bootstrap-server", broker.address, "--topic", "t",
         "--partitions", PARTITIONS, "--replication-factor", 1)
    written = [b"%06d" % i + b"x" * 1500 for i in range(RECORDS)]
    produce(broker, "t", written, batch_size=0)
    assert len(segments_of(broker)) >= RECORDS

    def read_all():
        assert sorted(record.value for partition in range(PARTITIONS)
                      for record in records_in(broker, "t", partition)) == written
        assert len([path for path in open_files(broker) if path.startswith(str(broker.data))]) < DESCRIPTORS * 3 // 4

    read_all()
    assert broker.stop() == 0
    broker.start()
    read_all()
    broker.kill()
    broker.start()
    read_all()
