import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.NoOffsetForPartitionException;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.clients.consumer.RoundRobinAssignor;
import org.apache.kafka.clients.consumer.StickyAssignor;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.FencedInstanceIdException;

/** Members of groups: sharing, taking over, committing. */
final class GroupChecks {
    private static final int PARTITIONS = 6;

    private GroupChecks() {}

    static void register() {
        for (Class<?> assignor : Arrays.asList(RangeAssignor.class, RoundRobinAssignor.class, StickyAssignor.class,
                CooperativeStickyAssignor.class)) {
            Checks.add("three_members_share_by_" + assignor.getSimpleName(), () -> share(assignor.getName()));
        }
        Checks.add("a_cooperative_member_keeps_reading_what_it_keeps", GroupChecks::cooperative);
        Checks.add("a_killed_members_partitions_are_taken_over", GroupChecks::killed);
        Checks.add("a_static_member_comes_back_to_its_partitions_without_a_rebalance", GroupChecks::staticMember);
        Checks.add("a_second_static_member_of_one_name_fences_the_first", GroupChecks::fenced);
        Checks.add("commits_are_kept_with_their_metadata", GroupChecks::commits);
        Checks.add("a_consumer_goes_on_where_its_group_had_come", GroupChecks::goesOn);
        Checks.add("without_a_commit_the_reset_policy_decides", GroupChecks::resetPolicy);
        Checks.add("a_pattern_notices_a_topic_made_later", GroupChecks::pattern);
        Checks.add("members_notice_added_partitions", GroupChecks::addedPartitions);
    }

    /** In another process: joins, tells what it has, and waits to be killed. */
    static void beMember(String group, String topic) throws Exception {
        Member member = new Member(group, topic);
        Clients.until("an assignment", () -> !member.owned.isEmpty());
        System.out.println("joined");
        Thread.currentThread().join();
    }

    private static void untilShared(List<Member> members, int each) throws Exception {
        Clients.until(members.size() + " members own " + each + " partitions each", () -> {
            Set<TopicPartition> all = new HashSet<>();
            for (Member m : members) {
                if (m.failure != null) throw new AssertionError("a member fails", m.failure);
                if (m.owned.size() != each) return false;
                all.addAll(m.owned);
            }
            return all.size() == PARTITIONS;
        });
    }

    private static void untilRead(List<Member> members, List<String> expected) throws Exception {
        List<String> all = new ArrayList<>();
        try {
            Clients.until("everything is read", () -> {
                all.clear();
                for (Member m : members) all.addAll(m.values);
                return all.size() >= expected.size();
            });
        } finally {
            Clients.sameElements(expected, all, "values read by all members");
        }
    }

    private static void share(String assignor) throws Exception {
        String topic = Clients.topic(PARTITIONS);
        String group = Clients.unique("group");
        String[] settings = {"partition.assignment.strategy", assignor};
        List<String> values = new ArrayList<>(Clients.fill(topic, PARTITIONS, "first", 60));
        try (Member a = new Member(group, topic, settings)) {
            untilShared(Collections.singletonList(a), 6);
            try (Member b = new Member(group, topic, settings); Member c = new Member(group, topic, settings)) {
                untilShared(Arrays.asList(a, b, c), 2);
                values.addAll(Clients.fill(topic, PARTITIONS, "second", 60));
                untilRead(Arrays.asList(a, b, c), values);
                c.close();
                untilShared(Arrays.asList(a, b), 3);
                values.addAll(Clients.fill(topic, PARTITIONS, "third", 60));
                untilRead(Arrays.asList(a, b, c), values);
            }
            untilShared(Collections.singletonList(a), 6);
        }
    }

    private static void cooperative() throws Exception {
        String topic = Clients.topic(PARTITIONS);
        String group = Clients.unique("group");
        String[] settings = {"partition.assignment.strategy", CooperativeStickyAssignor.class.getName()};
        try (Member a = new Member(group, topic, settings)) {
            untilShared(Collections.singletonList(a), 6);
            try (Member b = new Member(group, topic, settings)) {
                untilShared(Arrays.asList(a, b), 3);
                Clients.equal(b.owned, new HashSet<>(a.revoked), "all that was ever taken from the first");
                Clients.equal(3, a.revoked.size(), "partitions taken from the first");
            }
        }
    }

