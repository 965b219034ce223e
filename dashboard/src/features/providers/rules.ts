/** A channel's settings as the form holds them, and its figures as text. */
import type { ProviderSettings, ProviderStatistics, ProviderView } from '@/protocol/generated'
import { type Profile, profileOf, sentOf } from './profile'

export interface Rules {
  readonly name: string
  readonly enabled: boolean
  readonly defaultSymbol: string
  readonly ignoreWords: readonly string[]
  /** "" means the strategy in force. */
  readonly strategyId: string
  readonly profile: Profile
}

export function rulesOf(provider: ProviderView): Rules {
  return {
    name: provider.name,
    enabled: provider.enabled,
    defaultSymbol: provider.defaultSymbol ?? '',
    ignoreWords: provider.ignoreWords,
    strategyId: provider.strategyId === null ? '' : String(provider.strategyId),
    profile: profileOf(provider),
  }
}

export function settingsOf(rules: Rules): ProviderSettings {
  return {
    name: rules.name.trim() || null,
    enabled: rules.enabled,
    defaultSymbol: rules.defaultSymbol.trim() || null,
    ignoreWords: [...rules.ignoreWords],
    strategyId: rules.strategyId === '' ? null : Number(rules.strategyId),
    ...sentOf(rules.profile),
  }
}

export const sameRules = (one: Rules, other: Rules) => JSON.stringify(settingsOf(one)) === JSON.stringify(settingsOf(other))

export const titleOf = (provider: Pick<ProviderView, 'name' | 'chatId'>) => provider.name || provider.chatId

/** `63 %`, or a dash before the first closed trade. */
export function winRate({ winRate: share }: Pick<ProviderStatistics, 'winRate'>): string {
  return share === null ? '–' : `${Math.round(share * 100)}\u00a0%`
}

export interface Refusal {
  readonly reason: string
  readonly times: number
  /** Of all refusals, from 0 to 1. */
  readonly share: number
}

/** The most frequent first. */
export function refusals(reasons: ProviderStatistics['reasons']): Refusal[] {
  const known = Object.entries(reasons).flatMap(([reason, times]) => (times === undefined || times <= 0 ? [] : [{ reason, times }]))
  const all = known.reduce((sum, { times }) => sum + times, 0)
  return known.map(({ reason, times }) => ({ reason, times, share: times / all })).toSorted((a, b) => b.times - a.times || a.reason.localeCompare(b.reason))
}
