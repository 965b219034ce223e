/** Plain wire values for tests; each call makes a new one. */
import type { LatchState, Overview, SignalView, StatusUpdate, TerminalCommandView, TerminalView, TradeView } from '@/protocol/generated'
import type { DurableEvent } from '@/lib/live/messages'

const AT = '2026-05-04T09:30:00Z'

export const trade = (change: Partial<TradeView> = {}): TradeView => ({
  id: 1, signalId: 7, terminalId: 't1', mt5Ticket: '100', identifier: '100', symbol: 'EURUSD', side: 'buy', volume: 0.2,
  closedVolume: 0, entryPrice: 1.085, stopLoss: 1.08, takeProfit: 1.09, closePrice: null, pnl: null, status: 'open', reason: '',
  leg: 1, chatName: 'Harbour FX', openedAt: AT, closedAt: null, updatedAt: AT, ...change,
})

export const signal = (change: Partial<SignalView> = {}): SignalView => ({
  id: 7, chatId: '-100', chatName: 'Harbour FX', messageId: 12, part: 1, version: 1, text: 'BUY EURUSD', action: 'open', symbol: 'EURUSD',
  side: 'buy', order: 'market', entry: [], stopLoss: 1.08, takeProfits: [1.09], details: {}, spans: [], confidence: 1, status: 'received',
  reason: '', postedAt: AT, receivedAt: AT, decisions: [], tradeIds: [], ...change,
})

export const terminal = (change: Partial<TerminalView> = {}): TerminalView => ({
  id: 1, terminalId: 't1', name: 'Desk', platform: 'linux', version: '1', status: 'approved', connected: true, online: true, lastSeenAt: AT,
  quoteAt: AT, marketTime: null, balance: 10_000, equity: 10_050, freeMargin: 9_000, profit: 50, currency: 'USD', demo: true,
  dayStartEquity: 10_000, latch: null, paused: false, sources: [], reason: '', ...change,
})

export const overview = (change: Partial<Overview> = {}): Overview => ({
  user: { id: 1, email: 'a@b.test', role: 'trader', demo: true }, seq: 10, terminals: [terminal()], openTrades: [], recentSignals: [],
  commands: [], alerts: [], equity: [], demo: true, verifiedOnRealTerminal: false, ...change,
})

export const status = (change: Partial<StatusUpdate> = {}): StatusUpdate => ({
  terminalId: 't1', isConnected: true, balance: 10_000, equity: 10_060, freeMargin: 9_000, margin: 0, profit: 60, currency: 'USD', demo: true,
  quoteAt: AT, marketTime: null, receivedAt: AT, positions: [], orders: 0, sources: [], latch: null, paused: false, reason: '', ...change,
})

export const latch = (change: Partial<LatchState> = {}): LatchState => ({
  latchId: 'L1', mode: 'close-all', at: AT, local: false, flat: false, closed: 0, total: 0, left: [], ...change,
})

export const part = (change: Partial<TerminalCommandView> = {}): TerminalCommandView => ({
  terminalId: 't1', state: 'queued', reason: '', text: '', flat: null, results: [], ...change,
})

export const tradeEvent = (seq: number, change: Partial<TradeView> = {}): DurableEvent => {
  const data = trade(change)
  return { type: 'trade_update', seq, at: AT, data: { ...data, tradeId: data.id } }
}