    private static void killed() throws Exception {
        String topic = Clients.topic(PARTITIONS);
        String group = Clients.unique("group");
        try (Member survivor = new Member(group, topic)) {
            untilShared(Collections.singletonList(survivor), 6);
            Process other = new ProcessBuilder(System.getProperty("java.home") + "/bin/java", "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"), "Checks", Clients.bootstrap, "member",
                group, topic).redirectError(ProcessBuilder.Redirect.INHERIT).start();
            try {
                String line = new BufferedReader(new InputStreamReader(other.getInputStream())).readLine();
                Clients.equal("joined", line, "what the other member says");
                untilShared(Collections.singletonList(survivor), 3, false);
            } finally {
                other.destroyForcibly().waitFor();
            }
            List<String> values = Clients.fill(topic, PARTITIONS, "after", 60);
            untilShared(Collections.singletonList(survivor), 6);
            untilRead(Collections.singletonList(survivor), values);
        }
    }

    private static void untilShared(List<Member> members, int each, boolean whole) throws Exception {
        Clients.until(each + " partitions each", () -> members.stream().allMatch(m -> m.owned.size() == each));
    }

    private static void staticMember() throws Exception {
        String topic = Clients.topic(PARTITIONS);
        String group = Clients.unique("group");
        String[] settings = {"group.instance.id", "one", "session.timeout.ms", "20000"};
        try (Member other = new Member(group, topic, "group.instance.id", "two", "session.timeout.ms", "20000")) {
            Set<TopicPartition> before;
            try (Member one = new Member(group, topic, settings)) {
                untilShared(Arrays.asList(one, other), 3);
                before = one.owned;
            }
            int revoked = other.revoked.size();
            try (Member again = new Member(group, topic, settings)) {
                Clients.until("an assignment", () -> !again.owned.isEmpty());
                Clients.equal(before, again.owned, "partitions after coming back");
                List<String> values = Clients.fill(topic, PARTITIONS, "v", 12);
                untilRead(Arrays.asList(again, other), values);
            }
            Clients.equal(revoked, other.revoked.size(), "partitions taken from the other member meanwhile");
        }
    }

    private static void fenced() throws Exception {
        String topic = Clients.topic(PARTITIONS);
        String group = Clients.unique("group");
        String[] settings = {"group.instance.id", "only"};
        try (Member first = new Member(group, topic, settings)) {
            untilShared(Collections.singletonList(first), 6);
            try (Member second = new Member(group, topic, settings)) {
                Clients.until("the first fails", () -> first.failure != null);
                Clients.equal(FencedInstanceIdException.class, first.failure.getClass(), "kind of failure");
                untilShared(Collections.singletonList(second), 6);
            }
        }
    }

    private static void commits() throws Exception {
        TopicPartition tp = new TopicPartition(Clients.topic(1), 0);
        Clients.fill(tp.topic(), 1, "v", 5);
        String group = Clients.unique("group");
        try (KafkaConsumer<String, String> c = Clients.consumer("group.id", group)) {
            c.assign(Collections.singleton(tp));
            Clients.equal(null, c.committed(Collections.singleton(tp)).get(tp), "commit before any");
            c.commitSync(Collections.singletonMap(tp, new OffsetAndMetadata(3, "note")));
            Clients.equal(new OffsetAndMetadata(3, "note"), c.committed(Collections.singleton(tp)).get(tp), "commit");
            boolean[] done = {false};
            Exception[] error = {null};
            c.commitAsync(Collections.singletonMap(tp, new OffsetAndMetadata(4)), (offsets, e) -> {
                error[0] = e;
                done[0] = true;
            });
            Clients.until("the callback", () -> {
                c.poll(Duration.ofMillis(20));
                return done[0];
            });
            Clients.equal(null, error[0], "error of the commit");
            Map<TopicPartition, OffsetAndMetadata> now = c.committed(Collections.singleton(tp));
            Clients.equal(4L, now.get(tp).offset(), "later commit");
        }
    }

    private static void goesOn() throws Exception {
        String topic = Clients.topic(PARTITIONS);
        String group = Clients.unique("group");
        List<String> first = Clients.fill(topic, PARTITIONS, "first", 30);
        try (Member member = new Member(group, topic)) {
            untilRead(Collections.singletonList(member), first);
        }
        List<String> second = Clients.fill(topic, PARTITIONS, "second", 30);
        try (Member member = new Member(group, topic)) {
            untilRead(Collections.singletonList(member), second);
        }
    }

    private static void resetPolicy() throws Exception {
        String topic = Clients.topic(PARTITIONS);
        List<String> old = Clients.fill(topic, PARTITIONS, "old", 12);
        try (Member earliest = new Member(Clients.unique("group"), topic);
             Member latest = new Member(Clients.unique("group"), topic, "auto.offset.reset", "latest");
             Member none = new Member(Clients.unique("group"), topic, "auto.offset.reset", "none")) {
            untilRead(Collections.singletonList(earliest), old);
            Clients.until("a failure without a policy", () -> none.failure != null);
            Clients.equal(NoOffsetForPartitionException.class, none.failure.getClass(), "kind of failure");
            untilShared(Collections.singletonList(latest), 6);
            // Its positions are known once it has read the first new record of every partition.
            Clients.until("new records", () -> {
                Clients.fill(topic, PARTITIONS, "new", 6);
                return !latest.values.isEmpty();
            });
            Clients.that(latest.values.stream().noneMatch(v -> v.startsWith("old")), "latest skips what was there");
        }
    }

    private static void pattern() throws Exception {
        String prefix = Clients.unique("pattern");
        try (Member member = new Member(Clients.unique("group"), Pattern.compile(prefix + "-.*"))) {
            for (String topic : Arrays.asList(prefix + "-one", prefix + "-two")) {
                Clients.fill(topic, 1, topic, 3);
                Clients.until("records of " + topic, () -> member.values.contains(topic + "-2"));
            }
        }
    }

    private static void addedPartitions() throws Exception {
        String topic = Clients.topic(1);
        try (Member member = new Member(Clients.unique("group"), topic)) {
            Clients.until("one partition", () -> member.owned.size() == 1);
            AdminChecks.addPartitions(topic, 3);
            Clients.until("three partitions", () -> member.owned.size() == 3);
            untilRead(Collections.singletonList(member), Clients.fill(topic, 3, "v", 9));
        }
    }
}
