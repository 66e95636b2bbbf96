import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;

/** Producing, consuming, and the offsets of records. */
final class RecordChecks {
    private RecordChecks() {}

    static void register() {
        for (String codec : Arrays.asList("none", "gzip", "snappy", "lz4", "zstd")) {
            Checks.add("records_come_back_whole_from_" + codec, () -> wholeRecords(codec));
        }
        Checks.add("an_idempotent_producer_writes_each_record_once_and_in_order", RecordChecks::idempotent);
        Checks.add("a_topic_that_is_produced_to_is_made_by_itself", RecordChecks::madeByItself);
        Checks.add("keys_choose_the_same_partition_every_time", RecordChecks::keys);
        Checks.add("offsets_are_found_by_time_and_at_both_ends", RecordChecks::offsetsByTime);
        Checks.add("deleted_records_are_gone_and_the_beginning_moves", RecordChecks::deletedRecords);
        Checks.add("a_position_out_of_range_is_told_or_reset", RecordChecks::outOfRange);
        Checks.add("a_record_larger_than_its_topic_allows_is_refused", RecordChecks::tooLarge);
        Checks.add("log_append_time_replaces_the_producers", RecordChecks::logAppendTime);
        Checks.add("a_consumer_that_waits_gets_a_record_when_it_comes", RecordChecks::longPoll);
    }

    private static void wholeRecords(String codec) throws Exception {
        TopicPartition tp = new TopicPartition(Clients.topic(1), 0);
        int count = 500;
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        try (KafkaProducer<String, String> producer = Clients.producer("compression.type", codec, "acks", "all",
                "linger.ms", "20", "batch.size", "4000")) {
            for (int i = 0; i < count; i++) {
                List<Header> headers = Arrays.asList(
                    new RecordHeader("n", ("" + i).getBytes(StandardCharsets.UTF_8)), new RecordHeader("null", null));
                sent.add(producer.send(new ProducerRecord<>(tp.topic(), 0, 1600000000000L + i,
                    i % 7 == 0 ? null : "k" + i, i % 11 == 0 ? null : String.join("", Collections.nCopies(20, "v" + i)),
                    headers)));
            }
            for (int i = 0; i < count; i++) Clients.equal((long) i, Clients.get(sent.get(i)).offset(), "offset");
        }
        List<ConsumerRecord<String, String>> read = Clients.read(tp, count);
        for (int i = 0; i < count; i++) {
            ConsumerRecord<String, String> r = read.get(i);
            Clients.equal((long) i, r.offset(), "offset");
            Clients.equal(i % 7 == 0 ? null : "k" + i, r.key(), "key");
            Clients.equal(i % 11 == 0 ? null : String.join("", Collections.nCopies(20, "v" + i)), r.value(), "value");
            Clients.equal(1600000000000L + i, r.timestamp(), "timestamp");
            Clients.equal("" + i, new String(r.headers().lastHeader("n").value(), StandardCharsets.UTF_8), "header");
            Clients.equal(null, r.headers().lastHeader("null").value(), "null header");
        }
    }

    private static void idempotent() throws Exception {
        TopicPartition tp = new TopicPartition(Clients.topic(1), 0);
        int count = 2000;
        try (KafkaProducer<String, String> producer = Clients.producer("enable.idempotence", "true", "batch.size", "200",
                "max.in.flight.requests.per.connection", "5")) {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (int i = 0; i < count; i++) sent.add(producer.send(new ProducerRecord<>(tp.topic(), "" + i)));
            for (int i = 0; i < count; i++) Clients.equal((long) i, Clients.get(sent.get(i)).offset(), "offset");
        }
        List<ConsumerRecord<String, String>> read = Clients.read(tp, count);
        for (int i = 0; i < count; i++) Clients.equal("" + i, read.get(i).value(), "value at " + i);
    }

    private static void madeByItself() throws Exception {
        String topic = Clients.unique("made-by-itself");
        try (KafkaProducer<String, String> producer = Clients.producer()) {
            Clients.equal(0L, Clients.get(producer.send(new ProducerRecord<>(topic, "v"))).offset(), "offset");
        }
        Clients.equal("v", Clients.read(new TopicPartition(topic, 0), 1).get(0).value(), "value");
    }

    private static void keys() throws Exception {
        String topic = Clients.topic(4);
        try (KafkaProducer<String, String> producer = Clients.producer()) {
            for (int i = 0; i < 20; i++) {
                int first = Clients.get(producer.send(new ProducerRecord<>(topic, "key" + i, "a"))).partition();
                int second = Clients.get(producer.send(new ProducerRecord<>(topic, "key" + i, "b"))).partition();
                Clients.equal(first, second, "partition of key" + i);
            }
        }
    }

    private static void offsetsByTime() throws Exception {
        TopicPartition tp = new TopicPartition(Clients.topic(1), 0);
        try (KafkaProducer<String, String> producer = Clients.producer();
             KafkaConsumer<String, String> consumer = Clients.consumer()) {
            for (int i = 0; i < 10; i++) {
                Clients.get(producer.send(new ProducerRecord<>(tp.topic(), 0, 1600000000000L + i * 1000, "k", "v")));
            }
            Clients.equal(0L, consumer.beginningOffsets(Collections.singleton(tp)).get(tp), "beginning");
            Clients.equal(10L, consumer.endOffsets(Collections.singleton(tp)).get(tp), "end");
            Map<TopicPartition, OffsetAndTimestamp> at = consumer.offsetsForTimes(
                Collections.singletonMap(tp, 1600000003500L));
            Clients.equal(4L, at.get(tp).offset(), "offset at a time between two records");
            Clients.equal(1600000004000L, at.get(tp).timestamp(), "time of the record found");
            Clients.equal(null, consumer.offsetsForTimes(Collections.singletonMap(tp, 1700000000000L)).get(tp),
                "record after all");
            Clients.equal(1, consumer.partitionsFor(tp.topic()).size(), "partitions");
            Clients.that(consumer.listTopics().containsKey(tp.topic()), "the topic is listed");
        }
    }

