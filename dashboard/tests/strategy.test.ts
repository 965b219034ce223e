import { describe, expect, it } from 'vitest'
import { blockText, changedConfig, differences, durationText, firstWrong, isOn, readValues, switched, wrong } from '@/features/strategies/document'
import { places, sides } from '@/features/strategies/layout'
import type { BlockView, FieldView } from '@/protocol/generated'

const field = (more: Partial<FieldView>): FieldView => ({
  key: 'riskPercentage', place: 'top', label: 'Risk percentage', meaning: '', kind: 'number', unit: '%', optional: false, default: 1,
  minimum: 0, maximum: 100, minimumExcluded: true, maximumExcluded: false, choices: [], ...more,
})
const block = (id: string, more: Partial<BlockView>): BlockView => ({ id, kind: 'filter', title: id, meaning: '', switch: '', fields: [], ...more })

const RISK = block('sizing', { kind: 'sizing', fields: [field({})] })
const SPREAD = block('spread', { switch: 'maxSpreadShare', fields: [field({ key: 'maxSpreadShare', label: 'Max spread share', optional: true, default: 0.33, unit: 'of the stop' })] })
const CONFLICT = block('conflict', { switch: 'conflict', fields: [field({ key: 'conflict', place: 'filters', kind: 'switch', unit: '', minimum: null, maximum: null, default: true })] })
const MANAGE = block('management', { kind: 'management', fields: [field({ key: 'breakEvenAfterTarget', place: 'management', label: 'Break even', kind: 'integer', optional: true, minimum: 1, minimumExcluded: false, unit: '' })] })
const BLOCKS = [block('halted', {}), RISK, SPREAD, CONFLICT, MANAGE]
const CONFIG = { riskPercentage: 1, maxSpreadShare: 0.33, filters: { conflict: false, maxSpreadShare: true }, management: { breakEvenAfterTarget: null } }

describe('a strategy’s document', () => {
  const values = readValues(BLOCKS, CONFIG)
  it('is read with each field in its place', () => {
    expect(values).toEqual({ 'top.riskPercentage': 1, 'top.maxSpreadShare': 0.33, 'filters.conflict': false, 'management.breakEvenAfterTarget': null })
  })
  it('is written with what was changed alone', () => {
    expect(changedConfig(BLOCKS, values, values)).toBeNull()
    const after = { ...switched(CONFLICT, values, true), 'top.riskPercentage': 2, 'management.breakEvenAfterTarget': 1 }
    expect(changedConfig(BLOCKS, values, after)).toEqual({ riskPercentage: 2, filters: { conflict: true }, management: { breakEvenAfterTarget: 1 } })
  })
  it('switches a limit off to null and on to its default', () => {
    const off = switched(SPREAD, values, false)
    expect(off['top.maxSpreadShare']).toBeNull()
    expect(isOn(SPREAD, off)).toBe(false)
    expect(changedConfig(BLOCKS, values, off)).toEqual({ maxSpreadShare: null })
    expect(switched(SPREAD, off, true)['top.maxSpreadShare']).toBe(0.33)
    expect(switched(RISK, values, false)).toBe(values)
  })
  it('says what is out of range', () => {
    expect(wrong(field({}), 0)).toContain('more than 0')
    expect(wrong(field({}), 101)).toContain('to 100')
    expect(wrong(field({ kind: 'integer' }), 1.5)).toContain('whole')
    expect(wrong(field({}), null)).toContain('number')
    expect(wrong(field({ optional: true }), null)).toBe('')
    expect(firstWrong(BLOCKS, values)).toBe('')
    expect(firstWrong(BLOCKS, { ...values, 'top.riskPercentage': 0 })).toMatch(/^Risk percentage/)
  })
  it('tells each difference and each block in words', () => {
    expect(differences(BLOCKS, values, { ...values, 'filters.conflict': true })).toEqual([{ label: 'conflict', before: 'off', after: 'on' }])
    expect(blockText(SPREAD, values)).toBe('0.33 of the stop')
    expect(blockText(CONFLICT, values)).toBe('off')
    expect([180, 86_400, 90, 1].map(durationText)).toEqual(['3 minutes', '1 day', '90 seconds', '1 second'])
    expect(blockText(block('halted', {}), values)).toBe('always')
  })
})

describe('the canvas', () => {
  it('turns at the end of each row, so that neighbours stay neighbours', () => {
    const found = places(BLOCKS, 2)
    expect(found[1]?.x).toBe(found[2]?.x)
    expect(found[3]?.x).toBe(found[0]?.x)
    expect(sides(found[0] ?? { x: 0, y: 0 }, found[1] ?? { x: 0, y: 0 })).toEqual({ out: 'right', into: 'left' })
    expect(sides(found[1] ?? { x: 0, y: 0 }, found[2] ?? { x: 0, y: 0 })).toEqual({ out: 'bottom', into: 'top' })
    expect(sides(found[2] ?? { x: 0, y: 0 }, found[3] ?? { x: 0, y: 0 })).toEqual({ out: 'left', into: 'right' })
  })
})
