import { describe, expect, it } from 'vitest'
import { fieldGroup, pieces } from '@/components/signals/highlight'
import { problemError, waitWords } from '@/lib/api/problem'
import { count, digitsOf, money, price, signedMoney, signedPercent, volume, words } from '@/lib/format'
import { newId } from '@/lib/ids'
import { age, createTimeFormat, ServerClock } from '@/lib/time'

describe('figures', () => {
  it('writes money with a true minus and no negative zero', () => {
    expect(money(10_250.4, 'USD')).toBe('10,250.40\u00a0USD')
    expect(signedMoney(-12.5)).toBe('\u221212.50')
    expect(signedMoney(12.5)).toBe('+12.50')
    expect(signedMoney(-0.001)).toBe('0.00')
    expect(money(null)).toBe('–')
  })
  it('writes prices in the symbol’s digits, never rounding what was given', () => {
    expect(price(1.1, 'EURUSD')).toBe('1.10000')
    expect(price(154.2, 'USDJPY')).toBe('154.200')
    expect(price(2410.5, 'XAUUSD')).toBe('2410.50')
    expect(price(1.123456, 'EURUSD')).toBe('1.123456')
    expect(digitsOf('XAUUSD', 1289.792, 1284, null)).toBe(3)
    expect(price(1284, 'XAUUSD', 3)).toBe('1284.000')
  })
  it('writes volumes, shares and counts', () => {
    expect(volume(0.1)).toBe('0.10')
    expect(signedPercent(-0.0123)).toBe('\u22121.23\u00a0%')
    expect(signedPercent(0)).toBe('0.00\u00a0%')
    expect(count(1, 'position', 'positions')).toBe('1 position')
    expect(words('stop_required')).toBe('Stop required')
  })
})

describe('times', () => {
  const now = () => Date.parse('2026-06-01T00:00:00Z')
  it('shows UTC, with the year only where it is another', () => {
    const utc = createTimeFormat('utc', now)
    expect(utc.full('2014-05-05T09:31:02Z')).toBe('5 May 2014 09:31:02')
    expect(utc.full('2026-05-05T09:31:02Z')).toBe('5 May 09:31:02')
    expect(utc.full(null)).toBe('–')
    expect(utc.clock('no time')).toBe('–')
  })
  it('tells ages shortly', () => {
    expect([0, 59, 60, 3_600, 90_000].map(age)).toEqual(['0 s', '59 s', '1 min', '1 h', '1 d'])
  })
  it('counts ages by the server’s clock, whatever this one says', () => {
    let here = Date.parse('2026-01-01T00:10:00Z')
    const clock = new ServerClock(() => here)
    clock.learn('2026-01-01T00:00:00Z')
    here += 5_000
    expect(clock.since('2026-01-01T00:00:02Z')).toBe(3)
    expect(clock.since('2026-01-01T09:00:00Z')).toBe(0)
    expect(clock.since(null)).toBeNull()
  })
})

describe('pieces', () => {
  it('counts code points, not UTF-16 units', () => {
    const text = '🚀🚀 BUY EURUSD'
    const cut = pieces(text, [{ field: 'side', start: 3, end: 6 }, { field: 'symbol', start: 7, end: 13 }])
    expect(cut.map((p) => [p.text, p.field])).toEqual([['🚀🚀 ', null], ['BUY', 'side'], [' ', null], ['EURUSD', 'symbol']])
  })
  it('survives overlaps, disorder and spans beyond the end', () => {
    const cut = pieces('abcdef', [{ field: 'b', start: 4, end: 99 }, { field: 'a', start: 0, end: 3 }, { field: 'c', start: 1, end: 5 }])
    expect(cut.map((p) => p.text).join('')).toBe('abcdef')
    expect(cut.map((p) => p.field)).toEqual(['a', 'c', 'b'])
  })
  it('gives an unmarked message in one piece, an empty one in none', () => {
    expect(pieces('hello', [])).toEqual([{ text: 'hello', start: 0, field: null }])
    expect(pieces('', [])).toEqual([])
  })
  it('groups fields by meaning', () => {
    expect(['take_profit', 'stop_loss', 'entry', 'side', 'action'].map(fieldGroup)).toEqual(['target', 'stop', 'entry', 'side', 'other'])
  })
})

describe('problemError', () => {
  it('says when a locked sign-in opens again', () => {
    expect(problemError(429, { code: 'sign_in_locked', detail: 'x' }, '300').message).toBe('Too many wrong passwords or codes: sign-in is locked. Try again in 5 min.')
    expect(waitWords(30)).toBe('30 s')
  })
  it('prefers known words, then the detail, then the status', () => {
    expect(problemError(401, { code: 'wrong_credentials', detail: 'x' }, null).message).toMatch(/password is wrong/)
    expect(problemError(409, { code: 'trade_not_open', detail: 'the trade is closed' }, null).message).toBe('The trade is closed')
    expect(problemError(502, null, null)).toMatchObject({ status: 502, code: 'http_502', unanswered: true })
    expect(problemError(404, 'nonsense', null).message).toMatch(/does not exist/)
  })
  it('collects field errors', () => {
    expect(problemError(422, { code: 'invalid', detail: 'bad', errors: [{ field: 'stopLoss', message: 'above 0' }] }, null).fields).toEqual({ stopLoss: 'above 0' })
  })
})

describe('newId', () => {
  it('makes a UUID where crypto.randomUUID is missing', () => {
    const source = { getRandomValues: (bytes: Uint8Array) => bytes.fill(0xff) } as unknown as Crypto
    expect(newId(source)).toBe('ffffffff-ffff-4fff-bfff-ffffffffffff')
  })
})
