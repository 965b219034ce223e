import { Alert, Button, Group, Modal, Stack, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { errorText } from '@/lib/api/problem'
import { keys } from '@/lib/keys'
import { useServices } from '@/lib/services'

export function AddProvider({ opened, onClose }: { readonly opened: boolean; readonly onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} centered title="Add a channel" closeButtonProps={{ 'aria-label': 'Close the dialog' }}>
      {opened && <Body onClose={onClose} />}
    </Modal>
  )
}

function Body({ onClose }: { readonly onClose: () => void }) {
  const { api } = useServices()
  const client = useQueryClient()
  const navigate = useNavigate()
  const [chatId, setChatId] = useState('')
  const [name, setName] = useState('')
  const add = useMutation({
    mutationFn: () => api.addProvider(chatId.trim(), name.trim()),
    onSuccess: async (provider) => {
      await client.invalidateQueries({ queryKey: keys.providers, exact: true })
      onClose()
      await navigate({ to: '/providers/$id', params: { id: String(provider.id) } })
    },
  })
  return (
    <form onSubmit={(event) => { event.preventDefault(); if (!add.isPending) add.mutate() }}>
      <Stack gap="md">
        <p className="muted">Gives a channel rules before it has posted. The desktop app must follow it: its sources say which channels it reads.</p>
        <TextInput label="Chat id" description="As the source tells it, for example -1001234567890." value={chatId} maxLength={120} onChange={(event) => setChatId(event.currentTarget.value)} data-autofocus data-testid="provider-chat" />
        <TextInput label="Name" value={name} maxLength={200} onChange={(event) => setName(event.currentTarget.value)} data-testid="provider-new-name" />
        {add.error && <Alert color="red" role="alert" data-testid="provider-error">{errorText(add.error)}</Alert>}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>Cancel</Button>
          <Button type="submit" loading={add.isPending} disabled={chatId.trim() === '' || name.trim() === ''} data-testid="provider-create">Add</Button>
        </Group>
      </Stack>
    </form>
  )
}
