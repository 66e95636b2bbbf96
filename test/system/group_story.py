"""A story of groups told request by request, and what was answered, byte for byte.

Run on Kafka 2.7.0 itself with `python3 group_story.py PORT`, it prints test/data/group/story-2.7.0.txt.
"""

import struct
import sys
import time

import messages
from cluster import wait_until

UNKNOWN_MEMBER_ID = 25


def subscription(*topics):
    return struct.pack(">hi", 0, len(topics)) + b"".join(
        struct.pack(">h", len(t)) + t.encode() for t in topics) + struct.pack(">i", 0)


class Story:
    def __init__(self, port):
        self.port = port
        self.lines = []
        self.names = {}

    def connect(self):
        return messages.Connection(self.port)

    def tell(self, title, connection):
        """Notes the next answer, with ids and times made alike, and returns it."""
        api, version, body = connection.receive_body()
        value = messages.decode(api, version, body)
        self.lines.append(f"{title}: {api} v{version} {self.alike(body).hex()}")
        return value

    def ask(self, title, connection, api, version, **request):
        return self.tell(title, connection.send(api, version, **request))

    def name(self, member_id, name):
        assert len(name) == 8
        self.names[member_id.encode()] = name.encode().ljust(len(member_id), b"*")

    def alike(self, body):
        for old, new in self.names.items():
            body = body.replace(old, new)
        return body

    def tell_named(self, title, connection, name):
        api, version, body = connection.receive_body()
        value = messages.decode(api, version, body)
        self.name(value["member_id"], name)
        self.lines.append(f"{title}: {api} v{version} {self.alike(body).hex()}")
        return value["member_id"]


def find_coordinator(connection, group):
    """Until there is one that has loaded its groups: before, it answers a heartbeat with no error."""
    wait_until("a coordinator", lambda: (
        connection.ask("find_coordinator", 2, key=group, key_type=0)["error_code"] == 0 and
        connection.ask("heartbeat", 0, group_id=group, member_id="x")["error_code"] == UNKNOWN_MEMBER_ID and
        connection.ask("list_groups", 0)["error_code"] == 0))


def join(group, member="", **more):
    request = dict(group_id=group, session_timeout_ms=10000, rebalance_timeout_ms=10000, member_id=member,
                   protocol_type="consumer",
                   protocols=[{"name": "range", "metadata": subscription("t")},
                              {"name": "roundrobin", "metadata": subscription("t")}])
    return {**request, **more}


def every_version_alone(story):
    """One member's life in each version of JoinGroup and SyncGroup, Heartbeat and LeaveGroup beside them."""
    for version in range(8):
        group, c = f"alone-{version}", story.connect()
        member = ""
        if version >= 4:
            c.send("join_group", version, **join(group))
            member = story.tell_named("an id first", c, "member-1")
        c.send("join_group", version, **join(group, member))
        member = story.tell_named("join", c, "member-1")
        sync = min(version, 5)
        protocol = {"protocol_type": "consumer", "protocol_name": "range"} if sync == 5 else {}
        story.ask("sync", c, "sync_group", sync, group_id=group, generation_id=1, member_id=member,
                  assignments=[{"member_id": member, "assignment": b"mine"}], **protocol)
        story.ask("sync again", c, "sync_group", sync, group_id=group, generation_id=1, member_id=member, **protocol)
        beat = min(version, 4)
        story.ask("heartbeat", c, "heartbeat", beat, group_id=group, generation_id=1, member_id=member)
        story.ask("wrong generation", c, "heartbeat", beat, group_id=group, generation_id=9, member_id=member)
        story.ask("nobody", c, "heartbeat", beat, group_id=group, generation_id=1, member_id="nobody")
        story.ask("describe", c, "describe_groups", min(version, 5), groups=[group, "no-such"],
                  include_authorized_operations=True)
        leave = min(version, 4)
        who = {"member_id": member} if leave < 3 else {"members": [{"member_id": "nobody"}, {"member_id": member}]}
        story.ask("leave", c, "leave_group", leave, group_id=group, **who)
        story.ask("leave again", c, "leave_group", leave, group_id=group, **who)
        story.ask("describe", c, "describe_groups", min(version, 5), groups=[group])
        c.close()


