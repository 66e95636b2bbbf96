import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Clients of the broker under test, names that no other check uses, and assertions. */
final class Clients {
    static String bootstrap;
    private static final AtomicInteger UNIQUE = new AtomicInteger();

    private Clients() {}

    static String unique(String prefix) {
        return prefix + "-" + ProcessHandle.current().pid() + "-" + UNIQUE.incrementAndGet();
    }

    static Properties properties(String... pairs) {
        Properties p = new Properties();
        p.put("bootstrap.servers", bootstrap);
        for (int i = 0; i < pairs.length; i += 2) p.put(pairs[i], pairs[i + 1]);
        return p;
    }

    static Admin admin() {
        return Admin.create(properties("request.timeout.ms", "20000", "default.api.timeout.ms", "20000"));
    }

    static KafkaProducer<String, String> producer(String... pairs) {
        return new KafkaProducer<>(properties(pairs), new StringSerializer(), new StringSerializer());
    }

    static KafkaConsumer<String, String> consumer(String... pairs) {
        Properties p = properties(pairs);
        p.putIfAbsent("auto.offset.reset", "earliest");
        p.putIfAbsent("default.api.timeout.ms", "20000");
        return new KafkaConsumer<>(p, new StringDeserializer(), new StringDeserializer());
    }

    static <T> T get(Future<T> future) throws Exception {
        return future.get(30, TimeUnit.SECONDS);
    }

    static String topic(int partitions) throws Exception {
        String name = unique("topic");
        try (Admin admin = admin()) {
            get(admin.createTopics(Collections.singleton(new NewTopic(name, partitions, (short) 1))).all());
        }
        return name;
    }

    /** Sends PREFIX-0, PREFIX-1, ... to the partitions in turn, and gives back the values. */
    static List<String> fill(String topic, int partitions, String prefix, int count) throws Exception {
        List<String> values = new ArrayList<>();
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        try (KafkaProducer<String, String> producer = producer("acks", "all")) {
            for (int i = 0; i < count; i++) {
                values.add(prefix + "-" + i);
                sent.add(producer.send(new ProducerRecord<>(topic, i % partitions, null, prefix + "-" + i)));
            }
            for (Future<RecordMetadata> one : sent) get(one);
        }
        return values;
    }

    /** The first count records of a partition. */
    static List<ConsumerRecord<String, String>> read(TopicPartition from, int count, String... pairs) {
        List<ConsumerRecord<String, String>> records = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer = consumer(pairs)) {
            consumer.assign(Collections.singleton(from));
            consumer.seekToBeginning(Collections.singleton(from));
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            while (records.size() < count && System.nanoTime() < deadline) {
                consumer.poll(Duration.ofMillis(200)).forEach(records::add);
            }
        }
        equal(count, records.size(), "records read from " + from);
        return records;
    }

    static void until(String what, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        Throwable last = null;
        while (System.nanoTime() < deadline) {
            try {
                if (condition.call()) return;
            } catch (Exception e) {
                last = e;
            }
            Thread.sleep(20);
        }
        throw new AssertionError("not within 30 s: " + what, last);
    }

    static void that(boolean condition, String what) {
        if (!condition) throw new AssertionError(what);
    }

    static void equal(Object expected, Object actual, String what) {
        if (!Objects.equals(expected, actual)) {
            throw new AssertionError(what + ": expected " + expected + ", but is " + actual);
        }
    }

    static void sameElements(Collection<?> expected, Collection<?> actual, String what) {
        List<String> left = new ArrayList<>();
        List<String> right = new ArrayList<>();
        expected.forEach(e -> left.add(e.toString()));
        actual.forEach(e -> right.add(e.toString()));
        Collections.sort(left);
        Collections.sort(right);
        equal(left, right, what);
    }

    /** The future fails with exactly this exception; gives back its message. */
    static String fails(Class<? extends Throwable> expected, Future<?> future) throws Exception {
        try {
            get(future);
        } catch (ExecutionException e) {
            equal(expected, e.getCause().getClass(), "kind of failure (" + e.getCause().getMessage() + ")");
            return e.getCause().getMessage();
        }
        throw new AssertionError("does not fail with " + expected.getSimpleName());
    }
}
