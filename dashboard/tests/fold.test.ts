import { QueryClient } from '@tanstack/react-query'
import { describe, expect, it } from 'vitest'
import { commandOf, totals } from '@/lib/data'
import { keys } from '@/lib/keys'
import { applyBatch, withStatus } from '@/lib/live/apply'
import { foldOverview, foldSignal, foldTrades } from '@/lib/live/fold'
import type { DurableEvent } from '@/lib/live/messages'
import type { CommandView, Overview, TradeView } from '@/protocol/generated'
import { overview, signal, status, terminal, trade, tradeEvent } from './samples'

const decision = (seq: number, verdict: 'pass' | 'refuse', reason = ''): DurableEvent => ({
  type: 'decision_made', seq, at: '',
  data: { signalId: 7, terminalId: 't1', version: 1, action: 'open', verdict, reason, steps: [], plan: [], strategyVersion: '1', budget: null, risk: null, decidedAt: '' },
})

describe('foldOverview', () => {
  it('shows a new trade and drops it when it ends', () => {
    const opened = foldOverview(overview(), tradeEvent(11))
    expect(opened.openTrades.map((t) => t.id)).toEqual([1])
    const closed = foldOverview(opened, tradeEvent(12, { status: 'closed' }))
    expect(closed.openTrades).toEqual([])
    expect(closed.seq).toBe(12)
  })

  it('gives the same when an event is applied twice', () => {
    const once = foldOverview(overview(), tradeEvent(11))
    expect(foldOverview(once, tradeEvent(11))).toEqual(once)
  })
})

describe('foldSignal', () => {
  it('takes a refusal with its reason', () => {
    expect(foldSignal(signal(), decision(11, 'refuse', 'too_old'))).toMatchObject({ status: 'refused', reason: 'too_old' })
  })

  it('stays executed where one terminal executed and another refused', () => {
    const executed = foldSignal(signal(), decision(11, 'pass'))
    const other = decision(12, 'refuse', 'stopped')
    if (other.type === 'decision_made') other.data.terminalId = 't2'
    const both = foldSignal(executed, other)
    expect(both.status).toBe('executed')
    expect(both.decisions).toHaveLength(2)
  })

  it('remembers a trade that came of it, once', () => {
    const one = foldSignal(signal(), tradeEvent(11))
    expect(foldSignal(one, tradeEvent(12, { status: 'closed' })).tradeIds).toEqual([1])
  })
})

describe('foldTrades', () => {
  const filter = { status: 'closed' }
  it('puts a trade that begins to match in front of the first page only', () => {
    expect(foldTrades(filter, [trade({ id: 2, status: 'closed' })], tradeEvent(11, { status: 'closed' }), true).map((t) => t.id)).toEqual([1, 2])
    expect(foldTrades(filter, [], tradeEvent(11, { status: 'closed' }), false)).toEqual([])
  })
  it('removes one that matches no more', () => {
    expect(foldTrades({ status: 'open' }, [trade()], tradeEvent(11, { status: 'closed' }), true)).toEqual([])
  })
})

describe('applyBatch', () => {
  it('keeps overview, lists and details in step', () => {
    const client = new QueryClient()
    const filter = { status: 'closed' }
    client.setQueryData(keys.overview, overview({ openTrades: [trade()] }))
    client.setQueryData(keys.trades(filter), { pages: [{ items: [], nextCursor: null }], pageParams: [null] })
    client.setQueryData(keys.signal(7), signal())
    applyBatch(client, { snapshot: null, events: [tradeEvent(11, { status: 'closed', pnl: 12 })], statuses: [status()] })
    expect(client.getQueryData<Overview>(keys.overview)?.openTrades).toEqual([])
    expect(client.getQueryData<Overview>(keys.overview)?.terminals[0]?.equity).toBe(10_060)
    expect(client.getQueryData<{ pages: { items: TradeView[] }[] }>(keys.trades(filter))?.pages[0]?.items[0]?.pnl).toBe(12)
    expect(client.getQueryData<{ tradeIds: number[] }>(keys.signal(7))?.tradeIds).toEqual([1])
  })

  it('moves the newest point of the curve and adds one after some seconds', () => {
    const at = (second: string) => status({ receivedAt: `2026-05-04T09:30:${second}Z` })
    const curve = ['00.000', '01.000', '02.000', '06.000', '06.500'].reduce((now, second) => withStatus(now, at(second)), overview()).equity
    expect(curve.map((point) => point.at.slice(17, 23))).toEqual(['00.000', '02.000', '06.500'])
  })
})

describe('totals', () => {
  it('adds accounts of one currency and leaves others out', () => {
    const found = totals([terminal(), terminal({ id: 2, equity: 5_000, dayStartEquity: 5_100 }), terminal({ id: 3, currency: 'EUR', equity: 1 })])
    expect(found).toMatchObject({ currency: 'USD', equity: 15_050, day: -50 })
  })
  it('says nothing where no terminal has reported', () => {
    expect(totals([terminal({ equity: null })])).toBeNull()
  })
})

describe('commandOf', () => {
  it('finds the newest command about a trade at its own terminal', () => {
    const command = (id: string, terminalId: string): CommandView => ({
      id, kind: 'close', args: { identifier: '100' }, state: 'sent', issuedAt: '', expiresAt: null,
      terminals: [{ terminalId, state: 'sent', reason: '', text: '', flat: null, results: [] }],
    })
    expect(commandOf(trade(), [command('other', 't2'), command('new', 't1'), command('old', 't1')])?.id).toBe('new')
    expect(commandOf(trade({ identifier: null }), [command('new', 't1')])).toBeUndefined()
  })
})
