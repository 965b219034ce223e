/** A durable event in one sentence. */
import { actionName } from '@/components/signals/words'
import type { Tone } from '@/components/figures'
import { price, words } from '@/lib/format'
import type { LogView } from '@/protocol/generated'

const text = (value: unknown): string => (typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '')

const NAMES: Readonly<Record<string, string>> = {
  trade_update: 'Trade', signal_created: 'Signal', decision_made: 'Decision', command_update: 'Command', terminal_update: 'Terminal', error_alert: 'Alert',
}

const SEVERITY: Readonly<Record<string, { readonly name: string; readonly tone: Tone }>> = {
  info: { name: 'Note', tone: 'info' }, warning: { name: 'Warning', tone: 'warn' }, error: { name: 'Error', tone: 'down' }, critical: { name: 'Critical', tone: 'down' },
}

const severityOf = (log: LogView) => (log.type === 'error_alert' ? SEVERITY[text(log.data['severity'])] : undefined)

export const eventName = (log: LogView): string => severityOf(log)?.name ?? NAMES[log.type] ?? words(log.type)

export const toneOf = (log: LogView): Tone => severityOf(log)?.tone ?? 'plain'

export interface Line {
  /** The newest of the events that read alike. */
  readonly log: LogView
  readonly count: number
}

/** Events in a row that read alike are one line: a trade changes in details that the sentence does not tell. */
export function lines(logs: readonly LogView[]): Line[] {
  const found: Line[] = []
  for (const log of logs) {
    const last = found.at(-1)
    if (last !== undefined && last.log.type === log.type && last.log.data['id'] === log.data['id'] && describe(last.log) === describe(log))
      found[found.length - 1] = { log: last.log, count: last.count + 1 }
    else found.push({ log, count: 1 })
  }
  return found
}

export function describe(log: LogView): string {
  const { data } = log
  const join = (...parts: string[]) => parts.filter((part) => part !== '').join(' ')
  const symbol = text(data['symbol'])
  const at = (value: unknown) => (typeof value === 'number' ? price(value, symbol) : '')
  switch (log.type) {
    case 'trade_update':
      return join(text(data['side']).toUpperCase(), symbol, text(data['volume']), 'is', text(data['status']), at(data['entryPrice']) && `at ${at(data['entryPrice'])}`, data['reason'] ? `(${words(text(data['reason'])).toLowerCase()})` : '')
    case 'signal_created':
      return join(actionName(text(data['action'])), text(data['side']).toUpperCase(), symbol, 'from', text(data['chatName']) || text(data['chatId']))
    case 'decision_made':
      return join(data['verdict'] === 'refuse' ? 'Refused' : 'Passed', text(data['reason']) && `(${words(text(data['reason'])).toLowerCase()})`, `for signal ${text(data['signalId'])}`)
    case 'command_update':
      return join(words(text(data['kind'])), 'is', text(data['state']))
    case 'terminal_update':
      return join(text(data['name']), 'is', data['connected'] === true ? 'connected' : 'not connected', data['latch'] ? 'and stopped' : '', data['paused'] === true ? 'and paused' : '')
    case 'error_alert':
      return text(data['error'])
    default:
      return ''
  }
}
