import { describe, expect, it } from 'vitest'
import { lines, toneOf } from '@/features/logs/describe'
import { fits, withLog } from '@/lib/live/apply'
import type { DurableEvent } from '@/lib/live/messages'
import type { LogView } from '@/protocol/generated'

const log = (seq: number, type: string, data: Record<string, unknown>): LogView => ({ id: seq, seq, type, at: '2026-01-05T10:00:00Z', data })
const trade = (seq: number, id: number, more: Record<string, unknown> = {}) => log(seq, 'trade_update', { id, symbol: 'EURUSD', side: 'buy', volume: 0.1, status: 'open', ...more })
const event = (seq: number, type: string, data: Record<string, unknown>) => ({ seq, type, at: '2026-01-05T10:00:00Z', data }) as unknown as DurableEvent

describe('log lines', () => {
  it('makes one line of changes that read alike, with the newest number', () => {
    const found = lines([trade(5, 1, { stopLoss: 3 }), trade(4, 1, { stopLoss: 2 }), trade(3, 2), trade(2, 1), trade(1, 1, { status: 'pending' })])
    expect(found.map((line) => [line.log.seq, line.count])).toEqual([[5, 2], [3, 1], [2, 1], [1, 1]])
  })
  it('shows an alert by its severity', () => {
    expect(toneOf(log(1, 'error_alert', { severity: 'critical' }))).toBe('down')
    expect(toneOf(log(1, 'error_alert', { severity: 'warning' }))).toBe('warn')
    expect(toneOf(trade(1, 1))).toBe('plain')
  })
})

describe('filtered lists', () => {
  it('takes live events by the question the server was asked', () => {
    const alert = event(7, 'error_alert', { severity: 'error', error: 'The terminal is AWAY' })
    expect(fits({}, alert)).toBe(true)
    expect(fits({ type: 'error_alert', severity: 'error', text: 'away' }, alert)).toBe(true)
    expect(fits({ severity: 'warning' }, alert)).toBe(false)
    expect(fits({ type: 'trade_update' }, alert)).toBe(false)
    expect(fits({ text: 'spread' }, alert)).toBe(false)
  })
  it('puts an event on top once', () => {
    const list = withLog([], event(7, 'error_alert', {}))
    expect(withLog(list, event(7, 'error_alert', {}))).toBe(list)
    expect(withLog(list, event(8, 'error_alert', {})).map((item) => item.seq)).toEqual([8, 7])
  })
})
