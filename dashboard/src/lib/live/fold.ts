/** How one durable event changes what is shown. Pure, and safe to apply twice. */
import type { Overview, SignalView, TerminalView, TradeView } from '@/protocol/generated'
import type { TradeFilter } from '../api/endpoints'
import type { DurableEvent } from './messages'

const RECENT_SIGNALS = 20
const RECENT_COMMANDS = 50
const RECENT_ALERTS = 30
const ALIVE = new Set(['open', 'pending', 'unknown'])

export const isAlive = (trade: TradeView) => ALIVE.has(trade.status)

/** Put `item` in the place of its older self, else in front. */
export function upsert<T>(items: readonly T[], item: T, same: (other: T) => boolean): T[] {
  const at = items.findIndex(same)
  return at < 0 ? [item, ...items] : items.with(at, item)
}

export function foldOverview(overview: Overview, event: DurableEvent): Overview {
  const next = { ...overview, seq: event.seq }
  switch (event.type) {
    case 'trade_update': {
      const others = overview.openTrades.filter((trade) => trade.id !== event.data.id)
      next.openTrades = isAlive(event.data) ? upsert(overview.openTrades, event.data, (t) => t.id === event.data.id) : others
      next.recentSignals = overview.recentSignals.map((signal) => withTrade(signal, event.data))
      return next
    }
    case 'signal_created':
    case 'decision_made':
      next.recentSignals = foldSignals(overview.recentSignals, event).slice(0, RECENT_SIGNALS)
      return next
    case 'command_update':
      next.commands = upsert(overview.commands, event.data, (c) => c.id === event.data.id).slice(0, RECENT_COMMANDS)
      return next
    case 'terminal_update':
      next.terminals = foldTerminals(overview.terminals, event)
      return next
    case 'error_alert':
      next.alerts = [
        {
          id: event.seq, code: event.data.code, severity: event.data.severity, text: event.data.error,
          terminalId: event.data.terminalId, at: event.data.timestamp,
        },
        ...overview.alerts,
      ].slice(0, RECENT_ALERTS)
      return next
  }
}

export function foldTerminals(terminals: TerminalView[], event: DurableEvent): TerminalView[] {
  return event.type === 'terminal_update' ? upsert(terminals, event.data, (t) => t.id === event.data.id) : terminals
}

export function foldSignals(signals: SignalView[], event: DurableEvent): SignalView[] {
  if (event.type === 'signal_created') return upsert(signals, event.data, (s) => s.id === event.data.id)
  return signals.map((signal) => foldSignal(signal, event))
}

export function foldSignal(signal: SignalView, event: DurableEvent): SignalView {
  if (event.type === 'signal_created') return event.data.id === signal.id ? event.data : signal
  if (event.type === 'trade_update') return withTrade(signal, event.data)
  if (event.type !== 'decision_made' || event.data.signalId !== signal.id) return signal
  const decision = event.data
  const decisions = signal.decisions.filter((d) => d.terminalId !== decision.terminalId || d.version !== decision.version)
  const executed = decision.verdict !== 'refuse' || signal.status === 'executed'
  return {
    ...signal,
    decisions: [...decisions, decision],
    status: executed ? 'executed' : 'refused',
    reason: executed ? '' : decision.reason,
  }
}

function withTrade(signal: SignalView, trade: TradeView): SignalView {
  if (trade.signalId !== signal.id || signal.tradeIds.includes(trade.id)) return signal
  return { ...signal, tradeIds: [...signal.tradeIds, trade.id] }
}

export function matches(filter: TradeFilter, trade: TradeView): boolean {
  const symbol = filter.symbol === undefined || filter.symbol === '' || filter.symbol === trade.symbol
  return symbol && (filter.status === '' || filter.status === trade.status)
}

/** A page's trades after `event`; new ones are put in front where `first` (the newest page). */
export function foldTrades(filter: TradeFilter, trades: TradeView[], event: DurableEvent, first: boolean): TradeView[] {
  if (event.type !== 'trade_update') return trades
  const trade = event.data
  const known = trades.some((item) => item.id === trade.id)
  if (!matches(filter, trade)) return known ? trades.filter((item) => item.id !== trade.id) : trades
  return known || first ? upsert(trades, trade, (item) => item.id === trade.id) : trades
}
