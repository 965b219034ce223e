import { Alert, Button, Group, Loader, Modal, Radio, Stack } from '@mantine/core'
import { IconCheck, IconPlugConnectedX } from '@tabler/icons-react'
import { useState } from 'react'
import type { StopMode } from '@/lib/api/endpoints'
import { useOverview, usePositions, useStatuses } from '@/lib/data'
import { useControl } from './context'
import css from './control.module.css'
import { MODES, scopeText, stopProof } from './stop-proof'
import { StopProgress, type TerminalProof } from './stop-progress'
import type { StopState } from './stop-sender'

export function StopDialog() {
  const { dialog, open, stop, sender } = useControl()
  const close = () => {
    open(null)
    sender.clear()
  }
  return (
    <Modal
      opened={dialog?.kind === 'stop'} onClose={close} title="Stop trading" size="md" centered
      closeButtonProps={{ 'aria-label': 'Close the dialog' }} data-testid="stop-dialog"
    >
      {stop.phase === 'idle' ? <Ask onCancel={close} /> : <Under stop={stop} onClose={close} />}
    </Modal>
  )
}

function Ask({ onCancel }: { readonly onCancel: () => void }) {
  const { sender } = useControl()
  const [mode, setMode] = useState<StopMode>('close-all')
  const positions = usePositions()
  const statuses = useStatuses()
  const { data } = useOverview()
  const own = positions?.filter((p) => p.own).length ?? data?.openTrades.filter((t) => t.status === 'open').length ?? 0
  const byHand = positions?.filter((p) => !p.own).length ?? 0
  const orders = Object.values(statuses).reduce((sum, status) => sum + status.orders, 0)
  return (
    <form onSubmit={(event) => { event.preventDefault(); void sender.send(mode, own + byHand) }}>
      <Stack gap="md">
        <Radio.Group value={mode} onChange={(value) => setMode(value)} label="What the stop does" name="mode">
          <div className={css.mode}>
            <span />
            {MODES.map((item) => <Radio key={item.mode} value={item.mode} label={item.name} description={item.text} color="red" />)}
          </div>
        </Radio.Group>
        <div className={css.scope} data-testid="stop-scope">{scopeText(mode, own, byHand, orders)}</div>
        <p className="muted">
          The desktop app writes the stop down before anything else and keeps it over restarts. No new trade is
          opened until you resume.
        </p>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onCancel}>Keep trading</Button>
          <Button type="submit" color="red" data-testid="stop-confirm" data-autofocus>Stop now</Button>
        </Group>
      </Stack>
    </form>
  )
}

function Under({ stop, onClose }: { readonly stop: Exclude<StopState, { phase: 'idle' }>; readonly onClose: () => void }) {
  const proofs = useProofs(stop)
  const done = proofs.length > 0 && proofs.every(({ proof }) => proof.phase === 'flat')
  return (
    <Stack gap="md" data-testid="stop-under-way" data-phase={stop.phase}>
      {stop.phase === 'sending' && (
        <ul className={css.steps} aria-live="assertive">
          <li><Loader size={18} color="red" aria-hidden /> <span>{stop.attempt === 1 ? 'Sending the stop to the server.' : `Sending the stop again, attempt ${stop.attempt}.`}</span></li>
          {stop.trouble && (
            <li className="warn"><IconPlugConnectedX size={18} aria-hidden /> <span data-testid="stop-trouble">{stop.trouble} It is sent again until it is answered; keep this page open. At the desktop app, <span className="mono">signalos desktop stop</span> works without the server.</span></li>
          )}
        </ul>
      )}
      {stop.phase === 'refused' && <Alert color="red" title="The server refused the stop">{stop.error}</Alert>}
      {stop.phase === 'accepted' && (
        <>
          <ul className={css.steps}>
            <li><IconCheck size={18} className="up" aria-hidden /> <span>{done ? 'The desktop app holds the stop until you resume, also over restarts.' : 'The server has it and repeats it until the desktop app answers.'}</span></li>
          </ul>
          {proofs.length === 0 && <p className="muted">No terminal is registered: there is nothing to stop.</p>}
          <StopProgress proofs={proofs} />
        </>
      )}
      <Group justify="flex-end">
        <Button variant={done ? 'filled' : 'default'} onClick={onClose} data-testid="stop-close">{done ? 'Done' : 'Close; this goes on'}</Button>
      </Group>
    </Stack>
  )
}

/** Every approved terminal's proof for the stop that was just accepted. */
function useProofs(stop: StopState): TerminalProof[] {
  const { data } = useOverview()
  if (stop.phase !== 'accepted' || data === undefined) return []
  const command = data.commands.find((c) => c.id === stop.commandId)
  return data.terminals
    .filter((t) => t.status === 'approved' && t.terminalId !== null)
    .map((terminal) => {
      // The latch of an earlier stop proves nothing about this one.
      const latch = terminal.latch?.latchId === command?.args['latchId'] ? terminal.latch : null
      const part = command?.terminals.find((t) => t.terminalId === terminal.terminalId) ?? null
      return { terminal, proof: stopProof(stop.mode, latch, part) }
    })
}
