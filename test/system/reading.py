"""What a partition holds, as kafka-python reads it."""

import contextlib
import time

from kafka import KafkaConsumer, TopicPartition

from cluster import wait_until
from messages import Connection

TIMEOUT_S = 300


def await_led(broker, topic, partition=0):
    """Until the partition is served: after a start, clients may be told of its leader sooner than the leader itself."""
    def is_led():
        with contextlib.closing(Connection(broker.port)) as connection:
            answer = connection.ask("list_offset", 1, replica_id=-1, topics=[
                {"name": topic, "partitions": [{"partition_index": partition, "timestamp": -1}]}])
        return answer["topics"][0]["partitions"][0]["error_code"] == 0
    wait_until(f"{topic}-{partition} is led", is_led)


def records_in(broker, topic, partition=0):
    """All records from the partition's start to what is its end at the call."""
    consumer = KafkaConsumer(bootstrap_servers=broker.address, consumer_timeout_ms=10000)
    place = TopicPartition(topic, partition)
    consumer.assign([place])
    consumer.seek_to_beginning()
    end = consumer.end_offsets([place])[place]
    found = []
    deadline = time.monotonic() + TIMEOUT_S
    while consumer.position(place) < end:
        assert time.monotonic() < deadline, f"read up to {consumer.position(place)} of {end}"
        for batch in consumer.poll(1000).values():
            found += batch
    consumer.close()
    return found
