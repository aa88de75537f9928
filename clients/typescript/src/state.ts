import type { AccountsError } from './errors.js'
import type { LiveAccount } from './fold.js'
import type { EndReason } from './spec.js'

/** Whether what is shown is the present. */
export type Connection =
  | { readonly status: 'connecting' }
  | { readonly status: 'live' }
  /** It comes back by itself. */
  | { readonly status: 'offline'; readonly error: AccountsError }
  /** `null`: nobody was signed in. */
  | { readonly status: 'signed_out'; readonly reason: EndReason | null }

/** What a page shows. */
export interface State {
  readonly connection: Connection
  /** `null` until it is known, and when nobody is signed in. */
  readonly account: LiveAccount | null
}

/** Before anything is known, and all that a page that is rendered on a server ever knows. */
export const UNKNOWN: State = { connection: { status: 'connecting' }, account: null }
