import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConfigEntry.ConfigSource;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Settings of topics and brokers, read and changed. */
final class ConfigChecks {
    private ConfigChecks() {}

    static void register() {
        Checks.add("a_topics_settings_are_described_with_their_sources", ConfigChecks::describe);
        Checks.add("a_topics_settings_are_set_appended_subtracted_and_deleted", ConfigChecks::incremental);
        Checks.add("alter_configs_replaces_all_of_a_topics_settings", ConfigChecks::replace);
        Checks.add("wrong_settings_are_refused_and_change_nothing", ConfigChecks::refused);
        Checks.add("a_brokers_settings_change_while_it_runs", ConfigChecks::broker);
        Checks.add("a_static_broker_setting_cannot_be_changed", ConfigChecks::staticSetting);
    }

    private static ConfigResource topic(String name) {
        return new ConfigResource(ConfigResource.Type.TOPIC, name);
    }

    private static Config read(Admin admin, ConfigResource resource) throws Exception {
        return Clients.get(admin.describeConfigs(Collections.singleton(resource)).all()).get(resource);
    }

    private static AlterConfigOp op(String key, String value, AlterConfigOp.OpType type) {
        return new AlterConfigOp(new ConfigEntry(key, value), type);
    }

    private static java.util.concurrent.Future<Void> alter(Admin admin, ConfigResource resource, AlterConfigOp... ops) {
        return admin.incrementalAlterConfigs(Collections.singletonMap(resource, (Collection<AlterConfigOp>) Arrays.asList(ops)))
            .all();
    }

    private static void untilSetting(Admin admin, ConfigResource resource, String key, String value, ConfigSource source)
            throws Exception {
        Clients.until(key + " is " + value + " from " + source, () -> {
            ConfigEntry entry = read(admin, resource).get(key);
            return value.equals(entry.value()) && entry.source() == source;
        });
    }

    private static void describe() throws Exception {
        ConfigResource resource = topic(Clients.topic(1));
        try (Admin admin = Clients.admin()) {
            ConfigEntry policy = read(admin, resource).get("cleanup.policy");
            Clients.equal("delete", policy.value(), "cleanup.policy");
            Clients.equal(ConfigSource.DEFAULT_CONFIG, policy.source(), "source");
            Clients.equal(false, policy.isReadOnly(), "read-only");
            Clients.equal(26, read(admin, resource).entries().size(), "settings of a topic");
            Clients.fails(UnknownTopicOrPartitionException.class,
                admin.describeConfigs(Collections.singleton(topic("no-such-topic"))).all());
        }
    }

    private static void incremental() throws Exception {
        ConfigResource resource = topic(Clients.topic(1));
        try (Admin admin = Clients.admin()) {
            Clients.get(alter(admin, resource, op("retention.ms", "5000", AlterConfigOp.OpType.SET),
                op("cleanup.policy", "compact", AlterConfigOp.OpType.APPEND)));
            untilSetting(admin, resource, "retention.ms", "5000", ConfigSource.DYNAMIC_TOPIC_CONFIG);
            untilSetting(admin, resource, "cleanup.policy", "delete,compact", ConfigSource.DYNAMIC_TOPIC_CONFIG);
            Clients.get(alter(admin, resource, op("retention.ms", "", AlterConfigOp.OpType.DELETE),
                op("cleanup.policy", "delete", AlterConfigOp.OpType.SUBTRACT)));
            untilSetting(admin, resource, "retention.ms", "604800000", ConfigSource.DEFAULT_CONFIG);
            untilSetting(admin, resource, "cleanup.policy", "compact", ConfigSource.DYNAMIC_TOPIC_CONFIG);
        }
    }

    @SuppressWarnings("deprecation")
    private static void replace() throws Exception {
        ConfigResource resource = topic(Clients.topic(1));
        try (Admin admin = Clients.admin()) {
            Clients.get(alter(admin, resource, op("retention.ms", "5000", AlterConfigOp.OpType.SET)));
            untilSetting(admin, resource, "retention.ms", "5000", ConfigSource.DYNAMIC_TOPIC_CONFIG);
            Clients.get(admin.alterConfigs(Collections.singletonMap(resource,
                new Config(Collections.singleton(new ConfigEntry("segment.bytes", "1048576"))))).all());
            untilSetting(admin, resource, "segment.bytes", "1048576", ConfigSource.DYNAMIC_TOPIC_CONFIG);
            untilSetting(admin, resource, "retention.ms", "604800000", ConfigSource.DEFAULT_CONFIG);
        }
    }

    private static void refused() throws Exception {
        ConfigResource resource = topic(Clients.topic(1));
        try (Admin admin = Clients.admin()) {
            Clients.fails(InvalidConfigurationException.class, alter(admin, resource,
                op("no.such.key", "1", AlterConfigOp.OpType.SET)));
            Clients.fails(InvalidRequestException.class, alter(admin, resource,
                op("segment.bytes", "1048576", AlterConfigOp.OpType.SET), op("retention.ms", "x", AlterConfigOp.OpType.SET)));
            Clients.equal("1073741824", read(admin, resource).get("segment.bytes").value(), "segment.bytes");
            Clients.fails(UnknownTopicOrPartitionException.class, alter(admin, topic("no-such-topic"),
                op("retention.ms", "1", AlterConfigOp.OpType.SET)));
        }
    }

    private static void broker() throws Exception {
        try (Admin admin = Clients.admin()) {
            String id = Clients.get(admin.describeCluster().nodes()).iterator().next().idString();
            ConfigResource one = new ConfigResource(ConfigResource.Type.BROKER, id);
            ConfigResource all = new ConfigResource(ConfigResource.Type.BROKER, "");
            Clients.get(alter(admin, all, op("log.retention.ms", "86400000", AlterConfigOp.OpType.SET)));
            untilSetting(admin, one, "log.retention.ms", "86400000", ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG);
            Clients.get(alter(admin, one, op("log.retention.ms", "7200000", AlterConfigOp.OpType.SET)));
            untilSetting(admin, one, "log.retention.ms", "7200000", ConfigSource.DYNAMIC_BROKER_CONFIG);
            String fresh = Clients.topic(1);
            untilSetting(admin, topic(fresh), "retention.ms", "7200000", ConfigSource.DYNAMIC_BROKER_CONFIG);
            Clients.get(alter(admin, one, op("log.retention.ms", "", AlterConfigOp.OpType.DELETE)));
            Clients.get(alter(admin, all, op("log.retention.ms", "", AlterConfigOp.OpType.DELETE)));
            untilSetting(admin, topic(fresh), "retention.ms", "604800000", ConfigSource.DEFAULT_CONFIG);
        }
    }

    private static void staticSetting() throws Exception {
        try (Admin admin = Clients.admin()) {
            String id = Clients.get(admin.describeCluster().nodes()).iterator().next().idString();
            ConfigResource one = new ConfigResource(ConfigResource.Type.BROKER, id);
            Clients.that(read(admin, one).get("zookeeper.connect").isReadOnly(), "zookeeper.connect is read-only");
            Clients.fails(InvalidRequestException.class, alter(admin, one,
                op("zookeeper.connect", "elsewhere:2181", AlterConfigOp.OpType.SET)));
        }
    }
}
