/** How a channel writes: the part of its rules that says words, names of symbols, prices and pips. */
import type { ProviderSettings } from '@/protocol/generated'

export type PriceStyle = NonNullable<ProviderSettings['priceStyle']>

export interface Row {
  readonly left: string
  readonly right: string
}

export interface Profile {
  /** By role, as the server names it. */
  readonly words: Readonly<Record<string, readonly string[]>>
  /** What the channel writes, and the symbol. */
  readonly symbols: readonly Row[]
  readonly priceStyle: PriceStyle
  /** A symbol, and how much its price moves in one pip. */
  readonly pipSizes: readonly Row[]
}

export interface Role {
  readonly id: string
  readonly label: string
  readonly example: string
}

export const ROLES: readonly Role[] = [
  { id: 'tp', label: 'Target', example: 'bull’s eye' },
  { id: 'sl', label: 'Stop loss', example: 'bail' },
  { id: 'entry', label: 'Entry price', example: 'hook at' },
  { id: 'buy', label: 'Buy', example: 'load up' },
  { id: 'sell', label: 'Sell', example: 'unload' },
]
export const MORE_ROLES: readonly Role[] = [
  { id: 'limit', label: 'Limit order', example: 'patient order' },
  { id: 'stop_order', label: 'Stop order', example: 'breakout order' },
  { id: 'now', label: 'At market', example: 'straight in' },
  { id: 'open_target', label: 'Target left open', example: 'to the stars' },
  { id: 'pips', label: 'Pips', example: 'steps' },
  { id: 'close', label: 'Close', example: 'pack up' },
  { id: 'part', label: 'A part of it', example: 'a slice' },
  { id: 'be', label: 'Break even', example: 'free seat' },
  { id: 'cancel', label: 'Cancel', example: 'scratch that one' },
  { id: 'again', label: 'Once more', example: 'second helping' },
  { id: 'ignore_value', label: 'A number that is no price', example: 'stake' },
  { id: 'result', label: 'Tells a result', example: 'bagged' },
  { id: 'filler', label: 'Means nothing', example: 'a footer’s whole line' },
]
export const STYLES: readonly { readonly value: PriceStyle; readonly label: string }[] = [
  { value: 'auto', label: 'By the symbol’s usual price' },
  { value: 'decimal_point', label: '1,234.50: 58,900 is fifty-eight thousand' },
  { value: 'decimal_comma', label: '1.234,50: 58.900 is fifty-eight thousand' },
]

export const NO_PROFILE: Profile = { words: {}, symbols: [], priceStyle: 'auto', pipSizes: [] }

type Sent = Pick<ProviderSettings, 'words' | 'symbols' | 'priceStyle' | 'pipSizes'>

export function profileOf(sent: Sent): Profile {
  return {
    words: Object.fromEntries(Object.entries(sent.words ?? {}).map(([role, words]) => [role, words ?? []])),
    symbols: Object.entries(sent.symbols ?? {}).map(([left, right]) => ({ left, right: right ?? '' })),
    priceStyle: sent.priceStyle ?? 'auto',
    pipSizes: Object.entries(sent.pipSizes ?? {}).map(([left, size]) => ({ left, right: String(size) })),
  }
}

const full = (rows: readonly Row[]) => rows.map(({ left, right }) => [left.trim(), right.trim()] as const).filter(([left, right]) => left !== '' && right !== '')

/** Empty rows and roles without a word are left out; a pip size that is no number goes as 0, which the server explains. */
export function sentOf(profile: Profile): Required<Sent> {
  return {
    words: Object.fromEntries(Object.entries(profile.words).filter(([, words]) => words.length > 0).map(([role, words]) => [role, [...words]])),
    symbols: Object.fromEntries(full(profile.symbols)),
    priceStyle: profile.priceStyle,
    pipSizes: Object.fromEntries(full(profile.pipSizes).map(([symbol, size]) => [symbol, Number(size.replace(',', '.')) || 0])),
  }
}

export interface Imported {
  readonly profile: Profile
  readonly defaultSymbol: string | null
  readonly ignoreWords: readonly string[]
}

const NAMES: Readonly<Record<string, string>> = {
  default_symbol: 'defaultSymbol', ignore_words: 'ignoreWords', price_style: 'priceStyle', pip_sizes: 'pipSizes',
}
const KNOWN = new Set(['defaultSymbol', 'ignoreWords', 'words', 'symbols', 'priceStyle', 'pipSizes'])

/** Reads what `signalos parse --learn` wrote, or the same part of a config.json. Throws an Error in words. */
export function readProposal(text: string): Imported {
  const parts = new Map(Object.entries(asObject(parsed(text), 'A profile')).map(([name, value]) => [NAMES[name] ?? name, value]))
  for (const name of parts.keys()) if (!KNOWN.has(name)) throw new Error(`“${name}” is no part of a profile.`)
  const symbol = parts.get('defaultSymbol') ?? null
  if (symbol !== null && typeof symbol !== 'string') throw new Error('The default symbol must be text.')
  const style = parts.get('priceStyle') ?? 'auto'
  const known = STYLES.find(({ value }) => value === style)
  if (known === undefined) throw new Error(`The price style must be ${STYLES.map(({ value }) => value).join(', ')}.`)
  const map = (name: string) => Object.entries(asObject(parts.get(name) ?? {}, name))
  return {
    defaultSymbol: symbol,
    ignoreWords: asTexts(parts.get('ignoreWords') ?? [], 'The ignored words'),
    profile: {
      words: Object.fromEntries(map('words').map(([role, words]) => [role, asTexts(words, `The words of ${role}`)])),
      symbols: map('symbols').map(([left, right]) => ({ left, right: String(right) })),
      priceStyle: known.value,
      pipSizes: map('pipSizes').map(([left, right]) => ({ left, right: String(right) })),
    },
  }
}

/** The profile with the proposal's words and rows added; what the proposal names again takes its value. */
export function merged(old: Profile, more: Profile): Profile {
  const words: Record<string, readonly string[]> = { ...old.words }
  for (const [role, added] of Object.entries(more.words)) words[role] = [...new Set([...(words[role] ?? []), ...added])]
  const rows = (before: readonly Row[], after: readonly Row[]) => [...before.filter(({ left }) => !after.some((row) => row.left === left)), ...after]
  return {
    words,
    symbols: rows(old.symbols, more.symbols),
    priceStyle: more.priceStyle === 'auto' ? old.priceStyle : more.priceStyle,
    pipSizes: rows(old.pipSizes, more.pipSizes),
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('This is no JSON. Paste the whole text that “signalos parse --learn” wrote.')
  }
}

function asObject(value: unknown, what: string): Record<string, unknown> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new Error(`${what} must be an object {…}.`)
  return { ...value }
}

function asTexts(value: unknown, what: string): string[] {
  if (!Array.isArray(value) || !value.every((word) => typeof word === 'string')) throw new Error(`${what} must be a list of words.`)
  return value
}
