/** What a new account needs; the server checks the same. */
export interface Rule {
  readonly text: string
  readonly met: boolean
}

const SHORTEST = 10
const LONGEST = 256

export function passwordRules(password: string): Rule[] {
  const length = Array.from(password).length
  return [
    { text: `${SHORTEST} characters or more`, met: length >= SHORTEST },
    { text: `at most ${LONGEST} characters`, met: length > 0 && length <= LONGEST },
  ]
}

export const isEmail = (text: string) => /^[^@\s]+@[^@\s]+$/.test(text.trim()) && text.trim().length <= 254
