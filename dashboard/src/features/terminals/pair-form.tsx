/** Type the code that a desktop app shows, see who asks, and decide. */
import { Alert, Button, Group, Stack, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { errorText } from '@/lib/api/problem'
import { useOverview } from '@/lib/data'
import { keys } from '@/lib/keys'
import { useAges, useServices } from '@/lib/services'
import { age } from '@/lib/time'
import type { PairingView, TerminalView } from '@/protocol/generated'
import { isWhole, writeCode } from './code'
import css from './terminals.module.css'

interface Props {
  /** What leads away from the form once it is done. */
  readonly done: ReactNode
}

export function PairForm({ done }: Props) {
  const { api } = useServices()
  const client = useQueryClient()
  const [code, setCode] = useState('')
  const look = useMutation({ mutationFn: () => api.lookAtPairing(code) })
  const approve = useMutation({
    mutationFn: (userCode: string) => api.approvePairing(userCode),
    onSuccess: () => Promise.all([client.invalidateQueries({ queryKey: keys.terminals }), client.invalidateQueries({ queryKey: keys.overview })]),
  })
  const deny = useMutation({ mutationFn: (userCode: string) => api.denyPairing(userCode) })

  if (approve.data) return <Approved terminal={approve.data} done={done} />
  if (deny.data) return <Stack gap="md"><p role="status" data-testid="pair-denied">{deny.data.name} was kept out. Nothing was changed.</p><Group justify="flex-end">{done}</Group></Stack>
  if (look.data)
    return (
      <Asker
        asker={look.data} busy={approve.isPending || deny.isPending} error={approve.error ?? deny.error}
        onApprove={() => approve.mutate(look.data.userCode)} onDeny={() => deny.mutate(look.data.userCode)}
      />
    )
  return (
    <form data-testid="pair-form" onSubmit={(event) => { event.preventDefault(); if (isWhole(code) && !look.isPending) look.mutate() }}>
      <Stack gap="md">
        <p>On the machine of the desktop app run <code className="mono">signalos desktop pair</code>, and type here the code that it shows.</p>
        <TextInput
          label="Code" placeholder="WDJB-MJHT" autoComplete="off" autoCapitalize="characters" spellCheck={false} data-autofocus
          classNames={{ input: css.code ?? '' }} value={code} onChange={(event) => setCode(writeCode(event.currentTarget.value))} data-testid="pair-code"
        />
        {look.error && <Alert color="red" role="alert" data-testid="pair-error">{errorText(look.error)}</Alert>}
        <Group justify="flex-end"><Button type="submit" loading={look.isPending} disabled={!isWhole(code)} data-testid="pair-look">Who is this?</Button></Group>
      </Stack>
    </form>
  )
}

interface AskerProps {
  readonly asker: PairingView
  readonly busy: boolean
  readonly error: Error | null
  readonly onApprove: () => void
  readonly onDeny: () => void
}

function Asker({ asker, busy, error, onApprove, onDeny }: AskerProps) {
  const since = useAges()
  const asked = since(asker.askedAt)
  const open = asker.state === 'pending'
  return (
    <Stack gap="md" data-testid="pair-asker" data-terminal-id={asker.terminalId}>
      <p>This desktop app asks to trade for you:</p>
      <dl className={css.facts}>
        <dt>Name</dt><dd>{asker.name}</dd>
        <dt>Terminal</dt><dd className="mono">{asker.terminalId}</dd>
        <dt>System</dt><dd>{asker.platform || 'not told'}</dd>
        <dt>Version</dt><dd>{asker.version || 'not told'}</dd>
        <dt>Asked</dt><dd>{asked === null ? 'just now' : `${age(asked)} ago`}</dd>
      </dl>
      {!open && <Alert color="yellow" role="status">You have decided about this code already. A new one comes from <code className="mono">signalos desktop pair</code>.</Alert>}
      {open && asker.replaces !== null && (
        <Alert color="yellow" title={`It takes the place of ${asker.replaces}`}>
          You have a terminal of this name. Its old token ends as soon as this app has the new one; its trades stay.
        </Alert>
      )}
      {open && <p className="muted">Approve only what you have started yourself a moment ago. Whoever runs it gets your strategy and reports your trades.</p>}
      {error && <Alert color="red" role="alert">{errorText(error)}</Alert>}
      {open && (
        <Group justify="flex-end" gap="xs">
          <Button variant="default" disabled={busy} onClick={onDeny} data-testid="pair-deny">Deny</Button>
          <Button loading={busy} onClick={onApprove} data-testid="pair-approve">Approve</Button>
        </Group>
      )}
    </Stack>
  )
}

function Approved({ terminal, done }: { readonly terminal: TerminalView; readonly done: ReactNode }) {
  const { data } = useOverview()
  const now = data?.terminals.find((t) => t.id === terminal.id) ?? terminal
  return (
    <Stack gap="md">
      <p role="status" data-testid="pair-approved" data-online={now.online}>
        <strong>{now.name}</strong> is approved. {now.online ? 'It is connected.' : 'It fetches its token within a few seconds, and connects once the desktop app runs.'}
      </p>
      <Group justify="flex-end">{done}</Group>
    </Stack>
  )
}
