"""What was acknowledged is there: after kills in the midst of producing, and after a disk has failed."""

import threading

import pytest
from confluent_kafka import KafkaException, Producer

from cluster import tool, wait_until
from reading import records_in

TOPIC = "ledger"
ROUNDS = 3
ACKNOWLEDGED_A_ROUND = 300


class Ledger:
    """An idempotent producer of numbered values, which notes what was acknowledged and where."""

    def __init__(self, broker):
        self.acknowledged = {}
        self.failed = []
        self._next = 0
        self._stopping = False
        self._producer = Producer({"bootstrap.servers": broker.address, "enable.idempotence": True, "acks": "all",
                                   "linger.ms": 1, "message.timeout.ms": 60000, "reconnect.backoff.max.ms": 100})
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self._stopping = True
        if self._thread.is_alive():
            self._thread.join()
        assert self._producer.flush(60) == 0

    def _note(self, error, message):
        if error:
            self.failed.append(int(message.value()))
        else:
            self.acknowledged[int(message.value())] = message.offset()

    def _run(self):
        while not self._stopping:
            try:
                if len(self._producer) < 1000:
                    self._producer.produce(TOPIC, b"%d" % self._next, partition=0, callback=self._note)
                    self._next += 1
            except KafkaException:
                # A broker that has just started knows no topic until a controller has told it of them.
                self._producer.poll(0.05)
            self._producer.poll(0.0005)


def everything_in(broker):
    return [(record.offset, int(record.value)) for record in records_in(broker, TOPIC)]


@pytest.mark.parametrize("settings", [{}, {"log_segment_bytes": 20000, "log_index_interval_bytes": 200}],
                         ids=["one-segment", "many-segments"])
def test_every_acknowledged_record_outlives_kills_once_and_in_order(make_broker, settings):
    broker = make_broker(auto_create_topics_enable="false", zookeeper_session_timeout_ms=2000, **settings).start()
    tool("kafka-topics", "--bootstrap-server", broker.address, "--create", "--topic", TOPIC, "--partitions", 1,
         "--replication-factor", 1)
    with Ledger(broker) as ledger:
        for _ in range(ROUNDS):
            before = len(ledger.acknowledged)
            wait_until("more is acknowledged", lambda: len(ledger.acknowledged) > before + ACKNOWLEDGED_A_ROUND)
            broker.kill()
            broker.start()
        ledger.stop()
    found = everything_in(broker)
    values = [value for _, value in found]
    assert values == sorted(set(values)), "a record is there twice or out of order"
    offsets = {value: offset for offset, value in found}
    assert {value: offsets.get(value) for value in ledger.acknowledged} == ledger.acknowledged
    # What was not acknowledged may be there or not, but nothing is that was never sent.
    assert set(values) - set(ledger.acknowledged) <= set(ledger.failed)


def test_the_broker_ends_when_its_last_log_directory_fails(make_broker):
    broker = make_broker().start()
    producer = Producer({"bootstrap.servers": broker.address, "message.timeout.ms": 5000})
    producer.produce(TOPIC, b"0", partition=0)
    assert producer.flush(10) == 0
    # The directory turns into a file, as one that was unmounted is not the directory any more.
    broker.data.rename(broker.directory / "unplugged")
    broker.data.write_text("")
    assert broker.process.wait(30) == 1
    assert "Shutdown broker because all log dirs have failed" in broker.log()
    assert not (broker.directory / "unplugged" / ".kafka_cleanshutdown").exists()
