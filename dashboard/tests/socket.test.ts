import { describe, expect, it } from 'vitest'
import { Link, PING_MS, SILENCE_MS, type SocketLike } from '@/lib/live/socket'
import { Clockwork } from './clockwork'

class FakeSocket implements SocketLike {
  sent: string[] = []
  closed = false
  onopen: (() => void) | null = null
  onmessage: ((event: { data: unknown }) => void) | null = null
  onclose: ((event: { code: number }) => void) | null = null
  send(text: string) { this.sent.push(text) }
  close() { this.closed = true }
  say(message: object) { this.onmessage?.({ data: JSON.stringify(message) }) }
}

function link() {
  const clockwork = new Clockwork()
  const sockets: FakeSocket[] = []
  const made = new Link({
    open: () => { const socket = new FakeSocket(); sockets.push(socket); return socket },
    lastSeq: () => 41,
    onMessage: () => undefined,
    ticker: clockwork,
    now: () => clockwork.now,
    random: () => 1,
  })
  const ready = () => sockets.at(-1)?.say({ type: 'ready', data: { userId: 1, seq: 50 }, seq: null, at: '' })
  return { link: made, sockets, clockwork, ready }
}

describe('Link', () => {
  it('resumes from the last number once it is let in', () => {
    const { link: it, sockets, ready } = link()
    it.start()
    expect(it.read().phase).toBe('connecting')
    ready()
    expect(it.read().phase).toBe('live')
    expect(sockets[0]?.sent).toEqual([JSON.stringify({ type: 'resume_from', seq: 41 })])
  })

  it('asks by the number that the page has after it was told what the server has', () => {
    const clockwork = new Clockwork()
    const socket = new FakeSocket()
    let seq = 60
    const it = new Link({
      open: () => socket,
      lastSeq: () => seq,
      onMessage: (message) => { if (message.kind === 'ready') seq = message.data.seq },
      ticker: clockwork,
      now: () => clockwork.now,
      random: () => 1,
    })
    it.start()
    socket.say({ type: 'ready', data: { userId: 1, seq: 50 }, seq: null, at: '' })
    expect(socket.sent).toEqual([JSON.stringify({ type: 'resume_from', seq: 50 })])
  })

  it('comes back by itself, waiting longer each time', () => {
    const { link: it, sockets, clockwork } = link()
    it.start()
    sockets[0]?.onclose?.({ code: 1006 })
    expect(it.read().phase).toBe('waiting')
    clockwork.pass(399)
    expect(sockets).toHaveLength(1)
    clockwork.pass(1)
    expect(sockets).toHaveLength(2)
    sockets[1]?.onclose?.({ code: 1006 })
    clockwork.pass(799)
    expect(sockets).toHaveLength(2)
    clockwork.pass(1)
    expect(sockets).toHaveLength(3)
  })

  it('pings, and gives up a link that says nothing', () => {
    const { link: it, sockets, clockwork, ready } = link()
    it.start()
    ready()
    clockwork.pass(PING_MS)
    expect(sockets[0]?.sent.at(-1)).toBe(JSON.stringify({ type: 'ping' }))
    clockwork.pass(SILENCE_MS + PING_MS)
    expect(sockets[0]?.closed).toBe(true)
    expect(sockets.length).toBeGreaterThan(1)
  })

  it('stays with a link that answers', () => {
    const { link: it, sockets, clockwork, ready } = link()
    it.start()
    ready()
    for (let round = 0; round < 20; round += 1) {
      clockwork.pass(PING_MS)
      sockets[0]?.say({ type: 'pong', data: {}, seq: null, at: '' })
    }
    expect(sockets).toHaveLength(1)
    expect(it.read().phase).toBe('live')
  })

  it('does not knock again after a refusal', () => {
    const { link: it, sockets, clockwork } = link()
    it.start()
    sockets[0]?.onclose?.({ code: 4401 })
    clockwork.pass(60_000)
    expect(it.read().phase).toBe('refused')
    expect(sockets).toHaveLength(1)
  })

  it('starts anew after half a message', () => {
    const { link: it, sockets, ready } = link()
    it.start()
    ready()
    sockets[0]?.onmessage?.({ data: '{"type":"po' })
    expect(it.read().phase).toBe('waiting')
  })

  it('does not wait when it is told that the network is back', () => {
    const { link: it, sockets } = link()
    it.start()
    sockets[0]?.onclose?.({ code: 1006 })
    it.nudge()
    expect(sockets).toHaveLength(2)
  })
})
