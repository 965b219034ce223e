/** Builds what the page is made of: the one place where the parts are put together. */
import { QueryClient } from '@tanstack/react-query'
import { StopSender } from '@/features/control/stop-sender'
import { type Api, createApi } from '@/lib/api/endpoints'
import { createHttp } from '@/lib/api/http'
import { ApiError } from '@/lib/api/problem'
import { newId } from '@/lib/ids'
import { Issued } from '@/lib/issued'
import { applyBatch } from '@/lib/live/apply'
import { Feed, type Ticker } from '@/lib/live/feed'
import { Link, type SocketLike } from '@/lib/live/socket'
import type { Services } from '@/lib/services'
import { createStored } from '@/lib/stored'
import { ServerClock } from '@/lib/time'

const ticker: Ticker = {
  after(ms, run) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}

function openSocket(): SocketLike {
  const url = new URL('/ws', location.href)
  url.protocol = url.protocol.replace('http', 'ws')
  return new WebSocket(url) as SocketLike
}

const RENEW_MS = 3_000

/** A refused socket: ask whether the session still holds. Where it does not, the request itself leads to the sign-in. */
function renewWhenRefused(api: Api, link: Link): void {
  const ask = () => {
    api.me().then(
      () => ticker.after(RENEW_MS, () => link.start()),
      (error: unknown) => { if (error instanceof ApiError && error.unanswered) ticker.after(RENEW_MS, ask) },
    )
  }
  let before = link.read().phase
  link.subscribe(() => {
    const { phase } = link.read()
    if (phase === 'refused' && before !== 'refused') ask()
    before = phase
  })
}

export interface Parts extends Services {
  readonly sender: StopSender
}

export function createServices(onSignedOut: () => void): Parts {
  const api = createApi(createHttp((input, init) => fetch(input, init), onSignedOut))
  const queries = new QueryClient({
    defaultOptions: {
      queries: {
        refetchOnWindowFocus: false,
        staleTime: 30_000,
        networkMode: 'always',
        retry: (failures, error) => failures < 2 && error instanceof ApiError && error.unanswered,
      },
      mutations: { networkMode: 'always', retry: false },
    },
  })
  const clock = new ServerClock()
  const feed: Feed = new Feed(
    (batch) => applyBatch(queries, batch),
    (last) => link.resume(last),
    ticker,
    () => void queries.resetQueries(),
  )
  const link: Link = new Link({
    open: openSocket,
    lastSeq: () => feed.seq ?? 0,
    onMessage: (message, at) => {
      // Only messages made this moment tell the server's time; a repeated event carries its own.
      if (message.kind === 'status' || message.kind === 'pong') clock.learn(at)
      feed.take(message)
    },
    ticker,
    now: () => Date.now(),
    random: () => Math.random(),
  })
  renewWhenRefused(api, link)
  return {
    api,
    queries,
    feed,
    link,
    clock,
    zone: createStored('signalos-zone', ['utc', 'local'], 'utc'),
    newKey: () => newId(),
    issued: new Issued(),
    sender: new StopSender(api, ticker, () => newId()),
  }
}
