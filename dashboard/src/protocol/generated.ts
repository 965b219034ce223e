// Generated from schema.json by `npm run protocol`. Do not edit.

export interface SignalOSWire {}
/**
 * An event that is stored (now or before); ``id`` is the stored row's.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "Accepted".
 */
export interface Accepted {
  eventId: string
  id: number
}
/**
 * The terminal's account; money in ``currency``.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "AccountInfo".
 */
export interface AccountInfo {
  balance: number
  currency: string
  demo: boolean
  equity: number
  freeMargin: number
  leverage: number
  login: string
  margin: number
  profit: number
  server: string
}
/**
 * Event ``alert``: something that a person should know. ``text`` says what, why and what to do.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "AlertData".
 */
export interface AlertData {
  code: string
  severity: 'critical' | 'error' | 'info' | 'warning'
  terminalId: string | null
  text: string
}
/**
 * Something that a person should know.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "AlertView".
 */
export interface AlertView {
  at: string
  code: string
  id: number
  severity: 'critical' | 'error' | 'info' | 'warning'
  terminalId: string | null
  text: string
}
/**
 * Answer of GET /api/analytics/report: all that the first page of figures shows.
 *
 *     A long ``curve`` is thinned; its first, last, highest and lowest points stay.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "Analytics".
 */
export interface Analytics {
  byHour: Cut[]
  byProvider: Cut[]
  bySymbol: Cut[]
  curve: CurvePoint[]
  summary: Summary
}
/**
 * One row of a breakdown: ``key`` is the provider's id, the symbol, or the hour (UTC) of the entry.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "Cut".
 */
export interface Cut {
  figures: Figures
  key: string
  label: string
}
/**
 * Figures of closed trades; money in account currency, with costs.
 *
 *     ``win_rate`` with its 95 % Wilson interval, shares of 1; gross profit, gross loss and drawdowns are
 *     positive sizes; ``costs`` are negative where they were paid.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "Figures".
 */
export interface Figures {
  best: number | null
  costs: number
  expectancy: number | null
  grossLoss: number
  grossProfit: number
  losses: number
  net: number
  payoff: number | null
  profitFactor: number | null
  trades: number
  winRate: number | null
  winRateHigh: number | null
  winRateLow: number | null
  wins: number
  worst: number | null
}
/**
 * A point of the balance curve after a deal; ``drawdown`` from the highest balance before, >= 0.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "CurvePoint".
 */
export interface CurvePoint {
  at: string
  balance: number
  drawdown: number
  drawdownShare: number | null
}
/**
 * Answer of GET /api/analytics/summary. Drawdowns of the balance curve; ratios from daily returns.
 *
 *     ``start_balance`` is reckoned back from the balance now; None where the terminal never told one, and
 *     with it everything that is a share of a balance. ``days`` is how many daily returns there are.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "Summary".
 */
export interface Summary {
  currency: string
  days: number
  endBalance: number | null
  figures: Figures
  firstAt: string | null
  lastAt: string | null
  maxDrawdown: number
  maxDrawdownShare: number | null
  returnShare: number | null
  sharpe: number | null
  sortino: number | null
  startBalance: number | null
}
/**
 * One step of a signal's way. ``switch`` is the key of the field that switches it, "" if nothing does.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "BlockView".
 */
export interface BlockView {
  fields: FieldView[]
  id: string
  kind: string
  meaning: string
  switch: string
  title: string
}
/**
 * One field of a block: where it stands in the document, its type, range, unit and default.
 *
 *     ``place``: top | filters | management; in ``filters`` the field stands under ``key``. ``optional``:
 *     null switches it off. A bound that is exclusive is not allowed itself.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "FieldView".
 */
export interface FieldView {
  choices: string[]
  default: unknown
  key: string
  kind: 'choice' | 'integer' | 'number' | 'switch'
  label: string
  maximum: number | null
  maximumExcluded: boolean
  meaning: string
  minimum: number | null
  minimumExcluded: boolean
  optional: boolean
  place: 'filters' | 'management' | 'top'
  unit: string
}
/**
 * What the user set for one channel. ``strategy`` None: the strategy in force.
 *
 *     ``words`` to ``pip_sizes`` are the profile of how it writes.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "ChannelRules".
 */
