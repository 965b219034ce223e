import { Button } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Gain, Stat, Tag, type Tone } from '@/components/figures'
import { Empty, Failed, Loading, Panel } from '@/components/panel'
import { errorText } from '@/lib/api/problem'
import { useOverview } from '@/lib/data'
import { money } from '@/lib/format'
import { keys } from '@/lib/keys'
import { foldTerminals } from '@/lib/live/fold'
import { useAges, useServices } from '@/lib/services'
import { age } from '@/lib/time'
import type { TerminalView } from '@/protocol/generated'
import { AddTerminal, RevokeDialog } from './dialogs'
import css from './terminals.module.css'

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
          : rows.length === 0 ? <Empty title="No terminal yet" text="Add one and paste its token into the desktop app, or start a desktop app and approve it here." />
          : <ul className="plain-list">{rows.map((terminal) => <Row key={terminal.id} terminal={terminal} />)}</ul>}
      </Panel>
      <AddTerminal opened={adding} onClose={() => setAdding(false)} />
    </>
  )
}

const STATUS: Readonly<Record<TerminalView['status'], Tone>> = { approved: 'up', pending: 'warn', denied: 'down', revoked: 'quiet' }

function Row({ terminal }: { readonly terminal: TerminalView }) {
  const { api } = useServices()
  const client = useQueryClient()
  const since = useAges()
  const [revoking, setRevoking] = useState(false)
  const judge = useMutation({
    mutationFn: (verdict: 'approve' | 'deny' | 'revoke') => api.judgeTerminal(terminal.id, verdict),
    onSuccess: () => Promise.all([client.invalidateQueries({ queryKey: keys.terminals }), client.invalidateQueries({ queryKey: keys.overview })]),
  })
  const seen = since(terminal.lastSeenAt)
  return (
    <li className={css.card} data-testid="terminal-row" data-terminal-id={terminal.terminalId ?? undefined} data-status={terminal.status}>
      <div className="row">
        <strong>{terminal.name}</strong>
        <Tag tone={STATUS[terminal.status]}>{terminal.status}</Tag>
        {terminal.status === 'approved' && <Tag tone={terminal.connected ? 'up' : 'warn'}>{terminal.connected ? 'connected' : 'not connected'}</Tag>}
        {terminal.latch !== null && <Tag tone="down">stopped</Tag>}
        {terminal.paused && <Tag tone="warn">paused</Tag>}
        <span className="row push">
          {terminal.status === 'pending' && <Button size="xs" loading={judge.isPending} onClick={() => judge.mutate('approve')} data-testid="terminal-approve">Approve</Button>}
          {terminal.status === 'pending' && <Button size="xs" variant="default" disabled={judge.isPending} onClick={() => judge.mutate('deny')}>Deny</Button>}
          {terminal.status === 'denied' && <Button size="xs" variant="default" loading={judge.isPending} onClick={() => judge.mutate('approve')}>Approve after all</Button>}
          {terminal.status === 'approved' && <Button size="xs" variant="default" onClick={() => setRevoking(true)} data-testid="terminal-revoke">Revoke</Button>}
        </span>
      </div>
      <span className="muted">
        {[terminal.terminalId ?? 'not bound to a desktop app yet', terminal.platform, terminal.version && `version ${terminal.version}`, seen === null ? 'never seen' : `seen ${age(seen)} ago`].filter(Boolean).join(' · ')}
        {terminal.reason && <span className="warn"> {terminal.reason}</span>}
      </span>
      {judge.error && <span className="down" role="alert">{errorText(judge.error)}</span>}
      {terminal.equity !== null && (
        <div className={css.figures}>
          <Stat label="Equity">{money(terminal.equity, terminal.currency)}</Stat>
          <Stat label="Balance">{money(terminal.balance)}</Stat>
          <Stat label="Open profit"><Gain value={terminal.profit} /></Stat>
          <Stat label="Free margin">{money(terminal.freeMargin)}</Stat>
          <Stat label="Account">{terminal.demo ? 'Demo' : 'Real money'}</Stat>
        </div>
      )}
      <RevokeDialog terminal={revoking ? terminal : null} busy={judge.isPending} onClose={() => setRevoking(false)} onRevoke={() => judge.mutate('revoke', { onSuccess: () => setRevoking(false) })} />
    </li>
  )
}
