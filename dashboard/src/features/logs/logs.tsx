import { useInfiniteQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { type Column, DataTable } from '@/components/data-table'
import { Tag, When } from '@/components/figures'
import { LoadMore } from '@/components/load-more'
import { Empty, Failed, Loading, Panel } from '@/components/panel'
import { keys } from '@/lib/keys'
import { useServices } from '@/lib/services'
import type { LogView } from '@/protocol/generated'
import { describe, eventName } from './describe'

const columns: readonly Column<LogView>[] = [
  { id: 'seq', header: 'No.', by: (log) => log.seq, cell: (log) => <span className="muted">{log.seq}</span> },
  { id: 'at', header: 'Recorded', by: (log) => log.at, cell: (log) => <When at={log.at} /> },
  { id: 'type', header: 'What', by: (log) => log.type, cell: (log) => <Tag tone={log.type === 'error_alert' ? 'warn' : 'plain'}>{eventName(log.type)}</Tag> },
  { id: 'text', header: 'Event', cell: (log) => describe(log) },
]

export function LogsPage() {
  const { api } = useServices()
  const logs = useInfiniteQuery({
    queryKey: keys.logs,
    queryFn: ({ pageParam, signal }) => api.logs(pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    // Events that came while another page was shown were not put in here.
    refetchOnMount: 'always',
  })
  const rows = useMemo(() => logs.data?.pages.flatMap((page) => page.items) ?? [], [logs.data])
  return (
    <Panel title={<h1>Logs</h1>} note="every event, each once, in its order" flush>
      {logs.isError && logs.data === undefined ? <Failed error={logs.error} retry={() => void logs.refetch()} />
        : logs.data === undefined ? <Loading rows={10} />
        : rows.length === 0 ? <Empty title="Nothing has happened yet" />
        : <DataTable label="Events" rows={rows} columns={columns} rowKey={(log) => String(log.seq)} rowProps={(log) => ({ 'data-testid': 'log-row', 'data-type': log.type })}
            card={(log) => (
              <>
                <div className="spread"><Tag tone={log.type === 'error_alert' ? 'warn' : 'plain'}>{eventName(log.type)}</Tag><When at={log.at} /></div>
                <div>{describe(log)}</div>
              </>
            )} />}
      <LoadMore query={logs} />
    </Panel>
  )
}