export interface ChannelRules {
  chatId: string
  defaultSymbol: string | null
  enabled: boolean
  ignoreWords: string[]
  pipSizes: {
    [k: string]: number | undefined
  }
  priceStyle: 'auto' | 'decimal_comma' | 'decimal_point'
  strategy: StrategyView | null
  symbols: {
    [k: string]: string | undefined
  }
  words: {
    [k: string]: string[] | undefined
  }
}
/**
 * A strategy document; ``config`` uses the camelCase names of the strategy's fields.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "StrategyView".
 */
export interface StrategyView {
  active: boolean
  config: {
    [k: string]: unknown | undefined
  }
  id: number
  name: string
  notes: string
  updatedAt: string
  version: string
}
/**
 * Every client message: auth, resume_from, ping, emergency_stop_command, close_trade_command,
 *     command_ack, command_result.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "ClientMessage".
 */
export interface ClientMessage {
  data?: unknown
  seq?: number | null
  token?: string | null
  type: string
}
/**
 * Data of ``close_trade_command`` from a browser.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "CloseTrade".
 */
export interface CloseTrade {
  timestamp?: {
    [k: string]: unknown | undefined
  }
  tradeId: number
}
/**
 * Data of ``command``, sent to one terminal until its result is stored.
 *
 *     ``args``: stop {mode, latchId}; pause {chatId?}; resume {chatId?, endStop?}; close {identifier};
 *     partial_close {identifier, volume}; modify {identifier, stopLoss?, takeProfit?} (null removes,
 *     absent leaves); strategy_changed {}; signal {chatId, messageId, text, chatName, again} (``again``: a
 *     signal that was refused or waits for a yes is decided anew, as of now; else a new one by hand).
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "Command".
 */
export interface Command {
  args: {
    [k: string]: unknown | undefined
  }
  expiresAt: string | null
  id: string
  issuedAt: string
  kind: 'close' | 'modify' | 'partial_close' | 'pause' | 'resume' | 'signal' | 'stop' | 'strategy_changed'
  terminalSeq: number
}
/**
 * Answer 202 of everything that commands a terminal.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "CommandAccepted".
 */
export interface CommandAccepted {
  commandId: string
  terminals: TerminalCommandView[]
}
/**
 * A command's state at one terminal.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "TerminalCommandView".
 */
export interface TerminalCommandView {
  flat: boolean | null
  reason: string
  results: {
    [k: string]: unknown | undefined
  }[]
  state: 'acknowledged' | 'done' | 'expired' | 'failed' | 'queued' | 'sent' | 'superseded'
  terminalId: string
  text: string
}
/**
 * Data of ``command_ack``: the command is journalled at the desktop app.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "CommandAck".
 */
export interface CommandAck {
  id: string
}
/**
 * Data of ``command_result``. ``results`` has one row a position or order touched.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "CommandResult".
 */
export interface CommandResult {
  flat: boolean | null
  id: string
  reason: string
  results: {
    [k: string]: unknown | undefined
  }[]
  state: 'acknowledged' | 'done' | 'expired' | 'failed' | 'queued' | 'sent' | 'superseded'
  success: boolean
  text: string
}
/**
 * A command and how far each terminal is.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "CommandView".
 */
export interface CommandView {
  args: {
    [k: string]: unknown | undefined
  }
  expiresAt: string | null
  id: string
  issuedAt: string
  kind: string
  state: 'acknowledged' | 'done' | 'expired' | 'failed' | 'queued' | 'sent' | 'superseded'
  terminals: TerminalCommandView[]
}
/**
 * POST /api/auth/totp/confirm: the first code proves that the authenticator app has the secret.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "ConfirmSecondFactor".
 */
