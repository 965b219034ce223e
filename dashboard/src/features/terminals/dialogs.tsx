import { Alert, Button, Group, Modal, Stack, Tabs, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Secret } from '@/components/secret'
import { errorText } from '@/lib/api/problem'
import { keys } from '@/lib/keys'
import { useServices } from '@/lib/services'
import type { TerminalView } from '@/protocol/generated'
import { tokenPicture } from './code'
import { PairForm } from './pair-form'

export function AddTerminal({ opened, onClose }: { readonly opened: boolean; readonly onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Add a terminal" centered closeOnClickOutside={false} closeButtonProps={{ 'aria-label': 'Close the dialog' }}>
      {opened && (
        <Tabs defaultValue="code" keepMounted={false}>
          <Tabs.List mb="md">
            <Tabs.Tab value="code" data-testid="add-by-code">Type its code</Tabs.Tab>
            <Tabs.Tab value="token" data-testid="add-by-token">Give it a token</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="code"><PairForm done={<Button onClick={onClose} data-testid="pair-done">Done</Button>} /></Tabs.Panel>
          <Tabs.Panel value="token"><WithToken onClose={onClose} /></Tabs.Panel>
        </Tabs>
      )}
    </Modal>
  )
}

function WithToken({ onClose }: { readonly onClose: () => void }) {
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
        <p>For a machine without a browser nearby: make a token here and paste it there.</p>
        <TextInput label="Name" description="What you call it, for example “VPS, account 2”." value={name} maxLength={200} onChange={(event) => setName(event.currentTarget.value)} data-autofocus data-testid="terminal-name" />
        {add.error && <Alert color="red" role="alert">{errorText(add.error)}</Alert>}
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
      <p>
        <strong>Shown this once</strong>: the server keeps only its fingerprint. Save a screenshot for{' '}
        <code className="mono">signalos desktop pair --picture FILE</code>, or paste the text into{' '}
        <code className="mono">signalos desktop pair --token-stdin</code>. Delete the screenshot afterwards.
      </p>
      <Secret picture={tokenPicture(location.origin, token)} title="QR code of the token" text={token} testId="terminal-token" />
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
