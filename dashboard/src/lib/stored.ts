/** Small settings of this browser (scheme, time zone). Never a token, never trading data. */

export interface Stored<T extends string> {
  readonly get: () => T
  readonly set: (value: T) => void
  readonly subscribe: (listener: () => void) => () => void
}

/** A value kept in localStorage; where storage is blocked it lasts until the page is left. */
export function createStored<T extends string>(key: string, allowed: readonly T[], fallback: T): Stored<T> {
  const listeners = new Set<() => void>()
  let value = fallback
  try {
    const found = localStorage.getItem(key)
    value = allowed.find((item) => item === found) ?? fallback
  } catch {
    value = fallback
  }
  return {
    get: () => value,
    set(next) {
      value = next
      try {
        localStorage.setItem(key, next)
      } catch {
        // Blocked storage: the choice holds for this page only.
      }
      listeners.forEach((listener) => listener())
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
