import { useQueries, useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { IconChevronLeft } from '@tabler/icons-react'
import { Gain, Side, Tag, TradeStatus, When } from '@/components/figures'
import { Empty, Failed, Loading, Panel } from '@/components/panel'
import { SignalHeadline } from '@/components/signals/signal-row'
import { levelsText, outcome, reasonText } from '@/components/signals/words'
import { terminalName, useOverview } from '@/lib/data'
import { digitsOf, price, volume } from '@/lib/format'
import { keys } from '@/lib/keys'
import { foldSignal } from '@/lib/live/fold'
import { useServices } from '@/lib/services'
import type { SignalView, TradeView } from '@/protocol/generated'
import { DecideAgain } from './again'
import { Decision } from './decision'
import { Message } from './message'
import css from './signals.module.css'

export function SignalPage() {
  const { id } = useParams({ from: '/shell/signals/$id' })
  const { api, feed } = useServices()
  const number = Number(id)
  const signal = useQuery({
    queryKey: keys.signal(number),
    queryFn: ({ signal: abort }) => feed.fresh(() => api.signal(number, abort), foldSignal),
    enabled: Number.isSafeInteger(number) && number > 0,
  })
  return (
    <>
      <Link to="/signals" className={css.back}><IconChevronLeft size={15} aria-hidden /> Signals</Link>
      {!Number.isSafeInteger(number) || number <= 0 ? <Empty title="There is no such signal" />
        : signal.isError && signal.data === undefined ? <Failed error={signal.error} retry={() => void signal.refetch()} />
        : signal.data === undefined ? <Loading rows={8} />
        : <Loaded signal={signal.data} />}
    </>
  )
}

function Loaded({ signal }: { readonly signal: SignalView }) {
  const { data } = useOverview()
  const { text, tone } = outcome(signal)
  const latest = signal.decisions.toSorted((a, b) => b.version - a.version)
  return (
    <article data-testid="signal-detail" data-status={signal.status}>
      <header className={css.head}>
        <h1><SignalHeadline signal={signal} /></h1>
        <Tag tone={tone}>{text}</Tag>
        {signal.reason && <span className="warn">{reasonText(signal.reason)}</span>}
        <span className="muted">{signal.chatName || signal.chatId}, <When at={signal.postedAt} /></span>
      </header>
      <DecideAgain signal={signal} />
      <div className={css.columns}>
        <div className="stack">
          <Panel title="Message"><Message signal={signal} /></Panel>
          <Panel title="Read as">
            <dl className={css.facts}>
              <dt>Levels</dt><dd>{levelsText(signal) || '–'}</dd>
              <dt>Message</dt><dd>{signal.messageId}, version {signal.version}{signal.part > 1 ? `, part ${signal.part}` : ''}</dd>
              <dt>Posted</dt><dd><When at={signal.postedAt} /></dd>
              <dt>Received</dt><dd><When at={signal.receivedAt} /></dd>
              {typeof signal.details['text'] === 'string' && signal.details['text'] !== '' && <><dt>Because</dt><dd>{signal.details['text']}</dd></>}
            </dl>
          </Panel>
        </div>
        <div className="stack">
          {latest.length === 0 && (
            <Panel title="Decision">
              {signal.status === 'rejected'
                ? <Empty title="Nothing to decide" text={`It is a clear order that must not be executed: ${reasonText(signal.reason).toLowerCase()}.`} />
                : <Empty title="Not decided yet" text="The desktop app has not reported its decision." />}
            </Panel>
          )}
          {latest.map((decision) => (
            <Panel key={`${decision.terminalId}-${decision.version}`} title={`Decision at ${terminalName(decision.terminalId, data?.terminals ?? [])}`} note={decision.version > 1 ? `version ${decision.version}` : undefined}>
              <Decision decision={decision} symbol={signal.symbol ?? ''} />
            </Panel>
          ))}
          <Panel title="Trades that came of it" flush><Trades ids={signal.tradeIds} /></Panel>
        </div>
      </div>
    </article>
  )
}

function Trades({ ids }: { readonly ids: readonly number[] }) {
  const { api } = useServices()
  const trades = useQueries({
    queries: ids.map((id) => ({ queryKey: keys.trade(id), queryFn: ({ signal }: { signal: AbortSignal }) => api.trade(id, signal) })),
  })
  if (ids.length === 0) return <Empty title="No trade came of it" />
  const known = trades.flatMap((trade): TradeView[] => (trade.data === undefined ? [] : [trade.data]))
  const failed = trades.find((trade) => trade.isError)
  if (known.length === 0) return failed ? <Failed error={failed.error} /> : <Loading rows={ids.length} />
  return (
    <div className={css.scroll} role="region" aria-label="Trades" tabIndex={0}>
      <table className={css.plan} aria-label="Trades">
        <thead><tr><th>Leg</th><th>Trade</th><th className={css.num}>Lots</th><th className={css.num}>Entry</th><th className={css.num}>Close</th><th className={css.num}>Result</th><th>State</th></tr></thead>
        <tbody>
          {known.map((trade) => {
            const digits = digitsOf(trade.symbol, trade.entryPrice, trade.closePrice)
            return (
            <tr key={trade.id} data-testid="signal-trade" data-trade-id={trade.id}>
              <td>{trade.leg ?? '–'}</td>
              <td><span className="row"><Side side={trade.side} /> {trade.symbol}</span></td>
              <td className={css.num}>{volume(trade.volume)}</td>
              <td className={css.num}>{price(trade.entryPrice, trade.symbol, digits)}</td>
              <td className={css.num}>{price(trade.closePrice, trade.symbol, digits)}</td>
              <td className={css.num}><Gain value={trade.pnl} /></td>
              <td><span className="row"><TradeStatus status={trade.status} /><span className="muted">{reasonText(trade.reason)}</span></span></td>
            </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}
