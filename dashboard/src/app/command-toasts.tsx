/** Announces how each command given on this page ended; asks by HTTP while the socket is away. */
import { notifications } from '@mantine/notifications'
import { useEffect, useSyncExternalStore } from 'react'
import { commandTrouble } from '@/components/command-state'
import { isEnded, useOverview } from '@/lib/data'
import { keys } from '@/lib/keys'
import { upsert } from '@/lib/live/fold'
import { useLink, useServices } from '@/lib/services'
import type { Overview } from '@/protocol/generated'

const ASK_EVERY_MS = 2_000

export function CommandToasts() {
  const { api, issued, queries } = useServices()
  const ids = useSyncExternalStore(issued.subscribe, issued.ids)
  const { data } = useOverview()
  const commands = data?.commands
  const live = useLink().phase === 'live'

  useEffect(() => {
    for (const id of ids) {
      const command = commands?.find((c) => c.id === id)
      if (command === undefined || !isEnded(command)) continue
      const name = issued.name(id) ?? ''
      issued.remove(id)
      const trouble = commandTrouble(command)
      const good = command.state === 'done' && trouble === ''
      notifications.show({
        title: `${name}: ${good ? 'done' : command.state}`,
        message: good ? 'The terminal has confirmed it.' : trouble,
        color: good ? 'teal' : 'red',
        autoClose: good ? 4_000 : 12_000,
        withBorder: true,
      })
    }
  }, [commands, ids, issued])

  useEffect(() => {
    if (live || ids.length === 0) return
    const ask = async (id: string) => {
      const command = await api.command(id).catch(() => null)
      if (command === null) return
      queries.setQueryData<Overview>(keys.overview, (old) =>
        old === undefined ? old : { ...old, commands: upsert(old.commands, command, (c) => c.id === id) })
    }
    const timer = setInterval(() => ids.forEach((id) => void ask(id)), ASK_EVERY_MS)
    return () => clearInterval(timer)
  }, [api, ids, live, queries])

  return null
}
