/** What the server said, as hooks. Reading is by the query cache alone; the socket keeps it fresh. */
import { useQuery } from '@tanstack/react-query'
import type { CommandView, LivePosition, Overview, TerminalCommandView, TerminalView, TradeView } from '@/protocol/generated'
import { keys } from './keys'
import type { Statuses } from './live/apply'
import { useServices } from './services'

export function useOverview() {
  const { api, feed } = useServices()
  return useQuery({
    queryKey: keys.overview,
    queryFn: async ({ signal }): Promise<Overview> => {
      const overview = await api.overview(signal)
      feed.begin(overview)
      return overview
    },
    staleTime: Infinity,
  })
}

export function useStatuses(): Statuses {
  const { data } = useQuery<Statuses>({ queryKey: keys.statuses, queryFn: () => ({}), staleTime: Infinity, enabled: false })
  return data ?? {}
}

export interface Held extends LivePosition {
  readonly terminalId: string
}

/** All open positions as the terminals show them now; null while no terminal has reported. */
export function usePositions(): Held[] | null {
  const all = Object.values(useStatuses())
  if (all.length === 0) return null
  return all.flatMap((status) => status.positions.map((position) => ({ ...position, terminalId: status.terminalId })))
}

export function positionOf(trade: TradeView, positions: readonly Held[] | null): Held | undefined {
  return positions?.find(
    (position) =>
      position.tradeId === trade.id ||
      (position.tradeId === null && position.terminalId === trade.terminalId && position.identifier === trade.identifier),
  )
}

export interface Totals {
  readonly currency: string
  readonly balance: number
  readonly equity: number
  readonly freeMargin: number
  /** Equity now against the day's start; null where that is not known yet. */
  readonly day: number | null
  readonly dayShare: number | null
}

/** The approved terminals' figures together. Accounts in another currency than the first are left out. */
export function totals(terminals: readonly TerminalView[]): Totals | null {
  const known = terminals.filter((t) => t.status === 'approved' && t.equity !== null)
  const currency = known[0]?.currency
  if (currency === undefined) return null
  const sum = (pick: (t: TerminalView) => number | null) =>
    known.filter((t) => t.currency === currency).reduce((total, t) => total + (pick(t) ?? 0), 0)
  const start = sum((t) => t.dayStartEquity)
  const equity = sum((t) => t.equity)
  const day = start > 0 ? equity - start : null
  return {
    currency,
    balance: sum((t) => t.balance),
    equity,
    freeMargin: sum((t) => t.freeMargin),
    day,
    dayShare: day === null ? null : day / start,
  }
}

const ENDED = new Set<CommandView['state']>(['done', 'failed', 'expired', 'superseded'])

export const isEnded = (command: Pick<CommandView, 'state'>) => ENDED.has(command.state)

const TRADE_COMMANDS = new Set(['close', 'partial_close', 'modify'])

/** The newest command about this trade: its buttons stay locked until it has ended. */
export function commandOf(trade: TradeView, commands: readonly CommandView[]): CommandView | undefined {
  return commands.find(
    (command) =>
      TRADE_COMMANDS.has(command.kind) &&
      (command.args['tradeId'] === trade.id || (trade.identifier !== null && command.args['identifier'] === trade.identifier)) &&
      (command.terminals.length === 0 || command.terminals.some((t) => t.terminalId === trade.terminalId)),
  )
}

/** The newest stop that set this latch, and its part at this terminal. */
export function stopOf(latchId: string, terminalId: string | null, commands: readonly CommandView[]): TerminalCommandView | null {
  const command = commands.find((c) => c.kind === 'stop' && (c.args['latchId'] === latchId || c.id === latchId))
  return command?.terminals.find((t) => t.terminalId === terminalId) ?? null
}

export function terminalName(terminalId: string | null, terminals: readonly TerminalView[]): string {
  return terminals.find((t) => t.terminalId === terminalId)?.name ?? terminalId ?? 'all terminals'
}
