/** One terminal: whether it is let in, how well it is, and what may be done about it. */
import { Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Gain, Stat, Tag, type Tone } from '@/components/figures'
import { HealthList } from '@/components/health-list'
import { errorText } from '@/lib/api/problem'
import { money } from '@/lib/format'
import { desktopHealth, sourceHealth, terminalHealth } from '@/lib/health'
import { keys } from '@/lib/keys'
import { useAges, useServices, useTime } from '@/lib/services'
import type { TerminalView } from '@/protocol/generated'
import { RevokeDialog } from './dialogs'
import { stopWords } from './stop-words'
import css from './terminals.module.css'

const STATUS: Readonly<Record<TerminalView['status'], Tone>> = { approved: 'up', pending: 'warn', denied: 'down', revoked: 'quiet' }

export function TerminalCard({ terminal }: { readonly terminal: TerminalView }) {
  const { api } = useServices()
  const client = useQueryClient()
  const time = useTime()
  const [revoking, setRevoking] = useState(false)
  const judge = useMutation({
    mutationFn: (verdict: 'approve' | 'deny' | 'revoke') => api.judgeTerminal(terminal.id, verdict),
    onSuccess: () => Promise.all([client.invalidateQueries({ queryKey: keys.terminals }), client.invalidateQueries({ queryKey: keys.overview })]),
  })
  const reported = terminal.status === 'approved' && terminal.lastSeenAt !== null
  return (
    <li className={css.card} data-testid="terminal-row" data-terminal-id={terminal.terminalId ?? undefined} data-status={terminal.status} data-online={terminal.online}>
      <div className={css.head}>
        <strong>{terminal.name}</strong>
        <Tag tone={STATUS[terminal.status]}>{terminal.status}</Tag>
        {reported && <Tag tone={terminal.demo ? 'info' : 'down'}>{terminal.demo ? 'demo account' : 'real money'}</Tag>}
        {terminal.status === 'approved' && <Tag tone={terminal.connected ? 'up' : 'warn'}>{terminal.connected ? 'connected' : 'not connected'}</Tag>}
        {terminal.latch !== null && <Tag tone="down">stopped</Tag>}
        {terminal.paused && <Tag tone="warn">paused</Tag>}
        <span className="row push">
          {terminal.status === 'pending' && <Button size="xs" loading={judge.isPending} onClick={() => judge.mutate('approve')} data-testid="terminal-approve">Approve</Button>}
          {terminal.status === 'pending' && <Button size="xs" variant="default" disabled={judge.isPending} onClick={() => judge.mutate('deny')} data-testid="terminal-deny">Deny</Button>}
          {terminal.status === 'denied' && <Button size="xs" variant="default" loading={judge.isPending} onClick={() => judge.mutate('approve')} data-testid="terminal-approve">Approve after all</Button>}
          {terminal.status === 'approved' && <Button size="xs" variant="default" onClick={() => setRevoking(true)} data-testid="terminal-revoke">Revoke</Button>}
        </span>
      </div>
      <span className="muted">
        {[terminal.terminalId ?? 'no desktop app has used its token yet', terminal.platform, terminal.version && `version ${terminal.version}`].filter(Boolean).join(' · ')}
      </span>
      {terminal.status === 'pending' && <span className="warn">This desktop app has signed on and waits for your approval.</span>}
      {terminal.status === 'revoked' && <span className="muted">Its token has ended. To let it in again, run <code className="mono">signalos desktop pair</code> there.</span>}
      {judge.error && <span className="down" role="alert">{errorText(judge.error)}</span>}
      {terminal.latch !== null && <span className="down" data-testid="terminal-latch">{stopWords(terminal.latch, `${time.full(terminal.latch.at)} ${time.label}`)}</span>}
      {terminal.status === 'approved' && <Wellbeing terminal={terminal} />}
      {reported && terminal.equity !== null && (
        <div className={css.figures}>
          <Stat label="Equity">{money(terminal.equity, terminal.currency)}</Stat>
          <Stat label="Balance">{money(terminal.balance)}</Stat>
          <Stat label="Open profit"><Gain value={terminal.profit} /></Stat>
          <Stat label="Free margin">{money(terminal.freeMargin)}</Stat>
        </div>
      )}
      <RevokeDialog terminal={revoking ? terminal : null} busy={judge.isPending} onClose={() => setRevoking(false)} onRevoke={() => judge.mutate('revoke', { onSuccess: () => setRevoking(false) })} />
    </li>
  )
}

function Wellbeing({ terminal }: { readonly terminal: TerminalView }) {
  const since = useAges()
  const own = desktopHealth(terminal, since)
  if (terminal.lastSeenAt === null) return <HealthList all={[own]} />
  return <HealthList all={[own, terminalHealth(terminal, since), ...terminal.sources.map((source) => sourceHealth(source, terminal, since))]} />
}
