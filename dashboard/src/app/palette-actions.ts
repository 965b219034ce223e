import { IconClock, IconLogout, IconMoon } from '@tabler/icons-react'
import { useRouter } from '@tanstack/react-router'
import { useMemo } from 'react'
import type { Action } from '@/lib/actions'
import { PAGES } from './navigation'
import { useSettings } from './settings'

/** Everything Ctrl-K offers: trading control first, then pages and settings. */
export function usePaletteActions(control: { readonly stop: Action; readonly pause: Action }): Action[] {
  const router = useRouter()
  const { toggleScheme, toggleZone, signOut } = useSettings()
  return useMemo(() => {
    const pages = PAGES.map((page): Action => ({
      id: `page${page.to}`, name: `Go to ${page.name}`, icon: page.icon, blocked: '',
      perform: () => void router.navigate({ to: page.to }),
    }))
    return [
      control.stop,
      control.pause,
      ...pages,
      { id: 'scheme', name: 'Switch between dark and light', icon: IconMoon, blocked: '', perform: toggleScheme },
      { id: 'zone', name: 'Switch between UTC and local time', icon: IconClock, blocked: '', perform: toggleZone },
      { id: 'sign-out', name: 'Sign out', icon: IconLogout, blocked: '', perform: signOut },
    ]
  }, [control.stop, control.pause, router, toggleScheme, toggleZone, signOut])
}
