import { count } from '@/lib/format'
import type { SignalView } from '@/protocol/generated'
import { fieldGroup, fieldName, pieces } from './highlight'
import css from './signals.module.css'

/** The message as it was posted, with what was read from it marked by field. */
export function Message({ signal }: { readonly signal: SignalView }) {
  const cut = pieces(signal.text, signal.spans)
  const fields = [...new Set(cut.flatMap((piece) => (piece.field === null ? [] : [piece.field])))]
  return (
    <>
      <p className={css.message} dir="auto" data-testid="signal-message">
        {cut.map((piece) =>
          piece.field === null ? piece.text : (
            <mark key={piece.start} className={css.mark} data-group={fieldGroup(piece.field)} data-field={piece.field} title={fieldName(piece.field)}>{piece.text}</mark>
          ))}
      </p>
      <div className={css.legend}>
        {fields.map((field) => <span key={field} className={css.mark} data-group={fieldGroup(field)}>{fieldName(field)}</span>)}
        {fields.length === 0 && <span className="muted">No part of the text is marked.</span>}
        <span className="muted push" title="How sure the reading is">{Math.round(signal.confidence * 100)} % sure{signal.version > 1 ? `, ${count(signal.version - 1, 'edit', 'edits')}` : ''}</span>
      </div>
    </>
  )
}
