import { describe, expect, it } from 'vitest'
import { isWhole, tokenPicture, writeCode } from '@/features/terminals/code'
import { stopWords } from '@/features/terminals/stop-words'
import { isEmail, passwordRules } from '@/features/sign-in/rules'
import { createApi } from '@/lib/api/endpoints'
import { createHttp, type Http, type Request } from '@/lib/api/http'
import { problemError } from '@/lib/api/problem'
import { latch } from './samples'

describe('the code of a desktop app', () => {
  it.each([
    ['wdjbmjht', 'WDJB-MJHT'],
    ['WDJB-MJHT', 'WDJB-MJHT'],
    [' wdjb mjht ', 'WDJB-MJHT'],
    ['wdjb', 'WDJB'],
    ['wdjbm', 'WDJB-M'],
    ['WDJB-MJHTKK', 'WDJB-MJHT'],
    ['a1e0ow', 'W'],
    ['', ''],
  ])('%j is written %j', (typed, written) => expect(writeCode(typed)).toBe(written))
  it('is asked about only when it is whole', () => {
    expect(isWhole(writeCode('wdjbmjh'))).toBe(false)
    expect(isWhole(writeCode('wdjbmjht'))).toBe(true)
  })
  it('can be corrected backwards across the hyphen', () => {
    expect(writeCode('WDJB-')).toBe('WDJB')
  })
})

describe('the picture of a token', () => {
  it('holds the origin and the token, and nothing else', () => {
    expect(JSON.parse(tokenPicture('https://signals.example', 'sgt_x'))).toEqual({ signalos: 1, server: 'https://signals.example', token: 'sgt_x' })
  })
})

describe('a stop on a terminal’s card', () => {
  it('says whether it is proven, under way, or what is left', () => {
    expect(stopWords(latch({ flat: true }), 'today')).toBe('Stopped since today (close-all): proven done.')
    expect(stopWords(latch({ local: true }), 'today')).toBe('Stopped since today (close-all, at the desktop app): at work.')
    expect(stopWords(latch({ left: [{ ticket: '1', reason: 'market_closed' }] as never }), 'today')).toMatch(/: 1 left\.$/)
  })
})

describe('a new account', () => {
  it('needs a password of ten characters, counted as people count', () => {
    expect(passwordRules('').map((rule) => rule.met)).toEqual([false, false])
    expect(passwordRules('ninechars').every((rule) => rule.met)).toBe(false)
    expect(passwordRules('tenletters').every((rule) => rule.met)).toBe(true)
    expect(passwordRules('💛💛💛💛💛').every((rule) => rule.met)).toBe(false)
    expect(passwordRules('x'.repeat(257)).every((rule) => rule.met)).toBe(false)
  })
  it('needs an e-mail address', () => {
    expect([isEmail('a@b'), isEmail(' a@b.test '), isEmail('a b@c'), isEmail('a@'), isEmail('a@b@c'), isEmail('')]).toEqual([true, true, false, false, false, false])
  })
})

describe('what the server says of codes', () => {
  it('tells locked sign-in and locked pairing apart', () => {
    expect(problemError(429, { code: 'pairing_locked', detail: 'x' }, '900').message).toBe('Too many wrong codes: pairing is locked. Try again in 15 min.')
    expect(problemError(429, { code: 'rate_limited', detail: 'Too many.' }, '3').message).toBe('Too many. Try again in 3 s.')
  })
  it('shows the server’s own sentence for a wrong second factor', () => {
    expect(problemError(401, { code: 'totp_wrong', detail: 'this code was used before: wait for the next one' }, null).message).toBe('This code was used before: wait for the next one')
  })
})

describe('the addresses', () => {
  const asked: Request[] = []
  const http: Http = { send: <T,>(request: Request) => { asked.push(request); return Promise.resolve({} as T) } }
  it('are those of pairing, registration and the second factor', async () => {
    const api = createApi(http)
    await Promise.all([
      api.register('a@b', 'pw'), api.lookAtPairing('C'), api.approvePairing('C'), api.denyPairing('C'),
      api.secondFactor(), api.startSecondFactor(), api.confirmSecondFactor('1'), api.stopSecondFactor('pw', '1'),
    ])
    expect(asked.map((request) => [request.method, request.url, request.body])).toEqual([
      ['POST', '/api/auth/register', { email: 'a@b', password: 'pw' }],
      ['POST', '/api/terminals/pair/look', { userCode: 'C' }],
      ['POST', '/api/terminals/pair/approve', { userCode: 'C' }],
      ['POST', '/api/terminals/pair/deny', { userCode: 'C' }],
      ['GET', '/api/auth/totp', undefined],
      ['POST', '/api/auth/totp/start', {}],
      ['POST', '/api/auth/totp/confirm', { code: '1' }],
      ['POST', '/api/auth/totp/stop', { password: 'pw', code: '1' }],
    ])
  })
  it('of the second factor never sign anybody out by their refusals', async () => {
    let out = 0
    const refusing = createHttp(() => Promise.resolve(new Response('{"code":"totp_wrong"}', { status: 401 })), () => { out += 1 })
    await expect(createApi(refusing).confirmSecondFactor('1')).rejects.toThrow()
    expect(out).toBe(0)
    await expect(createApi(refusing).overview()).rejects.toThrow()
    expect(out).toBe(1)
  })
})