export interface ConfirmSecondFactor {
  code: string
}
/**
 * Answer of GET /api/analytics/cuts.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "Cuts".
 */
export interface Cuts {
  by: string
  currency: string
  rows: Cut[]
}
/**
 * An executed deal of a position. Money in account currency; ``at`` is UTC in the trade's own time.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "DealData".
 */
export interface DealData {
  at: string
  commission: number
  entry: 'in' | 'inout' | 'out' | 'out_by'
  fee: number
  price: number
  profit: number
  reason: string
  side: 'buy' | 'sell'
  swap: number
  ticket: string
  volume: number
}
/**
 * Event ``decision``: what one terminal decided about one action.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "DecisionData".
 */
export interface DecisionData {
  action: string
  budget: number | null
  chatId: string
  decidedAt: string
  messageId: number
  part: number
  plan: PlanData[]
  reason: string
  risk: number | null
  steps: StepData[]
  strategyVersion: string
  terminalId: string
  verdict: 'pass' | 'refuse'
  version: number
}
/**
 * One thing that was (or was not) sent.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "PlanData".
 */
export interface PlanData {
  kind: string
  leg: number
  price: number | null
  reason: string
  risk: number | null
  side: ('buy' | 'sell') | null
  stopLoss: number | null
  symbol: string | null
  takeProfit: number | null
  text: string
  volume: number | null
}
/**
 * One step of a decision.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "StepData".
 */
export interface StepData {
  input: string
  limit: string
  rule: string
  text: string
  verdict: 'note' | 'pass' | 'refuse'
}
/**
 * What one terminal decided about one version of a signal, with every step.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "DecisionView".
 */
export interface DecisionView {
  action: string
  budget: number | null
  decidedAt: string
  plan: PlanData[]
  reason: string
  risk: number | null
  steps: StepData[]
  strategyVersion: string
  terminalId: string
  verdict: string
  version: number
}
/**
 * Data of ``emergency_stop_command`` from a browser.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "EmergencyStop".
 */
export interface EmergencyStop {
  mode?: 'cancel-pendings' | 'close-all' | 'own-only' | 'stop-entries'
  terminalId?: string | null
  timestamp?: {
    [k: string]: unknown | undefined
  }
}
/**
 * POST /api/trading/emergency-stop.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "EmergencyStopRequest".
 */
export interface EmergencyStopRequest {
  mode?: 'cancel-pendings' | 'close-all' | 'own-only' | 'stop-entries'
  terminalId?: string | null
}
/**
 * Every server message. ``seq`` counts a user's durable events from 1 without holes, else None.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "Envelope".
 */
export interface Envelope {
  at: string
  data: unknown
  seq: number | null
  type: string
}
/**
 * A sampled point of a terminal's equity curve.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "EquityPoint".
 */
export interface EquityPoint {
  at: string
  balance: number
  equity: number
  terminalId: string
}
/**
 * Data of ``error_alert``.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "ErrorAlert".
 */
export interface ErrorAlert {
  code: string
  error: string
  severity: 'critical' | 'error' | 'info' | 'warning'
  terminalId: string | null
  timestamp: string
}
/**
 * One journalled event; ``event_id`` is a UUID made when it was journalled.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "Event".
 */
export interface Event {
  at: string
  data: unknown
  eventId: string
  kind: string
}
/**
 * Body of POST events, in journal order. One bad event does not fail its neighbours.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "EventBatch".
 */
export interface EventBatch {
  events: unknown[]
  terminalId: string | null
}
/**
 * Answer of POST events.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "EventsAnswer".
 */
export interface EventsAnswer {
  accepted: Accepted[]
  rejected: Rejected[]
}
/**
 * An event that can never be stored; ``code`` says why.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "Rejected".
 */
export interface Rejected {
  code: string
  detail: string
  eventId: string
}
/**
 * Event ``latch``: the stop was set, progressed or ended.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "LatchData".
 */
