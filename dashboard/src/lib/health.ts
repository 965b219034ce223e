/** How well each part of the chain is heard, and since when. Pure, so that the wording can be tested. */
import type { LinkState } from './live/socket'
import { age } from './time'
import type { SourceState, TerminalView } from '@/protocol/generated'

export type Level = 'good' | 'late' | 'bad' | 'none'

export interface Health {
  readonly id: string
  readonly name: string
  readonly level: Level
  /** What the chip shows after its name. */
  readonly value: string
  /** The whole sentence, for the popover and the screen reader. */
  readonly text: string
}

export const STALE_SECONDS = 12

export function serverHealth(link: LinkState, now: number): Health {
  const since = link.heardAt === null ? null : Math.max(0, (now - link.heardAt) / 1000)
  const base = { id: 'server', name: 'Server' }
  if (link.phase === 'live' && since !== null && since < STALE_SECONDS)
    return { ...base, level: 'good', value: 'live', text: `Connected; last heard ${age(since)} ago.` }
  if (since === null) return { ...base, level: 'late', value: 'connecting', text: 'Connecting to the server.' }
  return { ...base, level: 'bad', value: `lost ${age(since)}`, text: `No connection to the server; what you see is ${age(since)} old. Reconnecting.` }
}

type Ages = (at: string | null) => number | null

export function desktopHealth(terminal: TerminalView, since: Ages): Health {
  const seconds = since(terminal.lastSeenAt)
  const base = { id: 'desktop', name: 'App' }
  if (seconds === null) return { ...base, level: 'none', value: 'never seen', text: `The desktop app of ${terminal.name} has not reported yet.` }
  const level: Level = seconds < 10 ? 'good' : seconds < 60 ? 'late' : 'bad'
  const state = terminal.online && level === 'good' ? 'Connected' : level === 'good' ? 'Reporting, without a live connection' : 'Not reporting'
  return { ...base, level, value: age(seconds), text: `${state}: the desktop app of ${terminal.name} was last heard ${age(seconds)} ago.` }
}

/**
 * Age of a moment, whichever clock it was told by: the demo's market lives in recorded time, while what
 * the desktop app notes of itself is the time of day. The clock that it lies nearer to counts.
 */
export function marketAge(terminal: TerminalView, at: string | null, since: Ages): number | null {
  if (at === null) return null
  const reported = since(terminal.lastSeenAt)
  if (terminal.marketTime === null || terminal.lastSeenAt === null || reported === null) return since(at)
  const moment = Date.parse(at)
  const market = Date.parse(terminal.marketTime)
  const ownTime = Math.abs(Date.parse(terminal.lastSeenAt) - moment) < Math.abs(market - moment)
  return ownTime ? since(at) : Math.max(0, (market - moment) / 1000) + reported
}

export function terminalHealth(terminal: TerminalView, since: Ages): Health {
  const base = { id: 'terminal', name: 'Terminal' }
  const reported = since(terminal.lastSeenAt)
  if (reported === null) return { ...base, level: 'none', value: 'unknown', text: `Nothing is known of ${terminal.name} yet.` }
  if (!terminal.connected)
    return { ...base, level: 'bad', value: 'down', text: `${terminal.name} is not connected${terminal.reason ? `: ${terminal.reason}` : ''}.` }
  const quote = marketAge(terminal, terminal.quoteAt, since)
  if (quote === null) return { ...base, level: 'late', value: 'no quote', text: `${terminal.name} has shown no quote yet.` }
  const level: Level = reported > 60 ? 'bad' : quote < 120 && reported < 10 ? 'good' : 'late'
  return { ...base, level, value: age(quote), text: `${terminal.name} is connected; its newest quote is ${age(quote)} old.` }
}

export function sourceHealth(source: SourceState, terminal: TerminalView, since: Ages): Health {
  const reported = since(terminal.lastSeenAt)
  const last = marketAge(terminal, source.lastMessageAt, since)
  const base = { id: `source-${source.name}`, name: source.name }
  if (!source.connected)
    return { ...base, level: 'bad', value: 'down', text: `${source.name} is not connected${source.error ? `: ${source.error}` : ''}.` }
  const level: Level = reported !== null && reported < 10 ? 'good' : 'late'
  if (last === null) return { ...base, level, value: 'no message', text: `${source.name} is connected; no message has come yet.` }
  return { ...base, level, value: age(last), text: `${source.name} is connected; its last message came ${age(last)} ago.` }
}

const RANK: Readonly<Record<Level, number>> = { good: 0, none: 1, late: 2, bad: 3 }

/** The worst of several stands for all of them. */
export function worst(all: readonly Health[]): Health | undefined {
  return all.toSorted((a, b) => RANK[b.level] - RANK[a.level])[0]
}