def refusals(story):
    c = story.connect()
    for version in (0, 4, 7):
        story.ask("no group id", c, "join_group", version, **join(""))
        story.ask("session too short", c, "join_group", version, **join("r", session_timeout_ms=1))
        story.ask("session too long", c, "join_group", version, **join("r", session_timeout_ms=2_000_000_000))
        story.ask("unknown member of no group", c, "join_group", version, **join("r", "somebody"))
        story.ask("no protocols", c, "join_group", version, **join("r", protocols=[]))
        story.ask("no protocol type", c, "join_group", version, **join("r", protocol_type=""))
    for version in (0, 3, 5):
        protocol = {"protocol_type": "consumer", "protocol_name": "range"} if version == 5 else {}
        story.ask("sync of no group", c, "sync_group", version, group_id="none", generation_id=1, member_id="m",
                  **protocol)
    story.ask("sync without protocol", c, "sync_group", 5, group_id="none", generation_id=1, member_id="m")
    story.ask("heartbeat of no group", c, "heartbeat", 3, group_id="none", generation_id=1, member_id="m")
    story.ask("heartbeat without id", c, "heartbeat", 3, group_id="", generation_id=1, member_id="m")
    story.ask("leave no group", c, "leave_group", 3, group_id="none", members=[{"member_id": "m"}])
    story.ask("leave without id", c, "leave_group", 3, group_id="", members=[{"member_id": "m"}])
    c.close()


def two_members(story):
    group, a, b = "pair", story.connect(), story.connect()
    a.send("join_group", 5, **join(group))
    one = story.tell_named("an id first", a, "member-1")
    a.send("join_group", 5, **join(group, one))
    story.tell("join", a)
    story.ask("commit too early", a, "offset_commit", 7, group_id=group, generation_id=1, member_id=one,
              topics=[{"name": "t", "partitions": [{"partition_index": 0, "committed_offset": 1}]}])
    story.ask("sync", a, "sync_group", 3, group_id=group, generation_id=1, member_id=one,
              assignments=[{"member_id": one, "assignment": b"all"}])
    b.send("join_group", 5, **join(group, protocols=[{"name": "sticky", "metadata": b""}]))
    story.tell("nothing in common", b)
    b.send("join_group", 5, **join(group))
    two = story.tell_named("an id first", b, "member-2")
    b.send("join_group", 5, **join(group, two, protocols=[{"name": "roundrobin", "metadata": subscription("t")}]))
    wait_for_state(story, group, "PreparingRebalance")
    story.ask("rebalance", a, "heartbeat", 3, group_id=group, generation_id=1, member_id=one)
    story.ask("commit during rebalance", a, "offset_commit", 7, group_id=group, generation_id=1, member_id=one,
              topics=[{"name": "t", "partitions": [{"partition_index": 0, "committed_offset": 2}]}])
    describe = story.connect()
    story.ask("not empty", describe, "delete_groups", 1, groups_names=[group, group])
    story.ask("no such group", describe, "delete_groups", 1, groups_names=["no-such"])
    a.send("join_group", 5, **join(group, one))
    joined = a.receive()  # its members come in no order
    assert joined["protocol_name"] == "roundrobin" and len(joined["members"]) == 2, joined
    story.tell("join", b)
    b.send("sync_group", 3, group_id=group, generation_id=2, member_id=two)
    story.ask("sync", a, "sync_group", 3, group_id=group, generation_id=2, member_id=one,
              assignments=[{"member_id": one, "assignment": b"A"}, {"member_id": two, "assignment": b"B"}])
    story.tell("sync", b)
    story.ask("follower joins again", b, "join_group", 5,
              **join(group, two, protocols=[{"name": "roundrobin", "metadata": subscription("t")}]))
    story.ask("offsets of a topic in use", a, "offset_delete", 0, group_id=group,
              topics=[{"name": "t", "partitions": [{"partition_index": 0}]}])
    story.ask("leave", b, "leave_group", 1, group_id=group, member_id=two)
    story.ask("alone", a, "join_group", 5, **join(group, one))
    story.ask("leave", a, "leave_group", 1, group_id=group, member_id=one)
    for c in (a, b, describe):
        c.close()


def wait_for_state(story, group, state):
    c = story.connect()
    deadline = time.monotonic() + 20
    while c.ask("describe_groups", 0, groups=[group])["groups"][0]["group_state"] != state:
        assert time.monotonic() < deadline, f"{group} never came to {state}"
        time.sleep(0.01)
    c.close()


