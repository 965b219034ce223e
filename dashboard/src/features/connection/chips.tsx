/** One chip for each link of the chain from channel to page, with the age of what it last said. */
import { Popover } from '@mantine/core'
import { useOverview } from '@/lib/data'
import { desktopHealth, type Health, serverHealth, sourceHealth, terminalHealth, worst } from '@/lib/health'
import { useAges, useLink, useNow } from '@/lib/services'
import css from './chips.module.css'

export function ConnectionChips() {
  const link = useLink()
  const now = useNow()
  const since = useAges()
  const { data } = useOverview()
  const terminals = (data?.terminals ?? []).filter((t) => t.status === 'approved')
  const sources = terminals.flatMap((t) => t.sources.map((source) => sourceHealth(source, t, since)))
  return (
    <div className={css.chips} role="group" aria-label="Connections">
      <Chip testId="chip-server" name="Server" all={[serverHealth(link, now)]} />
      <Chip testId="chip-desktop" name="App" all={terminals.map((t) => desktopHealth(t, since))} />
      <Chip testId="chip-terminal" name="Terminal" all={terminals.map((t) => terminalHealth(t, since))} />
      {sources.length <= 2
        ? sources.map((source) => <Chip key={source.id} testId="chip-source" name={source.name} all={[source]} />)
        : <Chip testId="chip-source" name={`${sources.length} channels`} all={sources} />}
    </div>
  )
}

const NOTHING: Health = { id: 'none', name: '', level: 'none', value: 'none', text: 'No terminal is connected yet: add one on the Terminals page.' }

function Chip({ testId, name, all }: { readonly testId: string; readonly name: string; readonly all: readonly Health[] }) {
  const shown = worst(all) ?? NOTHING
  return (
    <Popover position="bottom-start" shadow="md" withArrow>
      <Popover.Target>
        <button type="button" className={css.chip} data-testid={testId} data-level={shown.level}>
          <span className={css.dot} data-level={shown.level} />
          <span className={css.name}>{name}</span>
          <span className={css.value}>{shown.value}</span>
          <span className="visually-hidden">{shown.text}</span>
        </button>
      </Popover.Target>
      <Popover.Dropdown>
        <div className={css.lines}>
          {(all.length > 0 ? all : [NOTHING]).map((health, at) => (
            <div key={`${health.id}-${at}`} className={css.line}><span className={css.dot} data-level={health.level} /> {health.text}</div>
          ))}
        </div>
      </Popover.Dropdown>
    </Popover>
  )
}

/** Says on every page how old the figures are while there is no connection. */
export function StaleNotice() {
  const link = useLink()
  const health = serverHealth(link, useNow())
  if (health.level !== 'bad') return null
  return (
    <div className="stale-notice" role="status" data-testid="stale-notice">
      {health.text} Commands other than STOP are locked until it is back.
    </div>
  )
}
