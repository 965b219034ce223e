/** A signal that the user enters: written as a channel would write it, decided by the same rules. */
import { Alert, Button, Group, Modal, Stack, Textarea } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { errorText } from '@/lib/api/problem'
import { useLink, useServices } from '@/lib/services'

const EXAMPLE = 'BUY EURUSD NOW\nSL 1.0800\nTP1 1.0900'

export function EnterSignal({ opened, onClose }: { readonly opened: boolean; readonly onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} centered title="Enter a signal" closeButtonProps={{ 'aria-label': 'Close the dialog' }}>
      {opened && <Body onClose={onClose} />}
    </Modal>
  )
}

function Body({ onClose }: { readonly onClose: () => void }) {
  const { api, newKey } = useServices()
  const navigate = useNavigate()
  const offline = useLink().phase !== 'live'
  const [text, setText] = useState('')
  // One key a text: pressing twice, or again after no answer came, enters one signal.
  const key = useRef({ text: '', key: '' })
  const enter = useMutation({
    mutationFn: () => {
      if (key.current.text !== text) key.current = { text, key: newKey() }
      return api.enterSignal(text, key.current.key)
    },
    onSuccess: async (signal) => {
      onClose()
      await navigate({ to: '/signals/$id', params: { id: String(signal.id) } })
    },
  })
  return (
    <form onSubmit={(event) => { event.preventDefault(); if (!enter.isPending) enter.mutate() }}>
      <Stack gap="md">
        <p className="muted">Every approved terminal decides it by its strategy and limits, like a channel’s signal.</p>
        <Textarea
          label="Signal" placeholder={EXAMPLE} minRows={4} autosize maxLength={2000} data-autofocus data-testid="enter-text"
          value={text} onChange={(event) => setText(event.currentTarget.value)}
        />
        {offline && <Alert color="yellow">The server is not connected. Signals are not kept for later.</Alert>}
        {enter.error && <Alert color="red" data-testid="enter-error">{errorText(enter.error)}</Alert>}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>Leave it</Button>
          <Button type="submit" loading={enter.isPending} disabled={offline || text.trim() === ''} data-testid="enter-submit">Enter the signal</Button>
        </Group>
      </Stack>
    </form>
  )
}
