/** The code that a desktop app shows, and the picture that hands a token over. */

/** The letters that codes are made of: none looks like another. */
const LETTERS = /[^BCDFGHJKLMNPQRSTVWXZ]/g
const HALF = 4

/** What was typed, as the code is written: upper case, a hyphen in the middle, nothing else. */
export function writeCode(typed: string): string {
  const letters = typed.toUpperCase().replace(LETTERS, '').slice(0, 2 * HALF)
  return letters.length > HALF ? `${letters.slice(0, HALF)}-${letters.slice(HALF)}` : letters
}

export const isWhole = (code: string) => code.length === 2 * HALF + 1

/** What the desktop app reads from the picture: whose server, and the token. */
export function tokenPicture(origin: string, token: string): string {
  return JSON.stringify({ signalos: 1, server: origin, token })
}
