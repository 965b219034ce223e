/** Cuts a message into pieces by the spans that the parser used. */
import type { Span } from '@/protocol/generated'

export interface Piece {
  readonly text: string
  readonly start: number
  /** null: read by nobody. */
  readonly field: string | null
}

/**
 * Spans count code points, JavaScript's strings count UTF-16 units: an emoji is one of the former and
 * two of the latter. Of overlapping spans the one that begins first wins, then the longer one.
 */
export function pieces(text: string, spans: readonly Span[]): Piece[] {
  const points = Array.from(text)
  const cut = (start: number, end: number) => points.slice(start, end).join('')
  const found: Piece[] = []
  let at = 0
  for (const span of spans.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const start = Math.max(at, span.start)
    const end = Math.min(points.length, span.end)
    if (start >= end) continue
    if (start > at) found.push({ text: cut(at, start), start: at, field: null })
    found.push({ text: cut(start, end), start, field: span.field })
    at = end
  }
  if (at < points.length) found.push({ text: cut(at, points.length), start: at, field: null })
  return found
}

const NAMES: Readonly<Record<string, string>> = {
  symbol: 'symbol', side: 'side', entry: 'entry', stop_loss: 'stop', take_profit: 'target', action: 'instruction',
}

export const fieldName = (field: string): string => NAMES[field] ?? field.replaceAll('_', ' ')

/** The colour group of a field, for its background. */
export function fieldGroup(field: string): string {
  if (field.startsWith('take_profit')) return 'target'
  if (field.startsWith('stop')) return 'stop'
  if (field.startsWith('entry')) return 'entry'
  return field === 'symbol' || field === 'side' ? field : 'other'
}
