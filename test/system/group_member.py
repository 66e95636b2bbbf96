"""A consumer in a process of its own, so that a test can kill it: group_member.py BOOTSTRAP GROUP TOPIC [KEY=VALUE...]

Prints a JSON line for each record, assignment and revocation.
"""

import json
import sys

from confluent_kafka import Consumer


def say(**what):
    print(json.dumps(what), flush=True)


def main(bootstrap, group, topic, *options):
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": group, "auto.offset.reset": "earliest",
                         "session.timeout.ms": 10000, "heartbeat.interval.ms": 500, "max.poll.interval.ms": 20000,
                         "auto.commit.interval.ms": 200, **dict(option.split("=", 1) for option in options)})
    consumer.subscribe([topic],
                       on_assign=lambda _, parts: say(assigned=sorted(p.partition for p in parts)),
                       on_revoke=lambda _, parts: say(revoked=sorted(p.partition for p in parts)))
    while True:
        record = consumer.poll(0.2)
        if record is not None and record.error() is None:
            say(partition=record.partition(), offset=record.offset(), value=record.value().decode())


if __name__ == "__main__":
    main(*sys.argv[1:])
