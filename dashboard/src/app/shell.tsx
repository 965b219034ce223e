import { Menu } from '@mantine/core'
import { useHotkeys } from '@mantine/hooks'
import { IconMenu2 } from '@tabler/icons-react'
import { Link, Outlet, useRouter } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { Mark } from '@/components/brand'
import { Empty, Failed, Loading } from '@/components/panel'
import { StaleNotice } from '@/features/connection/chips'
import { ControlProvider, useControl } from '@/features/control/context'
import { ResumeDialog, StopBanner } from '@/features/control/stop-banner'
import { StopDialog } from '@/features/control/stop-dialog'
import { Palette } from '@/features/palette/palette'
import { useOverview } from '@/lib/data'
import { useServices } from '@/lib/services'
import { CommandToasts } from './command-toasts'
import { Band, Header } from './header'
import { PAGES } from './navigation'
import css from './shell.module.css'
import { usePaletteActions } from './palette-actions'

export function Shell() {
  const { link } = useServices()
  const overview = useOverview()
  const [palette, setPalette] = useState(false)
  const known = overview.data !== undefined
  useHotkeys([['mod+K', () => setPalette(true)]], [])

  useEffect(() => {
    // The socket goes on from the overview's number: nothing between the two can be missed.
    if (known) link.start()
  }, [known, link])

  return (
    <ControlProvider>
    <div className={css.shell}>
      <a className={css.skip} href="#content">Skip to the page</a>
      <Rail />
      <div className={css.main}>
        <div className={css.top} role="region" aria-label="Account and control">
          <Header onPalette={() => setPalette(true)} />
          <Band />
          <StaleNotice />
          <StopBanner />
        </div>
        <main id="content" className={css.content} tabIndex={-1}>
          {overview.isPending ? <Loading rows={8} />
            : overview.isError && !known ? <Failed error={overview.error} retry={() => void overview.refetch()} />
            : <Outlet />}
        </main>
      </div>
      <Tabs />
      <StopDialog />
      <ResumeDialog />
      <CommandToasts />
      <PaletteHost opened={palette} onClose={() => setPalette(false)} />
    </div>
    </ControlProvider>
  )
}

function PaletteHost({ opened, onClose }: { readonly opened: boolean; readonly onClose: () => void }) {
  const { actions } = useControl()
  return <Palette opened={opened} onClose={onClose} actions={usePaletteActions(actions)} />
}

function Rail() {
  return (
    <nav className={css.rail} aria-label="Pages">
      <Link to="/" className={css.brand} aria-label="SignalOS, overview"><Mark size={34} /></Link>
      {PAGES.map((page) => (
        <Link key={page.to} to={page.to} className={css.nav} activeOptions={{ exact: page.to === '/' }}>
          <page.icon size={20} stroke={1.6} aria-hidden />
          {page.name}
        </Link>
      ))}
    </nav>
  )
}

function Tabs() {
  const router = useRouter()
  return (
    <nav className={css.tabs} aria-label="Pages">
      {PAGES.filter((page) => page.tab).map((page) => (
        <Link key={page.to} to={page.to} className={css.nav} activeOptions={{ exact: page.to === '/' }}>
          <page.icon size={21} stroke={1.6} aria-hidden />
          {page.name}
        </Link>
      ))}
      <Menu position="top-end" shadow="md" width={200}>
        <Menu.Target>
          <button type="button" className={css.nav}><IconMenu2 size={21} stroke={1.6} aria-hidden />More</button>
        </Menu.Target>
        <Menu.Dropdown>
          {PAGES.filter((page) => !page.tab).map((page) => (
            <Menu.Item key={page.to} leftSection={<page.icon size={17} />} onClick={() => void router.navigate({ to: page.to })}>{page.name}</Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </nav>
  )
}

export function NotFound() {
  return <Empty title="There is no such page" text={<Link to="/">Go to the overview</Link>} />
}
