import type { ModifyTrade } from '@/protocol/generated'

/** What was typed, as the wire wants it: absent leaves, null removes. Null: nothing would change. */
export function changedLevels(old: { stop: number | null; target: number | null }, stop: number | string, target: number | string): ModifyTrade | null {
  const read = (value: number | string) => (value === '' ? null : Number(value))
  const change: ModifyTrade = {}
  if (read(stop) !== old.stop) change.stopLoss = read(stop)
  if (read(target) !== old.target) change.takeProfit = read(target)
  return Object.keys(change).length === 0 ? null : change
}
