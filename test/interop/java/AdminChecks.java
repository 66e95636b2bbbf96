import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.CreateTopicsResult;
import org.apache.kafka.clients.admin.DescribeClusterResult;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.ConsumerGroupState;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ElectionNotNeededException;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Topics, groups and the cluster, by the administrator's client. */
final class AdminChecks {
    private AdminChecks() {}

    static void register() {
        Checks.add("topics_are_made_described_and_deleted", AdminChecks::topics);
        Checks.add("topics_that_cannot_be_are_refused_with_kafkas_errors", AdminChecks::refusedTopics);
        Checks.add("partitions_are_added_and_wrong_counts_refused", AdminChecks::partitions);
        Checks.add("the_cluster_describes_itself", AdminChecks::cluster);
        Checks.add("log_directories_tell_sizes", AdminChecks::logDirs);
        Checks.add("offsets_are_listed_by_the_administrator", AdminChecks::listOffsets);
        Checks.add("groups_are_listed_described_and_deleted", AdminChecks::groups);
        Checks.add("an_administrator_moves_and_removes_a_groups_offsets", AdminChecks::groupOffsets);
        Checks.add("no_election_is_needed_where_the_preferred_leads", AdminChecks::election);
    }

    static void addPartitions(String topic, int total) throws Exception {
        try (Admin admin = Clients.admin()) {
            Clients.get(admin.createPartitions(Collections.singletonMap(topic, NewPartitions.increaseTo(total))).all());
        }
    }

    private static TopicDescription describe(Admin admin, String topic) throws Exception {
        return Clients.get(admin.describeTopics(Collections.singleton(topic)).all()).get(topic);
    }

    private static void topics() throws Exception {
        String plain = Clients.unique("plain");
        String placed = Clients.unique("placed");
        try (Admin admin = Clients.admin()) {
            int broker = Clients.get(admin.describeCluster().nodes()).iterator().next().id();
            CreateTopicsResult made = admin.createTopics(Arrays.asList(
                new NewTopic(plain, java.util.Optional.of(3), java.util.Optional.empty())
                    .configs(Collections.singletonMap("retention.ms", "1000")),
                new NewTopic(placed, Collections.singletonMap(0, Collections.singletonList(broker)))));
            Clients.get(made.all());
            Clients.equal(3, Clients.get(made.numPartitions(plain)), "partitions told");
            Clients.equal(1, Clients.get(made.replicationFactor(plain)), "replicas told");
            Clients.equal("1000", Clients.get(made.config(plain)).get("retention.ms").value(), "setting told");
            TopicDescription seen = describe(admin, plain);
            Clients.equal(3, seen.partitions().size(), "partitions");
            Clients.equal(broker, seen.partitions().get(2).leader().id(), "leader");
            Clients.equal(1, seen.partitions().get(2).isr().size(), "in-sync replicas");
            Clients.equal(false, seen.isInternal(), "internal");
            Clients.that(Clients.get(admin.listTopics().names()).containsAll(Arrays.asList(plain, placed)), "both listed");
            Clients.get(admin.deleteTopics(Arrays.asList(plain, placed)).all());
            Clients.until("the topics are gone", () -> {
                Collection<String> names = Clients.get(admin.listTopics().names());
                return !names.contains(plain) && !names.contains(placed);
            });
            Clients.fails(UnknownTopicOrPartitionException.class,
                admin.describeTopics(Collections.singleton(plain)).all());
            Clients.fails(UnknownTopicOrPartitionException.class, admin.deleteTopics(Collections.singleton(plain)).all());
        }
    }

