import { describe, expect, it } from 'vitest'
import { merged, MORE_ROLES, NO_PROFILE, profileOf, readProposal, ROLES, sentOf } from '@/features/providers/profile'

const SENT = { words: { tp: ['bull’s eye'], sl: ['bail'] }, symbols: { 'the yellow metal': 'XAUUSD' }, priceStyle: 'decimal_comma', pipSizes: { XAUUSD: 0.5 } } as const
const sent = () => ({ ...SENT, words: { tp: [...SENT.words.tp], sl: [...SENT.words.sl] }, symbols: { ...SENT.symbols }, pipSizes: { ...SENT.pipSizes } })

describe('a channel’s profile', () => {
  it('comes from the server and goes back unchanged', () => {
    expect(sentOf(profileOf(sent()))).toEqual(SENT)
    expect(sentOf(profileOf({}))).toEqual(sentOf(NO_PROFILE))
  })
  it('leaves out what is not filled in, and takes a decimal comma', () => {
    const rows = [{ left: ' NAS ', right: ' NAS100 ' }, { left: 'half', right: '' }, { left: '', right: '' }]
    const pips = [{ left: 'XAUUSD', right: '0,5' }, { left: 'EURUSD', right: 'much' }]
    expect(sentOf({ words: { tp: [], sl: ['bail'] }, symbols: rows, priceStyle: 'auto', pipSizes: pips })).toEqual({
      words: { sl: ['bail'] }, symbols: { NAS: 'NAS100' }, priceStyle: 'auto', pipSizes: { XAUUSD: 0.5, EURUSD: 0 },
    })
  })
  it('names each role once', () => {
    const ids = [...ROLES, ...MORE_ROLES].map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
  })
})

describe('a proposed profile', () => {
  const proposal = { default_symbol: 'XAUUSD', ignore_words: ['promo'], words: { tp: ['goal'] }, symbols: { rock: 'XAUUSD' }, price_style: 'decimal_point', pip_sizes: { XAUUSD: 1 } }
  it('is read as the command line writes it, and as the wire names it', () => {
    const found = readProposal(JSON.stringify(proposal))
    expect(found.defaultSymbol).toBe('XAUUSD')
    expect(found.ignoreWords).toEqual(['promo'])
    expect(sentOf(found.profile)).toEqual({ words: { tp: ['goal'] }, symbols: { rock: 'XAUUSD' }, priceStyle: 'decimal_point', pipSizes: { XAUUSD: 1 } })
    expect(sentOf(readProposal(JSON.stringify(SENT)).profile)).toEqual(SENT)
    expect(readProposal('{}')).toEqual({ defaultSymbol: null, ignoreWords: [], profile: NO_PROFILE })
  })
  it.each([
    ['{', 'no JSON'],
    ['[]', 'must be an object'],
    ['{"wrods": {}}', '“wrods” is no part'],
    ['{"words": {"tp": "goal"}}', 'The words of tp must be a list'],
    ['{"price_style": "comma"}', 'decimal_comma'],
    ['{"default_symbol": 3}', 'must be text'],
    ['{"symbols": []}', 'symbols must be an object'],
  ])('that is wrong is refused in words: %s', (text, said) => {
    expect(() => readProposal(text)).toThrow(said)
  })
  it('adds to what is there, and wins where both say something', () => {
    const found = merged(profileOf(sent()), readProposal('{"words": {"tp": ["bull’s eye", "goal"]}, "symbols": {"the yellow metal": "XAGUSD", "rock": "XAUUSD"}}').profile)
    expect(found.words['tp']).toEqual(['bull’s eye', 'goal'])
    expect(found.words['sl']).toEqual(['bail'])
    expect(found.symbols).toEqual([{ left: 'the yellow metal', right: 'XAGUSD' }, { left: 'rock', right: 'XAUUSD' }])
    expect(found.priceStyle).toBe('decimal_comma')
  })
})
