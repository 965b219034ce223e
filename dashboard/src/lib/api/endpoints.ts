/** Every address of the server that the dashboard uses, each once. */
import type {
  Analytics,
  CommandAccepted,
  CommandView,
  LogView,
  ModifyTrade,
  Overview,
  PairingView,
  ProviderSettings,
  ProviderView,
  SecondFactorStarted,
  SecondFactorView,
  Session,
  SignalView,
  StrategySchema,
  StrategyVersion,
  StrategyView,
  TerminalView,
  TradeView,
  TriedMessage,
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

export interface AnalyticsFilter {
  readonly since?: string
  readonly terminalId?: string
}

export interface LogFilter {
  readonly type?: string
  readonly severity?: string
  readonly text?: string
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
    register: (email: string, password: string) => post<Session>('/api/auth/register', { email, password }),
    logout: () => post<unknown>('/api/auth/logout', {}),
    me: (signal?: AbortSignal) => get<UserView>('/api/me', signal),
    secondFactor: (signal?: AbortSignal) => get<SecondFactorView>('/api/auth/totp', signal),
    startSecondFactor: () => post<SecondFactorStarted>('/api/auth/totp/start', {}),
    confirmSecondFactor: (code: string) => post<SecondFactorView>('/api/auth/totp/confirm', { code }),
    stopSecondFactor: (password: string, code: string) => post<SecondFactorView>('/api/auth/totp/stop', { password, code }),
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

    enterSignal: (text: string, key: string) => post<SignalView>('/api/signals', { text }, key),
    decideAgain: (id: number, how: 'confirm' | 'retrigger', key: string) => post<CommandAccepted>(`/api/signals/${part(id)}/${how}`, {}, key),

    emergencyStop: (mode: StopMode, key: string) =>
      // Short patience: the caller sends it again under the same key until it is answered.
      http.send<CommandAccepted>({ method: 'POST', url: '/api/trading/emergency-stop', body: { mode }, idempotencyKey: key, timeoutMs: 4_000 }),
    pause: (terminalId: string | null, key: string) => post<CommandAccepted>('/api/trading/pause', terminalId ? { terminalId } : {}, key),
    resume: (terminalId: string | null, endStop: string | null, key: string) =>
      post<CommandAccepted>('/api/trading/resume', { ...(terminalId ? { terminalId } : {}), ...(endStop ? { endStop } : {}) }, key),
    command: (id: string, signal?: AbortSignal) => get<CommandView>(`/api/commands/${part(id)}`, signal),

    terminals: (signal?: AbortSignal) => get<Page<TerminalView>>('/api/terminals', signal),
    addTerminal: (name: string) => post<{ id: number; status: string; token: string }>('/api/terminals', { name }),
    lookAtPairing: (userCode: string) => post<PairingView>('/api/terminals/pair/look', { userCode }),
    approvePairing: (userCode: string) => post<TerminalView>('/api/terminals/pair/approve', { userCode }),
    denyPairing: (userCode: string) => post<PairingView>('/api/terminals/pair/deny', { userCode }),
    judgeTerminal: (id: number, verdict: 'approve' | 'deny' | 'revoke') => post<unknown>(`/api/terminals/${part(id)}/${verdict}`, {}),

    strategies: (signal?: AbortSignal) => get<Page<StrategyView>>('/api/strategies', signal),
    strategy: (id: number, signal?: AbortSignal) => get<StrategyView>(`/api/strategies/${part(id)}`, signal),
    strategySchema: (signal?: AbortSignal) => get<StrategySchema>('/api/strategies/schema', signal),
    strategyVersions: (id: number, cursor: string | null, signal?: AbortSignal) =>
      get<Page<StrategyVersion>>(`/api/strategies/${part(id)}/versions${query({ cursor, limit: 20 })}`, signal),
    makeStrategy: (name: string, config: Record<string, unknown>) => post<StrategyView>('/api/strategies', { name, config }),
    saveStrategy: (id: number, name: string, config: Record<string, unknown>, version: string) =>
      http.send<StrategyView>({ method: 'PUT', url: `/api/strategies/${part(id)}`, body: { name, config, version } }),
    activateStrategy: (id: number) => post<StrategyView>(`/api/strategies/${part(id)}/activate`, {}),
    removeStrategy: (id: number) => http.send<unknown>({ method: 'DELETE', url: `/api/strategies/${part(id)}` }),
    restoreStrategy: (id: number, version: string) => post<StrategyView>(`/api/strategies/${part(id)}/versions/${part(version)}/restore`, {}),

    providers: (cursor: string | null, signal?: AbortSignal) => get<Page<ProviderView>>(`/api/providers${query({ cursor, limit: 50 })}`, signal),
    provider: (id: number, signal?: AbortSignal) => get<ProviderView>(`/api/providers/${part(id)}`, signal),
    addProvider: (chatId: string, name: string) => post<ProviderView>('/api/providers', { chatId, name }),
    saveProvider: (id: number, settings: ProviderSettings) =>
      http.send<ProviderView>({ method: 'PUT', url: `/api/providers/${part(id)}`, body: settings }),
    removeProvider: (id: number) => http.send<null>({ method: 'DELETE', url: `/api/providers/${part(id)}` }),
    tryMessage: (text: string, providerId: number | null, settings: ProviderSettings | null, signal?: AbortSignal) =>
      http.send<TriedMessage>({ method: 'POST', url: '/api/providers/try', body: { text, providerId, settings }, ...(signal ? { signal } : {}) }),
    pauseProvider: (providerId: number, key: string) => post<CommandAccepted>('/api/trading/pause', { providerId }, key),
    resumeProvider: (providerId: number, key: string) => post<CommandAccepted>('/api/trading/resume', { providerId }, key),

    analytics: (filter: AnalyticsFilter, signal?: AbortSignal) => get<Analytics>(`/api/analytics/report${query({ ...filter })}`, signal),

    logs: (filter: LogFilter, cursor: string | null, signal?: AbortSignal) =>
      get<Page<LogView>>(`/api/logs${query({ ...filter, cursor, limit: 100 })}`, signal),
  }
}
