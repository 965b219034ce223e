/** The balance after each trade and its fall from the highest point, ready to be drawn. */
import type { CurvePoint } from '@/protocol/generated'

export interface Drawn {
  /** Whole seconds since the epoch, each once, rising. */
  readonly time: number
  readonly balance: number
  /** Below zero. */
  readonly drawdown: number
}

/** From `start`, a second before the first trade ended. Of several in one second the last balance counts, and the deepest fall. */
export function drawn(points: readonly CurvePoint[], start: number): Drawn[] {
  const first = points[0]
  const found: Drawn[] = first === undefined ? [] : [{ time: Math.floor(Date.parse(first.at) / 1000) - 1, balance: start, drawdown: 0 }]
  for (const point of points) {
    const time = Math.floor(Date.parse(point.at) / 1000)
    const last = found.at(-1)
    const drawdown = point.drawdown === 0 ? 0 : -point.drawdown
    if (last?.time === time) found[found.length - 1] = { time, balance: point.balance, drawdown: Math.min(drawdown, last.drawdown) }
    else found.push({ time, balance: point.balance, drawdown })
  }
  return found
}
