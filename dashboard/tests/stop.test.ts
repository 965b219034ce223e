import { describe, expect, it } from 'vitest'
import { leftRows, scopeText, stopProof } from '@/features/control/stop-proof'
import { StopSender } from '@/features/control/stop-sender'
import { ApiError, unreachable } from '@/lib/api/problem'
import { Clockwork } from './clockwork'
import { latch, part } from './samples'

describe('stopProof', () => {
  it('counts while closing and names what is left', () => {
    const proof = stopProof('close-all', latch({ closed: 3, total: 5, left: [{ ticket: '9', reason: 'market_closed', text: 'opens Monday' }] }), null)
    expect(proof).toMatchObject({ phase: 'closing', text: '3 of 5 closed' })
    expect(proof.left).toEqual([{ ticket: '9', text: 'Market closed: opens Monday' }])
  })

  it('is flat only by the terminal’s own word', () => {
    expect(stopProof('close-all', latch({ closed: 5, total: 5 }), null)).toMatchObject({ phase: 'closing', text: '5 of 5 closed' })
    expect(stopProof('close-all', latch({ closed: 5, total: 5, flat: true }), null)).toMatchObject({ phase: 'flat', text: '5 of 5 closed, account flat' })
    expect(stopProof('close-all', null, part({ state: 'done', flat: null, results: [{}, {}] })).phase).toBe('closing')
    expect(stopProof('close-all', null, part({ state: 'done', flat: true, results: [{}, {}] }))).toMatchObject({ phase: 'flat', text: '2 of 2 closed, account flat' })
  })

  it('names each mode’s own proof', () => {
    expect(stopProof('own-only', latch({ mode: 'own-only', flat: true, total: 1 }), null).text).toBe('1 of 1 closed, none of our positions left')
    expect(stopProof('stop-entries', latch({ mode: 'stop-entries', flat: true }), null).text).toBe('Nothing was open: no entry in flight')
  })

  it('says where the stop is before the desktop app has it', () => {
    expect(stopProof('close-all', null, null).phase).toBe('waiting')
    expect(stopProof('close-all', null, part()).text).toMatch(/not connected/)
    expect(stopProof('close-all', null, part({ state: 'acknowledged' })).phase).toBe('latched')
    expect(stopProof('close-all', null, part({ state: 'failed', text: 'The disk is full.' }))).toMatchObject({ phase: 'failed', text: 'The disk is full.' })
  })

  it('reads whatever the rows call their ticket', () => {
    expect(leftRows([{ identifier: 5, reason: '' }, '77'])).toEqual([{ ticket: '5', text: '' }, { ticket: '77', text: '' }])
  })
})

describe('scopeText', () => {
  it('counts hand-made positions where the mode closes them', () => {
    expect(scopeText('close-all', 4, 1, 2)).toBe('Closes 5 positions (1 opened by hand) and 2 waiting orders at the market.')
    expect(scopeText('own-only', 4, 1, 0)).toBe('Closes 4 positions at the market. Keeps 1 position opened by hand.')
    expect(scopeText('close-all', 0, 0, 0)).toBe('Nothing is open now.')
    expect(scopeText('stop-entries', 4, 1, 2)).toBe('No position is touched.')
  })
})

describe('StopSender', () => {
  const settle = () => new Promise<void>((resolve) => setTimeout(resolve, 0))

  it('sends again under the same key until it is answered', async () => {
    const clockwork = new Clockwork()
    const sent: string[] = []
    const sender = new StopSender({
      emergencyStop: (_mode, key) => {
        sent.push(key)
        return sent.length < 3 ? Promise.reject(unreachable()) : Promise.resolve({ commandId: 'c1', terminals: [] })
      },
    }, clockwork, () => `key-${sent.length}`)
    await sender.send('close-all', 2)
    expect(sender.read()).toMatchObject({ phase: 'sending', attempt: 1 })
    clockwork.pass(500)
    await settle()
    expect(sender.read()).toMatchObject({ phase: 'sending', attempt: 2 })
    clockwork.pass(1_000)
    await settle()
    expect(sender.read()).toEqual({ phase: 'accepted', mode: 'close-all', commandId: 'c1', openAtStart: 2 })
    expect(new Set(sent).size).toBe(1)
    expect(sent).toHaveLength(3)
  })

  it('does not repeat what was refused', async () => {
    const clockwork = new Clockwork()
    let calls = 0
    const sender = new StopSender({
      emergencyStop: () => { calls += 1; return Promise.reject(new ApiError('not you', 403, 'forbidden')) },
    }, clockwork, () => 'k')
    await sender.send('close-all', 0)
    clockwork.pass(60_000)
    await settle()
    expect(calls).toBe(1)
    expect(sender.read()).toEqual({ phase: 'refused', mode: 'close-all', error: 'not you' })
  })
})
