/** A refused signal is decided once more, or one that waits gets its yes. */
import { Alert, Button } from '@mantine/core'
import { errorText } from '@/lib/api/problem'
import { useServices } from '@/lib/services'
import { useIssue } from '@/lib/use-issue'
import type { SignalView } from '@/protocol/generated'

export function DecideAgain({ signal }: { readonly signal: SignalView }) {
  const { api } = useServices()
  const issue = useIssue()
  if (signal.action !== 'open' || signal.status !== 'refused') return null
  const waits = signal.reason === 'waiting_for_confirmation'
  const how = waits ? 'confirm' : 'retrigger'
  return (
    <div className="row">
      <Button
        size="xs" {...(waits ? {} : { variant: 'default' as const })} loading={issue.busy} disabled={issue.offline} data-testid="decide-again" data-how={how}
        onClick={() => issue.run({
          name: waits ? 'Confirm the signal' : 'Decide the signal again', kind: 'signal',
          args: { chatId: signal.chatId, messageId: signal.messageId, part: signal.part, again: true }, send: (key) => api.decideAgain(signal.id, how, key),
        })}
      >
        {waits ? 'Confirm and trade' : 'Decide again now'}
      </Button>
      <span className="muted">{waits ? 'Your strategy asks for your yes.' : 'Every rule but the age of the post is asked again, at the present price.'}</span>
      {issue.error && <Alert color="red" data-testid="command-error">{errorText(issue.error)}</Alert>}
    </div>
  )
}
