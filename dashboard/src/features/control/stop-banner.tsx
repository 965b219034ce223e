/** A stop in force, on every page, until somebody ends it. */
import { Alert, Button, Group, Modal, Stack } from '@mantine/core'
import { IconHandStop, IconPlayerPause } from '@tabler/icons-react'
import { stopOf, useOverview, usePositions } from '@/lib/data'
import { count } from '@/lib/format'
import { useServices, useTime } from '@/lib/services'
import { useIssue } from '@/lib/use-issue'
import { errorText } from '@/lib/api/problem'
import type { TerminalView } from '@/protocol/generated'
import { useControl } from './context'
import css from './control.module.css'
import { MODES, stopProof } from './stop-proof'
import { LeftList } from './stop-progress'

export function StopBanner() {
  const { latched, stop, open, paused } = useControl()
  return (
    <>
      {stop.phase === 'sending' && (
        <div className={css.banner} role="alert">
          <div className={css.bannerText}><strong>STOP is being sent</strong> <span>attempt {stop.attempt}. {stop.trouble}</span></div>
          <Button size="xs" color="red" onClick={() => open({ kind: 'stop' })}>Show</Button>
        </div>
      )}
      {latched.map((terminal) => <Latched key={terminal.id} terminal={terminal} several={latched.length > 1} />)}
      {latched.length === 0 && paused && (
        <div className={css.banner} data-tone="warn" data-testid="pause-banner" role="status">
          <IconPlayerPause size={18} className="warn" aria-hidden />
          <div className={css.bannerText}><strong>Paused</strong> <span>New signals are refused; open trades stay managed.</span></div>
        </div>
      )}
    </>
  )
}

function Latched({ terminal, several }: { readonly terminal: TerminalView; readonly several: boolean }) {
  const { open } = useControl()
  const time = useTime()
  const { data } = useOverview()
  const positions = usePositions()
  const { latch } = terminal
  if (latch === null) return null
  const proof = stopProof(latch.mode, latch, stopOf(latch.latchId, terminal.terminalId, data?.commands ?? []))
  const mode = MODES.find((item) => item.mode === latch.mode)
  const later = proof.phase === 'flat' && latch.mode === 'close-all' ? (positions ?? []).filter((p) => p.terminalId === terminal.terminalId).length : 0
  return (
    <div className={css.banner} data-testid="stop-banner" data-phase={proof.phase} data-latch-id={latch.latchId}>
      <IconHandStop size={20} className={proof.phase === 'flat' ? 'up' : 'down'} aria-hidden />
      <div className={css.bannerText} role="status" aria-live="polite">
        <strong>Trading is stopped{several ? ` at ${terminal.name}` : ''}</strong>
        <span className={proof.phase === 'flat' ? 'up' : ''} data-testid="stop-banner-proof">{proof.text}</span>
        <span className="muted" title={mode?.text}>since {time.full(latch.at)} {time.label}, {mode?.name.toLowerCase()}{latch.local ? ', set at the desktop app' : ''}</span>
        {later > 0 && <span className="warn">{count(later, 'position was', 'positions were')} opened since, not by SignalOS.</span>}
        <LeftList proof={proof} />
      </div>
      <Button size="xs" variant="default" data-testid="resume-trading" onClick={() => open({ kind: 'resume', terminal })}>Resume trading</Button>
    </div>
  )
}

export function ResumeDialog() {
  const { dialog, open } = useControl()
  const { api } = useServices()
  const close = () => open(null)
  const { run, busy, error, reset, offline } = useIssue(close)
  const terminal = dialog?.kind === 'resume' ? dialog.terminal : null
  const latchId = terminal?.latch?.latchId ?? null
  const leave = () => { reset(); close() }
  return (
    <Modal opened={terminal !== null} onClose={leave} title="Resume trading?" centered closeButtonProps={{ 'aria-label': 'Close the dialog' }}>
      <Stack gap="md">
        <p>
          This ends the stop at {terminal?.name}. New signals will open trades again under the present strategy.
          What was refused in the meantime stays refused.
        </p>
        {terminal?.latch?.local && (
          <Alert color="yellow">
            This stop was set at the desktop app and is ended there (<span className="mono">signalos desktop resume</span>),
            unless its settings allow otherwise.
          </Alert>
        )}
        {error && <Alert color="red">{errorText(error)}</Alert>}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={leave}>Stay stopped</Button>
          <Button
            data-testid="resume-confirm" loading={busy} disabled={offline || latchId === null}
            onClick={() => run({
              name: 'Resume trading', kind: 'resume', args: { endStop: latchId },
              send: (key) => api.resume(terminal?.terminalId ?? null, latchId, key),
            })}
          >
            Resume trading
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
