import { IconChevronLeft } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { Empty, Failed, Loading, Panel } from '@/components/panel'
import { keys } from '@/lib/keys'
import { useServices } from '@/lib/services'
import type { ProviderView } from '@/protocol/generated'
import { PauseProvider } from './pause'
import css from './providers.module.css'
import { rulesOf, sameRules, settingsOf, titleOf } from './rules'
import { ProviderForm } from './settings'
import { AGAIN_MS, Posted, State } from './state'
import { Statistics } from './statistics'
import { TryBox } from './try-box'

export function ProviderPage() {
  const { id } = useParams({ from: '/shell/providers/$id' })
  const { api } = useServices()
  const number = Number(id)
  const exists = Number.isSafeInteger(number) && number > 0
  const provider = useQuery({
    queryKey: keys.provider(number),
    queryFn: ({ signal }) => api.provider(number, signal),
    enabled: exists,
    refetchInterval: AGAIN_MS,
  })
  return (
    <>
      <Link to="/providers" className={css.back}><IconChevronLeft size={15} aria-hidden /> Channels</Link>
      {!exists ? <Empty title="There is no such channel" />
        : provider.isError && provider.data === undefined ? <Failed error={provider.error} retry={() => void provider.refetch()} />
        : provider.data === undefined ? <Loading rows={8} />
        : <Loaded provider={provider.data} />}
    </>
  )
}

function Loaded({ provider }: { readonly provider: ProviderView }) {
  const saved = rulesOf(provider)
  const key = JSON.stringify(saved)
  // Rules saved elsewhere start the form anew: half of one and half of another was decided by nobody.
  const [draft, setDraft] = useState({ key, rules: saved })
  const rules = draft.key === key ? draft.rules : saved
  return (
    <article data-testid="provider-detail" data-provider-id={provider.id} data-enabled={String(provider.enabled)}>
      <header className={css.head}>
        <h1>{titleOf(provider)}</h1>
        <State provider={provider} />
        <span className="muted mono">{provider.chatId}</span>
        <span className="muted">posted <Posted at={provider.lastMessageAt} /></span>
        <span className="push"><PauseProvider provider={provider} /></span>
      </header>
      <div className={css.columns}>
        <div className="stack">
          <Panel title="Try a message" note="nothing is stored or traded"><TryBox provider={provider} unsaved={sameRules(saved, rules) ? null : settingsOf(rules)} /></Panel>
          <Panel title="What became of its messages"><Statistics statistics={provider.statistics} /></Panel>
        </div>
        <ProviderForm key={key} provider={provider} rules={rules} setRules={(next) => setDraft({ key, rules: next })} />
      </div>
    </article>
  )
}
