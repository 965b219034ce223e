/** Close, close a part, change stop and target. One key a click; locked while under way. */
import { Alert, Button, Group, Modal, NumberInput, SegmentedControl, Stack } from '@mantine/core'
import { useState } from 'react'
import { errorText } from '@/lib/api/problem'
import type { Held } from '@/lib/data'
import { price, priceDigits, signedMoney, volume } from '@/lib/format'
import { useServices } from '@/lib/services'
import { useIssue } from '@/lib/use-issue'
import type { TradeView } from '@/protocol/generated'
import { changedLevels } from './levels'

export type TradeDialog = 'close' | 'part' | 'modify'

interface Props {
  readonly trade: TradeView
  readonly held: Held | undefined
  readonly onClose: () => void
}

const TITLES: Readonly<Record<TradeDialog, string>> = { close: 'Close', part: 'Close a part of', modify: 'Change' }

export function TradeDialogs({ kind, ...props }: Props & { readonly kind: TradeDialog | null }) {
  const { trade, onClose } = props
  const Body = kind === 'modify' ? Modify : kind === 'part' ? Part : Close
  return (
    <Modal
      opened={kind !== null} onClose={onClose} centered size="sm" closeButtonProps={{ 'aria-label': 'Close the dialog' }}
      title={kind === 'close' && trade.status === 'pending' ? `Cancel the ${trade.symbol} order` : `${TITLES[kind ?? 'close']} ${trade.symbol}`}
    >
      {kind !== null && <Body {...props} />}
    </Modal>
  )
}

function openVolume({ trade, held }: Props): number {
  return held?.volume ?? trade.volume - trade.closedVolume
}

interface ActionsProps {
  readonly label: string
  readonly color?: string
  readonly issue: ReturnType<typeof useIssue>
  readonly disabled?: boolean
  readonly onCancel: () => void
}

function Actions({ label, color, issue, disabled = false, onCancel }: ActionsProps) {
  return (
    <>
      {issue.offline && <Alert color="yellow">The server is not connected. Commands are not kept for later; STOP is.</Alert>}
      {issue.error && <Alert color="red" data-testid="command-error">{errorText(issue.error)}</Alert>}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onCancel}>Leave it</Button>
        <Button type="submit" {...(color ? { color } : {})} loading={issue.busy} disabled={disabled || issue.offline} data-testid="trade-confirm">{label}</Button>
      </Group>
    </>
  )
}

function Close(props: Props) {
  const { trade, held, onClose } = props
  const { api } = useServices()
  const issue = useIssue(onClose)
  const pending = trade.status === 'pending'
  return (
    <form onSubmit={(event) => {
      event.preventDefault()
      issue.run({ name: `${pending ? 'Cancel' : 'Close'} ${trade.symbol}`, kind: 'close', args: { identifier: trade.identifier }, send: (key) => api.closeTrade(trade.id, key) })
    }}>
      <Stack gap="md">
        <p>
          {pending
            ? `Deletes the waiting ${trade.side ?? ''} order of ${volume(trade.volume)} lots.`
            : `Closes ${volume(openVolume(props))} lots at the market.`}
          {held && !pending && <> Floating now: <strong className={held.profit < 0 ? 'down' : 'up'}>{signedMoney(held.profit)}</strong>.</>}
        </p>
        <Actions label={pending ? 'Cancel the order' : 'Close the trade'} color="red" issue={issue} onCancel={onClose} />
      </Stack>
    </form>
  )
}

function Part(props: Props) {
  const { trade, onClose } = props
  const { api } = useServices()
  const issue = useIssue(onClose)
  const [choice, setChoice] = useState('50')
  const [custom, setCustom] = useState<number | string>(33)
  const share = Number(choice === 'custom' ? custom : choice)
  const valid = Number.isFinite(share) && share > 0 && share <= 100
  return (
    <form onSubmit={(event) => {
      event.preventDefault()
      if (valid) issue.run({ name: `Close ${share} % of ${trade.symbol}`, kind: 'partial_close', args: { identifier: trade.identifier }, send: (key) => api.partialClose(trade.id, share, key) })
    }}>
      <Stack gap="md">
        <SegmentedControl
          aria-label="Part to close" fullWidth value={choice} onChange={setChoice}
          data={[{ value: '25', label: '25 %' }, { value: '50', label: '50 %' }, { value: '75', label: '75 %' }, { value: 'custom', label: 'Other' }]}
        />
        {choice === 'custom' && (
          <NumberInput label="Part in percent" suffix=" %" min={1} max={100} value={custom} onChange={setCustom} error={valid ? undefined : 'Above 0, at most 100'} data-autofocus />
        )}
        <p className="muted">
          About {valid ? volume((openVolume(props) * share) / 100) : '–'} of {volume(openVolume(props))} lots, rounded down to the
          symbol’s lot step.
        </p>
        <Actions label={valid ? `Close ${share} %` : 'Close a part'} issue={issue} disabled={!valid} onCancel={onClose} />
      </Stack>
    </form>
  )
}

function Modify(props: Props) {
  const { trade, held, onClose } = props
  const { api } = useServices()
  const issue = useIssue(onClose)
  const old = { stop: held ? (held.stopLoss ?? null) : trade.stopLoss, target: held ? (held.takeProfit ?? null) : trade.takeProfit }
  const [stop, setStop] = useState<number | string>(old.stop ?? '')
  const [target, setTarget] = useState<number | string>(old.target ?? '')
  const change = changedLevels(old, stop, target)
  const digits = priceDigits(trade.symbol)
  const field = { decimalScale: Math.max(digits, 6), step: 10 ** (1 - digits), min: 0, allowNegative: false, thousandSeparator: false as const }
  return (
    <form onSubmit={(event) => {
      event.preventDefault()
      if (change) issue.run({ name: `Change ${trade.symbol}`, kind: 'modify', args: { identifier: trade.identifier }, send: (key) => api.modifyTrade(trade.id, change, key) })
    }}>
      <Stack gap="md">
        <p className="muted">Entry {price(trade.entryPrice, trade.symbol)}{held ? `, market ${price(held.price, trade.symbol)}` : ''}. An empty field removes the level.</p>
        <NumberInput label="Stop loss" value={stop} onChange={setStop} {...field} data-autofocus data-testid="modify-stop" />
        <NumberInput label="Take profit" value={target} onChange={setTarget} {...field} data-testid="modify-target" />
        <Actions label="Change" issue={issue} disabled={change === null} onCancel={onClose} />
      </Stack>
    </form>
  )
}
