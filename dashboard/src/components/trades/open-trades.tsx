/** What is open now: our trades with their floating profit, and positions opened by hand. */
import { Link } from '@tanstack/react-router'
import { useMemo } from 'react'
import { type Column, DataTable } from '@/components/data-table'
import { Gain, Side, Tag, TradeStatus, When } from '@/components/figures'
import { Empty } from '@/components/panel'
import { usePositions } from '@/lib/data'
import { money, price, volume } from '@/lib/format'
import type { TradeView } from '@/protocol/generated'
import { openRows, type Row } from './open-rows'
import { TradeActions } from './trade-actions'
import css from './trades.module.css'

const columns: readonly Column<Row>[] = [
  { id: 'symbol', header: 'Symbol', by: (r) => r.symbol, cell: (r) => <Name row={r} /> },
  { id: 'volume', header: 'Lots', end: true, by: (r) => r.volume, cell: (r) => volume(r.volume) },
  { id: 'entry', header: 'Entry', end: true, by: (r) => r.entry, cell: (r) => price(r.entry, r.symbol, r.digits) },
  { id: 'price', header: 'Price', end: true, cell: (r) => price(r.held?.price, r.symbol, r.digits) },
  { id: 'stop', header: 'Stop', end: true, cell: (r) => price(r.stop, r.symbol, r.digits) },
  { id: 'target', header: 'Target', end: true, cell: (r) => price(r.target, r.symbol, r.digits) },
  { id: 'profit', header: 'Profit', end: true, by: (r) => r.held?.profit ?? null, cell: (r) => <Floating row={r} /> },
  { id: 'risk', header: 'Risk', end: true, by: (r) => r.held?.risk ?? null, cell: (r) => <Risk row={r} /> },
  { id: 'opened', header: 'Opened', by: (r) => r.trade?.openedAt ?? null, cell: (r) => <When at={r.trade?.openedAt ?? null} /> },
  { id: 'source', header: 'From', by: (r) => r.trade?.chatName ?? '', cell: (r) => <Source row={r} /> },
  { id: 'actions', header: '', end: true, cell: (r) => r.trade && <TradeActions trade={r.trade} held={r.held} /> },
]

/** Beside another column there is no room for everything; the trades' own page has it all. */
const few = columns.filter((column) => column.id !== 'opened' && column.id !== 'source')

export function OpenTrades({ trades, compact = false }: { readonly trades: readonly TradeView[]; readonly compact?: boolean }) {
  const positions = usePositions()
  const rows = useMemo(() => openRows(trades, positions), [trades, positions])
  if (rows.length === 0) return <Empty title="No open trades" text="The next signal that passes your strategy appears here the moment it is executed." />
  return (
    <DataTable
      label="Open trades" rows={rows} columns={compact ? few : columns} rowKey={(r) => r.key} card={(r) => <Card row={r} />}
      rowProps={(r) => ({ 'data-testid': 'trade-row', 'data-trade-id': r.trade?.id, 'data-symbol': r.symbol, 'data-status': r.trade?.status ?? 'by-hand', 'data-identifier': r.trade?.identifier ?? r.held?.identifier })}
    />
  )
}

function Name({ row }: { readonly row: Row }) {
  return (
    <span className="row nowrap">
      <Side side={row.side} />
      <span className={css.symbol}>{row.symbol}</span>
      {row.trade?.leg != null && <span className={css.leg}>leg {row.trade.leg}</span>}
      {row.trade === null ? <Tag tone="warn" title="Not opened by SignalOS; a full stop closes it too">by hand</Tag> : row.trade.status !== 'open' && <TradeStatus status={row.trade.status} />}
      {row.trade?.reason === 'changed_by_hand' && <Tag title="You changed it in the terminal: SignalOS does not move that back">changed by hand</Tag>}
    </span>
  )
}

function Floating({ row }: { readonly row: Row }) {
  if (row.trade?.status === 'pending') return <span className="muted">–</span>
  return <Gain value={row.held?.profit} testId="trade-profit" />
}

function Risk({ row }: { readonly row: Row }) {
  if (row.held === undefined) return <span className="muted">–</span>
  return row.stop === null ? <Tag tone="warn">no stop</Tag> : <span className="muted">{money(row.held.risk)}</span>
}

function Source({ row }: { readonly row: Row }) {
  if (row.trade === null) return <span className="muted">–</span>
  const name = row.trade.chatName || 'by hand'
  if (row.trade.signalId === null) return <span className={css.source}>{name}</span>
  return <Link to="/signals/$id" params={{ id: String(row.trade.signalId) }} className={css.source} title={name}>{name}</Link>
}

function Card({ row }: { readonly row: Row }) {
  return (
    <>
      <div className="spread"><Name row={row} /><span className={css.big}><Floating row={row} /></span></div>
      <div className={css.cardGrid}>
        <div><span>Lots</span><span>{volume(row.volume)}</span></div>
        <div><span>Entry</span><span>{price(row.entry, row.symbol, row.digits)}</span></div>
        <div><span>Price</span><span>{price(row.held?.price, row.symbol, row.digits)}</span></div>
        <div><span>Stop</span><span>{price(row.stop, row.symbol, row.digits)}</span></div>
        <div><span>Target</span><span>{price(row.target, row.symbol, row.digits)}</span></div>
        <div><span>Risk</span><span><Risk row={row} /></span></div>
      </div>
      {row.trade && <div className="spread"><Source row={row} /><TradeActions trade={row.trade} held={row.held} /></div>}
    </>
  )
}
