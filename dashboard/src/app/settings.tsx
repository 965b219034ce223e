/** Colours, time zone and signing out. */
import { useMantineColorScheme, useComputedColorScheme } from '@mantine/core'
import { useRouter } from '@tanstack/react-router'
import { useCallback, useSyncExternalStore } from 'react'
import { useServices } from '@/lib/services'
import type { Zone } from '@/lib/time'

export function useSettings() {
  const { api, link, feed, queries, zone: stored } = useServices()
  const router = useRouter()
  const { setColorScheme } = useMantineColorScheme()
  const scheme = useComputedColorScheme('dark')
  const zone = useSyncExternalStore(stored.subscribe, stored.get)

  const signOut = useCallback(async () => {
    // Whatever the server says: this browser shows nothing any more.
    await api.logout().catch(() => null)
    link.stop()
    feed.reset()
    // The page goes first: a page that is still there would ask for what was just cleared.
    await router.navigate({ to: '/sign-in', search: { next: '/' } })
    queries.clear()
  }, [api, feed, link, queries, router])

  return {
    scheme,
    zone,
    toggleScheme: () => setColorScheme(scheme === 'dark' ? 'light' : 'dark'),
    toggleZone: () => stored.set((zone === 'utc' ? 'local' : 'utc') satisfies Zone),
    signOut: () => void signOut(),
  }
}
