import { Button } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Empty, Failed, Loading, Panel } from '@/components/panel'
import { useOverview } from '@/lib/data'
import { keys } from '@/lib/keys'
import { foldTerminals } from '@/lib/live/fold'
import { useServices } from '@/lib/services'
import { TerminalCard } from './card'
import { AddTerminal } from './dialogs'

export function TerminalsPage() {
  const { api, feed } = useServices()
  const [adding, setAdding] = useState(false)
  const terminals = useQuery({
    queryKey: keys.terminals,
    queryFn: ({ signal }) => feed.fresh(() => api.terminals(signal), (page, event) => ({ ...page, items: foldTerminals(page.items, event) })),
  })
  const { data } = useOverview()
  // The overview carries the live figures; this list also has those that were denied or revoked.
  const rows = (terminals.data?.items ?? []).map((terminal) => data?.terminals.find((live) => live.id === terminal.id) ?? terminal)
  return (
    <>
      <Panel title={<h1>Terminals</h1>} flush actions={<Button size="xs" leftSection={<IconPlus size={15} />} onClick={() => setAdding(true)} data-testid="terminal-add">Add terminal</Button>}>
        {terminals.isError && terminals.data === undefined ? <Failed error={terminals.error} retry={() => void terminals.refetch()} />
          : terminals.data === undefined ? <Loading />
          : rows.length === 0 ? <Empty title="No terminal yet" text={<>On the machine of the desktop app run <code className="mono">signalos desktop pair</code>, then add it here by the code that it shows.</>} />
          : <ul className="plain-list">{rows.map((terminal) => <TerminalCard key={terminal.id} terminal={terminal} />)}</ul>}
      </Panel>
      <AddTerminal opened={adding} onClose={() => setAdding(false)} />
    </>
  )
}
