import { Alert, Button, Modal, Stack } from '@mantine/core'
import { IconCopy, IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { Tag, When } from '@/components/figures'
import { Empty, Failed, Loading, Panel } from '@/components/panel'
import { errorText } from '@/lib/api/problem'
import { keys } from '@/lib/keys'
import { useServices } from '@/lib/services'
import type { StrategyView } from '@/protocol/generated'
import css from './strategies.module.css'

export function StrategiesPage() {
  const { api } = useServices()
  const client = useQueryClient()
  const navigate = useNavigate()
  const strategies = useQuery({ queryKey: keys.strategies, queryFn: ({ signal }) => api.strategies(signal) })
  const make = useMutation({
    mutationFn: (from: StrategyView | null) => api.makeStrategy(from === null ? 'New strategy' : `${from.name} (copy)`, from === null ? {} : from.config),
    onSuccess: async (made) => {
      await client.invalidateQueries({ queryKey: keys.strategies })
      await navigate({ to: '/strategies/$id', params: { id: String(made.id) } })
    },
  })
  const rows = strategies.data?.items ?? []
  return (
    <Panel title={<h1>Strategies</h1>} note="one is in force; a channel may have its own" flush
      actions={<Button size="xs" leftSection={<IconPlus size={15} />} loading={make.isPending} onClick={() => make.mutate(null)} data-testid="strategy-new">New strategy</Button>}>
      {make.error && <Alert color="red">{errorText(make.error)}</Alert>}
      {strategies.isError && strategies.data === undefined ? <Failed error={strategies.error} retry={() => void strategies.refetch()} />
        : strategies.data === undefined ? <Loading />
        : rows.length === 0 ? <Empty title="There is no strategy" text="Make one; until then desktop apps keep to their own files." />
        : <ul className="plain-list">{rows.map((strategy) => <Row key={strategy.id} strategy={strategy} onCopy={() => make.mutate(strategy)} />)}</ul>}
    </Panel>
  )
}

function Row({ strategy, onCopy }: { readonly strategy: StrategyView; readonly onCopy: () => void }) {
  const { api } = useServices()
  const client = useQueryClient()
  const [removing, setRemoving] = useState(false)
  const done = () => client.invalidateQueries({ queryKey: keys.strategies })
  const activate = useMutation({ mutationFn: () => api.activateStrategy(strategy.id), onSuccess: done })
  const remove = useMutation({ mutationFn: () => api.removeStrategy(strategy.id), onSuccess: async () => { setRemoving(false); await done() } })
  return (
    <li className={css.row} data-testid="strategy-row" data-strategy-id={strategy.id} data-active={strategy.active}>
      <Link to="/strategies/$id" params={{ id: String(strategy.id) }}><strong>{strategy.name}</strong></Link>
      <Tag>version {strategy.version}</Tag>
      {strategy.active && <Tag tone="up">in force</Tag>}
      <span className="muted">saved <When at={strategy.updatedAt} /></span>
      <span className="row push">
        {!strategy.active && <Button size="xs" loading={activate.isPending} onClick={() => activate.mutate()} data-testid="strategy-activate">Put in force</Button>}
        <Button size="xs" variant="default" leftSection={<IconCopy size={14} />} onClick={onCopy}>Copy</Button>
        {!strategy.active && <Button size="xs" variant="default" onClick={() => setRemoving(true)}>Delete</Button>}
      </span>
      {activate.error && <span className="down" role="alert">{errorText(activate.error)}</span>}
      <Modal opened={removing} onClose={() => setRemoving(false)} centered size="sm" title={`Delete ${strategy.name}`} closeButtonProps={{ 'aria-label': 'Close the dialog' }}>
        <Stack gap="md">
          <p>All its versions are deleted with it. Decisions that were made by it keep naming it.</p>
          {remove.error && <Alert color="red">{errorText(remove.error)}</Alert>}
          <span className="row">
            <Button variant="default" onClick={() => setRemoving(false)}>Keep it</Button>
            <Button color="red" loading={remove.isPending} onClick={() => remove.mutate()}>Delete</Button>
          </span>
        </Stack>
      </Modal>
    </li>
  )
}
