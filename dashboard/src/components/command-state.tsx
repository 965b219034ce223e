/** How far a command is, in words: queued, sent, acknowledged, done, or failed with the reason. */
import { words } from '@/lib/format'
import type { CommandView } from '@/protocol/generated'
import { Tag, type Tone } from './figures'

const NAMES: Readonly<Record<string, string>> = {
  stop: 'Stop', pause: 'Pause', resume: 'Resume', close: 'Close', partial_close: 'Partial close', modify: 'Change', strategy_changed: 'Strategy',
}

const STATES: Readonly<Record<CommandView['state'], { text: string; tone: Tone }>> = {
  queued: { text: 'queued', tone: 'info' },
  sent: { text: 'sent', tone: 'info' },
  acknowledged: { text: 'acknowledged', tone: 'info' },
  done: { text: 'done', tone: 'up' },
  failed: { text: 'failed', tone: 'down' },
  expired: { text: 'expired', tone: 'warn' },
  superseded: { text: 'superseded', tone: 'warn' },
}

export const commandName = (command: CommandView) => NAMES[command.kind] ?? words(command.kind)

/** Why a command did not work; "" where it did or is on its way. */
export function commandTrouble(command: CommandView): string {
  const bad = command.terminals.find((t) => t.state === 'failed' || t.state === 'expired' || t.state === 'superseded')
  if (bad !== undefined) return bad.text || (bad.reason ? words(bad.reason) : words(bad.state))
  if (command.state === 'expired') return 'The desktop app did not take it in time. Nothing was changed.'
  return command.state === 'failed' ? 'The terminal did not carry it out.' : ''
}

export function CommandState({ command }: { readonly command: CommandView }) {
  const { text, tone } = STATES[command.state]
  const trouble = commandTrouble(command)
  return (
    <span data-testid="command-state" data-state={command.state} title={trouble}>
      <Tag tone={tone}>{commandName(command)} {text}{trouble ? `: ${trouble}` : ''}</Tag>
    </span>
  )
}