    private static void refusedTopics() throws Exception {
        String name = Clients.topic(1);
        String fresh = Clients.unique("fresh");
        try (Admin admin = Clients.admin()) {
            Clients.equal("Topic '" + name + "' already exists.", Clients.fails(TopicExistsException.class,
                admin.createTopics(Collections.singleton(new NewTopic(name, 1, (short) 1))).all()), "message");
            Clients.equal("Replication factor: 2 larger than available brokers: 1.", Clients.fails(
                InvalidReplicationFactorException.class,
                admin.createTopics(Collections.singleton(new NewTopic(fresh, 1, (short) 2))).all()), "message");
            Clients.equal("Number of partitions must be larger than 0.", Clients.fails(InvalidPartitionsException.class,
                admin.createTopics(Collections.singleton(new NewTopic(fresh, 0, (short) 1))).all()), "message");
            Clients.equal("Topic name \"not a name\" is illegal, it contains a character other than ASCII alphanumerics,"
                + " '.', '_' and '-'", Clients.fails(InvalidTopicException.class,
                admin.createTopics(Collections.singleton(new NewTopic("not a name", 1, (short) 1))).all()), "message");
            Clients.equal("Unknown topic config name: no.such.key", Clients.fails(InvalidConfigurationException.class,
                admin.createTopics(Collections.singleton(new NewTopic(fresh, 1, (short) 1)
                    .configs(Collections.singletonMap("no.such.key", "1")))).all()), "message");
            Clients.fails(InvalidConfigurationException.class,
                admin.createTopics(Collections.singleton(new NewTopic(fresh, 1, (short) 1)
                    .configs(Collections.singletonMap("retention.ms", "long")))).all());
            Clients.get(admin.createTopics(Collections.singleton(new NewTopic(fresh, 1, (short) 1)),
                new CreateTopicsOptions().validateOnly(true)).all());
            Clients.that(!Clients.get(admin.listTopics().names()).contains(fresh), "validating makes nothing");
        }
    }

    private static void partitions() throws Exception {
        String topic = Clients.topic(2);
        try (Admin admin = Clients.admin()) {
            addPartitions(topic, 4);
            Clients.until("four partitions", () -> describe(admin, topic).partitions().size() == 4);
            Clients.fill(topic, 4, "v", 8);
            Clients.equal("Topic currently has 4 partitions, which is higher than the requested 3.", Clients.fails(
                InvalidPartitionsException.class, admin.createPartitions(
                    Collections.singletonMap(topic, NewPartitions.increaseTo(3))).all()), "message");
            Clients.equal("Topic already has 4 partitions.", Clients.fails(InvalidPartitionsException.class,
                admin.createPartitions(Collections.singletonMap(topic, NewPartitions.increaseTo(4))).all()), "message");
            Clients.fails(UnknownTopicOrPartitionException.class, admin.createPartitions(
                Collections.singletonMap("no-such-topic", NewPartitions.increaseTo(4))).all());
        }
    }

    private static void cluster() throws Exception {
        try (Admin admin = Clients.admin()) {
            DescribeClusterResult cluster = admin.describeCluster();
            Clients.equal(1, Clients.get(cluster.nodes()).size(), "brokers");
            Clients.equal(Clients.get(cluster.nodes()).iterator().next(), Clients.get(cluster.controller()), "controller");
            Clients.equal(22, Clients.get(cluster.clusterId()).length(), "length of the cluster's id");
            Clients.that(Clients.get(admin.listPartitionReassignments().reassignments()).isEmpty(), "none is reassigned");
        }
    }

    private static void logDirs() throws Exception {
        String topic = Clients.topic(2);
        Clients.fill(topic, 2, "v", 10);
        try (Admin admin = Clients.admin()) {
            int broker = Clients.get(admin.describeCluster().nodes()).iterator().next().id();
            Map<String, LogDirDescription> dirs =
                Clients.get(admin.describeLogDirs(Collections.singleton(broker)).allDescriptions()).get(broker);
            Clients.equal(1, dirs.size(), "directories");
            LogDirDescription dir = dirs.values().iterator().next();
            Clients.equal(null, dir.error(), "error");
            for (int p = 0; p < 2; p++) {
                Clients.that(dir.replicaInfos().get(new TopicPartition(topic, p)).size() > 0, "a size");
                Clients.equal(0L, dir.replicaInfos().get(new TopicPartition(topic, p)).offsetLag(), "lag");
                Clients.equal(false, dir.replicaInfos().get(new TopicPartition(topic, p)).isFuture(), "future");
            }
        }
    }

    private static void listOffsets() throws Exception {
        TopicPartition tp = new TopicPartition(Clients.topic(1), 0);
        Clients.fill(tp.topic(), 1, "v", 7);
        try (Admin admin = Clients.admin()) {
            Clients.equal(0L, offset(admin, tp, OffsetSpec.earliest()), "earliest");
            Clients.equal(7L, offset(admin, tp, OffsetSpec.latest()), "latest");
            Clients.equal(0L, offset(admin, tp, OffsetSpec.forTimestamp(1)), "first after a time");
            Clients.equal(-1L, offset(admin, tp, OffsetSpec.forTimestamp(Long.MAX_VALUE)), "after all");
        }
    }

