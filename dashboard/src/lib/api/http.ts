/** The one way to the server: same origin, session cookie, problem details as errors. */
import { problemError, unreachable } from './problem'

export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly url: string
  readonly body?: unknown
  /** Same key, same effect: the server answers a repeat as it did the first time. */
  readonly idempotencyKey?: string
  readonly signal?: AbortSignal
  /** Give up waiting after so long; the request may have had its effect. */
  readonly timeoutMs?: number
}

export interface Http {
  send<T>(request: Request): Promise<T>
}

/** Throws ApiError; its status 0 means no answer within the time. */
export function createHttp(fetcher: typeof fetch, onSignedOut: () => void): Http {
  return {
    async send<T>(request: Request): Promise<T> {
      const headers: Record<string, string> = { Accept: 'application/json' }
      if (request.body !== undefined) headers['Content-Type'] = 'application/json'
      if (request.idempotencyKey !== undefined) headers['Idempotency-Key'] = request.idempotencyKey
      const limit = AbortSignal.timeout(request.timeoutMs ?? 15_000)
      let answer: Response
      try {
        answer = await fetcher(request.url, {
          method: request.method,
          headers,
          credentials: 'same-origin',
          cache: 'no-store',
          signal: request.signal ? AbortSignal.any([limit, request.signal]) : limit,
          ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
        })
      } catch (error) {
        if (request.signal?.aborted) throw error
        throw unreachable()
      }
      const body: unknown = await answer.json().catch(() => null)
      if (answer.ok) return body as T
      if (answer.status === 401 && !request.url.startsWith('/api/auth/')) onSignedOut()
      throw problemError(answer.status, body, answer.headers.get('Retry-After'))
    },
  }
}
