import { describe, expect, it } from 'vitest'
import { drawn } from '@/features/analytics/curve'
import { factor, fewTrades, interval, rate } from '@/features/analytics/words'
import type { CurvePoint, Figures } from '@/protocol/generated'

const point = (at: string, balance: number, drawdown: number): CurvePoint => ({ at, balance, drawdown, drawdownShare: null })

describe('the balance curve', () => {
  it('has each second once, with its last balance and its deepest fall', () => {
    expect(drawn([point('2026-01-05T10:00:00.100Z', 900, 100), point('2026-01-05T10:00:00.900Z', 1100, 0), point('2026-01-05T10:00:01Z', 1050, 50)], 1000)).toEqual([
      { time: 1767607199, balance: 1000, drawdown: 0 },
      { time: 1767607200, balance: 1100, drawdown: -100 },
      { time: 1767607201, balance: 1050, drawdown: -50 },
    ])
  })
})

describe('figures in words', () => {
  it('show a dash for what is not defined', () => {
    expect(rate(null)).toBe('–')
    expect(factor(null)).toBe('–')
    expect(rate(0.584)).toBe('58\u00a0%')
    expect(interval({ winRateLow: null, winRateHigh: null } as Figures)).toBe('no closed trades')
    expect(interval({ winRateLow: 0.456, winRateHigh: 0.691 } as Figures)).toBe('46–69\u00a0% at 95\u00a0%')
  })
  it('say when there is too little to judge by', () => {
    expect(fewTrades(1)).toContain('1 closed trade:')
    expect(fewTrades(30)).toBe('')
    expect(fewTrades(0)).toBe('')
  })
})
