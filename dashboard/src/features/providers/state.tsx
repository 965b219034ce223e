import { Tag } from '@/components/figures'
import { totals, useOverview } from '@/lib/data'
import { marketAge } from '@/lib/health'
import { useAges } from '@/lib/services'
import { age } from '@/lib/time'
import type { ProviderView } from '@/protocol/generated'

/** Pages of channels are read again this often: figures come of several kinds of events. */
export const AGAIN_MS = 3_000

export function State({ provider }: { readonly provider: ProviderView }) {
  return (
    <span className="row">
      {provider.enabled ? <Tag tone="up">On</Tag> : <Tag tone="quiet">Off</Tag>}
      {provider.pausedOn.length > 0 && <Tag tone="warn" title={`On ${provider.pausedOn.join(', ')}`}>Paused</Tag>}
    </span>
  )
}

/** How long ago a channel posted, by the market's clock where that is another one. */
export function Posted({ at }: { readonly at: string | null }) {
  const { data } = useOverview()
  const since = useAges()
  const terminal = data?.terminals.find((t) => t.marketTime !== null)
  const seconds = terminal === undefined ? since(at) : marketAge(terminal, at, since)
  return <span className={seconds === null ? 'muted' : 'nowrap'}>{seconds === null ? 'never' : `${age(seconds)} ago`}</span>
}

export function useCurrency(): string {
  const { data } = useOverview()
  return (data === undefined ? null : totals(data.terminals))?.currency ?? ''
}
