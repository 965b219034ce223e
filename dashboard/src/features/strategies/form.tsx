import { Tag } from '@/components/figures'
import { Panel } from '@/components/panel'
import type { BlockView } from '@/protocol/generated'
import type { Value, Values } from './document'
import { FieldRow } from './field'
import css from './strategies.module.css'

const GROUPS: readonly { readonly title: string; readonly kinds: readonly string[] }[] = [
  { title: 'Risk', kinds: ['sizing'] },
  { title: 'Filters', kinds: ['filter'] },
  { title: 'Targets and orders', kinds: ['targets', 'entry', 'order'] },
  { title: 'Management', kinds: ['management'] },
]

interface Props {
  readonly blocks: readonly BlockView[]
  readonly values: Values
  readonly set: (name: string, value: Value) => void
}

export function StrategyForm({ blocks, values, set }: Props) {
  const fixed = blocks.filter((block) => block.fields.length === 0)
  return (
    <div className={css.grid}>
      {GROUPS.map((group) => (
        <Panel key={group.title} title={group.title}>
          {blocks.filter((block) => group.kinds.includes(block.kind)).flatMap((block) => block.fields.map((field) => (
            <FieldRow key={field.place + field.key} field={field} values={values} set={set} {...(block.fields.length === 1 ? { title: block.title } : {})} />
          )))}
        </Panel>
      ))}
      <Panel title="Always on">
        {fixed.map((block) => (
          <div key={block.id} className={css.rule}>
            <div><div className={css.label}>{block.title}</div><div className={css.help}>{block.meaning}</div></div>
            <Tag tone="quiet">always</Tag>
          </div>
        ))}
      </Panel>
    </div>
  )
}
