import type { Backoff } from './backoff.js'
import type { Kept } from './kept.js'
import type { Locks } from './locks.js'
import type { ProviderFlow } from './providers.js'
import type { SocketConstructor } from './socket.js'
import type { SessionTokens } from './tokens.js'

export interface ClientOptions {
  /** The URL of `/rpc`; on this page's own server if absent. */
  readonly url?: string | URL
  /** `cookie` in browsers, `bearer` elsewhere, if absent. */
  readonly credentials?: 'cookie' | 'bearer'
  /** Where bearer tokens are stored: localStorage if there is one. */
  readonly tokens?: Kept<SessionTokens>
  /** Where a bearer client stores its device token, which outlives sign-outs. */
  readonly device?: Kept<string>
  /** Where the page stores the state of a visit to a provider: sessionStorage if there is one. */
  readonly flow?: Kept<ProviderFlow>
  /** Goes to a provider; a native app opens its browser. */
  readonly visit?: (url: string) => void
  /** The name that the tabs of a browser share. */
  readonly tabs?: string
  readonly backoff?: Backoff
  /** How long a call may take. */
  readonly timeoutMs?: number
  /** A connection that is silent for this long is probed. */
  readonly silenceMs?: number
  readonly fetch?: typeof fetch
  /** The global one if absent; Node has none before version 22. */
  readonly WebSocket?: SocketConstructor
  readonly locks?: Locks
}

export interface StartOptions {
  /** Follows the account also in a program without a window: a worker, a native app, a service. */
  readonly withoutWindow?: boolean
}
