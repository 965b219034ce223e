/** What the server answers instead of a result, in words for the person at the screen. */
import type { Problem } from '@/protocol/generated'

/** A refused or failed request. `status` 0: the server did not answer at all. */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly code: string,
    readonly fields: Readonly<Record<string, string>> = {},
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(message)
    this.name = 'ApiError'
  }

  /** True where nothing was decided: asking again with the same key is safe and may help. */
  get unanswered(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500
  }
}

const WORDS: Readonly<Record<string, string>> = {
  wrong_credentials: 'The e-mail address or the password is wrong.',
  stop_latched: 'Trading is stopped. End the stop first: “Resume trading” in the banner.',
  stop_required: 'The strategy does not allow a trade without a stop loss.',
  idempotency_conflict: 'This was already sent with other figures. Close the dialog and start again.',
}

const LOCKED: Readonly<Record<string, string>> = {
  sign_in_locked: 'Too many wrong passwords or codes: sign-in is locked.',
  pairing_locked: 'Too many wrong codes: pairing is locked.',
}

export function unreachable(): ApiError {
  return new ApiError('The server does not answer. Check that it runs and that you are connected.', 0, 'unreachable')
}

/** The error for an answer that is not 2xx. `body` is its parsed JSON, or null where it had none. */
export function problemError(status: number, body: unknown, retryAfter: string | null): ApiError {
  const problem: Partial<Problem> = body !== null && typeof body === 'object' ? body : {}
  const code = problem.code ?? `http_${status}`
  const seconds = retryAfter === null ? null : Number.parseInt(retryAfter, 10)
  const wait = seconds !== null && Number.isFinite(seconds) ? seconds : null
  return new ApiError(words(status, code, problem, wait), status, code, fieldErrors(problem.errors ?? []), wait)
}

function words(status: number, code: string, problem: Partial<Problem>, wait: number | null): string {
  if (status === 429) {
    const when = wait === null ? 'later' : `in ${waitWords(wait)}`
    const locked = LOCKED[code]
    return locked === undefined ? `${problem.detail ?? 'Too many requests.'} Try again ${when}.` : `${locked} Try again ${when}.`
  }
  const known = WORDS[code]
  if (known !== undefined) return known
  if (problem.detail) return problem.detail.charAt(0).toUpperCase() + problem.detail.slice(1)
  if (problem.title) return problem.title
  if (status === 401) return 'You are not signed in.'
  if (status === 404) return 'This does not exist, or it is not yours.'
  if (status >= 500) return `The server failed (${status}). Nothing was changed that it did not confirm; its log says more.`
  return `The server refused this (${status}).`
}

export function waitWords(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.ceil(seconds))} s`
  return `${Math.ceil(seconds / 60)} min`
}

/** Validation errors by field, whatever of path, loc or field the server names the place by. */
function fieldErrors(errors: readonly Record<string, unknown>[]): Record<string, string> {
  const found: Record<string, string> = {}
  for (const error of errors) {
    const place = error['field'] ?? error['path'] ?? error['loc'] ?? error['pointer']
    const path: unknown = Array.isArray(place) ? place.at(-1) : place
    const text = error['detail'] ?? error['message'] ?? error['msg']
    if (typeof path === 'string' && typeof text === 'string') found[path.replace(/^.*[./$]/, '')] = text
  }
  return found
}

/** The sentence to show for anything thrown. */
export function errorText(error: unknown): string {
  if (error instanceof ApiError) {
    const fields = Object.entries(error.fields)
    return fields.length > 0 ? `${error.message} ${fields.map(([name, text]) => `${name}: ${text}`).join('; ')}` : error.message
  }
  return error instanceof Error ? error.message : String(error)
}
