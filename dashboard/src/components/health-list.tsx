/** What each part of the chain last said, one sentence a line. */
import type { Health } from '@/lib/health'
import css from './health-list.module.css'

export function HealthList({ all }: { readonly all: readonly Health[] }) {
  return (
    <ul className={`${css.list} plain-list`} aria-label="Health">
      {all.map((health) => (
        <li key={health.id} className={css.line} data-testid="health-line" data-part={health.id} data-level={health.level}>
          <span className={css.dot} data-level={health.level} aria-hidden /> <span>{health.text}</span>
        </li>
      ))}
    </ul>
  )
}
