/** A ticker that stands still until it is told to go on. */
import type { Ticker } from '@/lib/live/feed'

export class Clockwork implements Ticker {
  now = 0
  private readonly due: { at: number; run: () => void; live: boolean }[] = []

  after(ms: number, run: () => void): () => void {
    const entry = { at: this.now + ms, run, live: true }
    this.due.push(entry)
    return () => { entry.live = false }
  }

  pass(ms: number): void {
    const end = this.now + ms
    for (;;) {
      const next = this.due.filter((entry) => entry.live && entry.at <= end).toSorted((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      next.live = false
      this.now = next.at
      next.run()
    }
    this.now = end
  }
}
