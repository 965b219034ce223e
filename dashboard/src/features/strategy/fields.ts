/** The rules of the form: where each stands in the document, its unit and its range. */

export interface NumberRule {
  readonly kind: 'number'
  readonly id: string
  readonly place: 'top' | 'management'
  readonly label: string
  readonly help: string
  readonly unit: string
  readonly prefix?: string
  readonly min: number
  readonly max: number
  readonly step: number
  /** Shown value = stored value * factor (a share is shown in percent). */
  readonly factor: number
  /** What it is set to when it is switched on again; null: it cannot be switched off. */
  readonly standard: number | null
}

export interface SwitchRule {
  readonly kind: 'switch'
  /** Its name in `filters`. */
  readonly id: string
  readonly label: string
  readonly help: string
}

export type Rule = NumberRule | SwitchRule

const number = (id: string, label: string, help: string, unit: string, min: number, max: number, step: number, standard: number | null, more: Partial<NumberRule> = {}): NumberRule =>
  ({ kind: 'number', place: 'top', factor: 1, id, label, help, unit, min, max, step, standard, ...more })

export const GROUPS: readonly { readonly title: string; readonly rules: readonly Rule[] }[] = [
  {
    title: 'Risk',
    rules: [
      number('riskPercentage', 'Risk a signal', 'Budget of all legs of a signal together, of the equity. Lots are rounded down; the planned risk never exceeds it.', '%', 0.01, 100, 0.25, null),
      { kind: 'switch', id: 'missingStop', label: 'Require a stop loss', help: 'A signal without a stop is refused.' },
      number('minRiskReward', 'Smallest reward for the risk', 'Distance of the nearest target by the distance of the stop.', 'times', 0, 1000, 0.1, 0.3),
    ],
  },
  {
    title: 'Limits',
    rules: [
      number('maxDailyTrades', 'Signals opened a day', 'A day is that of the terminal’s market time, UTC.', 'a day', 0, 100_000, 1, 20),
      number('maxOpenTrades', 'Signals open at once', 'Counted an account.', 'at once', 0, 100_000, 1, 20),
    ],
  },
  {
    title: 'Entry',
    rules: [
      number('maxSignalAge', 'Age of a message', 'Older messages are not traded.', 's', 1, 2_592_000, 10, 180),
      number('maxSpreadShare', 'Spread', 'Largest spread, in percent of the distance to the stop.', '%', 0.1, 10_000, 1, 33, { factor: 100 }),
      number('maxEntryDistanceShare', 'Distance from the entry', 'How far the market may have run from the stated entry, in percent of the distance to the stop.', '%', 0, 100_000, 5, 50, { factor: 100 }),
      { kind: 'switch', id: 'duplicate', label: 'Skip duplicates', help: 'The same trade is not opened twice.' },
      { kind: 'switch', id: 'conflict', label: 'Skip conflicts', help: 'Nothing is opened against an open trade of the same symbol.' },
    ],
  },
  {
    title: 'Management',
    rules: [
      number('breakEvenAfterTarget', 'Stop to entry after target', 'When this target is hit, the stops of the other legs move to their entry.', '', 1, 100, 1, 1, { place: 'management', prefix: 'TP ' }),
    ],
  },
]

export type Values = Readonly<Record<string, number | boolean | null>>

type Config = Readonly<Record<string, unknown>>

const group = (config: Config, name: string): Config => {
  const found = config[name]
  return found !== null && typeof found === 'object' ? (found as Config) : {}
}

/** Floating point would show a third as 33.00000000000001. */
const tidy = (value: number) => Number(value.toPrecision(12))

export function readValues(config: Config): Values {
  const values: Record<string, number | boolean | null> = {}
  const filters = group(config, 'filters')
  for (const rule of GROUPS.flatMap((g) => g.rules)) {
    if (rule.kind === 'switch') values[rule.id] = filters[rule.id] !== false
    else {
      const found = (rule.place === 'top' ? config : group(config, rule.place))[rule.id]
      values[rule.id] = typeof found === 'number' ? tidy(found * rule.factor) : null
    }
  }
  return values
}

/** Only what was changed, in the document's form; the server keeps everything else. */
export function changedConfig(before: Values, after: Values): Record<string, unknown> | null {
  const top: Record<string, unknown> = {}
  const filters: Record<string, boolean> = {}
  const management: Record<string, unknown> = {}
  for (const rule of GROUPS.flatMap((g) => g.rules)) {
    const value = after[rule.id] ?? null
    if (value === (before[rule.id] ?? null)) continue
    if (rule.kind === 'switch') filters[rule.id] = value === true
    else (rule.place === 'top' ? top : management)[rule.id] = typeof value === 'number' ? tidy(value / rule.factor) : null
  }
  const config = {
    ...top,
    ...(Object.keys(filters).length > 0 ? { filters } : {}),
    ...(Object.keys(management).length > 0 ? { management } : {}),
  }
  return Object.keys(config).length === 0 ? null : config
}

/** Why the values cannot be saved; "" where they can. */
export function invalid(values: Values): string {
  for (const rule of GROUPS.flatMap((g) => g.rules)) {
    if (rule.kind === 'switch') continue
    const value = values[rule.id]
    if (value === null && rule.standard === null) return `${rule.label}: give a number.`
    if (typeof value === 'number' && (value < rule.min || value > rule.max)) return `${rule.label}: from ${rule.min} to ${rule.max} ${rule.unit}.`
  }
  return ''
}
