import { Alert, Button } from '@mantine/core'
import { IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react'
import { errorText } from '@/lib/api/problem'
import { isEnded, useOverview } from '@/lib/data'
import { useServices } from '@/lib/services'
import { useIssue } from '@/lib/use-issue'
import type { ProviderView } from '@/protocol/generated'
import { titleOf } from './rules'

/** Pauses or resumes this channel alone, on every terminal. */
export function PauseProvider({ provider }: { readonly provider: ProviderView }) {
  const { api } = useServices()
  const { data } = useOverview()
  const { run, busy, error, offline } = useIssue()
  const args = { chatId: provider.chatId }
  const under = data?.commands.some((c) => (c.kind === 'pause' || c.kind === 'resume') && c.args['chatId'] === provider.chatId && !isEnded(c)) ?? false
  const paused = provider.pausedOn.length > 0
  const order = paused
    ? { name: `Resume ${titleOf(provider)}`, kind: 'resume', args, send: (key: string) => api.resumeProvider(provider.id, key) }
    : { name: `Pause ${titleOf(provider)}`, kind: 'pause', args, send: (key: string) => api.pauseProvider(provider.id, key) }
  return (
    <>
      <Button size="xs" variant="default" loading={busy || under} disabled={offline} data-testid={paused ? 'provider-resume' : 'provider-pause'}
        leftSection={paused ? <IconPlayerPlay size={15} /> : <IconPlayerPause size={15} />} onClick={() => run(order)}>
        {paused ? 'Resume this channel' : 'Pause this channel'}
      </Button>
      {error && <Alert color="red" role="alert">{errorText(error)}</Alert>}
    </>
  )
}