export interface LatchData {
  closed: number
  flat: boolean
  latchId: string
  left: {
    [k: string]: unknown | undefined
  }[]
  mode: 'cancel-pendings' | 'close-all' | 'own-only' | 'stop-entries'
  state: 'ended' | 'flat' | 'progress' | 'set'
  terminalId: string
  text: string
  total: number
}
/**
 * The emergency stop as latched at the desktop app, with its progress (``closed`` of ``total``).
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "LatchState".
 */
export interface LatchState {
  at: string
  closed: number
  flat: boolean
  latchId: string
  left: unknown[]
  local: boolean
  mode: 'cancel-pendings' | 'close-all' | 'own-only' | 'stop-entries'
  total: number
}
/**
 * A trade's floating state within ``mt5_status_update``.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "LivePosition".
 */
export interface LivePosition {
  entryPrice: number
  identifier: string
  own: boolean
  price: number
  profit: number
  risk: number | null
  side: string
  stopLoss: number | null
  symbol: string
  takeProfit: number | null
  tradeId: number | null
  volume: number
}
/**
 * A durable event as the log page lists it.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "LogView".
 */
export interface LogView {
  at: string
  data: {
    [k: string]: unknown | undefined
  }
  id: number
  seq: number
  type: string
}
/**
 * POST /api/auth/login.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "Login".
 */
export interface Login {
  email: string
  password: string
  totp?: string | null
}
/**
 * Event ``message``: a post, an edit or a deletion was journalled.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "MessageData".
 */
export interface MessageData {
  chatId: string
  chatName: string
  deleted: boolean
  detail: string
  messageId: number
  postedAt: string
  reason: string
  replyTo: number | null
  source: string
  text: string
  version: number
}
/**
 * PUT /api/trades/{id}/modify: null removes, absent leaves; at least one is given.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "ModifyTrade".
 */
export interface ModifyTrade {
  stopLoss?: number | null
  takeProfit?: number | null
}
/**
 * What a status report is made of.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "Modules".
 */
export interface Modules {
  mt5: Mt5Module
  sources: SourceState[]
}
/**
 * The terminal's part of a status report. ``quote_at`` is when the newest quote changed.
 *
 *     ``paused`` is the terminal's own pause, ``paused_chats`` those of single channels on it.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "Mt5Module".
 */
export interface Mt5Module {
  account_info: AccountInfo
  connected: boolean
  latch: LatchState | null
  marketTime: string | null
  orders: OrderState[] | null
  paused: boolean
  pausedChats: string[]
  positions: PositionState[] | null
  quoteAt: string | null
  reason: string
}
/**
 * A waiting order as the terminal shows it now.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "OrderState".
 */
export interface OrderState {
  order: 'limit' | 'market' | 'stop'
  own: boolean
  price: number
  side: 'buy' | 'sell'
  stopLoss: number | null
  symbol: string
  takeProfit: number | null
  ticket: string
  volume: number
}
/**
 * An open position as the terminal shows it now.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "PositionState".
 */
export interface PositionState {
  entryPrice: number
  identifier: string
  openedAt: string | null
  own: boolean
  price: number
  profit: number
  risk: number | null
  side: 'buy' | 'sell'
  stopLoss: number | null
  swap: number
  symbol: string
  takeProfit: number | null
  ticket: string
  volume: number
}
/**
 * A message source's health.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "SourceState".
 */
export interface SourceState {
  connected: boolean
  error: string
  lastMessageAt: string | null
  name: string
  type: string
}
/**
 * POST /api/providers: set a channel up before it has posted.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "NewProvider".
 */
export interface NewProvider {
  chatId: string
  name: string
}
/**
 * POST /api/signals: a signal that the user enters by hand, as text or as fields.
 *
 *     It passes the same reading, filters and limits as a channel's; ``text`` wins over the fields. It is
 *     shorter than a channel's may be, since it is read while the database's one writer waits.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "NewSignal".
 */
