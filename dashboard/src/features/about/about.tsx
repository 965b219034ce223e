import { Panel } from '@/components/panel'
import css from './about.module.css'

export function AboutPage() {
  return (
    <div className={css.page}>
      <Panel title={<h1>About SignalOS</h1>}>
        <p>
          SignalOS reads what your signal channels post, decides under your rules and trades at your terminal. The desktop app
          keeps the keys and the limits; this page watches and commands.
        </p>
        <p>
          <strong>Not verified on a real terminal.</strong> This version has been tried on the simulated terminal only. Real accounts
          need an explicit switch in the desktop app’s configuration.
        </p>
      </Panel>
      <Panel title="Keys">
        <dl className={css.keys}>
          <dt><kbd>Ctrl</kbd> <kbd>K</kbd></dt><dd>find an action or a page</dd>
          <dt><kbd>Tab</kbd></dt><dd>through everything, also the stop</dd>
          <dt><kbd>Esc</kbd></dt><dd>close a dialog; a stop that was sent goes on</dd>
        </dl>
      </Panel>
      <Panel title="Notices">
        <p>TradingView Lightweight Charts™, Copyright © 2025 TradingView, Inc. <a href="https://www.tradingview.com/" rel="noreferrer noopener" target="_blank">https://www.tradingview.com/</a>, Apache License 2.0.</p>
        <p>Geist and Geist Mono, SIL Open Font License 1.1. Mantine, TanStack and Tabler Icons, MIT License.</p>
      </Panel>
    </div>
  )
}
