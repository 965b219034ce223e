import { Gain } from '@/components/figures'
import { Empty, Panel } from '@/components/panel'
import type { Cut } from '@/protocol/generated'
import { factor, rate } from './words'
import css from './analytics.module.css'

/** One row a provider, symbol or hour; the bar shows the net beside the others'. */
export function Breakdown({ title, first, rows }: { readonly title: string; readonly first: string; readonly rows: readonly Cut[] }) {
  const most = Math.max(...rows.map((row) => Math.abs(row.figures.net)), 0)
  return (
    <Panel title={title} flush>
      {rows.length === 0 ? <Empty title="No closed trades" /> : (
        <div className={css.scroll} role="region" aria-label={title} tabIndex={0}>
          <table className={css.table} data-testid="breakdown" data-by={first.toLowerCase()}>
            <thead><tr><th>{first}</th><th className={css.num}>Trades</th><th className={css.num}>Won</th><th className={css.num}>Profit factor</th><th className={css.num}>Net</th><th aria-hidden="true" /></tr></thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.key} data-testid="breakdown-row" data-key={row.key} data-net={row.figures.net}>
                  <th scope="row">{row.label}</th>
                  <td className={css.num}>{row.figures.trades}</td>
                  <td className={css.num}>{rate(row.figures.winRate)}</td>
                  <td className={css.num}>{factor(row.figures.profitFactor)}</td>
                  <td className={css.num}><Gain value={row.figures.net} /></td>
                  <td aria-hidden="true" className={css.bar}><Bar net={row.figures.net} most={most} /></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  )
}

/** Losses grow to the left of the middle, gains to the right. */
function Bar({ net, most }: { readonly net: number; readonly most: number }) {
  const width = most === 0 ? 0 : (Math.abs(net) / most) * 50
  return (
    <svg viewBox="0 0 100 10" preserveAspectRatio="none" className={css.bars}>
      <line x1="50" x2="50" y1="0" y2="10" className={css.middle} />
      <rect x={net < 0 ? 50 - width : 50} y="2" width={width} height="6" className={net < 0 ? css.lost : css.won} />
    </svg>
  )
}