export interface NewSignal {
  entry?: number[]
  side?: ('buy' | 'sell') | null
  stopLoss?: number | null
  symbol?: string | null
  takeProfits?: number[]
  text?: string
}
/**
 * POST /api/terminals: a terminal whose token is pasted into a desktop app.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "NewTerminal".
 */
export interface NewTerminal {
  name: string
}
/**
 * POST /api/trades: enter the market now on one terminal, sized by its strategy.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "NewTrade".
 */
export interface NewTrade {
  side: 'buy' | 'sell'
  stopLoss?: number | null
  symbol: string
  takeProfits?: number[]
  terminalId: string
}
/**
 * Data of ``snapshot`` and of GET /api/overview: all that the first page needs at once.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "Overview".
 */
export interface Overview {
  alerts: AlertView[]
  commands: CommandView[]
  demo: boolean
  equity: EquityPoint[]
  openTrades: TradeView[]
  recentSignals: SignalView[]
  seq: number
  terminals: TerminalView[]
  user: UserView
  verifiedOnRealTerminal: boolean
}
/**
 * A trade; ``pnl`` is the realised profit so far with costs (floating profit is in the status).
 *
 *     ``volume`` is what was opened, ``closed_volume`` what has been closed of it since. ``symbol`` is ""
 *     and ``side`` None where a narrow push named neither.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "TradeView".
 */
export interface TradeView {
  chatName: string
  closePrice: number | null
  closedAt: string | null
  closedVolume: number
  entryPrice: number | null
  id: number
  identifier: string | null
  leg: number | null
  mt5Ticket: string | null
  openedAt: string | null
  pnl: number | null
  reason: string
  side: ('buy' | 'sell') | null
  signalId: number | null
  status: 'cancelled' | 'closed' | 'failed' | 'open' | 'pending' | 'unknown'
  stopLoss: number | null
  symbol: string
  takeProfit: number | null
  terminalId: string
  updatedAt: string
  volume: number
}
/**
 * A signal or update as read, with its decisions and the trades it led to.
 *
 *     ``status``: received (no decision yet) | executed | refused | rejected (the reading itself).
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "SignalView".
 */
export interface SignalView {
  action: string
  chatId: string
  chatName: string
  confidence: number
  decisions: DecisionView[]
  details: {
    [k: string]: unknown | undefined
  }
  entry: number[]
  id: number
  messageId: number
  order: ('limit' | 'market' | 'stop') | null
  part: number
  postedAt: string
  reason: string
  receivedAt: string
  side: ('buy' | 'sell') | null
  spans: Span[]
  status: string
  stopLoss: number | null
  symbol: string | null
  takeProfits: number[]
  text: string
  tradeIds: number[]
  version: number
}
/**
 * Characters [start, end) of the message, in code points, that became ``field``.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "Span".
 */
export interface Span {
  end: number
  field: string
  start: number
}
/**
 * A terminal with its last state; ``last_seen_at`` is the age of everything in it.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "TerminalView".
 */
export interface TerminalView {
  balance: number | null
  connected: boolean
  currency: string
  dayStartEquity: number | null
  demo: boolean
  equity: number | null
  freeMargin: number | null
  id: number
  lastSeenAt: string | null
  latch: LatchState | null
  marketTime: string | null
  name: string
  online: boolean
  paused: boolean
  platform: string
  profit: number | null
  quoteAt: string | null
  reason: string
  sources: SourceState[]
  status: 'approved' | 'denied' | 'pending' | 'revoked'
  terminalId: string | null
  version: string
}
/**
 * The signed-in user.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "UserView".
 */
export interface UserView {
  demo: boolean
  email: string
  id: number
  role: string
}
/**
 * POST /api/terminals/pair: a desktop app that has no token asks to be let in.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "PairTerminal".
 */
export interface PairTerminal {
  name: string
  platform?: string
  terminalId: string
  version?: string
}
/**
 * POST /api/terminals/pair/token.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "PairTokenRequest".
 */
export interface PairTokenRequest {
  deviceCode: string
}
/**
 * POST /api/terminals/pair/approve, .../pair/deny and .../pair/look: the code that the desktop app shows.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "PairingCode".
 */
