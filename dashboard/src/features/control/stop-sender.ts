/**
 * Sends the emergency stop until the server has answered. It is the only command that is repeated by
 * itself: every attempt carries the same key, so that the server carries it out once.
 */
import type { Api, StopMode } from '@/lib/api/endpoints'
import { ApiError, errorText } from '@/lib/api/problem'
import type { Ticker } from '@/lib/live/feed'

export type StopState =
  | { readonly phase: 'idle' }
  | { readonly phase: 'sending'; readonly mode: StopMode; readonly attempt: number; readonly trouble: string; readonly openAtStart: number }
  | { readonly phase: 'accepted'; readonly mode: StopMode; readonly commandId: string; readonly openAtStart: number }
  | { readonly phase: 'refused'; readonly mode: StopMode; readonly error: string }

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 5_000

export class StopSender {
  private state: StopState = { phase: 'idle' }
  private cancel: (() => void) | null = null
  private readonly listeners = new Set<() => void>()

  constructor(
    private readonly api: Pick<Api, 'emergencyStop'>,
    private readonly ticker: Ticker,
    private readonly newKey: () => string,
  ) {}

  read = (): StopState => this.state

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Send a stop. While one is still on its way a second call changes nothing. */
  async send(mode: StopMode, openAtStart: number): Promise<void> {
    if (this.state.phase === 'sending') return
    await this.attempt(mode, openAtStart, this.newKey(), 1)
  }

  /** Forget a finished stop, so that the dialog offers a new one. */
  clear(): void {
    if (this.state.phase !== 'sending') this.set({ phase: 'idle' })
  }

  private async attempt(mode: StopMode, openAtStart: number, key: string, attempt: number): Promise<void> {
    const trouble = this.state.phase === 'sending' ? this.state.trouble : ''
    this.set({ phase: 'sending', mode, attempt, trouble, openAtStart })
    try {
      const { commandId } = await this.api.emergencyStop(mode, key)
      this.set({ phase: 'accepted', mode, commandId, openAtStart })
    } catch (error) {
      if (error instanceof ApiError && !error.unanswered) {
        this.set({ phase: 'refused', mode, error: error.message })
        return
      }
      this.set({ phase: 'sending', mode, attempt, trouble: errorText(error), openAtStart })
      const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1))
      this.cancel?.()
      this.cancel = this.ticker.after(wait, () => void this.attempt(mode, openAtStart, key, attempt + 1))
    }
  }

  private set(state: StopState): void {
    this.state = state
    this.listeners.forEach((listener) => listener())
  }
}
