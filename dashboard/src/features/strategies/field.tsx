/** One field of a block, the same in the form and beside the canvas. */
import { NumberInput, Select, Switch } from '@mantine/core'
import type { FieldView } from '@/protocol/generated'
import { choiceText, nameOf, rangeText, type Value, type Values, wrong } from './document'
import css from './strategies.module.css'

interface Props {
  readonly field: FieldView
  readonly values: Values
  readonly set: (name: string, value: Value) => void
  /** The title of a block whose only field this is. */
  readonly title?: string
}

export function FieldRow({ field, values, set, title }: Props) {
  const name = nameOf(field)
  const value = values[name] ?? null
  const label = title ?? field.label
  const error = wrong(field, value)
  return (
    <div className={css.rule}>
      <div>
        <div className={css.label}>{label}</div>
        <div className={css.help}>{field.meaning}{field.minimum !== null && field.kind !== 'switch' ? `, ${rangeText(field)} ${field.unit}` : ''}</div>
        {error !== '' && <div className="down" role="alert">{error}</div>}
      </div>
      <div className={css.input}>
        {field.kind === 'switch' ? (
          <Switch checked={value === true} onChange={(event) => set(name, event.currentTarget.checked)} aria-label={label} data-testid={`rule-${field.key}`} />
        ) : field.kind === 'choice' ? (
          <Select w={210} size="sm" aria-label={label} allowDeselect={false} value={typeof value === 'string' ? value : null} data={field.choices.map((choice) => ({ value: choice, label: choiceText(choice) }))}
            onChange={(next) => { if (next !== null) set(name, next) }} data-testid={`rule-${field.key}`} />
        ) : <NumberField field={field} label={label} value={typeof value === 'number' ? value : null} error={error !== ''} onChange={(next) => set(name, next)} />}
      </div>
    </div>
  )
}

interface NumberProps {
  readonly field: FieldView
  readonly label: string
  readonly value: number | null
  readonly error: boolean
  readonly onChange: (value: number | null) => void
}

function NumberField({ field, label, value, error, onChange }: NumberProps) {
  const fallback = typeof field.default === 'number' ? field.default : (field.minimum ?? 0)
  const off = field.optional && value === null
  return (
    <>
      {field.optional && <Switch checked={!off} onChange={(event) => onChange(event.currentTarget.checked ? fallback : null)} aria-label={`${label}: on`} data-testid={`switch-${field.key}`} />}
      <NumberInput
        w={124} size="sm" aria-label={label} disabled={off} value={value ?? ''} placeholder={off ? 'off' : ''} error={error} clampBehavior="none"
        allowNegative={false} allowDecimal={field.kind === 'number'} step={field.kind === 'integer' ? 1 : 0.1} data-testid={`rule-${field.key}`}
        onChange={(next) => { if (typeof next === 'number') onChange(next); else if (next === '' && !off) onChange(field.optional ? fallback : null) }}
      />
    </>
  )
}
