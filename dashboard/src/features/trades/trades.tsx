import { Select, Tabs, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { CommandState } from '@/components/command-state'
import { type Column, DataTable } from '@/components/data-table'
import { Gain, Side, TradeStatus, When } from '@/components/figures'
import { LoadMore } from '@/components/load-more'
import { Empty, Failed, Loading, Panel } from '@/components/panel'
import { reasonText } from '@/components/signals/words'
import { OpenTrades } from '@/components/trades/open-trades'
import { commandOf, useOverview } from '@/lib/data'
import { digitsOf, price, volume } from '@/lib/format'
import { keys } from '@/lib/keys'
import { foldTrades } from '@/lib/live/fold'
import { useServices } from '@/lib/services'
import type { TradeView } from '@/protocol/generated'
import css from './trades.module.css'

const OPEN_STATES = [{ value: '', label: 'Open and waiting' }, { value: 'open', label: 'Open' }, { value: 'pending', label: 'Waiting' }]
const PAST_STATES = [{ value: 'closed', label: 'Closed' }, { value: 'cancelled', label: 'Cancelled' }, { value: 'failed', label: 'Failed' }]

export function TradesPage() {
  const [tab, setTab] = useState<string | null>('open')
  const [symbol, setSymbol] = useState('')
  const [alive, setAlive] = useState('')
  const [past, setPast] = useState('closed')
  const open = tab === 'open'
  const { data } = useOverview()
  const wanted = symbol.trim().toUpperCase()
  const trades = useMemo(
    () => (data?.openTrades ?? []).filter((t) => (alive === '' || t.status === alive) && (wanted === '' || t.symbol.toUpperCase().includes(wanted))),
    [data?.openTrades, alive, wanted],
  )
  return (
    <Panel flush>
      <h1 className="visually-hidden">Trades</h1>
      <div className={css.bar}>
        <Tabs value={tab} onChange={setTab} variant="pills" classNames={{ tab: css.tab ?? '' }}>
          <Tabs.List aria-label="Trades">
            <Tabs.Tab value="open" data-testid="tab-open">Open ({data?.openTrades.length ?? 0})</Tabs.Tab>
            <Tabs.Tab value="past" data-testid="tab-closed">Ended</Tabs.Tab>
          </Tabs.List>
        </Tabs>
        <div className={css.filters}>
          <TextInput size="xs" placeholder="Symbol" aria-label="Symbol" value={symbol} onChange={(event) => setSymbol(event.currentTarget.value)} w={110} data-testid="filter-symbol" />
          <Select size="xs" aria-label="State" allowDeselect={false} w={150} data={open ? OPEN_STATES : PAST_STATES} value={open ? alive : past} onChange={(value) => (open ? setAlive : setPast)(value ?? '')} />
        </div>
      </div>
      {open ? <OpenTrades trades={trades} /> : <Past status={past} symbol={wanted} />}
    </Panel>
  )
}

const endDigits = (trade: TradeView) => digitsOf(trade.symbol, trade.entryPrice, trade.closePrice)

const columns: readonly Column<TradeView>[] = [
  { id: 'symbol', header: 'Symbol', by: (t) => t.symbol, cell: (t) => <span className="row nowrap"><Side side={t.side} /><strong>{t.symbol}</strong>{t.leg !== null && <span className="muted">leg {t.leg}</span>}</span> },
  { id: 'volume', header: 'Lots', end: true, by: (t) => t.volume, cell: (t) => volume(t.volume) },
  { id: 'entry', header: 'Entry', end: true, cell: (t) => price(t.entryPrice, t.symbol, endDigits(t)) },
  { id: 'close', header: 'Close', end: true, cell: (t) => price(t.closePrice, t.symbol, endDigits(t)) },
  { id: 'pnl', header: 'Result', end: true, by: (t) => t.pnl, cell: (t) => <Gain value={t.pnl} /> },
  { id: 'status', header: 'State', by: (t) => t.status, cell: (t) => <TradeStatus status={t.status} /> },
  { id: 'why', header: 'Why', by: (t) => t.reason, cell: (t) => <Why trade={t} /> },
  { id: 'opened', header: 'Opened', by: (t) => t.openedAt, cell: (t) => <When at={t.openedAt} /> },
  { id: 'closed', header: 'Ended', by: (t) => t.closedAt, cell: (t) => <When at={t.closedAt ?? t.updatedAt} /> },
  { id: 'source', header: 'From', by: (t) => t.chatName, cell: (t) => <From trade={t} /> },
]

function Why({ trade }: { readonly trade: TradeView }) {
  const { data } = useOverview()
  const command = commandOf(trade, data?.commands ?? [])
  const ended = command?.kind === 'close' && command.state === 'done'
  const failed = command !== undefined && command.state !== 'done'
  return (
    <span className="row" data-testid="trade-why">
      <span>{ended ? 'Closed by your command' : reasonText(trade.reason) || '–'}</span>
      {failed && <CommandState command={command} />}
    </span>
  )
}

function From({ trade }: { readonly trade: TradeView }) {
  if (trade.signalId === null) return <span className="muted">{trade.chatName || 'by hand'}</span>
  return <Link to="/signals/$id" params={{ id: String(trade.signalId) }} className="nowrap">{trade.chatName || `signal ${trade.signalId}`}</Link>
}

function Past({ status, symbol }: { readonly status: string; readonly symbol: string }) {
  const { api, feed } = useServices()
  const [settled] = useDebouncedValue(symbol, 300)
  const filter = useMemo(() => ({ status, ...(settled === '' ? {} : { symbol: settled }) }), [status, settled])
  const trades = useInfiniteQuery({
    queryKey: keys.trades(filter),
    queryFn: ({ pageParam, signal }) => feed.fresh(() => api.trades(filter, pageParam, signal), (page, event) =>
      ({ ...page, items: foldTrades(filter, page.items, event, pageParam === null) })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  })
  const rows = useMemo(() => trades.data?.pages.flatMap((page) => page.items) ?? [], [trades.data])
  if (trades.isError && trades.data === undefined) return <Failed error={trades.error} retry={() => void trades.refetch()} />
  if (trades.data === undefined) return <Loading rows={8} />
  if (rows.length === 0) return <Empty title="No such trades" text={settled ? `Nothing on ${settled} has ended that way.` : 'Ended trades appear here with their result and the reason of their end.'} />
  return (
    <>
      <DataTable
        label="Ended trades" rows={rows} columns={columns} rowKey={(t) => String(t.id)} card={(t) => <PastCard trade={t} />}
        rowProps={(t) => ({ 'data-testid': 'trade-row', 'data-trade-id': t.id, 'data-symbol': t.symbol, 'data-status': t.status, 'data-identifier': t.identifier ?? undefined })}
      />
      <LoadMore query={trades} />
    </>
  )
}

function PastCard({ trade }: { readonly trade: TradeView }) {
  return (
    <>
      <div className="spread"><span className="row"><Side side={trade.side} /><strong>{trade.symbol}</strong><span className="muted">{volume(trade.volume)} lots</span></span><strong><Gain value={trade.pnl} /></strong></div>
      <div className="spread"><span className="muted">{price(trade.entryPrice, trade.symbol, endDigits(trade))} → {price(trade.closePrice, trade.symbol, endDigits(trade))}</span><When at={trade.closedAt ?? trade.updatedAt} /></div>
      <div className="spread"><Why trade={trade} /><From trade={trade} /></div>
    </>
  )
}
