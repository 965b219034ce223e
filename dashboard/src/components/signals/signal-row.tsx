import { Link } from '@tanstack/react-router'
import { Side, Tag, When } from '@/components/figures'
import type { SignalView } from '@/protocol/generated'
import css from './signal-row.module.css'
import { actionName, levelsText, outcome, reasonText } from './words'

export function SignalHeadline({ signal }: { readonly signal: Pick<SignalView, 'action' | 'side' | 'symbol'> }) {
  return (
    <span className="row">
      {signal.action !== 'open' && <strong>{actionName(signal.action)}</strong>}
      <Side side={signal.side} />
      {signal.symbol && <span className={css.symbol}>{signal.symbol}</span>}
    </span>
  )
}

/** A signal in a narrow list: what, outcome, why, from whom and when. */
export function SignalRow({ signal }: { readonly signal: SignalView }) {
  const { text, tone } = outcome(signal)
  const levels = levelsText(signal)
  const why = signal.status === 'executed' ? '' : reasonText(signal.reason)
  return (
    <Link to="/signals/$id" params={{ id: String(signal.id) }} className={css.row} data-testid="signal-row" data-signal-id={signal.id} data-status={signal.status}>
      <span className="spread"><SignalHeadline signal={signal} /><Tag tone={tone}>{text}</Tag></span>
      {levels !== '' && <span className={css.levels}>{levels}</span>}
      {signal.action !== 'open' && <span className={css.quote}>“{signal.text.replaceAll(/\s+/g, ' ').trim()}”</span>}
      {why !== '' && <span className={css.reason}>{why}</span>}
      <span className={`spread ${css.meta}`}><span>{signal.chatName || signal.chatId}</span><When at={signal.postedAt} /></span>
    </Link>
  )
}
