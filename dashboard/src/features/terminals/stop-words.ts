import type { LatchState } from '@/protocol/generated'

/** A stop in force, in one sentence. */
export function stopWords(latch: LatchState, since: string): string {
  const left = latch.left.length
  const proof = latch.flat ? 'proven done' : left > 0 ? `${left} left` : 'at work'
  return `Stopped since ${since} (${latch.mode}${latch.local ? ', at the desktop app' : ''}): ${proof}.`
}
