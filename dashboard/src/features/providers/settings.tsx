import { Alert, Button, Select, Switch, TagsInput, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { Panel } from '@/components/panel'
import { ApiError, errorText } from '@/lib/api/problem'
import { keys } from '@/lib/keys'
import { useServices } from '@/lib/services'
import type { ProviderView } from '@/protocol/generated'
import { ProfileFields } from './profile-form'
import css from './providers.module.css'
import { type Rules, rulesOf, sameRules, settingsOf } from './rules'

interface FormProps {
  readonly provider: ProviderView
  readonly rules: Rules
  readonly setRules: (rules: Rules) => void
}

export function ProviderForm({ provider, rules, setRules }: FormProps) {
  const { api } = useServices()
  const client = useQueryClient()
  const before = rulesOf(provider)
  const strategies = useQuery({ queryKey: keys.strategies, queryFn: ({ signal }) => api.strategies(signal) })
  const changed = !sameRules(before, rules)
  const save = useMutation({
    mutationFn: () => api.saveProvider(provider.id, settingsOf(rules)),
    onSuccess: (saved) => {
      client.setQueryData(keys.provider(provider.id), saved)
      void client.invalidateQueries({ queryKey: keys.providers, exact: true })
      void client.invalidateQueries({ queryKey: ['tried'] })
      notifications.show({ color: 'teal', withBorder: true, title: 'Channel saved', message: 'The desktop app reads its next message by these rules.' })
    },
  })
  const set = (change: Partial<Rules>) => setRules({ ...rules, ...change })
  const errors = save.error instanceof ApiError ? save.error.fields : {}
  const choices = [
    { value: '', label: 'The strategy in force' },
    ...(strategies.data?.items ?? []).map((s) => ({ value: String(s.id), label: s.active ? `${s.name} (in force)` : s.name })),
  ]
  return (
    <form data-testid="provider-form" onSubmit={(event) => { event.preventDefault(); if (changed && !save.isPending) save.mutate() }}>
      <Panel title="Rules of this channel">
        <div className={css.form}>
          <Switch label="On" description="Off: it opens nothing new. Its open trades are still managed: closes, break-even and tighter stops go on." checked={rules.enabled} onChange={(event) => set({ enabled: event.currentTarget.checked })} data-testid="provider-enabled" />
          <TextInput label="Name" value={rules.name} maxLength={200} onChange={(event) => set({ name: event.currentTarget.value })} data-testid="provider-name" />
          <TextInput label="Default symbol" description="Meant where a message names none. Empty: such a message is not traded." placeholder="XAUUSD" value={rules.defaultSymbol} maxLength={40} error={errors['defaultSymbol']} onChange={(event) => set({ defaultSymbol: event.currentTarget.value })} data-testid="provider-symbol" />
          <TagsInput label="Ignored words" description="A message with one of them is not read, closes included. Whole words or phrases, in any case; Enter adds one." value={[...rules.ignoreWords]} onChange={(ignoreWords) => set({ ignoreWords })} maxTags={100} acceptValueOnBlur splitChars={[',', ';']} data-testid="provider-words" />
          <Select label="Strategy" data={choices} value={rules.strategyId} allowDeselect={false} onChange={(strategyId) => set({ strategyId: strategyId ?? '' })} data-testid="provider-strategy" />
          <ProfileFields rules={rules} set={set} errors={errors} />
          {save.error && <Alert color="red" role="alert" data-testid="provider-error">{errorText(save.error)}</Alert>}
          <div className={css.actions}>
            <Remove provider={provider} />
            <span className="row">
              {changed && <Button size="sm" variant="default" onClick={() => setRules(before)}>Discard</Button>}
              <Button size="sm" type="submit" loading={save.isPending} disabled={!changed} data-testid="provider-save">Save</Button>
            </span>
          </div>
        </div>
      </Panel>
    </form>
  )
}

function Remove({ provider }: { readonly provider: ProviderView }) {
  const { api } = useServices()
  const client = useQueryClient()
  const navigate = useNavigate()
  const [asked, setAsked] = useState(false)
  const remove = useMutation({
    mutationFn: () => api.removeProvider(provider.id),
    onSuccess: async () => {
      await navigate({ to: '/providers' })
      client.removeQueries({ queryKey: keys.provider(provider.id) })
      await client.invalidateQueries({ queryKey: keys.providers, exact: true })
    },
  })
  if (!asked) return <Button size="sm" variant="subtle" color="gray" onClick={() => setAsked(true)} data-testid="provider-remove">Remove</Button>
  return (
    <span className={css.remove}>
      <span>Its rules are lost; signals and trades stay. If it posts again it is on, by the defaults.</span>
      {remove.error && <span className="down" role="alert">{errorText(remove.error)}</span>}
      <span className="row">
        <Button size="xs" color="red" loading={remove.isPending} onClick={() => remove.mutate()} data-testid="provider-remove-confirm">Remove</Button>
        <Button size="xs" variant="default" onClick={() => setAsked(false)}>Keep</Button>
      </span>
    </span>
  )
}
