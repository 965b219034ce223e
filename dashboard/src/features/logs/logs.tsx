import { SegmentedControl, Select, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { type Column, DataTable } from '@/components/data-table'
import { Tag, When } from '@/components/figures'
import { LoadMore } from '@/components/load-more'
import { Empty, Failed, Loading, Panel } from '@/components/panel'
import type { LogFilter } from '@/lib/api/endpoints'
import { keys } from '@/lib/keys'
import { fits, withLog } from '@/lib/live/apply'
import { useServices } from '@/lib/services'
import { describe, eventName, type Line, lines, toneOf } from './describe'
import css from './logs.module.css'

const What = ({ line }: { readonly line: Line }) => <Tag tone={toneOf(line.log)}>{eventName(line.log)}</Tag>

const Text = ({ line }: { readonly line: Line }) => (
  <span>{describe(line.log)}{line.count > 1 && <span className="muted"> {line.count} times</span>}</span>
)

const columns: readonly Column<Line>[] = [
  { id: 'seq', header: 'No.', by: (line) => line.log.seq, cell: (line) => <span className="muted">{line.log.seq}</span> },
  { id: 'at', header: 'Recorded', by: (line) => line.log.at, cell: (line) => <When at={line.log.at} /> },
  { id: 'type', header: 'What', by: (line) => line.log.type, cell: (line) => <What line={line} /> },
  { id: 'text', header: 'Event', cell: (line) => <Text line={line} /> },
]

const KINDS = [
  { value: '', label: 'Everything' }, { value: 'error_alert', label: 'Alerts' }, { value: 'signal_created', label: 'Signals' },
  { value: 'decision_made', label: 'Decisions' }, { value: 'trade_update', label: 'Trades' }, { value: 'command_update', label: 'Commands' },
  { value: 'terminal_update', label: 'Terminals' },
]
const SEVERITIES = [
  { value: 'critical', label: 'Critical' }, { value: 'error', label: 'Errors' }, { value: 'warning', label: 'Warnings' }, { value: 'info', label: 'Information' },
]

export function LogsPage() {
  const { api, feed } = useServices()
  const [kind, setKind] = useState('')
  const [severity, setSeverity] = useState<string | null>(null)
  const [typed, setTyped] = useState('')
  const [text] = useDebouncedValue(typed.trim(), 300)
  const filter: LogFilter = {
    ...(kind === '' ? {} : { type: kind }), ...(kind === 'error_alert' && severity !== null ? { severity } : {}), ...(text === '' ? {} : { text }),
  }
  const logs = useInfiniteQuery({
    queryKey: keys.logs(filter),
    queryFn: ({ pageParam, signal }) => feed.fresh(() => api.logs(filter, pageParam, signal), (page, event) =>
      pageParam === null && fits(filter, event) ? { ...page, items: withLog(page.items, event) } : page),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    // Events that came while another page was shown were not put in here.
    refetchOnMount: 'always',
  })
  const rows = useMemo(() => lines(logs.data?.pages.flatMap((page) => page.items) ?? []), [logs.data])
  return (
    <Panel title={<h1>Logs and alerts</h1>} note="every event, each once, in its order" flush>
      <div className={css.filters}>
        <div className={css.kinds}><SegmentedControl size="xs" aria-label="Kind of event" data={KINDS} value={kind} onChange={setKind} data-testid="log-kind" /></div>
        {kind === 'error_alert' && (
          <Select size="xs" w={150} aria-label="Severity" placeholder="Any severity" clearable clearButtonProps={{ 'aria-label': 'Any severity' }} data={SEVERITIES} value={severity} onChange={setSeverity} data-testid="log-severity" />
        )}
        <TextInput size="xs" aria-label="Search" placeholder="Search" leftSection={<IconSearch size={14} />} maxLength={100} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} data-testid="log-search" />
      </div>
      {logs.isError && logs.data === undefined ? <Failed error={logs.error} retry={() => void logs.refetch()} />
        : logs.data === undefined ? <Loading rows={10} />
        : rows.length === 0 ? <Empty title={kind === '' && text === '' ? 'Nothing has happened yet' : 'Nothing of this kind'} />
        : <DataTable label="Events" rows={rows} columns={columns} rowKey={(line) => String(line.log.seq)}
            rowProps={(line) => ({ 'data-testid': 'log-row', 'data-type': line.log.type, 'data-severity': typeof line.log.data['severity'] === 'string' ? line.log.data['severity'] : undefined })}
            card={(line) => (
              <>
                <div className="spread"><What line={line} /><When at={line.log.at} /></div>
                <div><Text line={line} /></div>
              </>
            )} />}
      <LoadMore query={logs} />
    </Panel>
  )
}
