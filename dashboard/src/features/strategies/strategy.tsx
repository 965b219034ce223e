import { Alert, Button, SegmentedControl, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconChevronLeft } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { lazy, Suspense, useCallback, useMemo, useState } from 'react'
import { Tag, When } from '@/components/figures'
import { Empty, Failed, Loading, Panel } from '@/components/panel'
import { ApiError, errorText } from '@/lib/api/problem'
import { keys } from '@/lib/keys'
import { useServices } from '@/lib/services'
import type { BlockView, StrategyView } from '@/protocol/generated'
import { BlockPanel } from './block-panel'
import { changedConfig, differences, firstWrong, readValues, switched, type Value, type Values } from './document'
import { StrategyForm } from './form'
import { History } from './history'
import css from './strategies.module.css'

// The graph's library is a third of the page's weight and only this tab needs it.
const Canvas = lazy(() => import('./canvas'))

export function StrategyPage() {
  const { id } = useParams({ from: '/shell/strategies/$id' })
  const { api } = useServices()
  const number = Number(id)
  const known = Number.isSafeInteger(number) && number > 0
  const strategy = useQuery({ queryKey: keys.strategy(number), queryFn: ({ signal }) => api.strategy(number, signal), enabled: known })
  const schema = useQuery({ queryKey: keys.strategySchema, queryFn: ({ signal }) => api.strategySchema(signal), staleTime: 'static' })
  const failed = [strategy, schema].find((query) => query.isError && query.data === undefined)
  return (
    <>
      <Link to="/strategies" className="row muted"><IconChevronLeft size={15} aria-hidden /> Strategies</Link>
      {!known ? <Panel><Empty title="There is no such strategy" /></Panel>
        : failed ? <Panel><Failed error={failed.error} retry={() => void failed.refetch()} /></Panel>
        : strategy.data === undefined || schema.data === undefined ? <Panel flush><Loading rows={8} /></Panel>
        // A newer version from elsewhere starts the editor anew: half of one and half of another was decided by nobody.
        : <Editor key={`${strategy.data.id}-${strategy.data.version}`} strategy={strategy.data} blocks={schema.data.blocks} />}
    </>
  )
}

interface Save {
  readonly name: string
  readonly config: Record<string, unknown>
}

function Editor({ strategy, blocks }: { readonly strategy: StrategyView; readonly blocks: readonly BlockView[] }) {
  const { api } = useServices()
  const client = useQueryClient()
  const before = useMemo(() => readValues(blocks, strategy.config), [blocks, strategy.config])
  const [values, setValues] = useState<Values>(before)
  const [name, setName] = useState(strategy.name)
  const [tab, setTab] = useState('form')
  const [chosen, setChosen] = useState<string | null>(null)
  const config = changedConfig(blocks, before, values)
  const renamed = name.trim() !== strategy.name
  const wrong = name.trim() === '' ? 'Give it a name.' : firstWrong(blocks, values)
  const changed = useMemo(
    () => new Set(blocks.filter((block) => differences([block], before, values).length > 0).map((block) => block.id)),
    [blocks, before, values],
  )
  const save = useMutation({
    mutationFn: ({ name: to, config: what }: Save) => api.saveStrategy(strategy.id, to, what, strategy.version),
    onSuccess: async () => {
      notifications.show({ color: 'teal', withBorder: true, autoClose: 8_000, id: 'strategy-saved', title: 'Strategy saved', message: strategy.active ? 'The desktop app decides the next signal by it. An earlier version can be brought back below.' : 'It is not in force yet.' })
      await Promise.all([client.invalidateQueries({ queryKey: keys.strategies }), client.invalidateQueries({ queryKey: keys.strategy(strategy.id) })])
    },
  })
  const set = useCallback((field: string, value: Value) => setValues((old) => ({ ...old, [field]: value })), [])
  const flip = useCallback((block: BlockView, on: boolean) => setValues((old) => switched(block, old, on)), [])
  const conflict = save.error instanceof ApiError && save.error.code === 'version_conflict'
  return (
    <form className="stack" data-testid="strategy-form" onSubmit={(event) => { event.preventDefault(); if ((config || renamed) && wrong === '') save.mutate({ name: name.trim(), config: config ?? {} }) }}>
      <div className={css.top}>
        <h1>{strategy.name}</h1>
        <Tag tone="info">version {strategy.version}</Tag>
        {strategy.active && <Tag tone="up">in force</Tag>}
        <span className="muted">saved <When at={strategy.updatedAt} /></span>
        <span className="push row">
          <TextInput size="xs" aria-label="Name" value={name} maxLength={200} onChange={(event) => setName(event.currentTarget.value)} data-testid="strategy-name" />
          <SegmentedControl size="xs" aria-label="View" value={tab} onChange={setTab} data={[{ value: 'form', label: 'Form' }, { value: 'canvas', label: 'Canvas' }]} data-testid="strategy-view" />
        </span>
      </div>
      {tab === 'form' ? <StrategyForm blocks={blocks} values={values} set={set} /> : (
        <Suspense fallback={<Panel flush><Loading rows={8} /></Panel>}>
          <Canvas blocks={blocks} values={values} changed={changed} chosen={chosen} onChoose={setChosen} onFlip={flip} />
        </Suspense>
      )}
      <BlockPanel block={blocks.find((block) => block.id === chosen)} values={values} set={set} onFlip={flip} onClose={() => setChosen(null)} />
      {save.error && (
        <Alert color="red" data-testid="strategy-error">
          {errorText(save.error)}
          {conflict && <Button size="compact-xs" variant="default" ml="sm" onClick={() => void client.invalidateQueries({ queryKey: keys.strategy(strategy.id) })}>Take the newer version</Button>}
        </Alert>
      )}
      {(config || renamed) && (
        <div className={css.save} role="status">
          <span className={wrong === '' ? '' : 'warn'} data-testid="strategy-changes">
            {wrong || differences(blocks, before, values).map((change) => `${change.label}: ${change.before} → ${change.after}`).join('; ') || 'A new name.'}
          </span>
          <span className="push row">
            <Button size="sm" variant="default" onClick={() => { setValues(before); setName(strategy.name) }} data-testid="strategy-discard">Discard</Button>
            <Button size="sm" type="submit" loading={save.isPending} disabled={wrong !== ''} data-testid="strategy-save">Save</Button>
          </span>
        </div>
      )}
      <History strategy={strategy} blocks={blocks} />
    </form>
  )
}
