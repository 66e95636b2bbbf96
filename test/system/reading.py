"""What a partition holds, as kafka-python reads it."""

import time

from kafka import KafkaConsumer, TopicPartition

TIMEOUT_S = 60


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
