import { describe, expect, it } from 'vitest'
import { levelsText } from '@/components/signals/words'
import { refusals, rulesOf, sameRules, settingsOf, titleOf, winRate } from '@/features/providers/rules'
import type { ProviderView } from '@/protocol/generated'

const NOTHING = { signals: 0, executed: 0, refused: 0, rejected: 0, openTrades: 0, closedTrades: 0, wins: 0, winRate: null, profit: 0, reasons: {} }

const PLAIN = { words: {}, symbols: {}, priceStyle: 'auto', pipSizes: {} } as const

const provider = (change: Partial<ProviderView> = {}): ProviderView => ({
  id: 3, chatId: '-100', name: 'Harbour FX', signals: 0, lastMessageAt: null, enabled: true, defaultSymbol: null, ignoreWords: [], strategyId: null,
  words: {}, symbols: {}, priceStyle: 'auto', pipSizes: {}, pausedOn: [], statistics: NOTHING, ...change,
})

describe('rules of a channel', () => {
  it('come from the server and go back unchanged', () => {
    const set = provider({ enabled: false, defaultSymbol: 'XAUUSD', ignoreWords: ['promo'], strategyId: 4 })
    expect(settingsOf(rulesOf(set))).toEqual({ name: 'Harbour FX', enabled: false, defaultSymbol: 'XAUUSD', ignoreWords: ['promo'], strategyId: 4, ...PLAIN })
    expect(settingsOf(rulesOf(provider({ name: '' })))).toEqual({ name: null, enabled: true, defaultSymbol: null, ignoreWords: [], strategyId: null, ...PLAIN })
  })
  it('are the same where only blanks around them differ', () => {
    const before = rulesOf(provider())
    expect(sameRules(before, { ...before, defaultSymbol: '  ', name: ' Harbour FX ' })).toBe(true)
    expect(sameRules(before, { ...before, ignoreWords: ['vip'] })).toBe(false)
    expect(sameRules(before, { ...before, strategyId: '4' })).toBe(false)
  })
  it('name a channel by its id until it has a name', () => {
    expect(titleOf(provider({ name: '' }))).toBe('-100')
  })
})

describe('statistics of a channel', () => {
  it('show no win rate before the first closed trade, and zero as zero', () => {
    expect(winRate({ winRate: null })).toBe('–')
    expect(winRate({ winRate: 0 })).toBe('0\u00a0%')
    expect(winRate({ winRate: 2 / 3 })).toBe('67\u00a0%')
  })
  it('put the most frequent reason first, with its share', () => {
    expect(refusals({ duplicate: 1, too_old: 3, gone: 0 })).toEqual([
      { reason: 'too_old', times: 3, share: 0.75 },
      { reason: 'duplicate', times: 1, share: 0.25 },
    ])
    expect(refusals({})).toEqual([])
  })
})

describe('an action that was only tried', () => {
  it('is told like a stored signal', () => {
    const tried = { action: 'open', symbol: 'XAUUSD', order: 'limit' as const, entry: [1300, 1302.5], stopLoss: null, takeProfits: [], details: {} }
    expect(levelsText(tried)).toBe('limit 1300.00–1302.50, no stop, no target')
    expect(levelsText({ ...tried, details: { stopLossPips: 40, takeProfitPips: [50, 90] } })).toBe('limit 1300.00–1302.50, SL 40 pips, TP 50, 90 pips')
    expect(levelsText({ ...tried, action: 'modify_sl', entry: [], details: { price: 1295, scope: 'all' } })).toBe('to 1295.00 (all)')
  })
})
