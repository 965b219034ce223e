/** A message as it was written, with what was read from it marked by field. */
import type { ReactNode } from 'react'
import type { Span } from '@/protocol/generated'
import { fieldGroup, fieldName, pieces } from './highlight'
import css from './marked-text.module.css'

interface Props {
  readonly text: string
  readonly spans: readonly Span[]
  /** What stands at the end of the legend. */
  readonly note?: ReactNode
  readonly testId: string
}

export function MarkedText({ text, spans, note, testId }: Props) {
  const cut = pieces(text, spans)
  const fields = [...new Set(cut.flatMap((piece) => (piece.field === null ? [] : [piece.field])))]
  return (
    <>
      <p className={css.message} dir="auto" data-testid={testId}>
        {cut.map((piece) =>
          piece.field === null ? piece.text : (
            <mark key={piece.start} className={css.mark} data-group={fieldGroup(piece.field)} data-field={piece.field} title={fieldName(piece.field)}>{piece.text}</mark>
          ))}
      </p>
      <div className={css.legend}>
        {fields.map((field) => <span key={field} className={css.mark} data-group={fieldGroup(field)}>{fieldName(field)}</span>)}
        {fields.length === 0 && <span className="muted">No part of the text is marked.</span>}
        {note}
      </div>
    </>
  )
}
