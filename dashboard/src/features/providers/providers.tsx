import { Button } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { type Column, DataTable } from '@/components/data-table'
import { Gain } from '@/components/figures'
import { LoadMore } from '@/components/load-more'
import { Empty, Failed, Loading, Panel } from '@/components/panel'
import { keys } from '@/lib/keys'
import { useServices } from '@/lib/services'
import type { ProviderView } from '@/protocol/generated'
import { AddProvider } from './add'
import css from './providers.module.css'
import { titleOf, winRate } from './rules'
import { AGAIN_MS, Posted, State, useCurrency } from './state'

function Title({ provider }: { readonly provider: ProviderView }) {
  return <Link to="/providers/$id" params={{ id: String(provider.id) }} className={css.title}>{titleOf(provider)}</Link>
}

const columns: readonly Column<ProviderView>[] = [
  { id: 'name', header: 'Channel', by: (p) => titleOf(p).toLowerCase(), cell: (p) => <Title provider={p} /> },
  { id: 'state', header: 'State', by: (p) => String(p.enabled), cell: (p) => <State provider={p} /> },
  { id: 'posted', header: 'Last message', by: (p) => p.lastMessageAt, cell: (p) => <Posted at={p.lastMessageAt} /> },
  { id: 'signals', header: 'Signals', end: true, by: (p) => p.statistics.signals, cell: (p) => p.statistics.signals },
  { id: 'executed', header: 'Taken', end: true, by: (p) => p.statistics.executed, cell: (p) => p.statistics.executed },
  { id: 'refused', header: 'Refused', end: true, by: (p) => p.statistics.refused, cell: (p) => p.statistics.refused },
  { id: 'wins', header: 'Win rate', end: true, by: (p) => p.statistics.winRate, cell: (p) => winRate(p.statistics) },
  { id: 'profit', header: 'Profit', end: true, by: (p) => p.statistics.profit, cell: (p) => <Profit provider={p} /> },
]

function Profit({ provider }: { readonly provider: ProviderView }) {
  return <Gain value={provider.statistics.profit} currency={useCurrency()} />
}

function Card({ provider }: { readonly provider: ProviderView }) {
  const { signals, executed, refused } = provider.statistics
  return (
    <div className={css.card}>
      <span className="spread"><Title provider={provider} /><State provider={provider} /></span>
      <span className="muted">{signals} signals, {executed} taken, {refused} refused, {winRate(provider.statistics)} won</span>
      <span className="spread"><span className="muted">posted <Posted at={provider.lastMessageAt} /></span><Profit provider={provider} /></span>
    </div>
  )
}

export function ProvidersPage() {
  const { api } = useServices()
  const [adding, setAdding] = useState(false)
  const providers = useInfiniteQuery({
    queryKey: keys.providers,
    queryFn: ({ pageParam, signal }) => api.providers(pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    refetchInterval: AGAIN_MS,
  })
  const rows = useMemo(() => providers.data?.pages.flatMap((page) => page.items) ?? [], [providers.data])
  return (
    <Panel title={<h1>Channels</h1>} flush actions={<Button size="xs" leftSection={<IconPlus size={15} />} onClick={() => setAdding(true)} data-testid="provider-add">Add a channel</Button>}>
      {providers.isError && providers.data === undefined ? <Failed error={providers.error} retry={() => void providers.refetch()} />
        : providers.data === undefined ? <Loading rows={6} />
        : rows.length === 0 ? <Empty title="No channel yet" text="A channel appears here with its first message. Add one to give it rules before." />
        : <DataTable label="Channels" rows={rows} columns={columns} rowKey={(p) => String(p.id)} card={(p) => <Card provider={p} />}
            rowProps={(p) => ({ 'data-testid': 'provider-row', 'data-provider-id': p.id, 'data-enabled': String(p.enabled), 'data-chat-id': p.chatId })} />}
      <LoadMore query={providers} />
      <AddProvider opened={adding} onClose={() => setAdding(false)} />
    </Panel>
  )
}
