/** The chosen block's fields beside the canvas. */
import { Drawer, Switch } from '@mantine/core'
import type { BlockView } from '@/protocol/generated'
import { isOn, switchOf, type Value, type Values } from './document'
import { FieldRow } from './field'

interface Props {
  readonly block: BlockView | undefined
  readonly values: Values
  readonly set: (name: string, value: Value) => void
  readonly onFlip: (block: BlockView, on: boolean) => void
  readonly onClose: () => void
}

export function BlockPanel({ block, values, set, onFlip, onClose }: Props) {
  return (
    <Drawer opened={block !== undefined} onClose={onClose} position="right" size="sm" title={block?.title} closeButtonProps={{ 'aria-label': 'Close the block' }}>
      {block !== undefined && (
        <div className="stack" data-testid="block-panel" data-block={block.id}>
          <p className="muted">{block.meaning}</p>
          {switchOf(block) !== undefined && switchOf(block)?.kind !== 'switch' && (
            <Switch label={isOn(block, values) ? 'On' : 'Off'} checked={isOn(block, values)} onChange={(event) => onFlip(block, event.currentTarget.checked)} />
          )}
          {block.fields.length === 0
            ? <p>{block.id === 'ceilings' ? 'They stand in config.json on the machine where the desktop app runs, and nothing here changes them.' : 'Nothing can be set here: it always holds.'}</p>
            : <div>{block.fields.map((field) => <FieldRow key={field.place + field.key} field={field} values={values} set={set} {...(block.fields.length === 1 ? { title: block.title } : {})} />)}</div>}
        </div>
      )}
    </Drawer>
  )
}
