/** What arrives on the socket, as a closed union. */
import type {
  CommandView,
  DecisionView,
  Envelope,
  ErrorAlert,
  Overview,
  Ready,
  SignalView,
  StatusUpdate,
  TerminalView,
  TradeView,
} from '@/protocol/generated'

/** A durable event: counted, each exactly once, in order. */
export type Durable =
  | { readonly type: 'trade_update'; readonly data: TradeView & { tradeId: number } }
  | { readonly type: 'signal_created'; readonly data: SignalView }
  | { readonly type: 'decision_made'; readonly data: DecisionView & { signalId: number } }
  | { readonly type: 'command_update'; readonly data: CommandView }
  | { readonly type: 'terminal_update'; readonly data: TerminalView }
  | { readonly type: 'error_alert'; readonly data: ErrorAlert }

export type DurableEvent = Durable & { readonly seq: number; readonly at: string }

const DURABLE = new Set<string>([
  'trade_update', 'signal_created', 'decision_made', 'command_update', 'terminal_update', 'error_alert',
] satisfies Durable['type'][])

export type Incoming =
  | { readonly kind: 'ready'; readonly data: Ready }
  | { readonly kind: 'snapshot'; readonly data: Overview }
  | { readonly kind: 'status'; readonly data: StatusUpdate; readonly at: string }
  | { readonly kind: 'durable'; readonly seq: number; readonly event: DurableEvent | null }
  | { readonly kind: 'pong' }
  | { readonly kind: 'other'; readonly type: string }

/** Sort one message. A durable event of an unknown type keeps its number: it must not look like a gap. */
export function sort(envelope: Envelope): Incoming {
  if (envelope.seq !== null) {
    const known = DURABLE.has(envelope.type)
    return { kind: 'durable', seq: envelope.seq, event: known ? (envelope as unknown as DurableEvent) : null }
  }
  switch (envelope.type) {
    case 'ready':
      return { kind: 'ready', data: envelope.data as Ready }
    case 'snapshot':
      return { kind: 'snapshot', data: envelope.data as Overview }
    case 'mt5_status_update':
      return { kind: 'status', data: envelope.data as StatusUpdate, at: envelope.at }
    case 'pong':
      return { kind: 'pong' }
    default:
      return { kind: 'other', type: envelope.type }
  }
}

/** A frame's messages: one object, or an array of them. Throws SyntaxError where it is no JSON. */
export function readFrame(text: string): Envelope[] {
  const found: unknown = JSON.parse(text)
  return (Array.isArray(found) ? found : [found]) as Envelope[]
}
