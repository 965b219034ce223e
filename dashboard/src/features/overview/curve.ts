/** The equity curve's points, ready to be drawn. */
import type { EquityPoint } from '@/protocol/generated'

export interface CurvePoint {
  /** Seconds since the epoch, rising. */
  readonly time: number
  readonly equity: number
  readonly balance: number
}

/** One terminal's points with rising whole seconds; of several in one second the last counts. */
export function curve(points: readonly EquityPoint[], terminalId: string | null): CurvePoint[] {
  const found: CurvePoint[] = []
  for (const point of points) {
    if (terminalId !== null && point.terminalId !== terminalId) continue
    const time = Math.floor(Date.parse(point.at) / 1000)
    const last = found.at(-1)
    if (last !== undefined && time < last.time) continue
    const next = { time, equity: point.equity, balance: point.balance }
    if (last?.time === time) found[found.length - 1] = next
    else found.push(next)
  }
  return found
}