export interface PairingCode {
  userCode: string
}
/**
 * Why there is no token (yet); ``error`` is the name that RFC 8628 gives it.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "PairingProblem".
 */
export interface PairingProblem {
  code: string
  detail: string
  error: string
  errors: {
    [k: string]: unknown | undefined
  }[]
  status: number
  title: string
  type: string
}
/**
 * The code to show to the user, and the secret to ask with. ``interval``, ``expires_in``: seconds.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "PairingStarted".
 */
export interface PairingStarted {
  deviceCode: string
  expiresIn: number
  interval: number
  userCode: string
  verificationUrl: string
}
/**
 * The terminal's token, handed out once after approval.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "PairingToken".
 */
export interface PairingToken {
  accessToken: string
  terminalId: string
  userId: number
}
/**
 * Who asks to be let in: shown to the user before approving.
 *
 *     ``replaces``: the name of the user's terminal that has this terminal id already; its token ends.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "PairingView".
 */
export interface PairingView {
  askedAt: string
  expiresAt: string
  name: string
  platform: string
  replaces: string | null
  state: 'approved' | 'denied' | 'done' | 'pending'
  terminalId: string
  userCode: string
  version: string
}
/**
 * POST /api/trades/{id}/partial-close.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "PartialClose".
 */
export interface PartialClose {
  percentage: number
}
/**
 * POST /api/trading/pause; ``provider_id`` pauses one channel alone.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "PauseRequest".
 */
export interface PauseRequest {
  providerId?: number | null
  terminalId?: string | null
}
/**
 * RFC 9457 problem details; ``code`` is stable.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "Problem".
 */
export interface Problem {
  code: string
  detail: string
  errors: {
    [k: string]: unknown | undefined
  }[]
  status: number
  title: string
  type: string
}
/**
 * PUT /api/providers/{id}: all settings of a channel; what is left out takes its default.
 *
 *     ``ignore_words``: a message with one of them is not read. ``strategy_id`` None: the one in force.
 *     ``words`` to ``pip_sizes`` are the profile of how the channel writes.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "ProviderSettings".
 */
export interface ProviderSettings {
  defaultSymbol?: string | null
  enabled?: boolean
  ignoreWords?: string[]
  name?: string | null
  pipSizes?: {
    [k: string]: number | undefined
  }
  priceStyle?: 'auto' | 'decimal_comma' | 'decimal_point'
  strategyId?: number | null
  symbols?: {
    [k: string]: string | undefined
  }
  words?: {
    [k: string]: string[] | undefined
  }
}
/**
 * What became of a channel's messages; ``profit`` is realised, with costs, in account currency.
 *
 *     ``win_rate`` is a share from 0 to 1 of the closed trades whose profit is known, None without one;
 *     ``reasons`` counts the refused signals by reason.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "ProviderStatistics".
 */
export interface ProviderStatistics {
  closedTrades: number
  executed: number
  openTrades: number
  profit: number
  reasons: {
    [k: string]: number | undefined
  }
  refused: number
  rejected: number
  signals: number
  winRate: number | null
  wins: number
}
/**
 * A channel with its settings and statistics; ``paused_on`` names the terminals on which it is paused.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "ProviderView".
 */
export interface ProviderView {
  chatId: string
  defaultSymbol: string | null
  enabled: boolean
  id: number
  ignoreWords: string[]
  lastMessageAt: string | null
  name: string
  pausedOn: string[]
  pipSizes: {
    [k: string]: number | undefined
  }
  priceStyle: 'auto' | 'decimal_comma' | 'decimal_point'
  signals: number
  statistics: ProviderStatistics1
  strategyId: number | null
  symbols: {
    [k: string]: string | undefined
  }
  words: {
    [k: string]: string[] | undefined
  }
}
/**
 * What became of a channel's messages; ``profit`` is realised, with costs, in account currency.
 *
 *     ``win_rate`` is a share from 0 to 1 of the closed trades whose profit is known, None without one;
 *     ``reasons`` counts the refused signals by reason.
 */
