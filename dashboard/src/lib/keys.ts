/** The names under which the query cache keeps what the server said. */
import type { AnalyticsFilter, LogFilter, TradeFilter } from './api/endpoints'

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
  secondFactor: ['second-factor'] as const,
  strategies: ['strategies'] as const,
  strategy: (id: number) => ['strategies', id] as const,
  strategyVersions: (id: number, version: string) => ['strategies', id, 'versions', version] as const,
  strategySchema: ['strategy-schema'] as const,
  providers: ['providers'] as const,
  provider: (id: number) => ['providers', id] as const,
  tried: (providerId: number | null, text: string, settings = '') => ['tried', providerId, text, settings] as const,
  analytics: (filter: AnalyticsFilter) => ['analytics', filter] as const,
  allAnalytics: ['analytics'] as const,
  logs: (filter: LogFilter) => ['logs', filter] as const,
  allLogs: ['logs'] as const,
}
