/** A strategy's document as flat values: form and canvas edit the same ones. */
import type { BlockView, FieldView } from '@/protocol/generated'

export type Value = number | string | boolean | null
export type Values = Readonly<Record<string, Value>>
type Config = Readonly<Record<string, unknown>>

/** A field's name among all values: its place and key, since a filter's switch may share its name with a limit. */
export const nameOf = (field: FieldView): string => `${field.place}.${field.key}`

const group = (config: Config, place: FieldView['place']): Config => {
  if (place === 'top') return config
  const found = config[place]
  return found !== null && typeof found === 'object' ? (found as Config) : {}
}

export const fieldsOf = (blocks: readonly BlockView[]): FieldView[] => blocks.flatMap((block) => block.fields)

export function readValues(blocks: readonly BlockView[], config: Config): Values {
  return Object.fromEntries(fieldsOf(blocks).map((field) => {
    const found = group(config, field.place)[field.key]
    const value = field.kind === 'switch' ? found === true : typeof found === 'number' || typeof found === 'string' ? found : null
    return [nameOf(field), value]
  }))
}

/** Only what differs, in the document's form; the server keeps everything else. Null where nothing does. */
export function changedConfig(blocks: readonly BlockView[], before: Values, after: Values): Record<string, unknown> | null {
  const config: Record<string, unknown> = {}
  for (const field of fieldsOf(blocks)) {
    const name = nameOf(field)
    const value = after[name] ?? null
    if (value === (before[name] ?? null)) continue
    if (field.place === 'top') config[field.key] = value
    else config[field.place] = { ...(config[field.place] as Config | undefined), [field.key]: value }
  }
  return Object.keys(config).length === 0 ? null : config
}

/** Why a value cannot be saved, "" where it can. */
export function wrong(field: FieldView, value: Value): string {
  if (value === null) return field.optional ? '' : 'Give a number.'
  if (typeof value !== 'number') return ''
  if (field.kind === 'integer' && !Number.isInteger(value)) return 'Give a whole number.'
  const low = field.minimum ?? -Infinity
  const high = field.maximum ?? Infinity
  const below = value < low || (field.minimumExcluded && value === low)
  const above = value > high || (field.maximumExcluded && value === high)
  return below || above ? `Give ${rangeText(field)}.` : ''
}

export function rangeText(field: FieldView): string {
  const from = `${field.minimumExcluded ? 'more than' : 'from'} ${field.minimum ?? 0}`
  return `${from} ${field.maximumExcluded ? 'to less than' : 'to'} ${field.maximum ?? ''}`.trim()
}

export function firstWrong(blocks: readonly BlockView[], values: Values): string {
  for (const field of fieldsOf(blocks)) {
    const text = wrong(field, values[nameOf(field)] ?? null)
    if (text !== '') return `${field.label}: ${text}`
  }
  return ''
}

/** The field that switches a block off, if one does. */
export const switchOf = (block: BlockView): FieldView | undefined => block.fields.find((field) => field.key === block.switch)

/** Whether a block acts; one without a switch always does. */
export function isOn(block: BlockView, values: Values): boolean {
  const field = switchOf(block)
  if (field === undefined) return true
  const value = values[nameOf(field)] ?? null
  return value !== null && value !== false
}

/** The values after a block was switched; switched on again a limit has its default. */
export function switched(block: BlockView, values: Values, on: boolean): Values {
  const field = switchOf(block)
  if (field === undefined) return values
  const fallback = typeof field.default === 'number' ? field.default : (field.minimum ?? 1)
  return { ...values, [nameOf(field)]: field.kind === 'switch' ? on : on ? fallback : null }
}

const WORDS: Readonly<Record<string, string>> = { per_target: 'one position a target', per_signal: 'one position a signal' }
export const choiceText = (choice: string): string => WORDS[choice] ?? choice.replaceAll('_', ' ')

/** What a field says in a few words: `1 % of equity`, `off`. */
export function valueText(field: FieldView, value: Value): string {
  if (value === null || value === false) return 'off'
  if (value === true) return 'on'
  if (typeof value === 'string') return choiceText(value)
  return field.unit === 'seconds' ? durationText(value) : `${value} ${field.unit}`.trim()
}

const UNITS = [{ seconds: 86_400, word: 'day' }, { seconds: 3_600, word: 'hour' }, { seconds: 60, word: 'minute' }] as const

/** `3 minutes` where it is a whole number of them, else seconds. */
export function durationText(seconds: number): string {
  const unit = UNITS.find((u) => seconds >= u.seconds && seconds % u.seconds === 0)
  const [count, word] = unit === undefined ? [seconds, 'second'] : [seconds / unit.seconds, unit.word]
  return `${count} ${word}${count === 1 ? '' : 's'}`
}

/** A block's main figure, for the canvas. */
export function blockText(block: BlockView, values: Values): string {
  const field = switchOf(block) ?? block.fields[0]
  return field === undefined ? 'always' : valueText(field, values[nameOf(field)] ?? null)
}

export interface Difference {
  readonly label: string
  readonly before: string
  readonly after: string
}

export function differences(blocks: readonly BlockView[], before: Values, after: Values): Difference[] {
  return blocks.flatMap((block) => block.fields.flatMap((field) => {
    const [old, now] = [before[nameOf(field)] ?? null, after[nameOf(field)] ?? null]
    return old === now ? [] : [{ label: field.kind === 'switch' ? block.title : field.label, before: valueText(field, old), after: valueText(field, now) }]
  }))
}
