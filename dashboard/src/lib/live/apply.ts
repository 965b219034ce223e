/** Writes a batch of live messages into the query cache, so that every page shows it without asking. */
import type { InfiniteData, QueryClient } from '@tanstack/react-query'
import type { EquityPoint, LogView, Overview, SignalView, StatusUpdate, TerminalView, TradeView } from '@/protocol/generated'
import type { LogFilter, Page, TradeFilter } from '../api/endpoints'
import { keys } from '../keys'
import type { Batch } from './feed'
import { foldOverview, foldSignal, foldSignals, foldTerminals, foldTrades } from './fold'
import type { DurableEvent } from './messages'

export type Statuses = Readonly<Record<string, StatusUpdate>>

const EQUITY_POINTS = 5_000
/** Points nearer to each other than this are one, which moves with the newest status. */
const EQUITY_EVERY_MS = 5_000

export function applyBatch(client: QueryClient, batch: Batch): void {
  const { snapshot } = batch
  if (snapshot !== null) {
    client.setQueryData(keys.overview, snapshot)
    // Lists and details may have missed anything before the snapshot: they are read again.
    for (const key of [keys.allTrades, keys.signals, ['signal'], ['trade'], ['command'], keys.terminals, keys.allAnalytics, keys.allLogs])
      void client.invalidateQueries({ queryKey: key })
  }
  if (batch.statuses.length > 0) {
    client.setQueryData<Statuses>(keys.statuses, (old) => ({
      ...old,
      ...Object.fromEntries(batch.statuses.map((status) => [status.terminalId, status])),
    }))
  }
  if (batch.events.length > 0 || batch.statuses.length > 0) {
    client.setQueryData<Overview>(keys.overview, (old) => {
      if (old === undefined) return old
      const after = batch.events.reduce(foldOverview, old)
      return batch.statuses.reduce(withStatus, after)
    })
  }
  if (batch.events.length > 0) applyEvents(client, batch.events)
}

function applyEvents(client: QueryClient, events: readonly DurableEvent[]): void {
  for (const [key] of client.getQueriesData({ queryKey: keys.allTrades })) {
    const filter = key[1] as TradeFilter
    client.setQueryData<InfiniteData<Page<TradeView>>>(key, (old) =>
      mapPages(old, (items, first) => events.reduce((list, event) => foldTrades(filter, list, event, first), items)))
  }
  client.setQueryData<InfiniteData<Page<SignalView>>>(keys.signals, (old) =>
    mapPages(old, (items, first) =>
      events.reduce((list, event) => {
        // A signal that an older page holds must not appear a second time in front.
        const fresh = event.type === 'signal_created' && !list.some((s) => s.id === event.data.id)
        return fresh && !first ? list : foldSignals(list, event)
      }, items)))
  for (const [key] of client.getQueriesData({ queryKey: ['signal'] }))
    client.setQueryData<SignalView>(key, (old) => (old === undefined ? old : events.reduce(foldSignal, old)))
  client.setQueryData<Page<TerminalView>>(keys.terminals, (old) =>
    old === undefined ? old : { ...old, items: events.reduce(foldTerminals, old.items) })
  for (const [key] of client.getQueriesData({ queryKey: keys.allLogs })) {
    const fitting = events.filter((event) => fits(key[1] as LogFilter, event))
    client.setQueryData<InfiniteData<Page<LogView>>>(key, (old) =>
      mapPages(old, (items, first) => (first ? fitting.reduce(withLog, items) : items)))
  }
  // What a closed trade means for every figure only the server reckons.
  if (events.some((event) => event.type === 'trade_update' && event.data.status === 'closed')) void client.invalidateQueries({ queryKey: keys.allAnalytics })
  for (const event of events) {
    if (event.type === 'trade_update') client.setQueryData(keys.trade(event.data.id), event.data)
    if (event.type === 'command_update') client.setQueryData(keys.command(event.data.id), event.data)
  }
}

function mapPages<T>(
  old: InfiniteData<Page<T>> | undefined,
  change: (items: T[], first: boolean) => T[],
): InfiniteData<Page<T>> | undefined {
  if (old === undefined) return old
  return { ...old, pages: old.pages.map((page, at) => ({ ...page, items: change(page.items, at === 0) })) }
}

/** The same question as the server's: does an event belong to a list that is filtered so? */
export function fits(filter: LogFilter, event: DurableEvent): boolean {
  const data = event.data as unknown as Record<string, unknown>
  return (filter.type === undefined || filter.type === event.type)
    && (filter.severity === undefined || filter.severity === data['severity'])
    && (filter.text === undefined || JSON.stringify(data).toLowerCase().includes(filter.text.toLowerCase()))
}

/** The list with an event put on top, unless it is there already. */
export function withLog(logs: LogView[], event: DurableEvent): LogView[] {
  if (logs.some((log) => log.seq === event.seq)) return logs
  return [{ id: event.seq, seq: event.seq, type: event.type, at: event.at, data: event.data as unknown as LogView['data'] }, ...logs]
}

/** The terminal's figures and one more point of the equity curve. */
export function withStatus(overview: Overview, status: StatusUpdate): Overview {
  const terminals = overview.terminals.map((terminal) =>
    terminal.terminalId === status.terminalId
      ? {
          ...terminal,
          connected: status.isConnected,
          online: true,
          lastSeenAt: status.receivedAt,
          quoteAt: status.quoteAt,
          marketTime: status.marketTime,
          balance: status.balance,
          equity: status.equity,
          freeMargin: status.freeMargin,
          profit: status.profit,
          currency: status.currency,
          demo: status.demo,
          latch: status.latch as TerminalView['latch'],
          paused: status.paused,
          sources: status.sources as unknown as TerminalView['sources'],
          reason: status.reason,
        }
      : terminal,
  )
  return { ...overview, terminals, equity: withPoint(overview.equity, status) }
}

function withPoint(curve: readonly EquityPoint[], status: StatusUpdate): EquityPoint[] {
  const at = curve.findLastIndex((point) => point.terminalId === status.terminalId)
  const before = curve.findLast((point, index) => index < at && point.terminalId === status.terminalId)
  const point = { terminalId: status.terminalId, at: status.receivedAt, balance: status.balance, equity: status.equity }
  const replaced = before !== undefined && Date.parse(status.receivedAt) - Date.parse(before.at) < EQUITY_EVERY_MS
  return replaced ? curve.with(at, point) : [...curve, point].slice(-EQUITY_POINTS)
}
