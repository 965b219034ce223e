/**
 * Collects what the socket brings and hands it on in batches: durable events in their order and each
 * once, of the status only the newest a terminal. Applying at most ten batches a second keeps the page
 * smooth at hundreds of updates a second.
 */
import type { Overview, StatusUpdate } from '@/protocol/generated'
import type { DurableEvent, Incoming } from './messages'

export interface Batch {
  /** Replaces everything that was known before; the events come after it. */
  readonly snapshot: Overview | null
  readonly events: readonly DurableEvent[]
  readonly statuses: readonly StatusUpdate[]
}

export interface Ticker {
  after(ms: number, run: () => void): () => void
}

export const FLUSH_MS = 100
const REMEMBERED = 500

export class Feed {
  /** Number of the newest durable event that was taken; null before the first overview. */
  seq: number | null = null
  private snapshot: Overview | null = null
  private events: DurableEvent[] = []
  private readonly statuses = new Map<string, StatusUpdate>()
  private readonly recent: DurableEvent[] = []
  private timer: (() => void) | null = null

  constructor(
    private readonly apply: (batch: Batch) => void,
    private readonly onGap: (last: number) => void,
    private readonly ticker: Ticker,
    private readonly onBehind: () => void,
  ) {}

  /** Begin from an overview that was fetched by itself. An older one than what is known changes nothing. */
  begin(overview: Overview): void {
    if (this.seq === null || overview.seq >= this.seq) this.take({ kind: 'snapshot', data: overview })
  }

  take(message: Incoming): void {
    switch (message.kind) {
      case 'ready':
        this.follow(message.data.seq)
        return
      case 'snapshot':
        // What waited is older than the snapshot and contained in it.
        this.snapshot = message.data
        this.events = []
        this.seq = message.data.seq
        break
      case 'durable':
        if (!this.takeDurable(message.seq, message.event)) return
        break
      case 'status':
        this.statuses.set(message.data.terminalId, message.data)
        break
      default:
        return
    }
    this.timer ??= this.ticker.after(FLUSH_MS, () => this.flush())
  }

  /** A server that counts below what this page has seen was put back to a backup: what is shown is void. */
  private follow(newest: number): void {
    if (this.seq === null || newest >= this.seq) return
    this.reset()
    this.seq = newest
    this.onBehind()
  }

  private takeDurable(seq: number, event: DurableEvent | null): boolean {
    const last = this.seq ?? 0
    if (seq <= last) return false
    if (seq > last + 1) {
      // Nothing after a hole is taken: the server sends it again from the last known number.
      this.onGap(last)
      return false
    }
    this.seq = seq
    if (event === null) return false
    this.events.push(event)
    this.recent.push(event)
    if (this.recent.length > REMEMBERED) this.recent.shift()
    return true
  }

  flush(): void {
    this.timer?.()
    this.timer = null
    const batch: Batch = { snapshot: this.snapshot, events: this.events, statuses: [...this.statuses.values()] }
    this.snapshot = null
    this.events = []
    this.statuses.clear()
    if (batch.snapshot !== null || batch.events.length > 0 || batch.statuses.length > 0) this.apply(batch)
  }

  /** Drop everything, at sign-out. */
  reset(): void {
    this.timer?.()
    this.timer = null
    this.seq = null
    this.snapshot = null
    this.events = []
    this.statuses.clear()
    this.recent.length = 0
  }

  /**
   * Fetch a list and put on top of it what arrived while it was on its way: the answer may have been
   * read from the database before an event that the page already has shown.
   */
  async fresh<T>(fetch: () => Promise<T>, fold: (value: T, event: DurableEvent) => T): Promise<T> {
    const from = this.seq ?? 0
    const value = await fetch()
    return this.recent.filter((event) => event.seq > from).reduce(fold, value)
  }
}
