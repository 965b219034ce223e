/** What belongs to the person rather than to trading: account, second factor, appearance. */
import { Panel } from '@/components/panel'
import { useOverview } from '@/lib/data'
import { Appearance } from './appearance'
import { SecondFactor } from './second-factor'
import css from './settings.module.css'

export function SettingsPage() {
  const { data } = useOverview()
  return (
    <div className={`stack ${css.page ?? ''}`}>
      <Panel title={<h1>Settings</h1>}>
        <dl className={css.facts}>
          <dt>E-mail</dt><dd data-testid="settings-email">{data?.user.email}</dd>
          <dt>Account</dt><dd>{data?.user.demo ? 'demo, on this machine alone' : data?.user.role}</dd>
        </dl>
      </Panel>
      <Panel title="Second factor at sign-in"><SecondFactor demo={data?.user.demo ?? false} /></Panel>
      <Panel title="Appearance"><Appearance /></Panel>
    </div>
  )
}
