/** Small pieces that carry a figure: amounts, tags, times, statistics. */
import type { ReactNode } from 'react'
import { signedMoney } from '@/lib/format'
import { useTime } from '@/lib/services'
import type { TradeView } from '@/protocol/generated'
import css from './figures.module.css'

export type Tone = 'up' | 'down' | 'warn' | 'info' | 'quiet' | 'plain'

export function Tag({ tone = 'plain', children, title }: { readonly tone?: Tone; readonly children: ReactNode; readonly title?: string }) {
  return <span className={[css.tag, tone === 'plain' ? '' : css[tone]].join(' ')} title={title}>{children}</span>
}

export function Side({ side }: { readonly side: 'buy' | 'sell' | null }) {
  if (side === null) return null
  return <span className={[css.tag, css.side, side === 'buy' ? css.up : css.down].join(' ')}>{side}</span>
}

/** A gain or loss, coloured by its sign. */
export function Gain({ value, currency, testId }: { readonly value: number | null | undefined; readonly currency?: string; readonly testId?: string }) {
  const tone = value === null || value === undefined || Math.abs(value) < 0.005 ? 'muted' : value > 0 ? 'up' : 'down'
  return <span className={`${tone} nowrap`} data-testid={testId}>{signedMoney(value, currency)}</span>
}

interface StatProps {
  readonly label: string
  readonly sub?: ReactNode
  readonly children: ReactNode
  readonly testId?: string
}

export function Stat({ label, sub, children, testId }: StatProps) {
  return (
    <div className={css.stat}>
      <span className={css.label}>{label}</span>
      <span className={css.value} data-testid={testId}>{children}</span>
      {sub !== undefined && <span className={css.sub}>{sub}</span>}
    </div>
  )
}

/** Day and time in the chosen zone. */
export function When({ at }: { readonly at: string | null }) {
  const time = useTime()
  if (at === null) return <span className="muted">–</span>
  return (
    <time className={css.time} dateTime={at} title={`${time.full(at)} ${time.label}`}>
      <span className={css.day}>{time.day(at)}</span>
      {time.clock(at)}
    </time>
  )
}

const STATUS: Readonly<Record<TradeView['status'], { text: string; tone: Tone }>> = {
  pending: { text: 'Waiting', tone: 'info' },
  open: { text: 'Open', tone: 'up' },
  closed: { text: 'Closed', tone: 'quiet' },
  cancelled: { text: 'Cancelled', tone: 'quiet' },
  failed: { text: 'Failed', tone: 'down' },
  unknown: { text: 'Being checked', tone: 'warn' },
}

export function TradeStatus({ status }: { readonly status: TradeView['status'] }) {
  const { text, tone } = STATUS[status]
  return <Tag tone={tone}>{text}</Tag>
}