    private static void deletedRecords() throws Exception {
        TopicPartition tp = new TopicPartition(Clients.topic(1), 0);
        Clients.fill(tp.topic(), 1, "v", 10);
        try (Admin admin = Clients.admin(); KafkaConsumer<String, String> consumer = Clients.consumer()) {
            long low = Clients.get(admin.deleteRecords(
                Collections.singletonMap(tp, RecordsToDelete.beforeOffset(4))).lowWatermarks().get(tp)).lowWatermark();
            Clients.equal(4L, low, "low watermark");
            Clients.equal(4L, consumer.beginningOffsets(Collections.singleton(tp)).get(tp), "beginning");
            Clients.equal("v-4", Clients.read(tp, 6).get(0).value(), "first value");
            Clients.fails(org.apache.kafka.common.errors.OffsetOutOfRangeException.class, admin.deleteRecords(
                Collections.singletonMap(tp, RecordsToDelete.beforeOffset(11))).all());
            Clients.get(admin.deleteRecords(Collections.singletonMap(tp, RecordsToDelete.beforeOffset(-1))).all());
            Clients.equal(10L, consumer.beginningOffsets(Collections.singleton(tp)).get(tp), "beginning after all");
        }
    }

    private static void outOfRange() throws Exception {
        TopicPartition tp = new TopicPartition(Clients.topic(1), 0);
        Clients.fill(tp.topic(), 1, "v", 3);
        try (KafkaConsumer<String, String> consumer = Clients.consumer("auto.offset.reset", "none")) {
            consumer.assign(Collections.singleton(tp));
            consumer.seek(tp, 99);
            Clients.until("OffsetOutOfRangeException comes", () -> {
                try {
                    consumer.poll(Duration.ofMillis(100));
                    return false;
                } catch (OffsetOutOfRangeException e) {
                    return true;
                }
            });
        }
        try (KafkaConsumer<String, String> consumer = Clients.consumer()) {
            consumer.assign(Collections.singleton(tp));
            consumer.seek(tp, 99);
            List<String> values = new ArrayList<>();
            Clients.until("the records from the beginning", () -> {
                consumer.poll(Duration.ofMillis(100)).forEach(r -> values.add(r.value()));
                return values.size() == 3;
            });
        }
    }

    private static void tooLarge() throws Exception {
        String topic = Clients.unique("small");
        try (Admin admin = Clients.admin(); KafkaProducer<String, String> producer = Clients.producer()) {
            Clients.get(admin.createTopics(Collections.singleton(new NewTopic(topic, 1, (short) 1)
                .configs(Collections.singletonMap("max.message.bytes", "500")))).all());
            Clients.equal(0L, Clients.get(producer.send(new ProducerRecord<>(topic, "fits"))).offset(), "offset");
            Clients.fails(RecordTooLargeException.class,
                producer.send(new ProducerRecord<>(topic, String.join("", Collections.nCopies(1000, "x")))));
        }
    }

    private static void logAppendTime() throws Exception {
        String topic = Clients.unique("append-time");
        long before = System.currentTimeMillis();
        try (Admin admin = Clients.admin(); KafkaProducer<String, String> producer = Clients.producer()) {
            Clients.get(admin.createTopics(Collections.singleton(new NewTopic(topic, 1, (short) 1)
                .configs(Collections.singletonMap("message.timestamp.type", "LogAppendTime")))).all());
            RecordMetadata sent = Clients.get(producer.send(new ProducerRecord<>(topic, 0, 1000L, "k", "v")));
            ConsumerRecord<String, String> read = Clients.read(new TopicPartition(topic, 0), 1).get(0);
            Clients.equal("LogAppendTime", read.timestampType().toString(), "type");
            Clients.that(read.timestamp() >= before, "the time is the broker's");
            Clients.equal(sent.timestamp(), read.timestamp(), "time told to the producer");
        }
    }

    private static void longPoll() throws Exception {
        TopicPartition tp = new TopicPartition(Clients.topic(1), 0);
        try (KafkaProducer<String, String> producer = Clients.producer();
             KafkaConsumer<String, String> consumer = Clients.consumer("fetch.max.wait.ms", "20000",
                 "request.timeout.ms", "30000")) {
            consumer.assign(Collections.singleton(tp));
            Clients.equal(0L, consumer.position(tp), "position");
            consumer.poll(Duration.ofMillis(100));
            Clients.get(producer.send(new ProducerRecord<>(tp.topic(), "v")));
            long sent = System.nanoTime();
            Clients.equal(1, consumer.poll(Duration.ofSeconds(15)).count(), "records");
            Clients.that(System.nanoTime() - sent < 5_000_000_000L, "the waiting fetch ends when the record comes");
            consumer.close(Duration.ZERO);  // not behind the next fetch, which waits
        }
    }
}
