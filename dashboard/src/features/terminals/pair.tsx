/** The page that a desktop app names while it shows its code. */
import { Button } from '@mantine/core'
import { useRouter } from '@tanstack/react-router'
import { Panel } from '@/components/panel'
import { PairForm } from './pair-form'
import css from './terminals.module.css'

export function PairPage() {
  const router = useRouter()
  return (
    <Panel title={<h1>Pair a desktop app</h1>} className={css.narrow}>
      <PairForm done={<Button onClick={() => void router.navigate({ to: '/terminals' })} data-testid="pair-done">To the terminals</Button>} />
    </Panel>
  )
}
