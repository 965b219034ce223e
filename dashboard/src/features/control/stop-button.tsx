import { Button } from '@mantine/core'
import { IconHandStop } from '@tabler/icons-react'
import { useControl } from './context'
import css from './control.module.css'

export function StopButton() {
  const { actions } = useControl()
  return (
    <button type="button" className={css.stop} data-testid="stop-button" aria-haspopup="dialog" onClick={actions.stop.perform}>
      <IconHandStop size={18} stroke={2} aria-hidden />
      STOP
    </button>
  )
}

export function PauseButton() {
  const { actions, latched } = useControl()
  const { pause } = actions
  // A latched stop is stronger than a pause; it is ended in its banner.
  if (latched.length > 0) return null
  return (
    <Button
      size="sm" variant="default" data-testid={`${pause.id}-button`} leftSection={<pause.icon size={16} />}
      disabled={pause.blocked !== ''} title={pause.blocked || undefined} onClick={pause.perform}
    >
      {pause.name}
    </Button>
  )
}
