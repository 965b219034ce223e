/**
 * What a person can do, as objects: header buttons, menus and the Ctrl-K palette all show and run the
 * same ones, so that none of them offers what another forbids.
 */
import type { Icon } from '@tabler/icons-react'

export interface Action {
  readonly id: string
  readonly name: string
  readonly icon: Icon
  readonly words?: string
  /** Why it cannot be done now; "" where it can. */
  readonly blocked: string
  readonly perform: () => void
}
