import type { AccountsError } from './errors.js'
import type { LiveAccount } from './fold.js'
import type { EndReason } from './spec.js'

/** Whether the shown state is up to date. */
export type Connection =
  | { readonly status: 'connecting' }
  | { readonly status: 'live' }
  /** It reconnects by itself. */
  | { readonly status: 'offline'; readonly error: AccountsError }
  /** `null`: nobody was signed in. */
  | { readonly status: 'signed_out'; readonly reason: EndReason | null }

/** The state that a page shows. */
export interface State {
  readonly connection: Connection
  /** `null` until it is known, and when nobody is signed in. */
  readonly account: LiveAccount | null
}

/** The state before anything is known, and the only one of a page that is rendered on a server. */
export const UNKNOWN: State = { connection: { status: 'connecting' }, account: null }
