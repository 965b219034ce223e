/** Kept in this browser alone. */
import { type MantineColorScheme, SegmentedControl, useMantineColorScheme } from '@mantine/core'
import { useSyncExternalStore } from 'react'
import { useServices } from '@/lib/services'
import type { Zone } from '@/lib/time'
import css from './settings.module.css'

const SCHEMES: { value: MantineColorScheme; label: string }[] = [
  { value: 'auto', label: 'As the system' }, { value: 'dark', label: 'Dark' }, { value: 'light', label: 'Light' },
]
const ZONES: { value: Zone; label: string }[] = [{ value: 'utc', label: 'UTC' }, { value: 'local', label: 'Local time' }]

export function Appearance() {
  const { zone: stored } = useServices()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const zone = useSyncExternalStore(stored.subscribe, stored.get)
  return (
    <>
      <div className={css.choice}>
        <span id="settings-scheme">Colours</span>
        <SegmentedControl aria-labelledby="settings-scheme" data={SCHEMES} value={colorScheme} onChange={setColorScheme} data-testid="settings-scheme" />
      </div>
      <div className={css.choice}>
        <span id="settings-zone">Times are shown in</span>
        <SegmentedControl aria-labelledby="settings-zone" data={ZONES} value={zone} onChange={stored.set} data-testid="settings-zone" />
      </div>
    </>
  )
}
