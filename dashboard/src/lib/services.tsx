/** What the pages use, built once in main.tsx and handed down. */
import type { QueryClient } from '@tanstack/react-query'
import { createContext, use, useSyncExternalStore } from 'react'
import type { Api } from './api/endpoints'
import type { Feed } from './live/feed'
import type { Link, LinkState } from './live/socket'
import type { Stored } from './stored'
import type { Issued } from './issued'
import { createTimeFormat, type ServerClock, type TimeFormat, type Zone } from './time'

export interface Services {
  readonly api: Api
  readonly queries: QueryClient
  readonly feed: Feed
  readonly link: Link
  readonly clock: ServerClock
  readonly zone: Stored<Zone>
  readonly newKey: () => string
  readonly issued: Issued
}

const Context = createContext<Services | null>(null)

export const ServicesProvider = Context.Provider

export function useServices(): Services {
  const services = use(Context)
  if (services === null) throw new Error('ServicesProvider is missing above this component')
  return services
}

export function useLink(): LinkState {
  const { link } = useServices()
  return useSyncExternalStore(link.subscribe, link.read)
}

const formats: Readonly<Record<Zone, () => TimeFormat>> = {
  utc: () => createTimeFormat('utc'),
  local: () => createTimeFormat('local'),
}
const built: Partial<Record<Zone, TimeFormat>> = {}

/** The page's one time formatter, in the zone the user chose. */
export function useTime(): TimeFormat {
  const { zone } = useServices()
  const chosen = useSyncExternalStore(zone.subscribe, zone.get)
  return (built[chosen] ??= formats[chosen]())
}

const SECOND = 1_000

function everySecond(changed: () => void): () => void {
  const timer = setInterval(changed, SECOND)
  return () => clearInterval(timer)
}

/** This browser's time in milliseconds, in whole seconds; re-renders with each. */
export function useNow(): number {
  return useSyncExternalStore(everySecond, () => Math.floor(Date.now() / SECOND) * SECOND)
}

/** Ages in seconds of what was received, by the server's clock; re-renders every second. */
export function useAges(): (at: string | null) => number | null {
  const { clock } = useServices()
  useNow()
  return (at) => clock.since(at)
}