def static_members(story):
    group, c = "static", story.connect()
    c.send("join_group", 5, **join(group, group_instance_id="i1"))
    one = story.tell_named("join", c, "member-1")
    story.ask("sync", c, "sync_group", 3, group_id=group, generation_id=1, member_id=one, group_instance_id="i1",
              assignments=[{"member_id": one, "assignment": b"kept"}])
    c.send("join_group", 5, **join(group, group_instance_id="i1"))
    two = story.tell_named("restarted", c, "member-2")
    story.ask("sync", c, "sync_group", 3, group_id=group, generation_id=1, member_id=two, group_instance_id="i1")
    for api, version, more in (("heartbeat", 3, {}), ("sync_group", 3, {}),
                               ("offset_commit", 7, {"topics": [{"name": "t", "partitions": [{}]}]})):
        story.ask("fenced", c, api, version, group_id=group, generation_id=1, member_id=one,
                  group_instance_id="i1", **more)
    story.ask("fenced", c, "join_group", 5, **join(group, one, group_instance_id="i1"))
    story.ask("describe", c, "describe_groups", 4, groups=[group])
    story.ask("leave", c, "leave_group", 3, group_id=group,
              members=[{"member_id": one, "group_instance_id": "i1"},
                       {"member_id": "", "group_instance_id": "i2"},
                       {"member_id": "", "group_instance_id": "i1"}])
    c.close()


def offsets(story):
    group, c = "simple", story.connect()
    for version in range(9):
        if version > 0:
            story.ask("commit", c, "offset_commit", version, group_id=group, generation_id=-1,
                      topics=[{"name": "t", "partitions": [
                          {"partition_index": 0, "committed_offset": version, "committed_leader_epoch": 4,
                           "committed_metadata": "note"}]}])
            story.ask("no such partition", c, "offset_commit", version, group_id=group, generation_id=-1,
                      topics=[{"name": "nope", "partitions": [{"partition_index": 7}]}])
            story.ask("note too long", c, "offset_commit", version, group_id=group, generation_id=-1,
                      topics=[{"name": "t", "partitions": [{"partition_index": 0, "committed_offset": 99,
                                                            "committed_metadata": "n" * 4097}]}])
            story.ask("with generation", c, "offset_commit", version, group_id="no-group", generation_id=3,
                      member_id="m", topics=[{"name": "t", "partitions": [{"partition_index": 0}]}])
        else:
            story.ask("nothing kept", c, "offset_fetch", 0, group_id=group,
                      topics=[{"name": "t", "partition_indexes": [0]}])
            story.ask("commit", c, "offset_commit", 0, group_id=group,
                      topics=[{"name": "t", "partitions": [{"partition_index": 0, "committed_offset": 42}]}])
        fetch = min(version, 7)
        story.ask("fetch", c, "offset_fetch", fetch, group_id=group, require_stable=True,
                  topics=[{"name": "t", "partition_indexes": [0]}])
        story.ask("fetch nothing", c, "offset_fetch", fetch, group_id=group,
                  topics=[{"name": "t", "partition_indexes": [1]}])
        story.ask("fetch of no group", c, "offset_fetch", fetch, group_id="unknown",
                  topics=[{"name": "t", "partition_indexes": [0]}])
        if fetch >= 2:
            story.ask("fetch all", c, "offset_fetch", fetch, group_id=group, topics=None)
    story.ask("with a retention time", c, "offset_commit", 3, group_id=group, generation_id=-1,
              retention_time_ms=3_600_000,
              topics=[{"name": "t", "partitions": [{"partition_index": 0, "committed_offset": 70},
                                                   {"partition_index": 1, "committed_offset": 71}]}])
    story.ask("fetch", c, "offset_fetch", 5, group_id=group, topics=[{"name": "t", "partition_indexes": [0, 1]}])
    story.ask("describe", c, "describe_groups", 5, groups=[group])
    story.ask("delete offsets", c, "offset_delete", 0, group_id=group,
              topics=[{"name": "t", "partitions": [{"partition_index": 0}]}])
    story.ask("delete unknown", c, "offset_delete", 0, group_id=group,
              topics=[{"name": "nope", "partitions": [{"partition_index": 0}]}])
    story.ask("delete of no group", c, "offset_delete", 0, group_id="nobody",
              topics=[{"name": "t", "partitions": [{"partition_index": 0}]}])
    story.ask("list", c, "list_groups", 4, states_filter=["Stable", "Dead"])
    for version in range(3):
        story.ask("delete", c, "delete_groups", version, groups_names=["alone-%d" % version])
        story.ask("delete again", c, "delete_groups", version, groups_names=["alone-%d" % version])
    c.close()


def tell(port):
    """Needs a topic t of two partitions and group.initial.rebalance.delay.ms=0."""
    story = Story(port)
    c = story.connect()
    find_coordinator(c, "first")
    c.close()
    for part in (every_version_alone, refusals, two_members, static_members, offsets):
        story.lines.append(f"# {part.__name__}")
        part(story)
    return story.lines


if __name__ == "__main__":
    print("\n".join(tell(int(sys.argv[1]))))
