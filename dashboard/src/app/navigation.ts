import { IconActivity, IconAdjustments, IconArrowsExchange, IconBroadcast, IconChartLine, IconDeviceDesktop, IconInfoCircle, IconList, IconMessage2, IconSettings } from '@tabler/icons-react'

/** The pages, in the order of the rail, the tabs and the palette. */
export const PAGES = [
  { to: '/', name: 'Overview', icon: IconActivity, tab: true },
  { to: '/signals', name: 'Signals', icon: IconMessage2, tab: true },
  { to: '/trades', name: 'Trades', icon: IconArrowsExchange, tab: true },
  { to: '/providers', name: 'Channels', icon: IconBroadcast, tab: false },
  { to: '/strategies', name: 'Strategies', icon: IconAdjustments, tab: false },
  { to: '/analytics', name: 'Analytics', icon: IconChartLine, tab: false },
  { to: '/terminals', name: 'Terminals', icon: IconDeviceDesktop, tab: false },
  { to: '/logs', name: 'Logs', icon: IconList, tab: false },
  { to: '/settings', name: 'Settings', icon: IconSettings, tab: false },
  { to: '/about', name: 'About', icon: IconInfoCircle, tab: false },
] as const
