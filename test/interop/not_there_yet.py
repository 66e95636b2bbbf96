"""Checks of what the broker does not have yet, a reason each. They run against Kafka, and here once their line is gone."""

import re

_SETTINGS = "settings cannot be changed yet"
_PARTITIONS = "partitions cannot be added yet"
_ELECTIONS = "elections cannot be asked for yet"

NOT_THERE_YET = {
    r"java-.*-partitions_are_added_and_wrong_counts_refused": _PARTITIONS,
    r"java-.*-members_notice_added_partitions": _PARTITIONS,
    r"(franz-go|kafka-python-.*|confluent-.*)-partitions_are_added": _PARTITIONS,
    r"kafkajs-partitions_and_settings_are_changed": _PARTITIONS,
    r"topics_are_made_described_widened_and_deleted": _PARTITIONS,
    r"the_newer_tools_make_describe_and_delete_topics": _PARTITIONS,
    r"java-.*-a_topics_settings_are_set_appended": _SETTINGS,
    r"java-.*-alter_configs_replaces": _SETTINGS,
    r"java-.*-wrong_settings_are_refused": _SETTINGS,
    r"java-.*-a_brokers_settings_change": _SETTINGS,
    r"java-.*-a_static_broker_setting": _SETTINGS,
    r"franz-go-settings_of_topics_are_changed": _SETTINGS,
    r"(kafka-python-.*|confluent-.*)-settings_are_described_and_altered": _SETTINGS,
    r"settings_of_topics_are_changed_through": _SETTINGS,
    r"settings_of_brokers_are_changed_through": _SETTINGS,
    r"java-.*-no_election_is_needed": _ELECTIONS,
    r"the_election_tool_finds": _ELECTIONS,
}


def reason(test):
    """Why the test cannot pass yet, or None."""
    return next((why for pattern, why in NOT_THERE_YET.items() if re.search(pattern, test)), None)
