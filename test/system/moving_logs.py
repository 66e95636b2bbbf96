"""What brokers are asked about their log directories, in a form in which two brokers can be compared."""

import re

from messages import Connection

NONE, UNKNOWN_TOPIC_OR_PARTITION, LOG_DIR_NOT_FOUND = 0, 3, 57


def move(broker, wishes):
    """Asks for partitions to be in directories: {(topic, partition): directory}. The error code of each."""
    dirs = [{"path": str(folder), "topics": [{"name": topic, "partitions": [partition]}]}
            for (topic, partition), folder in wishes.items()]
    connection = Connection(broker.port)
    answer = connection.ask("alter_replica_log_dirs", 1, dirs=dirs)
    connection.close()
    return {(topic["topic_name"], partition["partition_index"]): partition["error_code"]
            for topic in answer["results"] for partition in topic["partitions"]}


def described(broker, topic):
    """Where the topic's partitions are: {directory: {(partition, is future): (size, lag)}}, or the directory's error."""
    connection = Connection(broker.port)
    answer = connection.ask("describe_log_dirs", 1, topics=None)
    connection.close()
    return {result["log_dir"]: result["error_code"] or {
        (p["partition_index"], p["is_future_key"]): (p["partition_size"], p["offset_lag"])
        for t in result["topics"] if t["name"] == topic for p in t["partitions"]} for result in answer["results"]}


def homes(broker, topic):
    """The directory of each partition, and those that are on their way to another."""
    current, future = {}, {}
    for folder, partitions in described(broker, topic).items():
        for partition, is_future in partitions if isinstance(partitions, dict) else ():
            (future if is_future else current)[partition] = folder
    return current, future


def directories(folder):
    """The partitions' directories, with the ids masked that are drawn by lot."""
    return sorted(re.sub(r"\.[0-9a-f]{32}-", ".ID-", path.name) for path in folder.iterdir() if path.is_dir())
