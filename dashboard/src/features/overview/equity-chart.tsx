import { useComputedColorScheme } from '@mantine/core'
import { AreaSeries, type IChartApi, type ISeriesApi, LineSeries, LineStyle, type UTCTimestamp } from 'lightweight-charts'
import { useEffect, useRef } from 'react'
import { colour, createMoneyChart } from '@/components/charts/money-chart'
import { Empty } from '@/components/panel'
import { useTime } from '@/lib/services'
import type { CurvePoint } from './curve'
import css from './overview.module.css'

interface Drawn {
  readonly chart: IChartApi
  readonly equity: ISeriesApi<'Area'>
  readonly balance: ISeriesApi<'Line'>
}

export function EquityChart({ points, currency }: { readonly points: readonly CurvePoint[]; readonly currency: string }) {
  const box = useRef<HTMLDivElement>(null)
  const drawn = useRef<Drawn | null>(null)
  const shown = useRef<{ first: number; last: number; count: number } | null>(null)
  const scheme = useComputedColorScheme('dark')
  const time = useTime()
  const enough = points.length >= 2

  useEffect(() => {
    if (box.current === null || !enough) return
    const accent = colour('--accent')
    const chart = createMoneyChart(box.current, time)
    const balance = chart.addSeries(LineSeries, { color: colour('--muted'), lineWidth: 1, lineStyle: LineStyle.Dashed, priceLineVisible: false, lastValueVisible: false, crosshairMarkerVisible: false })
    const equity = chart.addSeries(AreaSeries, { lineColor: accent, lineWidth: 2, topColor: `${accent}40`, bottomColor: `${accent}05`, priceLineVisible: false })
    drawn.current = { chart, equity, balance }
    shown.current = null
    return () => {
      drawn.current = null
      chart.remove()
    }
  }, [enough, scheme, time])

  useEffect(() => {
    const { current } = drawn
    const first = points[0]
    const last = points.at(-1)
    if (current === null || first === undefined || last === undefined) return
    const before = shown.current
    const grown = before !== null && before.first === first.time && points.length - before.count <= 1 && last.time >= before.last
    if (grown) {
      current.equity.update({ time: last.time as UTCTimestamp, value: last.equity })
      current.balance.update({ time: last.time as UTCTimestamp, value: last.balance })
    } else {
      current.equity.setData(points.map((p) => ({ time: p.time as UTCTimestamp, value: p.equity })))
      current.balance.setData(points.map((p) => ({ time: p.time as UTCTimestamp, value: p.balance })))
      current.chart.timeScale().fitContent()
    }
    shown.current = { first: first.time, last: last.time, count: points.length }
  }, [points, scheme, time, enough])

  if (!enough) return <Empty title="The curve begins with the next minutes" text="Equity and balance are drawn as the terminal reports them." />
  const last = points.at(-1)
  return <div ref={box} className={css.chart} role="img" aria-label={`Equity over time; now ${last?.equity.toFixed(2) ?? ''} ${currency}`} data-testid="equity-chart" />
}
