/** Every address of the server that the dashboard uses, each once. */
import type {
  CommandAccepted,
  CommandView,
  LogView,
  ModifyTrade,
  Overview,
  Session,
  SignalView,
  StrategyView,
  TerminalView,
  TradeView,
  UserView,
} from '@/protocol/generated'
import type { Http } from './http'

export interface Page<T> {
  readonly items: T[]
  readonly nextCursor: string | null
}

export type StopMode = 'stop-entries' | 'cancel-pendings' | 'own-only' | 'close-all'

export interface TradeFilter {
  readonly status: string
  readonly symbol?: string
}

function query(values: Record<string, string | number | null | undefined>): string {
  const pairs = Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== '')
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs.map(([key, value]) => [key, String(value)])).toString()}`
}

const part = (id: string | number) => encodeURIComponent(String(id))

export type Api = ReturnType<typeof createApi>

export function createApi(http: Http) {
  const get = <T>(url: string, signal?: AbortSignal) => http.send<T>({ method: 'GET', url, ...(signal ? { signal } : {}) })
  const post = <T>(url: string, body: unknown, idempotencyKey?: string) =>
    http.send<T>({ method: 'POST', url, body, ...(idempotencyKey ? { idempotencyKey } : {}) })

  return {
    login: (email: string, password: string, totp: string | null) =>
      post<Session>('/api/auth/login', { email, password, ...(totp ? { totp } : {}) }),
    logout: () => post<unknown>('/api/auth/logout', {}),
    me: (signal?: AbortSignal) => get<UserView>('/api/me', signal),
    overview: (signal?: AbortSignal) => get<Overview>('/api/overview', signal),

    trades: (filter: TradeFilter, cursor: string | null, signal?: AbortSignal) =>
      get<Page<TradeView>>(`/api/trades${query({ ...filter, cursor, limit: 50 })}`, signal),
    trade: (id: number, signal?: AbortSignal) => get<TradeView>(`/api/trades/${part(id)}`, signal),
    closeTrade: (id: number, key: string) => post<CommandAccepted>(`/api/trades/${part(id)}/close`, {}, key),
    partialClose: (id: number, percentage: number, key: string) =>
      post<CommandAccepted>(`/api/trades/${part(id)}/partial-close`, { percentage }, key),
    modifyTrade: (id: number, levels: ModifyTrade, key: string) =>
      http.send<CommandAccepted>({ method: 'PUT', url: `/api/trades/${part(id)}/modify`, body: levels, idempotencyKey: key }),

    signals: (cursor: string | null, signal?: AbortSignal) =>
      get<Page<SignalView>>(`/api/signals${query({ cursor, limit: 50 })}`, signal),
    signal: (id: number, signal?: AbortSignal) => get<SignalView>(`/api/signals/${part(id)}`, signal),

    emergencyStop: (mode: StopMode, key: string) =>
      // Short patience: the caller sends it again under the same key until it is answered.
      http.send<CommandAccepted>({ method: 'POST', url: '/api/trading/emergency-stop', body: { mode }, idempotencyKey: key, timeoutMs: 4_000 }),
    pause: (terminalId: string | null, key: string) => post<CommandAccepted>('/api/trading/pause', terminalId ? { terminalId } : {}, key),
    resume: (terminalId: string | null, endStop: string | null, key: string) =>
      post<CommandAccepted>('/api/trading/resume', { ...(terminalId ? { terminalId } : {}), ...(endStop ? { endStop } : {}) }, key),
    command: (id: string, signal?: AbortSignal) => get<CommandView>(`/api/commands/${part(id)}`, signal),

    terminals: (signal?: AbortSignal) => get<Page<TerminalView>>('/api/terminals', signal),
    addTerminal: (name: string) => post<{ id: number; status: string; token: string }>('/api/terminals', { name }),
    judgeTerminal: (id: number, verdict: 'approve' | 'deny' | 'revoke') => post<unknown>(`/api/terminals/${part(id)}/${verdict}`, {}),

    strategies: (signal?: AbortSignal) => get<Page<StrategyView>>('/api/strategies', signal),
    saveStrategy: (id: number, name: string, config: Record<string, unknown>) =>
      http.send<StrategyView>({ method: 'PUT', url: `/api/strategies/${part(id)}`, body: { name, config } }),

    logs: (cursor: string | null, signal?: AbortSignal) => get<Page<LogView>>(`/api/logs${query({ cursor, limit: 100 })}`, signal),
  }
}
