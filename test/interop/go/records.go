package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

var serial int32

func unique(prefix string) string {
	return fmt.Sprintf("%s-%d-%d", prefix, os.Getpid(), atomic.AddInt32(&serial, 1))
}

func client(options ...kgo.Opt) *kgo.Client {
	c, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(bootstrap), kgo.MetadataMinAge(100 * time.Millisecond),
		kgo.MetadataMaxAge(500 * time.Millisecond)}, options...)...)
	must(err, "client")
	return c
}

func topic(ctx context.Context, partitions int32) string {
	name := unique("topic")
	c := client()
	defer c.Close()
	_, err := kadm.NewClient(c).CreateTopic(ctx, partitions, 1, nil, name)
	must(err, "create "+name)
	return name
}

// fill sends prefix-0, prefix-1, ... to the partitions in turn.
func fill(ctx context.Context, topic string, partitions int, prefix string, count int) map[string]bool {
	c := client(kgo.RecordPartitioner(kgo.ManualPartitioner()))
	defer c.Close()
	values := map[string]bool{}
	records := []*kgo.Record{}
	for i := 0; i < count; i++ {
		value := fmt.Sprintf("%s-%d", prefix, i)
		values[value] = true
		records = append(records, &kgo.Record{Topic: topic, Partition: int32(i % partitions), Value: []byte(value)})
	}
	must(c.ProduceSync(ctx, records...).FirstErr(), "produce")
	return values
}

func read(ctx context.Context, topic string, count int) []*kgo.Record {
	c := client(kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().AtStart()}}))
	defer c.Close()
	records := []*kgo.Record{}
	for len(records) < count {
		fetches := c.PollFetches(ctx)
		must(fetches.Err(), "fetch")
		records = append(records, fetches.Records()...)
	}
	equal(count, len(records), "records read")
	return records
}

func recordChecks() []check {
	checks := []check{}
	codecs := map[string]kgo.CompressionCodec{"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(),
		"snappy": kgo.SnappyCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression()}
	for _, name := range []string{"none", "gzip", "snappy", "lz4", "zstd"} {
		codec := codecs[name]
		checks = append(checks, check{"records_come_back_whole_from_" + name,
			func(ctx context.Context) { wholeRecords(ctx, codec) }})
	}
	return append(checks,
		check{"an_idempotent_producer_writes_each_record_once_and_in_order", idempotent},
		check{"a_plain_producer_may_ask_for_no_answer", noAnswer},
		check{"a_topic_that_is_produced_to_is_made_by_itself", madeByItself})
}

func wholeRecords(ctx context.Context, codec kgo.CompressionCodec) {
	name := topic(ctx, 1)
	c := client(kgo.ProducerBatchCompression(codec), kgo.ProducerLinger(10*time.Millisecond),
		kgo.ProducerBatchMaxBytes(5000))
	defer c.Close()
	records := []*kgo.Record{}
	for i := 0; i < 500; i++ {
		r := &kgo.Record{Topic: name, Timestamp: time.UnixMilli(1600000000000 + int64(i)),
			Key: []byte(fmt.Sprint("k", i)), Value: []byte(strings.Repeat(fmt.Sprint("v", i), 20)),
			Headers: []kgo.RecordHeader{{Key: "n", Value: []byte(fmt.Sprint(i))}}}
		if i%7 == 0 {
			r.Key = nil
		}
		records = append(records, r)
	}
	must(c.ProduceSync(ctx, records...).FirstErr(), "produce")
	for i, r := range read(ctx, name, len(records)) {
		equal(int64(i), r.Offset, "offset")
		equal(string(records[i].Key), string(r.Key), "key")
		equal(i%7 == 0, r.Key == nil, "key is null")
		equal(string(records[i].Value), string(r.Value), "value")
		equal(records[i].Timestamp.UnixMilli(), r.Timestamp.UnixMilli(), "timestamp")
		equal(fmt.Sprint(i), string(r.Headers[0].Value), "header")
	}
}

func idempotent(ctx context.Context) {
	name := topic(ctx, 1)
	c := client(kgo.ProducerBatchMaxBytes(600), kgo.RequiredAcks(kgo.AllISRAcks()))
	defer c.Close()
	records := []*kgo.Record{}
	for i := 0; i < 1000; i++ {
		records = append(records, &kgo.Record{Topic: name, Value: []byte(fmt.Sprint(i))})
	}
	must(c.ProduceSync(ctx, records...).FirstErr(), "produce")
	id, _, err := c.ProducerID(ctx)
	must(err, "producer id")
	that(id >= 0, "the broker gave a producer id")
	for i, r := range read(ctx, name, 1000) {
		equal(fmt.Sprint(i), string(r.Value), "value")
		equal(id, r.ProducerID, "producer id")
	}
}

func noAnswer(ctx context.Context) {
	name := topic(ctx, 1)
	c := client(kgo.DisableIdempotentWrite(), kgo.RequiredAcks(kgo.NoAck()))
	defer c.Close()
	must(c.ProduceSync(ctx, &kgo.Record{Topic: name, Value: []byte("v")}).FirstErr(), "produce")
	equal("v", string(read(ctx, name, 1)[0].Value), "value")
}

func madeByItself(ctx context.Context) {
	name := unique("made-by-itself")
	c := client(kgo.AllowAutoTopicCreation())
	defer c.Close()
	must(c.ProduceSync(ctx, &kgo.Record{Topic: name, Value: []byte("v")}).FirstErr(), "produce")
	equal("v", string(read(ctx, name, 1)[0].Value), "value")
}
