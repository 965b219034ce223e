/** What may be said about a stop: nothing that the terminal has not confirmed. */
import type { StopMode } from '@/lib/api/endpoints'
import { count, words } from '@/lib/format'
import type { LatchState, TerminalCommandView } from '@/protocol/generated'

export interface Left {
  readonly ticket: string
  readonly text: string
}

export interface Proof {
  /** Only `flat` is shown green. */
  readonly phase: 'waiting' | 'latched' | 'closing' | 'flat' | 'failed'
  readonly text: string
  readonly closed: number
  readonly total: number
  readonly left: readonly Left[]
}

const PROVEN: Readonly<Record<StopMode, string>> = {
  'stop-entries': 'no entry in flight',
  'cancel-pendings': 'none of our waiting orders left',
  'own-only': 'none of our positions left',
  'close-all': 'account flat',
}

export const MODES: readonly { mode: StopMode; name: string; text: string }[] = [
  { mode: 'close-all', name: 'Close everything', text: 'Cancels all waiting orders and closes all positions, also those opened by hand.' },
  { mode: 'own-only', name: 'Close our own', text: 'Cancels and closes what SignalOS opened; leaves trades made by hand.' },
  { mode: 'cancel-pendings', name: 'Cancel waiting orders', text: 'Cancels our waiting orders; open positions keep their stops and targets.' },
  { mode: 'stop-entries', name: 'Only no new trades', text: 'Opens nothing more; everything that is open stays managed.' },
]

/** What is left, whatever the row calls its ticket. */
export function leftRows(rows: readonly unknown[]): Left[] {
  return rows.map((row) => {
    if (row === null || typeof row !== 'object') return { ticket: String(row), text: '' }
    const { ticket, identifier, reason, text } = row as Record<string, unknown>
    const name = ticket ?? identifier
    const why = [typeof reason === 'string' && reason !== '' ? words(reason) : '', typeof text === 'string' ? text : '']
    return { ticket: typeof name === 'string' || typeof name === 'number' ? String(name) : '', text: why.filter((part) => part !== '').join(': ') }
  })
}

/**
 * `latch` is what the desktop app says of its own stop, `command` how far the server got with handing
 * it over. The latch counts: it is written before anything else and survives restarts.
 */
export function stopProof(mode: StopMode, latch: LatchState | null, command: TerminalCommandView | null): Proof {
  if (latch !== null) return latchProof(latch, command)
  const nothing = { closed: 0, total: 0, left: [] }
  if (command === null) return { phase: 'waiting', text: 'Waiting for the server.', ...nothing }
  switch (command.state) {
    case 'queued':
      return { phase: 'waiting', text: 'The desktop app is not connected. It gets the stop the moment it returns.', ...nothing }
    case 'sent':
      return { phase: 'waiting', text: 'Sent to the desktop app.', ...nothing }
    case 'acknowledged':
      return { phase: 'latched', text: 'The desktop app has the stop and is carrying it out.', ...nothing }
    case 'done': {
      const closed = command.results.length
      if (command.flat === true) return { phase: 'flat', text: provenText(mode, closed, closed), closed, total: closed, left: [] }
      return { phase: 'closing', text: command.text || 'The stop holds; the account is not proven flat yet.', closed, total: closed, left: [] }
    }
    case 'failed':
    case 'expired':
    case 'superseded':
      return { phase: 'failed', text: command.text || words(command.reason || command.state), ...nothing }
  }
}

function latchProof(latch: LatchState, command: TerminalCommandView | null): Proof {
  const left = leftRows(latch.left)
  const rows = command?.results.length ?? 0
  if (latch.flat) {
    const total = Math.max(latch.total, rows)
    return { phase: 'flat', text: provenText(latch.mode, total, total), closed: total, total, left: [] }
  }
  const total = Math.max(latch.total, latch.closed + left.length)
  const text = total > 0 ? `${latch.closed} of ${total} closed` : 'Stop latched: no new trades. Looking for what is open.'
  return { phase: total > 0 ? 'closing' : 'latched', text, closed: latch.closed, total, left }
}

function provenText(mode: StopMode, closed: number, total: number): string {
  return total > 0 ? `${closed} of ${total} closed, ${PROVEN[mode]}` : `Nothing was open: ${PROVEN[mode]}`
}

/** What the stop is going to touch, for the dialog: `5 positions (1 opened by hand) and 2 waiting orders`. */
export function scopeText(mode: StopMode, own: number, byHand: number, orders: number): string {
  if (mode === 'stop-entries') return 'No position is touched.'
  const pending = orders > 0 ? count(orders, 'waiting order', 'waiting orders') : ''
  if (mode === 'cancel-pendings') return pending ? `Cancels ${pending} where they are ours. No position is touched.` : 'There is no waiting order now. No position is touched.'
  const all = mode === 'close-all'
  const positions = all ? own + byHand : own
  const hand = all && byHand > 0 ? ` (${byHand} opened by hand)` : ''
  const kept = !all && byHand > 0 ? ` Keeps ${count(byHand, 'position', 'positions')} opened by hand.` : ''
  if (positions === 0 && pending === '') return `Nothing is open now.${kept}`
  const what = [positions > 0 ? `${count(positions, 'position', 'positions')}${hand}` : '', pending].filter((part) => part !== '')
  return `Closes ${what.join(' and ')} at the market.${kept}`
}
