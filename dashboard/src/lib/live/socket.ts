/**
 * The socket: signs in by the cookie, asks for what it missed, notices silence, comes back by itself.
 *
 * States: idle -> connecting -> live -> waiting (backoff) -> connecting ... ; `refused` after close
 * code 4401, where only a new sign-in helps.
 */
import type { Ticker } from './feed'
import { type Incoming, readFrame, sort } from './messages'

export type LinkPhase = 'idle' | 'connecting' | 'live' | 'waiting' | 'refused'

export interface LinkState {
  readonly phase: LinkPhase
  /** When the last message of any kind came, by this browser's clock. */
  readonly heardAt: number | null
  readonly attempt: number
}

export interface SocketLike {
  send(text: string): void
  close(code?: number): void
  onopen: (() => void) | null
  onmessage: ((event: { data: unknown }) => void) | null
  onclose: ((event: { code: number }) => void) | null
}

export interface LinkOptions {
  readonly open: () => SocketLike
  readonly lastSeq: () => number
  readonly onMessage: (message: Incoming, at: string) => void
  readonly ticker: Ticker
  readonly now: () => number
  readonly random: () => number
}

export const PING_MS = 5_000
export const SILENCE_MS = 12_000
const FIRST_WAIT_MS = 400
const LONGEST_WAIT_MS = 10_000
const REFUSED = 4401

export class Link {
  private state: LinkState = { phase: 'idle', heardAt: null, attempt: 0 }
  private socket: SocketLike | null = null
  private cancel: (() => void) | null = null
  private readonly listeners = new Set<() => void>()

  constructor(private readonly options: LinkOptions) {}

  read = (): LinkState => this.state

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  start(): void {
    if (this.state.phase === 'idle' || this.state.phase === 'refused') this.connect(0)
  }

  stop(): void {
    this.drop()
    this.set({ phase: 'idle', attempt: 0 })
  }

  /** The network or the page came back: do not wait out the backoff, and test a link that looks alive. */
  nudge(): void {
    if (this.state.phase === 'waiting') this.connect(this.state.attempt)
    else if (this.state.phase === 'live') this.ping()
  }

  /** Ask again for everything after `seq` on the present connection. */
  resume(seq: number): void {
    this.socket?.send(JSON.stringify({ type: 'resume_from', seq }))
  }

  private connect(attempt: number): void {
    this.drop()
    this.set({ phase: 'connecting', attempt })
    const socket = this.options.open()
    this.socket = socket
    this.watch(SILENCE_MS)
    socket.onmessage = (event) => this.hear(socket, event.data)
    socket.onclose = (event) => {
      if (this.socket !== socket) return
      this.socket = null
      if (event.code === REFUSED) this.end()
      else this.wait()
    }
  }

  private hear(socket: SocketLike, data: unknown): void {
    if (this.socket !== socket || typeof data !== 'string') return
    this.set({ heardAt: this.options.now() })
    let frame
    try {
      frame = readFrame(data)
    } catch {
      // Half a message means that the link cannot be trusted: a new one resumes where this one was.
      this.wait()
      return
    }
    for (const envelope of frame) {
      const message = sort(envelope)
      this.options.onMessage(message, envelope.at)
      if (message.kind === 'ready') {
        this.resume(this.options.lastSeq())
        this.set({ phase: 'live', attempt: 0 })
        this.watch(PING_MS)
      }
    }
  }

  /** One timer at a time: before `live` it ends a silent attempt, afterwards it pings and listens. */
  private watch(ms: number): void {
    this.cancel?.()
    this.cancel = this.options.ticker.after(ms, () => {
      const heard = this.state.heardAt ?? 0
      if (this.state.phase !== 'live' || this.options.now() - heard > SILENCE_MS) this.wait()
      else {
        this.ping()
        this.watch(PING_MS)
      }
    })
  }

  private ping(): void {
    this.socket?.send(JSON.stringify({ type: 'ping' }))
  }

  private wait(): void {
    this.drop()
    const attempt = this.state.attempt + 1
    const full = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1))
    this.set({ phase: 'waiting', attempt })
    // Half of it random, so that a restarted server is not met by everybody in the same moment.
    this.cancel = this.options.ticker.after(full / 2 + (full / 2) * this.options.random(), () => this.connect(attempt))
  }

  private end(): void {
    this.drop()
    this.set({ phase: 'refused' })
  }

  private drop(): void {
    this.cancel?.()
    this.cancel = null
    const socket = this.socket
    this.socket = null
    socket?.close(1000)
  }

  private set(change: Partial<LinkState>): void {
    this.state = { ...this.state, ...change }
    this.listeners.forEach((listener) => listener())
  }
}
