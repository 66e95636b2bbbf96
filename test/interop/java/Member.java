import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.Properties;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;

/** A consumer in a group, polling in a thread of its own until it is closed. */
final class Member implements AutoCloseable, ConsumerRebalanceListener {
    final Queue<String> values = new ConcurrentLinkedQueue<>();
    /** Every partition that was taken away or lost, in order. */
    final Queue<TopicPartition> revoked = new ConcurrentLinkedQueue<>();
    volatile Set<TopicPartition> owned = Collections.emptySet();
    volatile Throwable failure;
    private final KafkaConsumer<String, String> consumer;
    private final Thread thread;
    private volatile boolean closing;

    Member(String group, Object subscription, String... pairs) {
        Properties own = Clients.properties(pairs);
        own.putIfAbsent("session.timeout.ms", "6000");
        own.putIfAbsent("heartbeat.interval.ms", "200");
        own.putIfAbsent("metadata.max.age.ms", "500");
        own.put("group.id", group);
        String[] all = own.entrySet().stream().flatMap(e -> java.util.stream.Stream.of(e.getKey(), e.getValue()))
            .toArray(String[]::new);
        consumer = Clients.consumer(all);
        if (subscription instanceof Pattern) {
            consumer.subscribe((Pattern) subscription, this);
        } else {
            consumer.subscribe(Collections.singleton((String) subscription), this);
        }
        thread = new Thread(this::poll, "member of " + group);
        thread.setDaemon(true);
        thread.start();
    }

    private void poll() {
        try {
            while (!closing) consumer.poll(Duration.ofMillis(200)).forEach(r -> values.add(r.value()));
        } catch (WakeupException e) {
            if (!closing) failure = e;
        } catch (Throwable e) {
            failure = e;
        } finally {
            consumer.close(Duration.ofSeconds(10));
        }
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> added) {
        owned = new HashSet<>(consumer.assignment());
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> gone) {
        revoked.addAll(gone);
        Set<TopicPartition> left = new HashSet<>(owned);
        left.removeAll(gone);
        owned = left;
    }

    @Override
    public void close() throws InterruptedException {
        closing = true;
        consumer.wakeup();
        thread.join(20000);
        Clients.that(!thread.isAlive(), "the member closes");
    }
}
