/** Figures of trades in words. What is not defined is a dash, never zero or infinite. */
import type { Figures } from '@/protocol/generated'

const percent = (share: number) => String(Math.round(share * 100))

export const rate = (share: number | null): string => (share === null ? '–' : `${percent(share)}\u00a0%`)

export const factor = (value: number | null): string => (value === null ? '–' : value.toFixed(2))

/** The win rate's interval: `46–69 % with 95 % certainty`. */
export function interval({ winRateLow: low, winRateHigh: high }: Figures): string {
  return low === null || high === null ? 'no closed trades' : `${percent(low)}–${percent(high)}\u00a0% at 95\u00a0%`
}

/** What so few trades cannot say, "" where there are enough. */
export function fewTrades(trades: number): string {
  if (trades === 0 || trades >= 30) return ''
  return `${trades} closed trade${trades === 1 ? '' : 's'}: too few to judge by. The win rate’s interval shows how wide the truth may lie.`
}
