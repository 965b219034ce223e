/** Times as text: one formatter, one switch between UTC and the browser's zone. */

export type Zone = 'utc' | 'local'

export interface TimeFormat {
  /** 09:31:02 */
  clock(at: string | number | null): string
  /** 5 May 2014, or 5 May within the running year */
  day(at: string | number | null): string
  /** 5 May 2014 09:31:02 */
  full(at: string | number | null): string
  readonly label: string
}

export function createTimeFormat(zone: Zone, now: () => number = Date.now): TimeFormat {
  const place = zone === 'utc' ? { timeZone: 'UTC' } : {}
  const clock = new Intl.DateTimeFormat('en-GB', { ...place, hour: '2-digit', minute: '2-digit', second: '2-digit' })
  const day = new Intl.DateTimeFormat('en-GB', { ...place, day: 'numeric', month: 'short' })
  const dayYear = new Intl.DateTimeFormat('en-GB', { ...place, day: 'numeric', month: 'short', year: 'numeric' })
  const year = new Intl.DateTimeFormat('en-GB', { ...place, year: 'numeric' })
  const read = (at: string | number | null) => {
    if (at === null) return null
    const date = new Date(at)
    return Number.isNaN(date.getTime()) ? null : date
  }
  const dayText = (date: Date) => (year.format(date) === year.format(now()) ? day : dayYear).format(date)
  return {
    clock: (at) => { const date = read(at); return date ? clock.format(date) : '–' },
    day: (at) => { const date = read(at); return date ? dayText(date) : '–' },
    full: (at) => { const date = read(at); return date ? `${dayText(date)} ${clock.format(date)}` : '–' },
    label: zone === 'utc' ? 'UTC' : localZoneName(),
  }
}

function localZoneName(): string {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZoneName: 'short' }).formatToParts(new Date())
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? 'local'
}

/** An age in as few characters as tell it: `3 s`, `4 min`, `2 h`, `5 d`. */
export function age(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min`
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h`
  return `${Math.floor(whole / 86_400)} d`
}

/**
 * The server's clock as seen from here. A phone's clock may be minutes off, and ages of data must not
 * be. A message's travel time only makes the difference look smaller, so the largest one counts.
 */
export class ServerClock {
  private readonly samples: number[] = []

  constructor(private readonly now: () => number = Date.now) {}

  learn(at: string): void {
    const sample = Date.parse(at) - this.now()
    if (Number.isNaN(sample)) return
    this.samples.push(sample)
    if (this.samples.length > 30) this.samples.shift()
  }

  /** Milliseconds since the epoch, by the server's clock. */
  read(): number {
    return this.now() + (this.samples.length === 0 ? 0 : Math.max(...this.samples))
  }

  /** Seconds since `at`, never negative; null where there is no time. */
  since(at: string | null): number | null {
    if (at === null) return null
    const age = (this.read() - Date.parse(at)) / 1000
    return Number.isNaN(age) ? null : Math.max(0, age)
  }
}
