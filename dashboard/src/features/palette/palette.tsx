import { Modal, TextInput } from '@mantine/core'
import { type KeyboardEvent, useState } from 'react'
import type { Action } from '@/lib/actions'
import css from './palette.module.css'

interface Props {
  readonly opened: boolean
  readonly onClose: () => void
  readonly actions: readonly Action[]
}

export function Palette({ opened, onClose, actions }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} withCloseButton={false} size="md" yOffset="12vh" title="Find">
      {opened && <Search actions={actions} onClose={onClose} />}
    </Modal>
  )
}

function Search({ actions, onClose }: Omit<Props, 'opened'>) {
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const wanted = text.trim().toLowerCase()
  const found = actions.filter((action) => `${action.name} ${action.words ?? ''}`.toLowerCase().includes(wanted))
  const run = (action: Action | undefined) => {
    if (action === undefined || action.blocked !== '') return
    onClose()
    action.perform()
  }
  const onKey = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0) {
      event.preventDefault()
      setAt((found.length + at + step) % Math.max(1, found.length))
    } else if (event.key === 'Enter') run(found[at])
  }
  return (
    <>
      <TextInput
        data-autofocus value={text} placeholder="What do you want to do?" aria-label="Find an action or page" size="md"
        role="combobox" aria-expanded aria-controls="palette-list" aria-activedescendant={found[at] ? `palette-${found[at].id}` : undefined}
        onChange={(event) => { setText(event.currentTarget.value); setAt(0) }} onKeyDown={onKey}
      />
      <ul className={css.list} id="palette-list" role="listbox" aria-label="Actions">
        {found.map((action, index) => (
          <li
            key={action.id} id={`palette-${action.id}`} role="option" aria-selected={index === at} aria-disabled={action.blocked !== ''}
            className={css.item} onMouseMove={() => setAt(index)} onClick={() => run(action)}
          >
            <action.icon size={18} stroke={1.6} aria-hidden /> {action.name}
            {action.blocked && <span className={css.why}>{action.blocked}</span>}
          </li>
        ))}
        {found.length === 0 && <li className={css.item}>Nothing is called that.</li>}
      </ul>
    </>
  )
}
