// Checks of a broker by kafkajs, driven over standard input: see ../clients.py.
'use strict'

const assert = require('node:assert/strict')
const readline = require('node:readline')
const { CompressionCodecs, CompressionTypes, ConfigResourceTypes, Kafka, logLevel } = require('kafkajs')
const SnappyCodec = require('kafkajs-snappy')
const LZ4Codec = require('kafkajs-lz4')
const zstd = require('@mongodb-js/zstd')

CompressionCodecs[CompressionTypes.Snappy] = SnappyCodec
CompressionCodecs[CompressionTypes.LZ4] = new LZ4Codec().codec
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: encoder => zstd.compress(encoder.buffer),
  decompress: buffer => zstd.decompress(buffer),
})

const checks = {}
let kafka
let serial = 0
const unique = prefix => `${prefix}-${process.pid}-${++serial}`

async function until(what, condition) {
  const deadline = Date.now() + 30000
  while (!(await condition())) {
    assert(Date.now() < deadline, `not within 30 s: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

async function withAdmin(use) {
  const admin = kafka.admin()
  await admin.connect()
  try {
    return await use(admin)
  } finally {
    await admin.disconnect()
  }
}

async function topic(numPartitions) {
  const name = unique('topic')
  await withAdmin(admin => admin.createTopics({ topics: [{ topic: name, numPartitions }], waitForLeaders: true }))
  return name
}

async function produce(topic, messages, options = {}, settings = {}) {
  const producer = kafka.producer(settings)
  await producer.connect()
  try {
    return await producer.send({ topic, messages, acks: -1, ...options })
  } finally {
    await producer.disconnect()
  }
}

async function fill(name, partitions, prefix, count) {
  const values = Array.from({ length: count }, (_, i) => `${prefix}-${i}`)
  await produce(name, values.map((value, i) => ({ value, partition: i % partitions })))
  return values
}

// A member of a group, with what it owns and what it has read.
async function join(groupId, name, settings = {}) {
  const consumer = kafka.consumer({ groupId, sessionTimeout: 6000, heartbeatInterval: 200, rebalanceTimeout: 5000,
    maxWaitTimeInMs: 200,
    ...settings })
  const member = { consumer, messages: [], owned: [], stop: () => consumer.disconnect() }
  consumer.on(consumer.events.GROUP_JOIN, event => { member.owned = event.payload.memberAssignment[name] || [] })
  await consumer.connect()
  await consumer.subscribe({ topics: [name], fromBeginning: true })
  await consumer.run({ autoCommitThreshold: 1, eachMessage: async ({ message }) => { member.messages.push(message) } })
  return member
}

const valuesOf = members => members.flatMap(m => m.messages.map(message => message.value.toString()))

async function untilRead(members, expected) {
  await until('everything is read', () => new Set(valuesOf(members)).size >= expected.length)
  assert.deepEqual([...new Set(valuesOf(members))].sort(), [...expected].sort())
}

async function untilShared(members, each) {
  await until(`${members.length} members own ${each} partitions each`, () =>
    members.every(m => m.owned.length === each) && new Set(members.flatMap(m => m.owned)).size === members.length * each)
}

for (const [name, compression] of Object.entries({ none: CompressionTypes.None, gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy, lz4: CompressionTypes.LZ4, zstd: CompressionTypes.ZSTD })) {
  checks[`records_come_back_whole_from_${name}`] = async () => {
    const target = await topic(1)
    const sent = Array.from({ length: 200 }, (_, i) => ({ key: i % 7 ? `k${i}` : null, value: `v${i}`.repeat(20),
      timestamp: `${1600000000000 + i}`, headers: { n: `${i}` } }))
    const [told] = await produce(target, sent, { compression })
    assert.equal(told.baseOffset, '0')
    const member = await join(unique('group'), target)
    try {
      await until('all records', () => member.messages.length >= sent.length)
    } finally {
      await member.stop()
    }
    assert.deepEqual(member.messages.map(m => ({ key: m.key && m.key.toString(), value: m.value.toString(),
      timestamp: m.timestamp, headers: { n: m.headers.n.toString() } })), sent)
    assert.deepEqual(member.messages.map(m => m.offset), sent.map((_, i) => `${i}`))
  }
}

checks.an_idempotent_producer_writes_each_record_once = async () => {
  const target = await topic(1)
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  for (let i = 0; i < 20; i++) {
    const [told] = await producer.send({ topic: target, messages: [{ value: `${i}` }] })
    assert.equal(told.baseOffset, `${i}`)
  }
  await producer.disconnect()
}

checks.two_members_share_and_one_takes_over = async () => {
  const target = await topic(6)
  const group = unique('group')
  const first = await join(group, target)
  await untilShared([first], 6)
  const second = await join(group, target)
  await untilShared([first, second], 3)
  const values = await fill(target, 6, 'shared', 60)
  await untilRead([first, second], values)
  assert(second.messages.length > 0)
  await second.stop()
  await untilShared([first], 6)
  values.push(...await fill(target, 6, 'alone', 60))
  await untilRead([first, second], values)
  await first.stop()
}

checks.a_group_goes_on_where_it_had_come = async () => {
  const target = await topic(2)
  const group = unique('group')
  const first = await join(group, target)
  await untilRead([first], await fill(target, 2, 'first', 10))
  await first.stop()
  const later = await fill(target, 2, 'second', 10)
  const second = await join(group, target)
  await untilRead([second], later)
  await second.stop()
}

checks.topics_are_made_described_and_deleted = () => withAdmin(async admin => {
  const name = unique('made')
  const wanted = { topic: name, numPartitions: 3, configEntries: [{ name: 'retention.ms', value: '1000' }] }
  assert.equal(await admin.createTopics({ topics: [wanted], waitForLeaders: true }), true)
  assert.equal(await admin.createTopics({ topics: [wanted] }), false)
  const { topics } = await admin.fetchTopicMetadata({ topics: [name] })
  assert.equal(topics[0].partitions.length, 3)
  const { resources } = await admin.describeConfigs({ includeSynonyms: true,
    resources: [{ type: ConfigResourceTypes.TOPIC, name, configNames: ['retention.ms'] }] })
  assert.equal(resources[0].configEntries[0].configValue, '1000')
  await admin.deleteTopics({ topics: [name] })
  await until('the topic is gone', async () => !(await admin.listTopics()).includes(name))
})

checks.partitions_and_settings_are_changed = () => withAdmin(async admin => {
  const name = await topic(1)
  await admin.createPartitions({ topicPartitions: [{ topic: name, count: 3 }] })
  await until('three partitions', async () =>
    (await admin.fetchTopicMetadata({ topics: [name] })).topics[0].partitions.length === 3)
  const resource = { type: ConfigResourceTypes.TOPIC, name }
  await admin.alterConfigs({ resources: [{ ...resource, configEntries: [{ name: 'retention.ms', value: '5000' }] }] })
  await until('the setting is described', async () => {
    const { resources } = await admin.describeConfigs({ resources: [{ ...resource, configNames: ['retention.ms'] }] })
    return resources[0].configEntries[0].configValue === '5000'
  })
})

checks.groups_and_offsets_are_administered = () => withAdmin(async admin => {
  const name = await topic(1)
  const group = unique('group')
  const member = await join(group, name)
  await untilShared([member], 1)
  assert((await admin.listGroups()).groups.some(g => g.groupId === group && g.protocolType === 'consumer'))
  const described = (await admin.describeGroups([group])).groups[0]
  assert.equal(described.state, 'Stable')
  assert.equal(described.members.length, 1)
  await untilRead([member], await fill(name, 1, 'v', 10))
  await member.stop()
  const committed = async () => (await admin.fetchOffsets({ groupId: group, topics: [name] }))[0].partitions[0].offset
  await until('the commit', async () => await committed() === '10')
  await admin.setOffsets({ groupId: group, topic: name, partitions: [{ partition: 0, offset: '4' }] })
  assert.equal(await committed(), '4')
  await admin.resetOffsets({ groupId: group, topic: name, earliest: true })
  assert.deepEqual(await admin.fetchTopicOffsets(name), [{ partition: 0, offset: '10', low: '0', high: '10' }])
  await admin.deleteGroups([group])
  assert(!(await admin.listGroups()).groups.some(g => g.groupId === group))
})

checks.records_are_deleted_and_the_cluster_described = () => withAdmin(async admin => {
  const name = await topic(1)
  await fill(name, 1, 'v', 10)
  assert.equal((await admin.fetchTopicOffsets(name))[0].high, '10')
  await admin.deleteTopicRecords({ topic: name, partitions: [{ partition: 0, offset: '4' }] })
  assert.equal((await admin.fetchTopicOffsets(name))[0].low, '4')
  const cluster = await admin.describeCluster()
  assert.equal(cluster.brokers.length, 1)
  assert.equal(cluster.controller, cluster.brokers[0].nodeId)
  assert.equal(cluster.clusterId.length, 22)
})

async function main([bootstrap]) {
  if (bootstrap === 'list') {
    console.log(Object.keys(checks).join('\n'))
    return
  }
  // What kafkajs logs goes beside the results.
  const logCreator = () => ({ label, namespace, log }) => console.error(label, namespace, JSON.stringify(log))
  kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.WARN, logCreator, retry: { initialRetryTime: 50 } })
  for await (const name of readline.createInterface({ input: process.stdin })) {
    try {
      assert(checks[name], 'no check is called so')
      await checks[name]()
      console.log('RESULT ok')
    } catch (e) {
      console.log('RESULT failed ' + String(e.stack || e).replaceAll('\n', '\\n'))
    }
  }
  process.exit(0)
}

main(process.argv.slice(2))
