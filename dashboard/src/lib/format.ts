/** Figures as text. One place, so that a price looks the same on every page. */

const MINUS = '\u2212'
const SPACE = '\u00a0'

function digits(value: number, places: number): string {
  return Math.abs(value).toLocaleString('en-GB', { minimumFractionDigits: places, maximumFractionDigits: places })
}

/** The amount with two decimals and its currency: `10,250.40 USD`. */
export function money(value: number | null | undefined, currency = ''): string {
  if (value === null || value === undefined) return '–'
  const text = digits(value, 2)
  const sign = value < 0 && text !== '0.00' ? MINUS : ''
  return `${sign}${text}${currency ? SPACE + currency : ''}`
}

/** A gain or loss, always with its sign (none at zero): `+12.50`. */
export function signedMoney(value: number | null | undefined, currency = ''): string {
  if (value === null || value === undefined) return '–'
  const text = money(value, currency)
  return value > 0 && digits(value, 2) !== '0.00' ? `+${text}` : text
}

export function signedPercent(share: number | null, places = 2): string {
  if (share === null || !Number.isFinite(share)) return '–'
  const text = digits(share * 100, places)
  if (Number(text) === 0) return `${text}${SPACE}%`
  return `${share > 0 ? '+' : MINUS}${text}${SPACE}%`
}

/** Decimals a symbol's prices are quoted in, where the value itself does not need more. */
export function priceDigits(symbol: string): number {
  if (/^XAU/i.test(symbol)) return 2
  if (/^XAG/i.test(symbol)) return 3
  if (/JPY$/i.test(symbol)) return 3
  return /^[A-Z]{6}$/i.test(symbol) ? 5 : 2
}

const written = (value: number) => Math.min((String(value).split('.')[1] ?? '').length, 6)

/** Decimals that show all of these prices of a symbol in full, so that they stand in line. */
export function digitsOf(symbol: string, ...values: readonly (number | null | undefined)[]): number {
  return Math.max(priceDigits(symbol), ...values.map((value) => (value == null ? 0 : written(value))))
}

export function price(value: number | null | undefined, symbol = '', atLeast = 0): string {
  if (value === null || value === undefined) return '–'
  const places = Math.max(priceDigits(symbol), written(value), atLeast)
  return `${value < 0 ? MINUS : ''}${digits(value, places).replaceAll(',', '')}`
}

export function volume(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–'
  return digits(value, Math.max(2, Math.min(written(value), 4)))
}

export function count(value: number, one: string, many: string): string {
  return `${value} ${value === 1 ? one : many}`
}

/** The first letter large: texts of the engine begin small. */
export const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** A code as words: `stop_required` becomes `Stop required`. */
export function words(code: string): string {
  const text = code.replaceAll('_', ' ').replaceAll('-', ' ')
  return sentence(text)
}
