import { describe, expect, it } from 'vitest'
import { type Batch, Feed, FLUSH_MS } from '@/lib/live/feed'
import { type Incoming, readFrame, sort } from '@/lib/live/messages'
import { Clockwork } from './clockwork'
import { overview, status, trade, tradeEvent } from './samples'

function feed() {
  const clockwork = new Clockwork()
  const batches: Batch[] = []
  const gaps: number[] = []
  const voids: number[] = []
  const made: Feed = new Feed(
    (batch) => batches.push(batch),
    (last) => gaps.push(last),
    clockwork,
    () => voids.push(made.seq ?? -1),
  )
  return { feed: made, batches, gaps, voids, clockwork }
}

const durable = (seq: number, id = seq): Incoming => ({ kind: 'durable', seq, event: tradeEvent(seq, { id }) })

describe('Feed', () => {
  it('hands events on in one batch, in order', () => {
    const { feed: it, batches, clockwork } = feed()
    it.begin(overview({ seq: 10 }))
    it.take(durable(11))
    it.take(durable(12))
    expect(batches).toHaveLength(0)
    clockwork.pass(FLUSH_MS)
    expect(batches).toHaveLength(1)
    expect(batches[0]?.events.map((event) => event.seq)).toEqual([11, 12])
    expect(it.seq).toBe(12)
  })

  it('begins anew behind a server that was put back, and goes on from its number', () => {
    const { feed: it, batches, gaps, voids, clockwork } = feed()
    const ready = (seq: number): Incoming => ({ kind: 'ready', data: { userId: 1, seq } })
    it.take(ready(3))
    it.begin(overview({ seq: 10 }))
    it.take(ready(10))
    it.take(ready(12))
    expect(voids).toEqual([])
    it.take(durable(11))
    it.take(ready(7))
    expect(voids).toEqual([7])
    it.take(durable(8))
    clockwork.pass(FLUSH_MS)
    expect(gaps).toEqual([])
    expect(batches.flatMap((batch) => batch.events.map((event) => event.seq))).toEqual([8])
  })

  it('drops what it already has', () => {
    const { feed: it, batches, clockwork } = feed()
    it.begin(overview({ seq: 10 }))
    it.take(durable(11))
    it.take(durable(11))
    it.take(durable(9))
    clockwork.pass(FLUSH_MS)
    expect(batches[0]?.events.map((event) => event.seq)).toEqual([11])
  })

  it('asks again from the last known number at a hole and takes nothing beyond it', () => {
    const { feed: it, batches, gaps, clockwork } = feed()
    it.begin(overview({ seq: 10 }))
    it.take(durable(11))
    it.take(durable(13))
    expect(gaps).toEqual([11])
    expect(it.seq).toBe(11)
    it.take(durable(12))
    it.take(durable(13))
    clockwork.pass(FLUSH_MS)
    expect(batches.flatMap((batch) => batch.events.map((event) => event.seq))).toEqual([11, 12, 13])
  })

  it('lets a snapshot replace what waited and goes on after it', () => {
    const { feed: it, batches, gaps, clockwork } = feed()
    it.begin(overview({ seq: 10 }))
    it.take(durable(11))
    it.take({ kind: 'snapshot', data: overview({ seq: 900 }) })
    it.take(durable(901))
    clockwork.pass(FLUSH_MS)
    expect(batches[0]?.snapshot?.seq).toBe(900)
    expect(batches[0]?.events.map((event) => event.seq)).toEqual([901])
    expect(gaps).toEqual([])
  })

  it('does not go back to an overview that is older than the socket', () => {
    const { feed: it, clockwork, batches } = feed()
    it.begin(overview({ seq: 10 }))
    it.take(durable(11))
    it.begin(overview({ seq: 10 }))
    clockwork.pass(FLUSH_MS)
    expect(it.seq).toBe(11)
    expect(batches[0]?.events).toHaveLength(1)
  })

  it('keeps only the newest status of each terminal', () => {
    const { feed: it, batches, clockwork } = feed()
    for (const equity of [1, 2, 3]) it.take({ kind: 'status', data: status({ equity }), at: '' })
    it.take({ kind: 'status', data: status({ terminalId: 't2', equity: 9 }), at: '' })
    clockwork.pass(FLUSH_MS)
    expect(batches[0]?.statuses.map((s) => [s.terminalId, s.equity])).toEqual([['t1', 3], ['t2', 9]])
  })

  it('counts an event of an unknown type, so that it is no hole', () => {
    const { feed: it, gaps, batches, clockwork } = feed()
    it.begin(overview({ seq: 10 }))
    it.take(sort({ type: 'something_new', seq: 11, at: '', data: {} }))
    it.take(durable(12))
    clockwork.pass(FLUSH_MS)
    expect(gaps).toEqual([])
    expect(batches[0]?.events.map((event) => event.seq)).toEqual([12])
  })

  it('puts events that came during a fetch on top of its answer', async () => {
    const { feed: it } = feed()
    it.begin(overview({ seq: 10 }))
    it.take(durable(11, 1))
    const answer = await it.fresh(async () => {
      it.take(durable(12, 2))
      return Promise.resolve([trade({ id: 1 })])
    }, (list, event) => (event.type === 'trade_update' ? [...list, event.data] : list))
    expect(answer.map((item) => item.id)).toEqual([1, 2])
  })
})

describe('readFrame', () => {
  it('takes one message or a list', () => {
    expect(readFrame('{"type":"pong","data":{},"seq":null,"at":"x"}')).toHaveLength(1)
    expect(readFrame('[{"type":"pong"},{"type":"pong"}]')).toHaveLength(2)
    expect(() => readFrame('{"half')).toThrow(SyntaxError)
  })
})
