import { Button, SegmentedControl } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { type Column, DataTable } from '@/components/data-table'
import { Tag, When } from '@/components/figures'
import { LoadMore } from '@/components/load-more'
import { Empty, Failed, Loading, Panel } from '@/components/panel'
import { SignalHeadline, SignalRow } from '@/components/signals/signal-row'
import { levelsText, outcome, reasonText } from '@/components/signals/words'
import { keys } from '@/lib/keys'
import { foldSignals } from '@/lib/live/fold'
import { useServices } from '@/lib/services'
import type { SignalView } from '@/protocol/generated'
import { EnterSignal } from './enter'
import css from './signals.module.css'

const columns: readonly Column<SignalView>[] = [
  { id: 'posted', header: 'Posted', by: (s) => s.postedAt, cell: (s) => <When at={s.postedAt} /> },
  { id: 'channel', header: 'Channel', by: (s) => s.chatName, cell: (s) => <span className="nowrap">{s.chatName || s.chatId}</span> },
  { id: 'signal', header: 'Signal', by: (s) => s.symbol ?? '', cell: (s) => <Link to="/signals/$id" params={{ id: String(s.id) }}><SignalHeadline signal={s} /></Link> },
  { id: 'levels', header: 'Levels', cell: (s) => <>{levelsText(s)}<span className={css.snippet}>{s.text.replaceAll('\n', '  ')}</span></> },
  { id: 'sure', header: 'Sure', end: true, by: (s) => s.confidence, cell: (s) => `${Math.round(s.confidence * 100)} %` },
  { id: 'outcome', header: 'Outcome', by: (s) => s.status, cell: (s) => <Outcome signal={s} /> },
]

function Outcome({ signal }: { readonly signal: SignalView }) {
  const { text, tone } = outcome(signal)
  return (
    <span className="row">
      <Tag tone={tone}>{text}</Tag>
      <span className="muted">{signal.status === 'executed' ? (signal.tradeIds.length > 0 ? `${signal.tradeIds.length} trade${signal.tradeIds.length === 1 ? '' : 's'}` : '') : reasonText(signal.reason)}</span>
    </span>
  )
}

const FILTERS = [
  { value: 'all', label: 'All' }, { value: 'executed', label: 'Taken' }, { value: 'refused', label: 'Refused' }, { value: 'rejected', label: 'Not traded' },
]

export function SignalsPage() {
  const { api, feed } = useServices()
  const [status, setStatus] = useState('all')
  const [entering, setEntering] = useState(false)
  const signals = useInfiniteQuery({
    queryKey: keys.signals,
    queryFn: ({ pageParam, signal }) => feed.fresh(() => api.signals(pageParam, signal), (page, event) =>
      pageParam === null || event.type !== 'signal_created' ? { ...page, items: foldSignals(page.items, event) } : page),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  })
  const rows = useMemo(() => {
    const all = signals.data?.pages.flatMap((page) => page.items) ?? []
    return status === 'all' ? all : all.filter((signal) => signal.status === status)
  }, [signals.data, status])

  return (
    <Panel title={<h1>Signals</h1>} flush actions={(
      <>
        <SegmentedControl size="xs" aria-label="Outcome" data={FILTERS} value={status} onChange={setStatus} />
        <Button size="xs" variant="default" leftSection={<IconPlus size={15} />} onClick={() => setEntering(true)} data-testid="enter-signal">Enter a signal</Button>
      </>
    )}>
      {signals.isError && signals.data === undefined ? <Failed error={signals.error} retry={() => void signals.refetch()} />
        : signals.data === undefined ? <Loading rows={8} />
        : rows.length === 0 ? <Empty title={status === 'all' ? 'No signals yet' : 'None of these'} text={status === 'all' ? 'What your channels post appears here as soon as it is read.' : 'Load more, or choose another outcome.'} />
        : <DataTable label="Signals" rows={rows} columns={columns} rowKey={(s) => String(s.id)} card={(s) => <SignalRow signal={s} />} bareCards
            rowProps={(s) => ({ 'data-testid': 'signal-row', 'data-signal-id': s.id, 'data-status': s.status, 'data-action': s.action })} />}
      <LoadMore query={signals} />
      <EnterSignal opened={entering} onClose={() => setEntering(false)} />
    </Panel>
  )
}
