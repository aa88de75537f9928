import { CallError, isAccountsError } from './errors.js'
import type { SignIn } from './spec.js'
import type { BearerTokens, SessionTokens } from './tokens.js'

/** Sends a call with an access token, or with none. */
export type Send = (accessToken: string | null) => Promise<unknown>

/** How a client shows whose session it acts for. */
export interface Credentials {
  readonly kind: 'cookie' | 'bearer'
  /** An HTTP call that acts for the session. */
  send(call: Send): Promise<unknown>
  /** Keeps what a sign-in answered. */
  keep(signIn: SignIn): Promise<void>
  /** Drops what is kept of a session that has ended. */
  drop(sessionId: string): Promise<void>
}

/** The browser keeps the cookie, and sends it by itself. */
export const cookieCredentials: Credentials = {
  kind: 'cookie',
  send: (call) => call(null),
  keep: async () => {},
  drop: async () => {},
}

export class BearerCredentials implements Credentials {
  readonly kind = 'bearer'
  readonly #tokens: BearerTokens

  constructor(tokens: BearerTokens) {
    this.#tokens = tokens
  }

  /** With fresh tokens, and once more, where the access token is not good any more: the call was not made then. */
  async send(call: Send): Promise<unknown> {
    const tokens = present(await this.#tokens.get())
    try {
      return await call(tokens.access_token)
    } catch (error) {
      if (!isAccountsError(error) || error.kind !== 'unauthenticated') {
        if (isAccountsError(error) && error.kind === 'session_ended') await this.drop(tokens.session_id)
        throw error
      }
      return call(present(await this.#tokens.after(tokens)).access_token)
    }
  }

  async keep(signIn: SignIn): Promise<void> {
    const { access_token, access_expires_at, refresh_token, refresh_expires_at, session } = signIn
    if (!access_token || !access_expires_at || !refresh_token || !refresh_expires_at) {
      throw new CallError('protocol', { status: null }, 'a sign-in without tokens')
    }
    const tokens = { access_token, access_expires_at, refresh_token, refresh_expires_at }
    await this.#tokens.set({ ...tokens, session_id: session.id })
  }

  drop(sessionId: string): Promise<void> {
    return this.#tokens.forget(sessionId)
  }
}

function present(tokens: SessionTokens | null): SessionTokens {
  if (tokens === null) throw new CallError('unauthenticated', { reason: 'missing' }, 'Sign in first.')
  return tokens
}
