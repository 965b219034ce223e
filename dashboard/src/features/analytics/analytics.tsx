import { Alert, SegmentedControl, Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { Gain, Stat } from '@/components/figures'
import { Empty, Failed, Loading, Panel } from '@/components/panel'
import { ApiError } from '@/lib/api/problem'
import { useOverview } from '@/lib/data'
import { count, money, signedPercent } from '@/lib/format'
import { keys } from '@/lib/keys'
import { useServices } from '@/lib/services'
import type { Analytics, TerminalView } from '@/protocol/generated'
import { BalanceChart } from './balance-chart'
import { Breakdown } from './breakdown'
import { drawn } from './curve'
import { factor, fewTrades, interval, rate } from './words'
import css from './analytics.module.css'

const PERIODS = [{ value: '7', label: '7 days' }, { value: '30', label: '30 days' }, { value: 'all', label: 'All' }]
const DAY = 86_400_000

/** Midnight so many days before the newest market time: trades carry the market's time, which differs in the demo. */
function sinceOf(period: string, terminals: readonly TerminalView[]): string | undefined {
  if (period === 'all') return undefined
  const times = terminals.flatMap((t) => (t.marketTime === null ? [] : [Date.parse(t.marketTime)]))
  const now = times.length === 0 ? Date.now() : Math.max(...times)
  return new Date(Math.floor(now / DAY - Number(period) + 1) * DAY).toISOString()
}

export function AnalyticsPage() {
  const { api } = useServices()
  const { data } = useOverview()
  const [period, setPeriod] = useState('all')
  const [terminal, setTerminal] = useState<string | null>(null)
  const terminals = data?.terminals.filter((t) => t.terminalId !== null) ?? []
  const since = sinceOf(period, terminals)
  const filter = { ...(since === undefined ? {} : { since }), ...(terminal === null ? {} : { terminalId: terminal }) }
  const report = useQuery({ queryKey: keys.analytics(filter), queryFn: ({ signal }) => api.analytics(filter, signal), placeholderData: (old) => old })
  const several = report.error instanceof ApiError && report.error.code === 'several_currencies'
  return (
    <div className="stack">
      <div className={css.top}>
        <h1>Analytics</h1>
        <span className={css.choices}>
          {terminals.length > 1 && (
            <Select size="xs" w={190} aria-label="Terminal" placeholder="All terminals" clearable clearButtonProps={{ 'aria-label': 'All terminals' }} value={terminal} onChange={setTerminal} data-testid="analytics-terminal"
              data={terminals.map((t) => ({ value: t.terminalId ?? '', label: t.name }))} />
          )}
          <SegmentedControl size="xs" aria-label="Period" data={PERIODS} value={period} onChange={setPeriod} data-testid="analytics-period" />
        </span>
      </div>
      {several ? <Panel><Empty title="Choose a terminal" text="Your terminals hold different currencies, and their money cannot be added." /></Panel>
        : report.isError && report.data === undefined ? <Panel><Failed error={report.error} retry={() => void report.refetch()} /></Panel>
        : report.data === undefined ? <Panel flush><Loading rows={8} /></Panel>
        : report.data.summary.figures.trades === 0 ? <Panel><Empty title="No closed trades yet" text="Figures appear with the first trade that ends in this period." /></Panel>
        : <Report report={report.data} />}
    </div>
  )
}

function Report({ report }: { readonly report: Analytics }) {
  const { summary } = report
  const { figures, currency } = summary
  const points = useMemo(() => drawn(report.curve, summary.startBalance ?? 0), [report.curve, summary.startBalance])
  const few = fewTrades(figures.trades)
  const days = summary.days < 2 ? 'needs two days' : `from ${summary.days} days`
  return (
    <>
      {few !== '' && <Alert color="yellow" role="status" data-testid="few-trades">{few}</Alert>}
      <div className={css.tiles}>
        <Stat label="Net" testId="analytics-net" sub={`${count(figures.trades, 'trade', 'trades')}, costs ${money(-figures.costs)}`}><Gain value={figures.net} currency={currency} /></Stat>
        <Stat label="Won" testId="analytics-won" sub={interval(figures)}>{rate(figures.winRate)}</Stat>
        <Stat label="Profit factor" sub={`won ${money(figures.grossProfit)}, lost ${money(figures.grossLoss)}`}>{factor(figures.profitFactor)}</Stat>
        <Stat label="Average trade" sub={`best ${money(figures.best)}, worst ${money(figures.worst)}`}><Gain value={figures.expectancy} /></Stat>
        <Stat label="Average win / loss" sub="how many losses a win pays">{factor(figures.payoff)}</Stat>
        <Stat label="Deepest fall" sub={summary.maxDrawdownShare === null ? 'balance not known' : `${signedPercent(-summary.maxDrawdownShare, 1)} of the peak`}>{money(summary.maxDrawdown)}</Stat>
        <Stat label="Return" sub={summary.startBalance === null ? 'balance not known' : `from ${money(summary.startBalance, currency)}`}>{signedPercent(summary.returnShare)}</Stat>
        <Stat label="Sharpe / Sortino" sub={`a year, ${days}`}>{factor(summary.sharpe)} / {factor(summary.sortino)}</Stat>
      </div>
      <Panel title="Balance and drawdown" note={summary.startBalance === null ? 'from zero: the terminal has not told its balance' : 'after each closed trade'}>
        <BalanceChart points={points} currency={currency} />
      </Panel>
      <div className={css.cuts}>
        <Breakdown title="By channel" first="Channel" rows={report.byProvider} />
        <Breakdown title="By symbol" first="Symbol" rows={report.bySymbol} />
        <Breakdown title="By hour of entry (UTC)" first="Hour" rows={report.byHour} />
      </div>
    </>
  )
}