    private static long offset(Admin admin, TopicPartition tp, OffsetSpec spec) throws Exception {
        return Clients.get(admin.listOffsets(Collections.singletonMap(tp, spec)).all()).get(tp).offset();
    }

    private static ConsumerGroupDescription describeGroup(Admin admin, String group) throws Exception {
        return Clients.get(admin.describeConsumerGroups(Collections.singleton(group)).all()).get(group);
    }

    private static void groups() throws Exception {
        String topic = Clients.topic(2);
        String group = Clients.unique("group");
        try (Admin admin = Clients.admin()) {
            try (Member member = new Member(group, topic, "client.id", "its-name")) {
                Clients.until("an assignment", () -> member.owned.size() == 2);
                Clients.until("the group is stable", () -> describeGroup(admin, group).state() == ConsumerGroupState.STABLE);
                ConsumerGroupDescription seen = describeGroup(admin, group);
                Clients.equal("range", seen.partitionAssignor(), "assignor");
                Clients.equal(1, seen.members().size(), "members");
                MemberDescription one = seen.members().iterator().next();
                Clients.equal("its-name", one.clientId(), "client");
                Clients.that(one.consumerId().startsWith("its-name-"), "the member's id begins with its client's");
                Clients.that(one.host().startsWith("/"), "the host is told as Kafka tells it");
                Clients.sameElements(member.owned, one.assignment().topicPartitions(), "assignment");
                Clients.that(Clients.get(admin.listConsumerGroups().all()).stream()
                    .anyMatch(g -> g.groupId().equals(group) && !g.isSimpleConsumerGroup()), "listed");
                Clients.fails(GroupNotEmptyException.class,
                    admin.deleteConsumerGroups(Collections.singleton(group)).all());
            }
            Clients.until("the group is empty", () -> describeGroup(admin, group).state() == ConsumerGroupState.EMPTY);
            Clients.get(admin.deleteConsumerGroups(Collections.singleton(group)).all());
            Clients.that(Clients.get(admin.listConsumerGroups().all()).stream().noneMatch(g -> g.groupId().equals(group)),
                "no longer listed");
            Clients.fails(GroupIdNotFoundException.class, admin.deleteConsumerGroups(Collections.singleton(group)).all());
            Clients.equal(ConsumerGroupState.DEAD, describeGroup(admin, group).state(), "state of a group that is not");
        }
    }

    private static void groupOffsets() throws Exception {
        String topic = Clients.topic(2);
        List<String> values = Clients.fill(topic, 2, "v", 20);
        String group = Clients.unique("group");
        TopicPartition zero = new TopicPartition(topic, 0);
        TopicPartition one = new TopicPartition(topic, 1);
        try (Admin admin = Clients.admin()) {
            Map<TopicPartition, OffsetAndMetadata> wanted = new HashMap<>();
            wanted.put(zero, new OffsetAndMetadata(9, "by hand"));
            wanted.put(one, new OffsetAndMetadata(10));
            Clients.get(admin.alterConsumerGroupOffsets(group, wanted).all());
            Clients.equal(wanted, Clients.get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata()), "offsets");
            try (Member member = new Member(group, topic)) {
                Clients.until("the last value", () -> member.values.contains(values.get(18)));
                Clients.equal(1, member.values.size(), "values after the moved offsets");
            }
            Clients.get(admin.deleteConsumerGroupOffsets(group, Collections.singleton(zero)).all());
            Clients.equal(Collections.singleton(one),
                Clients.get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata()).keySet(), "offsets left");
        }
    }

    private static void election() throws Exception {
        TopicPartition tp = new TopicPartition(Clients.topic(1), 0);
        try (Admin admin = Clients.admin()) {
            Throwable error = Clients.get(admin.electLeaders(ElectionType.PREFERRED, Collections.singleton(tp)).partitions())
                .get(tp).orElse(null);
            Clients.equal(ElectionNotNeededException.class, error == null ? null : error.getClass(), "outcome");
        } catch (ExecutionException e) {
            throw new AssertionError("the request fails as a whole", e.getCause());
        }
    }
}
