/** Gives a trading command once: one key a click, locked while under way, never queued offline. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useCallback, useRef } from 'react'
import type { CommandAccepted, CommandView, Overview } from '@/protocol/generated'
import { ApiError } from './api/problem'
import { keys } from './keys'
import { upsert } from './live/fold'
import { useLink, useServices } from './services'

export interface Order {
  /** What it is, for the message at the end: `Close EURUSD 0.20`. */
  readonly name: string
  readonly kind: string
  readonly args: Record<string, unknown>
  readonly send: (key: string) => Promise<CommandAccepted>
}

export const OFFLINE = 'The server is not connected: commands other than STOP are not kept for later.'

export function useIssue(onAccepted?: () => void) {
  const services = useServices()
  const client = useQueryClient()
  const offline = useLink().phase !== 'live'
  // Enter pressed twice arrives before the button is drawn as locked.
  const locked = useRef(false)
  const mutation = useMutation({
    mutationFn: async (order: Order) => {
      if (offline) throw new ApiError(OFFLINE, 0, 'offline')
      const accepted = await order.send(services.newKey())
      services.issued.add(accepted.commandId, order.name)
      client.setQueryData<Overview>(keys.overview, (old) => (old === undefined ? old : withCommand(old, order, accepted)))
      return accepted
    },
    retry: false,
    networkMode: 'always',
    onSuccess: onAccepted,
    onSettled: () => { locked.current = false },
  })
  const { mutate } = mutation
  const run = useCallback((order: Order) => {
    if (locked.current) return
    locked.current = true
    mutate(order)
  }, [mutate])
  return { run, busy: mutation.isPending, error: mutation.error, reset: mutation.reset, offline }
}

/** The command as it stands until the server's first word on it. */
function withCommand(overview: Overview, order: Order, accepted: CommandAccepted): Overview {
  if (overview.commands.some((command) => command.id === accepted.commandId)) return overview
  const command: CommandView = {
    id: accepted.commandId,
    kind: order.kind,
    args: order.args,
    state: accepted.terminals[0]?.state ?? 'queued',
    issuedAt: new Date().toISOString(),
    expiresAt: null,
    terminals: accepted.terminals,
  }
  return { ...overview, commands: upsert(overview.commands, command, (c) => c.id === command.id) }
}
