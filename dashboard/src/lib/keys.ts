/** The names under which the query cache keeps what the server said. */
import type { TradeFilter } from './api/endpoints'

export const keys = {
  me: ['me'] as const,
  overview: ['overview'] as const,
  statuses: ['statuses'] as const,
  trades: (filter: TradeFilter) => ['trades', filter] as const,
  allTrades: ['trades'] as const,
  trade: (id: number) => ['trade', id] as const,
  signals: ['signals'] as const,
  signal: (id: number) => ['signal', id] as const,
  command: (id: string) => ['command', id] as const,
  terminals: ['terminals'] as const,
  strategies: ['strategies'] as const,
  logs: ['logs'] as const,
}
