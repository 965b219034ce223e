import { useComputedColorScheme } from '@mantine/core'
import { AreaSeries, HistogramSeries, type UTCTimestamp } from 'lightweight-charts'
import { useEffect, useRef } from 'react'
import { colour, createMoneyChart } from '@/components/charts/money-chart'
import { money } from '@/lib/format'
import { useTime } from '@/lib/services'
import type { Drawn } from './curve'
import css from './analytics.module.css'

/** Above the balance after each closed trade, below how far it stood under its highest point. */
export function BalanceChart({ points, currency }: { readonly points: readonly Drawn[]; readonly currency: string }) {
  const box = useRef<HTMLDivElement>(null)
  const scheme = useComputedColorScheme('dark')
  const time = useTime()

  useEffect(() => {
    if (box.current === null) return
    const accent = colour('--accent')
    const chart = createMoneyChart(box.current, time)
    const balance = chart.addSeries(AreaSeries, { lineColor: accent, lineWidth: 2, topColor: `${accent}40`, bottomColor: `${accent}05`, priceLineVisible: false })
    const drawdown = chart.addSeries(HistogramSeries, { color: colour('--down'), priceLineVisible: false, lastValueVisible: false }, 1)
    chart.panes()[1]?.setStretchFactor(0.3)
    balance.setData(points.map((p) => ({ time: p.time as UTCTimestamp, value: p.balance })))
    drawdown.setData(points.map((p) => ({ time: p.time as UTCTimestamp, value: p.drawdown })))
    chart.timeScale().fitContent()
    return () => chart.remove()
  }, [points, scheme, time])

  const last = points.at(-1)
  return <div ref={box} className={css.chart} role="img" aria-label={`Balance after each trade with its drawdown; now ${money(last?.balance, currency)}`} data-testid="balance-chart" />
}
