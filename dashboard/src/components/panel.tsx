import { Button, Skeleton } from '@mantine/core'
import { IconAlertTriangle, IconInbox, IconRefresh } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { errorText } from '@/lib/api/problem'
import css from './panel.module.css'

interface PanelProps {
  readonly title?: ReactNode
  readonly note?: ReactNode
  readonly actions?: ReactNode
  readonly flush?: boolean
  readonly className?: string | undefined
  readonly children: ReactNode
  readonly testId?: string
}

export function Panel({ title, note, actions, flush = false, className, children, testId }: PanelProps) {
  return (
    <section className={[css.panel, className].filter(Boolean).join(' ')} data-testid={testId}>
      {title !== undefined && (
        <header className={css.head}>
          <h2>{title}</h2>
          {note !== undefined && <span className={css.note}>{note}</span>}
          {actions !== undefined && <div className={css.actions}>{actions}</div>}
        </header>
      )}
      <div className={flush ? css.flush : css.body}>{children}</div>
    </section>
  )
}

export function Empty({ title, text, icon }: { readonly title: string; readonly text?: ReactNode; readonly icon?: ReactNode }) {
  return (
    <div className={css.state}>
      {icon ?? <IconInbox size={26} stroke={1.5} aria-hidden />}
      <strong>{title}</strong>
      {text !== undefined && <p>{text}</p>}
    </div>
  )
}

export function Failed({ error, retry }: { readonly error: unknown; readonly retry?: () => void }) {
  return (
    <div className={css.state} role="alert">
      <IconAlertTriangle size={26} stroke={1.5} aria-hidden />
      <strong>This could not be read</strong>
      <p>{errorText(error)}</p>
      {retry && (
        <Button size="xs" variant="default" leftSection={<IconRefresh size={14} />} onClick={retry}>
          Try again
        </Button>
      )}
    </div>
  )
}

export function Loading({ rows = 4 }: { readonly rows?: number }) {
  return (
    <div className={css.bars} role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, row) => <Skeleton key={row} height={18} radius="sm" />)}
    </div>
  )
}
