import { Gain, Stat } from '@/components/figures'
import { reasonText } from '@/components/signals/words'
import { count } from '@/lib/format'
import type { ProviderStatistics } from '@/protocol/generated'
import css from './providers.module.css'
import { refusals, winRate } from './rules'
import { useCurrency } from './state'

export function Statistics({ statistics }: { readonly statistics: ProviderStatistics }) {
  const currency = useCurrency()
  const reasons = refusals(statistics.reasons)
  return (
    <>
      <div className={css.stats}>
        <Stat label="Signals" sub={statistics.rejected > 0 ? `${statistics.rejected} not tradable` : undefined} testId="provider-signals">{statistics.signals}</Stat>
        <Stat label="Taken" testId="provider-executed">{statistics.executed}</Stat>
        <Stat label="Refused" testId="provider-refused">{statistics.refused}</Stat>
        <Stat label="Trades" sub={`${statistics.openTrades} open`}>{statistics.closedTrades}</Stat>
        <Stat label="Win rate" sub={count(statistics.wins, 'win', 'wins')} testId="provider-win-rate">{winRate(statistics)}</Stat>
        <Stat label="Profit" sub="realised, with costs" testId="provider-profit"><Gain value={statistics.profit} currency={currency} /></Stat>
      </div>
      {reasons.length > 0 && (
        <>
          <h3 className={css.subhead}>Why signals were refused</h3>
          <ul className="plain-list">
            {reasons.map(({ reason, times, share }) => (
              <li key={reason} className={css.reason} data-testid="provider-refusal" data-reason={reason}>
                <span>{reasonText(reason) || 'No reason was given'}</span>
                <span className="muted nowrap">{times}, {Math.round(share * 100)} %</span>
                <meter className={css.meter} min={0} max={1} value={share} aria-label={`Share of ${reasonText(reason)}`} />
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  )
}
