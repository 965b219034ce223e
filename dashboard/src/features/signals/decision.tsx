/** One terminal's decision: every step with what it saw, its limit and its verdict, then the plan. */
import { IconAlertCircle, IconCircleCheck, IconCircleX, IconInfoCircle } from '@tabler/icons-react'
import { Side } from '@/components/figures'
import { reasonText } from '@/components/signals/words'
import { digitsOf, money, price, sentence, volume, words } from '@/lib/format'
import { useTime } from '@/lib/services'
import type { DecisionView, PlanData, StepData } from '@/protocol/generated'
import css from './signals.module.css'

const RULES: Readonly<Record<string, string>> = {
  halted: 'Trading on', once: 'Only once', signal_age: 'Age', missing_stop: 'Stop loss', max_daily_trades: 'Trades today',
  max_open_trades: 'Open at once', netting_shared: 'Netting', profile: 'Channel’s profile', stop_side: 'Side of the stop', entry_distance: 'Distance', min_risk_reward: 'Reward for risk', sizing: 'Size',
}

const ICONS = {
  pass: <IconCircleCheck size={20} className="up" aria-label="passed" />,
  refuse: <IconCircleX size={20} className="down" aria-label="refused" />,
  note: <IconInfoCircle size={20} className="muted" aria-label="noted" />,
} as const

export function Decision({ decision, symbol }: { readonly decision: DecisionView; readonly symbol: string }) {
  const time = useTime()
  const refused = decision.verdict === 'refuse'
  const refusing = decision.steps.find((step) => step.verdict === 'refuse')
  return (
    <div data-testid="decision" data-verdict={decision.verdict} data-reason={decision.reason}>
      <div className={css.verdict} data-verdict={refused ? 'refuse' : 'pass'}>
        {refused ? <IconAlertCircle size={20} aria-hidden /> : <IconCircleCheck size={20} aria-hidden />}
        <span>{refused ? `Refused: ${reasonText(decision.reason)}.` : 'Passed: sent to the terminal.'} {refused && refusing?.text ? `${sentence(refusing.text)}.` : ''}</span>
      </div>
      <ol className={css.steps} aria-label="Decision timeline">
        {decision.steps.map((step, at) => <Step key={`${step.rule}-${at}`} step={step} />)}
      </ol>
      {decision.plan.length > 0 && <Plan plan={decision.plan} symbol={symbol} />}
      <p className="muted" style={{ marginTop: 14, fontSize: 12.5 }}>
        Decided {time.full(decision.decidedAt)} {time.label} by strategy version {decision.strategyVersion || '–'}
        {decision.risk !== null && <>, risk {money(decision.risk)}{decision.budget === null ? '' : ` of a budget of ${money(decision.budget)}`}</>}.
      </p>
    </div>
  )
}

function Step({ step }: { readonly step: StepData }) {
  const figures = [step.input, step.limit && `limit ${step.limit}`].filter(Boolean).join(', ')
  return (
    <li className={css.step} data-testid="decision-step" data-rule={step.rule} data-verdict={step.verdict}>
      {ICONS[step.verdict]}
      <span className={css.rule}>{RULES[step.rule] ?? words(step.rule)}</span>
      <span className={css.text}>{sentence(step.text)}</span>
      <span className={css.figures}>{figures}</span>
    </li>
  )
}

function Plan({ plan, symbol }: { readonly plan: readonly PlanData[]; readonly symbol: string }) {
  return (
    <div className={css.planBox} role="region" aria-label="Plan" tabIndex={0}>
      <table className={css.plan} aria-label="Plan">
        <thead>
          <tr><th>Leg</th><th>What</th><th className={css.num}>Lots</th><th className={css.num}>Price</th><th className={css.num}>Stop</th><th className={css.num}>Target</th><th className={css.num}>Risk</th></tr>
        </thead>
        <tbody>
          {plan.map((leg, at) => {
            const name = leg.symbol ?? symbol
            const digits = digitsOf(name, leg.price, leg.stopLoss, leg.takeProfit)
            const why = leg.text || reasonText(leg.reason)
            return (
              <tr key={`${leg.leg}-${at}`} data-testid="plan-leg">
                <td>{leg.leg}</td>
                <td><span className="row"><span>{words(leg.kind)}</span><Side side={leg.side ?? null} /></span>{leg.reason && <span className="warn">not sent: {why}</span>}</td>
                <td className={css.num}>{volume(leg.volume)}</td>
                <td className={css.num}>{leg.price == null ? (leg.kind.includes('open') ? 'market' : '–') : price(leg.price, name, digits)}</td>
                <td className={css.num}>{price(leg.stopLoss, name, digits)}</td>
                <td className={css.num}>{price(leg.takeProfit, name, digits)}</td>
                <td className={css.num}>{money(leg.risk)}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}
