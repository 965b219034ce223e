/** What the terminals have confirmed of a stop, one block a terminal; spoken as it changes. */
import { Loader } from '@mantine/core'
import { IconAlertTriangle, IconCircleCheckFilled } from '@tabler/icons-react'
import type { TerminalView } from '@/protocol/generated'
import css from './control.module.css'
import type { Proof } from './stop-proof'

export function ProofLine({ proof, testId }: { readonly proof: Proof; readonly testId: string }) {
  return (
    <div>
      <div className={`row ${css.proof} ${proof.phase === 'flat' ? css.flat : ''}`} data-testid={testId} data-phase={proof.phase}>
        {proof.phase === 'flat' && <IconCircleCheckFilled size={21} aria-hidden />}
        {proof.phase === 'failed' && <IconAlertTriangle size={21} aria-hidden />}
        {proof.phase !== 'flat' && proof.phase !== 'failed' && <Loader size={17} color="red" aria-hidden />}
        <span>{proof.text}</span>
      </div>
      <LeftList proof={proof} />
    </div>
  )
}

export function LeftList({ proof }: { readonly proof: Proof }) {
  if (proof.left.length === 0) return null
  return (
    <ul className={css.left}>
      {proof.left.map((item, at) => (
        <li key={`${item.ticket}-${at}`}>
          {item.ticket && <span className="mono">{item.ticket}</span>} {item.text}
        </li>
      ))}
    </ul>
  )
}

export interface TerminalProof {
  readonly terminal: TerminalView
  readonly proof: Proof
}

export function StopProgress({ proofs }: { readonly proofs: readonly TerminalProof[] }) {
  return (
    <div className="stack" aria-live="assertive" aria-atomic="false">
      {proofs.map(({ terminal, proof }) => (
        <div key={terminal.id}>
          {proofs.length > 1 && <div className="muted">{terminal.name}</div>}
          <ProofLine proof={proof} testId="stop-proof" />
        </div>
      ))}
    </div>
  )
}
