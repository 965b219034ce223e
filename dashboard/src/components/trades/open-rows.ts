import { type Held, positionOf } from '@/lib/data'
import { digitsOf } from '@/lib/format'
import type { TradeView } from '@/protocol/generated'

export interface Row {
  readonly key: string
  readonly symbol: string
  readonly side: 'buy' | 'sell' | null
  readonly volume: number
  readonly entry: number | null
  readonly stop: number | null
  readonly target: number | null
  readonly trade: TradeView | null
  readonly held: Held | undefined
  /** Decimals of this row's prices. */
  readonly digits: number
}

/** Trades with their position's live figures, then what nobody ordered through SignalOS. */
export function openRows(trades: readonly TradeView[], positions: readonly Held[] | null): Row[] {
  const rows = trades.map((trade): Row => {
    const held = positionOf(trade, positions)
    return {
      key: `trade-${trade.id}`, digits: digitsOf(trade.symbol, trade.entryPrice, held?.price, trade.stopLoss, trade.takeProfit), symbol: trade.symbol, side: trade.side, trade, held,
      volume: held?.volume ?? trade.volume - trade.closedVolume,
      entry: trade.entryPrice ?? held?.entryPrice ?? null,
      stop: held ? (held.stopLoss ?? null) : trade.stopLoss,
      target: held ? (held.takeProfit ?? null) : trade.takeProfit,
    }
  })
  const known = new Set(rows.map((row) => row.held))
  const byHand = (positions ?? []).filter((p) => !known.has(p) && !p.own).map((held): Row => ({
    key: `hand-${held.terminalId}-${held.identifier}`, digits: digitsOf(held.symbol, held.entryPrice, held.price, held.stopLoss, held.takeProfit), symbol: held.symbol, side: held.side === 'buy' ? 'buy' : 'sell', trade: null, held,
    volume: held.volume, entry: held.entryPrice, stop: held.stopLoss ?? null, target: held.takeProfit ?? null,
  }))
  return [...rows, ...byHand]
}
