package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

const partitions = 6

// member polls in a goroutine until it is closed.
type member struct {
	client *kgo.Client
	lock   sync.Mutex
	owned  map[int32]bool
	lost   int // partitions that were ever taken from it
	values []string
	done   chan struct{}
}

func join(group, topic string, options ...kgo.Opt) *member {
	m := &member{owned: map[int32]bool{}, done: make(chan struct{})}
	gone := func(_ context.Context, _ *kgo.Client, taken map[string][]int32) {
		m.lock.Lock()
		defer m.lock.Unlock()
		for _, p := range taken[topic] {
			delete(m.owned, p)
			m.lost++
		}
	}
	m.client = client(append([]kgo.Opt{kgo.ConsumerGroup(group), kgo.ConsumeTopics(topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.SessionTimeout(6 * time.Second),
		kgo.HeartbeatInterval(200 * time.Millisecond), kgo.BlockRebalanceOnPoll(), kgo.AutoCommitMarks(),
		kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, added map[string][]int32) {
			m.lock.Lock()
			defer m.lock.Unlock()
			for _, p := range added[topic] {
				m.owned[p] = true
			}
		}),
		kgo.OnPartitionsRevoked(func(ctx context.Context, c *kgo.Client, taken map[string][]int32) {
			c.CommitMarkedOffsets(ctx)
			gone(ctx, c, taken)
		}),
		kgo.OnPartitionsLost(gone)}, options...)...)
	go m.poll()
	return m
}

func (m *member) poll() {
	defer close(m.done)
	for {
		fetches := m.client.PollFetches(context.Background())
		if fetches.IsClientClosed() {
			return
		}
		m.lock.Lock()
		fetches.EachRecord(func(r *kgo.Record) {
			m.values = append(m.values, string(r.Value))
			m.client.MarkCommitRecords(r)
		})
		m.lock.Unlock()
		m.client.AllowRebalance()
	}
}

func (m *member) close() {
	m.client.CloseAllowingRebalance()
	<-m.done
}

func (m *member) partitions() map[int32]bool {
	m.lock.Lock()
	defer m.lock.Unlock()
	copied := map[int32]bool{}
	for p := range m.owned {
		copied[p] = true
	}
	return copied
}

func untilShared(ctx context.Context, each int, members ...*member) {
	until(ctx, fmt.Sprintf("%d members own %d partitions each", len(members), each), func() bool {
		all := map[int32]bool{}
		for _, m := range members {
			own := m.partitions()
			if len(own) != each {
				return false
			}
			for p := range own {
				all[p] = true
			}
		}
		return len(all) == partitions
	})
}

func untilRead(ctx context.Context, expected map[string]bool, members ...*member) {
	count := func() int {
		total := 0
		for _, m := range members {
			m.lock.Lock()
			total += len(m.values)
			m.lock.Unlock()
		}
		return total
	}
	until(ctx, "everything is read", func() bool { return count() >= len(expected) })
	equal(len(expected), count(), "values read by all members")
	for _, m := range members {
		m.lock.Lock()
		for _, v := range m.values {
			that(expected[v], "an unexpected value: "+v)
		}
		m.lock.Unlock()
	}
}

func groupChecks() []check {
	checks := []check{}
	balancers := map[string]kgo.GroupBalancer{"range": kgo.RangeBalancer(), "round_robin": kgo.RoundRobinBalancer(),
		"sticky": kgo.StickyBalancer(), "cooperative_sticky": kgo.CooperativeStickyBalancer()}
	for _, name := range []string{"range", "round_robin", "sticky", "cooperative_sticky"} {
		balancer := balancers[name]
		checks = append(checks, check{"members_share_by_" + name,
			func(ctx context.Context) { share(ctx, balancer) }})
	}
	return append(checks,
		check{"a_cooperative_member_keeps_what_it_need_not_give", cooperative},
		check{"a_static_member_comes_back_to_its_partitions_without_a_rebalance", static},
		check{"commits_are_kept_and_gone_on_from", commits})
}

func add(all, more map[string]bool) map[string]bool {
	for v := range more {
		all[v] = true
	}
	return all
}

func share(ctx context.Context, balancer kgo.GroupBalancer) {
	name, group := topic(ctx, partitions), unique("group")
	values := fill(ctx, name, partitions, "first", 60)
	a := join(group, name, kgo.Balancers(balancer))
	defer a.close()
	untilShared(ctx, 6, a)
	untilRead(ctx, values, a)
	b := join(group, name, kgo.Balancers(balancer))
	c := join(group, name, kgo.Balancers(balancer))
	untilShared(ctx, 2, a, b, c)
	untilRead(ctx, add(values, fill(ctx, name, partitions, "second", 60)), a, b, c)
	c.close()
	untilShared(ctx, 3, a, b)
	untilRead(ctx, add(values, fill(ctx, name, partitions, "third", 60)), a, b, c)
	b.close()
	untilShared(ctx, 6, a)
}

func cooperative(ctx context.Context) {
	name, group := topic(ctx, partitions), unique("group")
	a := join(group, name, kgo.Balancers(kgo.CooperativeStickyBalancer()))
	defer a.close()
	untilShared(ctx, 6, a)
	b := join(group, name, kgo.Balancers(kgo.CooperativeStickyBalancer()))
	defer b.close()
	untilShared(ctx, 3, a, b)
	equal(3, a.lost, "partitions taken from the first")
}

func static(ctx context.Context) {
	name, group := topic(ctx, partitions), unique("group")
	other := join(group, name, kgo.InstanceID("other"), kgo.SessionTimeout(20*time.Second))
	defer other.close()
	one := join(group, name, kgo.InstanceID("one"), kgo.SessionTimeout(20*time.Second))
	untilShared(ctx, 3, one, other)
	before, lost := one.partitions(), other.lost
	one.close()
	again := join(group, name, kgo.InstanceID("one"), kgo.SessionTimeout(20*time.Second))
	defer again.close()
	until(ctx, "an assignment", func() bool { return len(again.partitions()) == 3 })
	for p := range again.partitions() {
		that(before[p], "another partition than before")
	}
	untilRead(ctx, fill(ctx, name, partitions, "v", 12), again, other)
	equal(lost, other.lost, "partitions taken from the other member meanwhile")
}

func commits(ctx context.Context) {
	name, group := topic(ctx, partitions), unique("group")
	first := join(group, name)
	untilRead(ctx, fill(ctx, name, partitions, "first", 30), first)
	must(first.client.CommitMarkedOffsets(ctx), "commit")
	first.close()
	c := client()
	defer c.Close()
	offsets, err := kadm.NewClient(c).FetchOffsets(ctx, group)
	must(err, "fetch offsets")
	at, found := offsets.Lookup(name, 0)
	that(found, "a commit")
	equal(int64(5), at.At, "commit")
	second := join(group, name)
	defer second.close()
	untilRead(ctx, fill(ctx, name, partitions, "second", 30), second)
}
