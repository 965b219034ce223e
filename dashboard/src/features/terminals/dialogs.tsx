import { Alert, Button, CopyButton, Group, Modal, Stack, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { errorText } from '@/lib/api/problem'
import { keys } from '@/lib/keys'
import { useServices } from '@/lib/services'
import type { TerminalView } from '@/protocol/generated'
import css from './terminals.module.css'

export function AddTerminal({ opened, onClose }: { readonly opened: boolean; readonly onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Add a terminal" centered closeOnClickOutside={false} closeButtonProps={{ 'aria-label': 'Close the dialog' }}>
      {opened && <Add onClose={onClose} />}
    </Modal>
  )
}

function Add({ onClose }: { readonly onClose: () => void }) {
  const { api } = useServices()
  const client = useQueryClient()
  const [name, setName] = useState('')
  const add = useMutation({
    mutationFn: () => api.addTerminal(name.trim()),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.terminals }),
  })
  if (add.data) return <Token token={add.data.token} onClose={onClose} />
  return (
    <form onSubmit={(event) => { event.preventDefault(); if (!add.isPending) add.mutate() }}>
      <Stack gap="md">
        <TextInput label="Name" description="What you call it, for example “VPS, account 2”." value={name} maxLength={200} onChange={(event) => setName(event.currentTarget.value)} data-autofocus data-testid="terminal-name" />
        {add.error && <Alert color="red">{errorText(add.error)}</Alert>}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>Cancel</Button>
          <Button type="submit" loading={add.isPending} disabled={name.trim() === ''} data-testid="terminal-create">Add</Button>
        </Group>
      </Stack>
    </form>
  )
}

function Token({ token, onClose }: { readonly token: string; readonly onClose: () => void }) {
  return (
    <Stack gap="md">
      <p>Paste this token into the desktop app. <strong>It is shown this once</strong>: the server keeps only its fingerprint.</p>
      <div className={css.token} data-testid="terminal-token">
        <code>{token}</code>
        <CopyButton value={token}>{({ copied, copy }) => <Button size="compact-sm" variant="default" onClick={copy}>{copied ? 'Copied' : 'Copy'}</Button>}</CopyButton>
      </div>
      <Group justify="flex-end"><Button onClick={onClose}>I have kept it</Button></Group>
    </Stack>
  )
}

interface RevokeProps {
  readonly terminal: TerminalView | null
  readonly busy: boolean
  readonly onClose: () => void
  readonly onRevoke: () => void
}

export function RevokeDialog({ terminal, busy, onClose, onRevoke }: RevokeProps) {
  return (
    <Modal opened={terminal !== null} onClose={onClose} title="Revoke this terminal?" centered closeButtonProps={{ 'aria-label': 'Close the dialog' }}>
      <Stack gap="md">
        <p>
          {terminal?.name} loses its token at once: you will no longer see it, nor stop it from here. Its open positions stay as they are.
        </p>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>Keep it</Button>
          <Button color="red" loading={busy} onClick={onRevoke} data-testid="terminal-revoke-confirm">Revoke</Button>
        </Group>
      </Stack>
    </Modal>
  )
}
