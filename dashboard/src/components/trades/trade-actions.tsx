import { ActionIcon, Button, Menu } from '@mantine/core'
import { IconAdjustmentsHorizontal, IconDots, IconPercentage, IconX } from '@tabler/icons-react'
import { useState } from 'react'
import { CommandState } from '@/components/command-state'
import { commandOf, type Held, isEnded, useOverview } from '@/lib/data'
import { useLink } from '@/lib/services'
import type { TradeView } from '@/protocol/generated'
import { type TradeDialog, TradeDialogs } from './dialogs'

/** A trade's buttons; while a command about it is under way, that command's state instead. */
export function TradeActions({ trade, held }: { readonly trade: TradeView; readonly held: Held | undefined }) {
  const [dialog, setDialog] = useState<TradeDialog | null>(null)
  const { data } = useOverview()
  const offline = useLink().phase !== 'live'
  const command = commandOf(trade, data?.commands ?? [])
  const busy = command !== undefined && !isEnded(command)
  const alive = trade.status === 'open' || trade.status === 'pending'
  if (!alive) return null
  return (
    <span className="row" data-testid="trade-actions">
      {busy && <CommandState command={command} />}
      <span className="row push">
        <Button size="compact-sm" variant="default" disabled={busy || offline} onClick={() => setDialog('close')} data-testid="trade-close">
          {trade.status === 'pending' ? 'Cancel' : 'Close'}
        </Button>
        <Menu position="bottom-end" shadow="md" withArrow>
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" disabled={busy || offline} aria-label={`More for ${trade.symbol}`} data-testid="trade-more"><IconDots size={17} /></ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            {trade.status === 'open' && <Menu.Item leftSection={<IconPercentage size={16} />} onClick={() => setDialog('part')} data-testid="trade-part">Close a part</Menu.Item>}
            <Menu.Item leftSection={<IconAdjustmentsHorizontal size={16} />} onClick={() => setDialog('modify')} data-testid="trade-modify">Change stop and target</Menu.Item>
            <Menu.Item leftSection={<IconX size={16} />} color="red" onClick={() => setDialog('close')}>{trade.status === 'pending' ? 'Cancel the order' : 'Close the trade'}</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </span>
      <TradeDialogs kind={dialog} trade={trade} held={held} onClose={() => setDialog(null)} />
    </span>
  )
}
