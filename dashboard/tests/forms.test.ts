import { describe, expect, it } from 'vitest'
import { safeNext } from '@/app/safe-next'
import { changedLevels } from '@/components/trades/levels'
import { openRows } from '@/components/trades/open-rows'
import { desktopHealth, marketAge, serverHealth, terminalHealth, worst } from '@/lib/health'
import { curve } from '@/features/overview/curve'
import type { Held } from '@/lib/data'
import { terminal, trade } from './samples'

describe('changedLevels', () => {
  it('leaves what is the same, removes what was emptied', () => {
    const old = { stop: 1.08, target: null }
    expect(changedLevels(old, 1.08, '')).toBeNull()
    expect(changedLevels(old, 1.085, '')).toEqual({ stopLoss: 1.085 })
    expect(changedLevels(old, '', '1.1')).toEqual({ stopLoss: null, takeProfit: 1.1 })
  })
})

describe('openRows', () => {
  const held = (change: Partial<Held>): Held => ({
    tradeId: 1, identifier: '100', terminalId: 't1', symbol: 'EURUSD', side: 'buy', volume: 0.1, entryPrice: 1.085, price: 1.086, profit: 10,
    stopLoss: 1.081, takeProfit: null, risk: 5, own: true, ...change,
  })
  it('prefers what the terminal shows now and adds positions made by hand', () => {
    const rows = openRows([trade()], [held({}), held({ tradeId: null, identifier: '7', own: false })])
    expect(rows).toHaveLength(2)
    expect(rows[0]).toMatchObject({ volume: 0.1, stop: 1.081, target: null })
    expect(rows[1]?.trade).toBeNull()
  })
  it('finds a position by its identifier at its own terminal', () => {
    expect(openRows([trade()], [held({ tradeId: null })])[0]?.held?.profit).toBe(10)
    expect(openRows([trade()], [held({ tradeId: null, terminalId: 't2' })])[0]?.held).toBeUndefined()
  })
})

describe('curve', () => {
  it('keeps rising seconds of one terminal', () => {
    const point = (second: number, equity: number, terminalId = 't1') => ({ at: new Date(second * 1000).toISOString(), equity, balance: 1, terminalId })
    expect(curve([point(1, 10), point(1.5, 11), point(0.5, 9), point(2, 12), point(3, 99, 't2')], 't1').map((p) => [p.time, p.equity])).toEqual([[1, 11], [2, 12]])
  })
})

describe('health', () => {
  const ages = (seconds: number) => (at: string | null) => (at === null ? null : seconds)
  it('calls the server lost with the age of what is shown', () => {
    expect(serverHealth({ phase: 'live', heardAt: 0, attempt: 0 }, 1_000).level).toBe('good')
    expect(serverHealth({ phase: 'waiting', heardAt: 0, attempt: 2 }, 47_000)).toMatchObject({ level: 'bad', value: 'lost 47 s' })
    expect(serverHealth({ phase: 'live', heardAt: 0, attempt: 0 }, 20_000).level).toBe('bad')
    expect(serverHealth({ phase: 'connecting', heardAt: null, attempt: 0 }, 0).level).toBe('late')
  })
  it('counts a quote’s age in the terminal’s own time', () => {
    const demo = terminal({ marketTime: '2014-05-05T09:30:10Z', quoteAt: '2014-05-05T09:30:07Z' })
    expect(marketAge(demo, demo.quoteAt, ages(2))).toBe(5)
    expect(terminalHealth(demo, ages(2))).toMatchObject({ level: 'good', value: '5 s' })
  })
  it('shows what has not been heard of', () => {
    expect(desktopHealth(terminal({ lastSeenAt: null }), ages(1)).level).toBe('none')
    expect(desktopHealth(terminal(), ages(90)).level).toBe('bad')
    expect(terminalHealth(terminal({ connected: false, reason: 'no login' }), ages(1)).text).toMatch(/no login/)
  })
  it('lets the worst speak for all', () => {
    expect(worst([desktopHealth(terminal(), ages(1)), desktopHealth(terminal(), ages(90))])?.level).toBe('bad')
    expect(worst([])).toBeUndefined()
  })
})

describe('safeNext', () => {
  it('stays on this site', () => {
    expect(safeNext('/signals/3?x=1')).toBe('/signals/3?x=1')
    for (const bad of ['//evil.test', 'https://evil.test', '/\\evil.test', 7, undefined]) expect(safeNext(bad)).toBe('/')
  })
})
