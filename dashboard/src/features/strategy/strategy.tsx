import { Alert, Button, NumberInput, Switch } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Tag, When } from '@/components/figures'
import { Empty, Failed, Loading, Panel } from '@/components/panel'
import { errorText } from '@/lib/api/problem'
import { keys } from '@/lib/keys'
import { useServices } from '@/lib/services'
import type { StrategyView } from '@/protocol/generated'
import { changedConfig, GROUPS, invalid, type NumberRule, readValues, type Rule, type Values } from './fields'
import css from './strategy.module.css'

export function StrategyPage() {
  const { api } = useServices()
  const strategies = useQuery({ queryKey: keys.strategies, queryFn: ({ signal }) => api.strategies(signal) })
  const active = strategies.data?.items.find((strategy) => strategy.active) ?? strategies.data?.items[0]
  if (strategies.isError && strategies.data === undefined) return <Panel><Failed error={strategies.error} retry={() => void strategies.refetch()} /></Panel>
  if (strategies.data === undefined) return <Panel flush><Loading rows={8} /></Panel>
  if (active === undefined) return <Panel><Empty title="There is no strategy" text="A new user has a default one; this one has none." /></Panel>
  // A newer version from elsewhere starts the form anew: half of one and half of another was decided by nobody.
  return <Form key={`${active.id}-${active.version}`} strategy={active} />
}

function Form({ strategy }: { readonly strategy: StrategyView }) {
  const { api } = useServices()
  const client = useQueryClient()
  const before = readValues(strategy.config)
  const [values, setValues] = useState<Values>(before)
  const change = changedConfig(before, values)
  const wrong = invalid(values)
  const save = useMutation({
    mutationFn: (config: Record<string, unknown>) => api.saveStrategy(strategy.id, strategy.name, config),
    onSuccess: async () => {
      const undo = changedConfig(values, before)
      await client.invalidateQueries({ queryKey: keys.strategies })
      notifications.show({
        color: 'teal', withBorder: true, autoClose: 12_000, title: 'Strategy saved', id: 'strategy-saved',
        message: (
          <span className="spread">
            The desktop app decides the next signal by it.
            {undo && <Button size="compact-xs" variant="default" onClick={() => { notifications.hide('strategy-saved'); save.mutate(undo) }}>Undo</Button>}
          </span>
        ),
      })
    },
  })
  const set = (id: string, value: number | boolean | null) => setValues((old) => ({ ...old, [id]: value }))
  return (
    <form className="stack" data-testid="strategy-form" onSubmit={(event) => { event.preventDefault(); if (change && !wrong) save.mutate(change) }}>
      <div className="row">
        <h1>{strategy.name}</h1>
        <Tag tone="info">version {strategy.version}</Tag>
        <span className="muted">saved <When at={strategy.updatedAt} /></span>
      </div>
      <div className={css.grid}>
        {GROUPS.map((group) => (
          <Panel key={group.title} title={group.title}>
            {group.rules.map((rule) => <RuleRow key={rule.id} rule={rule} value={values[rule.id] ?? null} onChange={(value) => set(rule.id, value)} />)}
          </Panel>
        ))}
      </div>
      {save.error && <Alert color="red" data-testid="strategy-error">{errorText(save.error)}</Alert>}
      {change && (
        <div className={css.save} role="status">
          <span className={wrong ? 'warn' : ''}>{wrong || 'Not saved yet.'}</span>
          <span className="push row">
            <Button size="sm" variant="default" onClick={() => setValues(before)}>Discard</Button>
            <Button size="sm" type="submit" loading={save.isPending} disabled={wrong !== ''} data-testid="strategy-save">Save</Button>
          </span>
        </div>
      )}
    </form>
  )
}

interface RowProps {
  readonly rule: Rule
  readonly value: number | boolean | null
  readonly onChange: (value: number | boolean | null) => void
}

function RuleRow({ rule, value, onChange }: RowProps) {
  return (
    <div className={css.rule}>
      <div>
        <div className={css.label}>{rule.label}</div>
        <div className={css.help}>{rule.help}</div>
      </div>
      <div className={css.input}>
        {rule.kind === 'switch'
          ? <Switch checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} aria-label={rule.label} data-testid={`rule-${rule.id}`} />
          : <NumberRow rule={rule} value={typeof value === 'number' ? value : null} onChange={onChange} />}
      </div>
    </div>
  )
}

function NumberRow({ rule, value, onChange }: { readonly rule: NumberRule; readonly value: number | null; readonly onChange: RowProps['onChange'] }) {
  const off = value === null && rule.standard !== null
  return (
    <>
      {rule.standard !== null && (
        <Switch checked={!off} onChange={(event) => onChange(event.currentTarget.checked ? rule.standard : null)} aria-label={`${rule.label}: on`} />
      )}
      <NumberInput
        w={124} size="sm" aria-label={rule.label} disabled={off} value={value ?? ''} min={rule.min} max={rule.max} step={rule.step}
        prefix={rule.prefix ?? ''} suffix={rule.unit && ` ${rule.unit}`} placeholder={off ? 'off' : ''} clampBehavior="none" allowNegative={false} data-testid={`rule-${rule.id}`}
        onChange={(next) => { if (typeof next === 'number') onChange(next); else if (next === '' && !off) onChange(rule.standard === null ? null : rule.standard) }}
      />
    </>
  )
}
