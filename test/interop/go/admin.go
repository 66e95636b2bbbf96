package main

import (
	"context"
	"errors"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func admin() (*kadm.Client, func()) {
	c := client()
	return kadm.NewClient(c), c.Close
}

func adminChecks() []check {
	return []check{
		{"topics_are_made_described_and_deleted", topics},
		{"partitions_are_added", addPartitions},
		{"settings_of_topics_are_changed_and_described", settings},
		{"groups_are_listed_described_and_deleted", groups},
		{"offsets_are_listed_and_records_deleted", offsets},
		{"the_cluster_describes_itself", cluster},
	}
}

func topics(ctx context.Context) {
	a, done := admin()
	defer done()
	name := unique("made")
	retention := "1000"
	made, err := a.CreateTopic(ctx, 3, 1, map[string]*string{"retention.ms": &retention}, name)
	must(err, "create")
	equal(int32(3), made.NumPartitions, "partitions told")
	_, err = a.CreateTopic(ctx, 3, 1, nil, name)
	that(errors.Is(err, kerr.TopicAlreadyExists), "a second creation is refused")
	seen, err := a.ListTopics(ctx, name)
	must(err, "list")
	equal(3, len(seen[name].Partitions), "partitions")
	_, err = a.DeleteTopics(ctx, name)
	must(err, "delete")
	until(ctx, "the topic is gone", func() bool {
		seen, err := a.ListTopics(ctx)
		must(err, "list")
		return !seen.Has(name)
	})
}

func addPartitions(ctx context.Context) {
	a, done := admin()
	defer done()
	name := topic(ctx, 1)
	answers, err := a.UpdatePartitions(ctx, 3, name)
	must(err, "update partitions")
	must(answers[name].Err, "update partitions of "+name)
	until(ctx, "three partitions", func() bool {
		seen, err := a.ListTopics(ctx, name)
		must(err, "list")
		return len(seen[name].Partitions) == 3
	})
	answers, err = a.UpdatePartitions(ctx, 2, name)
	must(err, "update partitions")
	that(errors.Is(answers[name].Err, kerr.InvalidPartitions), "fewer partitions are refused")
}

func settings(ctx context.Context) {
	a, done := admin()
	defer done()
	name := topic(ctx, 1)
	value := "5000"
	answers, err := a.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "retention.ms", Value: &value}},
		name)
	must(err, "alter")
	must(answers[0].Err, "alter "+name)
	until(ctx, "the setting is described", func() bool {
		described, err := a.DescribeTopicConfigs(ctx, name)
		must(err, "describe")
		for _, c := range described[0].Configs {
			if c.Key == "retention.ms" {
				return c.MaybeValue() == "5000" && c.Source == kmsg.ConfigSourceDynamicTopicConfig
			}
		}
		return false
	})
}

func groups(ctx context.Context) {
	a, done := admin()
	defer done()
	name, group := topic(ctx, partitions), unique("group")
	m := join(group, name)
	untilShared(ctx, 6, m)
	until(ctx, "the group is stable", func() bool {
		described, err := a.DescribeGroups(ctx, group)
		must(err, "describe")
		return described[group].State == "Stable" && len(described[group].Members) == 1
	})
	listed, err := a.ListGroups(ctx)
	must(err, "list")
	equal("consumer", listed[group].ProtocolType, "protocol type")
	m.close()
	until(ctx, "the group can be deleted", func() bool {
		answers, err := a.DeleteGroups(ctx, group)
		must(err, "delete")
		return answers[group].Err == nil
	})
	answers, err := a.DeleteGroups(ctx, group)
	must(err, "delete")
	that(errors.Is(answers[group].Err, kerr.GroupIDNotFound), "a second deletion finds nothing")
}

func offsets(ctx context.Context) {
	a, done := admin()
	defer done()
	name := topic(ctx, 1)
	fill(ctx, name, 1, "v", 10)
	ends, err := a.ListEndOffsets(ctx, name)
	must(err, "end offsets")
	at, _ := ends.Lookup(name, 0)
	equal(int64(10), at.Offset, "end")
	before := kadm.Offsets{}
	before.AddOffset(name, 0, 4, -1)
	deleted, err := a.DeleteRecords(ctx, before)
	must(err, "delete records")
	answer, _ := deleted.Lookup(name, 0)
	must(answer.Err, "delete records of "+name)
	starts, err := a.ListStartOffsets(ctx, name)
	must(err, "start offsets")
	at, _ = starts.Lookup(name, 0)
	equal(int64(4), at.Offset, "beginning")
}

func cluster(ctx context.Context) {
	a, done := admin()
	defer done()
	metadata, err := a.BrokerMetadata(ctx)
	must(err, "metadata")
	equal(1, len(metadata.Brokers), "brokers")
	equal(metadata.Brokers[0].NodeID, metadata.Controller, "controller")
	versions, err := a.ApiVersions(ctx)
	must(err, "versions")
	offered := versions[metadata.Controller]
	equal("v2.7", offered.VersionGuess(), "what the broker is taken for")
	name := topic(ctx, 1)
	fill(ctx, name, 1, "v", 3)
	dirs, err := a.DescribeAllLogDirs(ctx, nil)
	must(err, "log directories")
	sized, found := dirs[metadata.Controller].LookupPartition(name, 0)
	equal(1, len(dirs[metadata.Controller]), "directories")
	that(found && sized.Size > 0, "a size of the partition")
}
