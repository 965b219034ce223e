/** Pause, stop and resume for everything that offers them. */
import { IconHandStop, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react'
import { createContext, type ReactNode, use, useMemo, useState, useSyncExternalStore } from 'react'
import type { Action } from '@/lib/actions'
import { useOverview } from '@/lib/data'
import { useServices } from '@/lib/services'
import { OFFLINE, useIssue } from '@/lib/use-issue'
import type { TerminalView } from '@/protocol/generated'
import type { StopSender, StopState } from './stop-sender'

export type Dialog = { readonly kind: 'stop' } | { readonly kind: 'resume'; readonly terminal: TerminalView } | null

interface Control {
  readonly sender: StopSender
  readonly stop: StopState
  readonly dialog: Dialog
  readonly open: (dialog: Dialog) => void
  readonly latched: readonly TerminalView[]
  readonly paused: boolean
  readonly busy: boolean
  readonly actions: { readonly stop: Action; readonly pause: Action }
}

const Context = createContext<Control | null>(null)
const SenderContext = createContext<StopSender | null>(null)

/** Outlives every page: a stop on its way goes on while the user moves around. */
export const SenderProvider = SenderContext.Provider

export function useControl(): Control {
  const control = use(Context)
  if (control === null) throw new Error('ControlProvider is missing above this component')
  return control
}

export function ControlProvider({ children }: { readonly children: ReactNode }) {
  const sender = use(SenderContext)
  if (sender === null) throw new Error('SenderProvider is missing above this component')
  return <Provided sender={sender}>{children}</Provided>
}

function Provided({ sender, children }: { readonly sender: StopSender; readonly children: ReactNode }) {
  const { api } = useServices()
  const { data } = useOverview()
  const stop = useSyncExternalStore(sender.subscribe, sender.read)
  const [dialog, open] = useState<Dialog>(null)
  const { run, busy, offline } = useIssue()
  const terminals = useMemo(() => (data?.terminals ?? []).filter((t) => t.status === 'approved'), [data?.terminals])
  const latched = useMemo(() => terminals.filter((t) => t.latch !== null), [terminals])
  const paused = terminals.length > 0 && terminals.every((t) => t.paused)

  const actions = useMemo(() => {
    const stopAction: Action = {
      id: 'stop',
      name: 'Stop trading',
      words: 'emergency close all flat panic',
      icon: IconHandStop,
      blocked: '',
      perform: () => open({ kind: 'stop' }),
    }
    const none = terminals.length === 0 ? 'No terminal is connected yet.' : ''
    const blocked = offline ? OFFLINE : busy ? 'A command is under way.' : none
    const pauseAction: Action = paused
      ? {
          id: 'resume', name: 'Resume', words: 'continue entries', icon: IconPlayerPlay, blocked,
          perform: () => run({ name: 'Resume', kind: 'resume', args: {}, send: (key) => api.resume(null, null, key) }),
        }
      : {
          id: 'pause', name: 'Pause', words: 'no new entries', icon: IconPlayerPause, blocked,
          perform: () => run({ name: 'Pause', kind: 'pause', args: {}, send: (key) => api.pause(null, key) }),
        }
    return { stop: stopAction, pause: pauseAction }
  }, [api, busy, offline, paused, run, terminals.length])

  const value = useMemo(
    () => ({ sender, stop, dialog, open, latched, paused, busy, actions }),
    [sender, stop, dialog, latched, paused, busy, actions],
  )
  return <Context value={value}>{children}</Context>
}
