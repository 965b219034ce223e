import { IconActivity, IconAdjustments, IconArrowsExchange, IconDeviceDesktop, IconInfoCircle, IconList, IconMessage2 } from '@tabler/icons-react'

/** The pages, in the order of the rail, the tabs and the palette. */
export const PAGES = [
  { to: '/', name: 'Overview', icon: IconActivity, tab: true },
  { to: '/signals', name: 'Signals', icon: IconMessage2, tab: true },
  { to: '/trades', name: 'Trades', icon: IconArrowsExchange, tab: true },
  { to: '/strategy', name: 'Strategy', icon: IconAdjustments, tab: false },
  { to: '/terminals', name: 'Terminals', icon: IconDeviceDesktop, tab: false },
  { to: '/logs', name: 'Logs', icon: IconList, tab: false },
  { to: '/about', name: 'About', icon: IconInfoCircle, tab: false },
] as const
