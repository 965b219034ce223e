import { MarkedText } from '@/components/signals/marked-text'
import { count } from '@/lib/format'
import type { SignalView } from '@/protocol/generated'

/** The message as it was posted, with what was read from it marked by field. */
export function Message({ signal }: { readonly signal: SignalView }) {
  const edits = signal.version > 1 ? `, ${count(signal.version - 1, 'edit', 'edits')}` : ''
  const sure = <span className="muted push" title="How sure the reading is">{Math.round(signal.confidence * 100)} % sure{edits}</span>
  return <MarkedText text={signal.text} spans={signal.spans} note={sure} testId="signal-message" />
}