export interface ProviderStatistics1 {
  closedTrades: number
  executed: number
  openTrades: number
  profit: number
  reasons: {
    [k: string]: number | undefined
  }
  refused: number
  rejected: number
  signals: number
  winRate: number | null
  wins: number
}
/**
 * Answer of GET pull-strategy: the strategy in force and the channels' own settings.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "PulledStrategy".
 */
export interface PulledStrategy {
  channels: ChannelRules[]
  strategy: StrategyView
}
/**
 * Answer of POST push-trade-result.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "PushAnswer".
 */
export interface PushAnswer {
  ok: boolean
  tradeId: number
}
/**
 * Body of POST push-trade-result.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "PushTradeResult".
 */
export interface PushTradeResult {
  signalId: number | null
  terminalId: string | null
  tradeResult: TradeResult
  userId: number
}
/**
 * The narrow form of a trade's state (POST push-trade-result).
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "TradeResult".
 */
export interface TradeResult {
  closePrice: number | null
  entryPrice: number | null
  error: string | null
  mt5Ticket: string | number | null
  pnl: number | null
  side: ('buy' | 'sell') | null
  status: ('cancelled' | 'closed' | 'failed' | 'open' | 'pending' | 'unknown') | null
  stopLoss: number | null
  success: boolean
  symbol: string | null
  takeProfit: number | null
  volume: number | null
}
/**
 * Data of ``ready``: authentication worked; ``seq`` is the newest durable event's.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "Ready".
 */
export interface Ready {
  seq: number
  userId: number
}
/**
 * POST /api/auth/refresh.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "Refresh".
 */
export interface Refresh {
  refreshToken: string
}
/**
 * POST /api/auth/register.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "Register".
 */
export interface Register {
  email: string
  password: string
}
/**
 * POST /api/terminals/register.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "RegisterTerminal".
 */
export interface RegisterTerminal {
  name: string
  platform?: string
  terminalId: string
  version?: string
}
/**
 * POST /api/trading/resume; ``end_stop`` names the latch to end.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "ResumeRequest".
 */
export interface ResumeRequest {
  endStop?: string | null
  providerId?: number | null
  terminalId?: string | null
}
/**
 * The secret for the authenticator app, as text (base32) and as the ``uri`` of its QR code.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "SecondFactorStarted".
 */
export interface SecondFactorStarted {
  secret: string
  uri: string
}
/**
 * GET /api/auth/totp: ``since`` is when it was confirmed, None while there is none.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "SecondFactorView".
 */
export interface SecondFactorView {
  since: string | null
}
/**
 * Answer of sign-in, registration and refresh.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "Session".
 */
export interface Session {
  refreshToken: string
  token: string
  user: UserView
}
/**
 * Event ``signal``: an action was read from a message.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "SignalData".
 */
export interface SignalData {
  action: string
  chatId: string
  chatName: string
  confidence: number
  details: {
    [k: string]: unknown | undefined
  }
  entry: number[]
  messageId: number
  order: ('limit' | 'market' | 'stop') | null
  part: number
  postedAt: string
  side: ('buy' | 'sell') | null
  spans: Span[]
  stopLoss: number | null
  symbol: string | null
  takeProfits: number[]
  text: string
  version: number
}
/**
 * A status report: state, not history; positions are replaced as a whole.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "Status".
 */
export interface Status {
  isConnected: boolean
  modules: Modules
}
/**
 * Data of ``mt5_status_update``: one terminal's state, at most 10 a second.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "StatusUpdate".
 */
export interface StatusUpdate {
  balance: number
  currency: string
  demo: boolean
  equity: number
  freeMargin: number
  isConnected: boolean
  latch: {
    [k: string]: unknown | undefined
  } | null
  margin: number
  marketTime: string | null
  orders: number
  paused: boolean
  positions: LivePosition[]
  profit: number
  quoteAt: string | null
  reason: string
  receivedAt: string
  sources: {
    [k: string]: unknown | undefined
  }[]
  terminalId: string
}
/**
 * POST /api/auth/totp/stop.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "StopSecondFactor".
 */
