/** The same on every page: what the account is worth, what can be heard, and how to stop it. */
import { ActionIcon, Menu } from '@mantine/core'
import { IconClock, IconDots, IconLogout, IconMoon, IconSearch, IconSun } from '@tabler/icons-react'
import { Gain } from '@/components/figures'
import { ConnectionChips } from '@/features/connection/chips'
import { useControl } from '@/features/control/context'
import { PauseButton, StopButton } from '@/features/control/stop-button'
import { totals, useOverview } from '@/lib/data'
import { money, signedPercent } from '@/lib/format'
import { useTime } from '@/lib/services'
import css from './shell.module.css'
import { useSettings } from './settings'

export function Header({ onPalette }: { readonly onPalette: () => void }) {
  const { data } = useOverview()
  const account = totals(data?.terminals ?? [])
  return (
    <div className={css.header}>
      <div className={css.figures} data-testid="account">
        <div className={css.figure}>
          <span className={css.caption}>Equity</span>
          <span className={css.equity} data-testid="equity-value" data-value={account?.equity}>{money(account?.equity, account?.currency)}</span>
        </div>
        <div className={`${css.figure} ${css.desktopOnly}`}>
          <span className={css.caption}>Balance</span>
          <b data-testid="balance-value">{money(account?.balance)}</b>
        </div>
        <div className={css.figure}>
          <span className={css.caption}>Today</span>
          <b>
            <Gain value={account?.day} testId="day-value" />{' '}
            {account?.dayShare != null && <span className={`muted ${css.wide}`}>{signedPercent(account.dayShare)}</span>}
          </b>
        </div>
      </div>
      <div className={css.headerChips}><ConnectionChips /></div>
      <div className={css.buttons}>
        <ActionIcon className={css.desktopOnly} variant="subtle" color="gray" size="lg" aria-label="Find an action or page (Ctrl K)" title="Find (Ctrl K)" onClick={onPalette}>
          <IconSearch size={18} />
        </ActionIcon>
        <span className={css.desktopOnly}><PauseButton /></span>
        <StopButton />
        <MoreMenu />
      </div>
    </div>
  )
}

function MoreMenu() {
  const { data } = useOverview()
  const { scheme, toggleScheme, zone, toggleZone, signOut } = useSettings()
  const { actions, latched } = useControl()
  const { pause } = actions
  return (
    <Menu position="bottom-end" shadow="md" width={220} withArrow>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label="Account and settings" data-testid="more-menu"><IconDots size={18} /></ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {data && <Menu.Label>{data.user.email}</Menu.Label>}
        {latched.length === 0 && (
          <Menu.Item leftSection={<pause.icon size={16} />} disabled={pause.blocked !== ''} onClick={pause.perform}>{pause.name} trading</Menu.Item>
        )}
        <Menu.Item leftSection={scheme === 'dark' ? <IconSun size={16} /> : <IconMoon size={16} />} onClick={toggleScheme} data-testid="toggle-scheme">
          {scheme === 'dark' ? 'Light colours' : 'Dark colours'}
        </Menu.Item>
        <Menu.Item leftSection={<IconClock size={16} />} onClick={toggleZone} data-testid="toggle-zone">
          {zone === 'utc' ? 'Show local time' : 'Show UTC'}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={signOut} data-testid="sign-out">Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

/** Demo or real money, the market's time, and what this version has not been tried on. */
export function Band() {
  const { data } = useOverview()
  const time = useTime()
  if (data === undefined) return null
  const terminals = data.terminals.filter((t) => t.status === 'approved')
  const real = terminals.some((t) => !t.demo)
  const market = terminals.find((t) => t.marketTime !== null)?.marketTime ?? null
  return (
    <div className={css.band} data-live={real} data-testid="mode-band">
      {real ? <strong>Live: real money</strong>
        : data.demo ? <span><strong>Demo</strong> simulated terminal, recorded prices</span>
        : terminals.some((t) => t.lastSeenAt !== null) && <span><strong>Demo account</strong></span>}
      {market !== null && <span data-testid="market-time">market time {time.full(market)} {time.label}</span>}
      {!data.verifiedOnRealTerminal && <span>not verified on a real terminal</span>}
    </div>
  )
}
