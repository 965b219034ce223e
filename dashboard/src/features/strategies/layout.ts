/** Where the blocks stand on the canvas: rows that turn like a ploughed field, so that each edge is short. */

export interface Place { readonly x: number; readonly y: number }

export const WIDTH = 190
export const HEIGHT = 64
const GAP_X = 56
const GAP_Y = 44

export function places(blocks: readonly unknown[], columns: number): Place[] {
  return blocks.map((_, index) => {
    const row = Math.floor(index / columns)
    const at = index % columns
    const column = row % 2 === 0 ? at : columns - 1 - at
    return { x: column * (WIDTH + GAP_X), y: row * (HEIGHT + GAP_Y) }
  })
}

export type Side = 'left' | 'right' | 'top' | 'bottom'

/** The sides at which the edge to the next block leaves and arrives. */
export function sides(from: Place, to: Place): { readonly out: Side; readonly into: Side } {
  if (from.y !== to.y) return { out: 'bottom', into: 'top' }
  return from.x < to.x ? { out: 'right', into: 'left' } : { out: 'left', into: 'right' }
}

const KEY = 'signalos-canvas'

/** Places that the user chose on this browser; they say nothing about the strategy. */
export function storedPlaces(): Readonly<Record<string, Place>> {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}')
    if (found === null || typeof found !== 'object') return {}
    return Object.fromEntries(Object.entries(found).filter((pair): pair is [string, Place] => {
      const place = pair[1] as Partial<Place> | null
      return Number.isFinite(place?.x) && Number.isFinite(place?.y)
    }))
  } catch {
    return {}
  }
}

export function storePlaces(places: Readonly<Record<string, Place>>): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(places))
  } catch {
    // Blocked storage: the places hold for this page only.
  }
}