export interface StopSecondFactor {
  code: string
  password: string
}
/**
 * POST /api/strategies, PUT /api/strategies/{id}: what ``config`` does not name keeps its value.
 *
 *     ``version``: the version that was edited; another one in force answers 409 `version_conflict`.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "StrategyRequest".
 */
export interface StrategyRequest {
  config?: {
    [k: string]: unknown | undefined
  }
  name: string
  notes?: string
  version?: string | null
}
/**
 * Answer of GET /api/strategies/schema: the document's JSON Schema, and its blocks in their order.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "StrategySchema".
 */
export interface StrategySchema {
  blocks: BlockView[]
  schema: {
    [k: string]: unknown | undefined
  }
}
/**
 * An earlier (or the present) version of a strategy.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "StrategyVersion".
 */
export interface StrategyVersion {
  config: {
    [k: string]: unknown | undefined
  }
  name: string
  notes: string
  savedAt: string
  version: string
}
/**
 * Answer of POST sync-user.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "SyncAnswer".
 */
export interface SyncAnswer {
  ok: boolean
  receivedAt: string
}
/**
 * Body of POST sync-user.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "SyncUser".
 */
export interface SyncUser {
  status: Status
  terminalId: string
  userId: number
}
/**
 * Answer of everything that hands out a terminal token; the token is shown this once.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "TerminalIssued".
 */
export interface TerminalIssued {
  id: number
  status: 'approved' | 'denied' | 'pending' | 'revoked'
  token: string
}
/**
 * Answer of POST /api/terminals/register: whether the user lets this terminal in.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "TerminalRegistered".
 */
export interface TerminalRegistered {
  id: number
  status: 'approved' | 'denied' | 'pending' | 'revoked'
  terminalId: string
  userId: number
}
/**
 * Event ``trade``: a leg's order or position changed state.
 *
 *     ``identifier`` is the position's (for a waiting order: the order's ticket, which becomes the
 *     position's identifier when it fills). A trade is (terminal, identifier).
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "TradeData".
 */
export interface TradeData {
  chatId: string | null
  closePrice: number | null
  closedAt: string | null
  closedVolume: number | null
  deals: DealData[] | null
  entryPrice: number | null
  identifier: string
  leg: number | null
  messageId: number | null
  openedAt: string | null
  origin: string
  part: number | null
  pnl: number | null
  reason: string
  side: 'buy' | 'sell'
  status: 'cancelled' | 'closed' | 'failed' | 'open' | 'pending' | 'unknown'
  stopLoss: number | null
  symbol: string
  takeProfit: number | null
  terminalId: string
  ticket: string
  updatedAt: string
  volume: number
}
/**
 * One action as read.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "TriedAction".
 */
export interface TriedAction {
  action: string
  confidence: number
  details: {
    [k: string]: unknown | undefined
  }
  entry: number[]
  order: ('limit' | 'market' | 'stop') | null
  side: ('buy' | 'sell') | null
  spans: Span[]
  stopLoss: number | null
  symbol: string | null
  takeProfits: number[]
}
/**
 * What was read; ``reason`` says why nothing is traded. ``words`` is the reading in plain words, by line.
 *
 *     ``notes``: which of the channel's own words were read, and what its pips come to.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "TriedMessage".
 */
export interface TriedMessage {
  actions: TriedAction[]
  notes: string[]
  reason: string
  words: string
}
/**
 * POST /api/providers/try: read a text as that channel's next message. Nothing is traded.
 *
 *     ``settings``: by these instead of the stored ones, to see what they would do before they are saved.
 *
 * This interface was referenced by `SignalOSWire`'s JSON-Schema
 * via the `definition` "TryMessage".
 */
export interface TryMessage {
  providerId?: number | null
  settings?: ProviderSettings | null
  text: string
}
