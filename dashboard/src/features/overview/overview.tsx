import { Link } from '@tanstack/react-router'
import { useMemo } from 'react'
import { Gain, Stat, Tag, When } from '@/components/figures'
import { Empty, Panel } from '@/components/panel'
import { SignalRow } from '@/components/signals/signal-row'
import { OpenTrades } from '@/components/trades/open-trades'
import { type Held, totals, useOverview, usePositions } from '@/lib/data'
import { count, money, signedPercent } from '@/lib/format'
import { useAges } from '@/lib/services'
import { age } from '@/lib/time'
import type { AlertView, EquityPoint, Overview } from '@/protocol/generated'
import { curve } from './curve'
import { EquityChart } from './equity-chart'
import css from './overview.module.css'

export function OverviewPage() {
  const { data } = useOverview()
  if (data === undefined) return null
  return <Loaded overview={data} />
}

function Loaded({ overview }: { readonly overview: Overview }) {
  const positions = usePositions()
  const account = totals(overview.terminals)
  const terminal = overview.terminals.find((t) => t.status === 'approved' && t.equity !== null)
  const since = useAges()
  const told = since(terminal?.lastSeenAt ?? null)
  return (
    <div className="stack">
      <h1 className="visually-hidden">Overview</h1>
      {overview.terminals.every((t) => t.status === 'revoked' || t.status === 'denied') && <FirstStep />}
      <Tiles overview={overview} positions={positions} />
      <div className={css.columns}>
        <div className="stack">
          <Panel title="Equity" note={account === null ? undefined : `${terminal?.name ?? ''}, dashed: balance`}>
            <Curve equity={overview.equity} terminalId={terminal?.terminalId ?? null} currency={account?.currency ?? ''} />
          </Panel>
          <Panel title="Open trades" note={told === null ? undefined : `figures ${age(told)} old`} actions={<Link to="/trades">All trades</Link>} flush>
            <OpenTrades trades={overview.openTrades} compact />
          </Panel>
        </div>
        <div className="stack">
          <Panel title="Latest signals" actions={<Link to="/signals">All signals</Link>} flush>
            {overview.recentSignals.length === 0
              ? <Empty title="No signals yet" text="What your channels post appears here as soon as it is read." />
              : overview.recentSignals.slice(0, 6).map((signal) => <SignalRow key={signal.id} signal={signal} />)}
          </Panel>
          <Alerts alerts={overview.alerts} />
        </div>
      </div>
    </div>
  )
}

/** What somebody new does first: without a desktop app nothing is read and nothing traded. */
function FirstStep() {
  return (
    <Panel testId="first-step">
      <div className={css.first}>
        <strong>No desktop app is paired yet</strong>
        <span>
          It reads your channels and trades at your terminal, on your machine. Start it there, run <code className="mono">signalos desktop pair</code>,
          and type the code that it shows.
        </span>
        <span><Link to="/pair" data-testid="first-pair">Pair a desktop app</Link></span>
      </div>
    </Panel>
  )
}

function Curve({ equity, terminalId, currency }: { readonly equity: readonly EquityPoint[]; readonly terminalId: string | null; readonly currency: string }) {
  const points = useMemo(() => curve(equity, terminalId), [equity, terminalId])
  return <EquityChart points={points} currency={currency} />
}

function Tiles({ overview, positions }: { readonly overview: Overview; readonly positions: readonly Held[] | null }) {
  const account = totals(overview.terminals)
  const open = positions?.length ?? overview.openTrades.filter((t) => t.status === 'open').length
  const waiting = overview.openTrades.filter((t) => t.status === 'pending').length
  const profit = positions?.reduce((sum, p) => sum + p.profit, 0) ?? null
  const bare = positions?.filter((p) => p.stopLoss == null).length ?? 0
  const risk = positions?.reduce((sum, p) => sum + (p.risk ?? 0), 0) ?? null
  const share = risk !== null && account !== null && account.equity > 0 ? risk / account.equity : null
  const byHand = positions?.filter((p) => !p.own).length ?? 0
  return (
    <div className={css.tiles}>
      <Stat label="Equity" sub={account === null ? 'no terminal has reported' : `balance ${money(account.balance)}`}>{money(account?.equity, account?.currency)}</Stat>
      <Stat label="Today" sub={account?.dayShare == null ? 'since the day began' : signedPercent(account.dayShare)}><Gain value={account?.day} /></Stat>
      <Stat label="Open profit" sub="at the last quotes" testId="open-profit"><Gain value={profit} /></Stat>
      <Stat label="Open risk" testId="open-risk" sub={bare > 0 ? <span className="warn">{count(bare, 'position', 'positions')} without a stop</span> : share === null ? 'if every stop is hit' : `${signedPercent(share).replace('+', '')} if every stop is hit`}>{money(risk)}</Stat>
      <Stat label="Free margin" sub={account === null || account.equity <= 0 ? undefined : `${signedPercent(account.freeMargin / account.equity, 0).replace('+', '')} of equity`} testId="free-margin">{money(account?.freeMargin)}</Stat>
      <Stat label="Open trades" sub={[waiting > 0 ? count(waiting, 'waiting order', 'waiting orders') : 'no waiting order', byHand > 0 ? `${byHand} by hand` : ''].filter(Boolean).join(', ')} testId="open-count">{open}</Stat>
    </div>
  )
}

const SEVERITY = { info: 'info', warning: 'warn', error: 'down', critical: 'down' } as const

function Alerts({ alerts }: { readonly alerts: readonly AlertView[] }) {
  return (
    <Panel title="Alerts" flush>
      {alerts.length === 0 ? <Empty title="Nothing to tell" text="Refused orders, lost connections and stops are reported here." /> : (
        <ul className="plain-list" aria-label="Alerts">
          {alerts.slice(0, 6).map((alert) => (
            <li key={alert.id} className={css.alert} data-testid="alert-row" data-code={alert.code}>
              <span className={css.alertHead}><Tag tone={SEVERITY[alert.severity]}>{alert.severity}</Tag><span className="push"><When at={alert.at} /></span></span>
              <span>{alert.text}</span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}
