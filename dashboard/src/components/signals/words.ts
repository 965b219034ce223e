/** A signal, its outcome and its refusals in words. */
import { price, words } from '@/lib/format'
import type { SignalView } from '@/protocol/generated'
import type { Tone } from '../figures'

const REASONS: Readonly<Record<string, string>> = {
  stopped: 'Trading was stopped', paused: 'Trading was paused',
  missing_stop: 'No stop loss was given', too_old: 'The message was too old', signal_age: 'The message was too old',
  entry_distance: 'The market was too far from the entry', too_far_from_entry: 'The market was too far from the entry',
  spread_too_wide: 'The spread was too wide', risk_reward_too_low: 'Too little reward for the risk',
  min_risk_reward: 'Too little reward for the risk', max_daily_trades: 'The day’s number of trades was reached',
  max_open_trades: 'Enough trades were open already', duplicate: 'The same trade is open already', conflict: 'An opposite trade is open',
  below_min_lot: 'The budget does not buy the smallest lot', min_lot_over_budget: 'The smallest lot would risk more than the budget',
  sl_wrong_side: 'The stop is on the wrong side', tp_wrong_side: 'A target is on the wrong side',
  stop_wrong_side_of_market: 'The market has already passed the stop', stop_crossed: 'The market has already passed the stop',
  price_outlier: 'A price cannot be right', unknown_symbol: 'The terminal does not know this symbol',
  no_symbol: 'The message names no symbol', side_conflict: 'Side and levels contradict each other',
  edit_conflict: 'The edit changed side or symbol', ambiguous_target: 'It is not clear which trade is meant',
  nothing_open: 'Nothing was open that it could change', no_change: 'It was so already', already_filled: 'The order was filled already',
  netting_shared: 'The account can hold one position a symbol', stale_quote: 'The quote was too old',
  trading_not_allowed: 'The account does not allow trading', stop_loosened: 'It would have widened the stop',
  waiting_for_session: 'Waiting for the market to open', superseded: 'A newer one took its place', not_filled: 'The order was not filled yet',
  sl: 'Stop loss', tp: 'Take profit', stop_loss: 'Stop loss', take_profit: 'Take profit', so: 'Margin stop-out', netted: 'Netted against a position of others', break_even: 'Break-even stop',
  expert: 'Closed by SignalOS', client: 'Closed by hand', mobile: 'Closed by hand', web: 'Closed by hand', user: 'Closed by hand', latch: 'Emergency stop', stop: 'Emergency stop', signal: 'Closed by the channel',
  changed_by_hand: 'Changed by hand', command: 'Closed from the dashboard', rule: 'Closed by a rule of yours',
  waiting_for_confirmation: 'It waits for your yes', already_opened: 'It has been in the market already', channel_off: 'The channel is switched off',
  ceiling_symbol: 'Your local ceiling does not allow this symbol', ceiling_lots: 'More lots than your local ceiling', ceiling_risk: 'More risk than your local ceiling',
  ceiling_open_risk: 'More open risk than your local ceiling', ceiling_daily_loss: 'The day’s loss reached your local ceiling', ceiling_stop: 'Your local ceiling requires a stop',
  real_account_not_allowed: 'Real accounts are switched off',
}

export const reasonText = (code: string): string => (code === '' ? '' : REASONS[code] ?? words(code))

const ACTIONS: Readonly<Record<string, string>> = {
  close: 'Close', break_even: 'Stop to entry', modify_sl: 'Move stop', modify_tp: 'Move targets',
  cancel: 'Cancel', close_all: 'Close everything', reject: 'Not tradable',
}

export const actionName = (action: string): string => (action === 'open' ? 'Open' : ACTIONS[action] ?? words(action))

/** What was read of a message: a stored signal, or an action that was only tried. */
export type AsRead = Pick<SignalView, 'action' | 'symbol' | 'order' | 'entry' | 'stopLoss' | 'takeProfits' | 'details'>

/** `limit 1.2850–1.2860` or `at market` for an opening; what an update asks for otherwise. */
export function levelsText(signal: AsRead): string {
  const symbol = signal.symbol ?? ''
  if (signal.action !== 'open') return updateText(signal, symbol)
  const entry = signal.entry.length === 0 ? 'at market' : `${signal.order ?? ''} ${signal.entry.map((p) => price(p, symbol)).join('–')}`.trim()
  const { stopLossPips, takeProfitPips } = signal.details
  const stop = signal.stopLoss !== null ? `SL ${price(signal.stopLoss, symbol)}` : typeof stopLossPips === 'number' ? `SL ${stopLossPips} pips` : 'no stop'
  const inPips = Array.isArray(takeProfitPips) && takeProfitPips.length > 0 ? `TP ${takeProfitPips.join(', ')} pips` : 'no target'
  const targets = signal.takeProfits.length === 0 ? inPips : `TP ${signal.takeProfits.map((p) => price(p, symbol)).join(', ')}`
  return `${entry}, ${stop}, ${targets}`
}

function updateText(signal: AsRead, symbol: string): string {
  const { fraction, price: to, scope } = signal.details
  const about = typeof scope === 'string' && scope !== 'one' ? ` (${scope === 'unresolved' ? 'which trade is not said' : scope})` : ''
  if (typeof to === 'number') return `to ${price(to, symbol)}${about}`
  if (signal.takeProfits.length > 0) return `to ${signal.takeProfits.map((p) => price(p, symbol)).join(', ')}${about}`
  if (typeof fraction === 'number' && fraction < 1) return `${Math.round(fraction * 100)} % of it${about}`
  return about.trim()
}

export function outcome(signal: SignalView): { text: string; tone: Tone } {
  switch (signal.status) {
    case 'executed': return { text: 'Taken', tone: 'up' }
    case 'refused': return { text: 'Refused', tone: 'warn' }
    case 'rejected': return { text: 'Not traded', tone: 'quiet' }
    case 'received': return { text: 'Deciding', tone: 'info' }
    default: return { text: words(signal.status), tone: 'plain' }
  }
}
