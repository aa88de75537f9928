import { CallError, isAccountsError, isRenewed } from './errors.js'
import { defaultKept, type Kept } from './kept.js'
import type { Locks } from './locks.js'
import type { ClientOptions } from './options.js'
import { Renewal, RENEWAL_PAUSES_MS } from './renewal.js'
import { sleep } from './sleep.js'
import type { SignIn, Tokens } from './spec.js'
import { BearerTokens, type SessionTokens } from './tokens.js'

/** Sends a call with an access token, or with none. */
export type Send = (accessToken: string | null) => Promise<unknown>

/** How a client authenticates its calls. */
export interface Credentials {
  readonly kind: 'cookie' | 'bearer'
  /** A call that acts for the session; repeated if the credential was no longer valid and a newer one exists. */
  send(call: Send): Promise<unknown>
  /** The call that renews the session's credentials. */
  renew(call: Send): Promise<unknown>
  /** Waits until credentials that another tab has renewed are stored. */
  settled(): Promise<void>
  /** Stores the credentials from a sign-in. */
  keep(signIn: SignIn): Promise<void>
  /** Drops the stored credentials of a session that has ended. */
  drop(sessionId: string): Promise<void>
  /** The token that shows that this device has signed in before. */
  device(): Promise<{ device_token?: string }>
  keepDevice(token: string | null): Promise<void>
}

/** The browser stores the cookies, and sends them by itself. */
export class CookieCredentials implements Credentials {
  readonly kind = 'cookie'
  readonly #renewal: Renewal

  constructor(renewal: Renewal) {
    this.#renewal = renewal
  }

  async send(call: Send): Promise<unknown> {
    for (const pause of RENEWAL_PAUSES_MS) {
      try {
        return await call(null)
      } catch (error) {
        if (!isRenewed(error)) throw error
      }
      await this.settled()
      await sleep(pause)
    }
    return call(null)
  }

  renew(call: Send): Promise<unknown> {
    return this.send(() => this.#renewal.run(() => call(null)))
  }

  settled(): Promise<void> {
    return this.#renewal.settled()
  }

  async keep(): Promise<void> {}
  async drop(): Promise<void> {}
  async keepDevice(): Promise<void> {}
  async device(): Promise<Record<never, never>> {
    return {}
  }
}

/** A token may have expired, and its successor may be renewed before it is used. */
const ATTEMPTS = 3

/** Tokens, which the page stores. */
export class BearerCredentials implements Credentials {
  readonly kind = 'bearer'
  readonly #tokens: BearerTokens
  readonly #renewal: Renewal
  readonly #device: Kept<string>

  constructor(tokens: BearerTokens, renewal: Renewal, device: Kept<string>) {
    this.#tokens = tokens
    this.#renewal = renewal
    this.#device = device
  }

  send(call: Send): Promise<unknown> {
    return this.#attempt((tokens) => call(tokens.access_token))
  }

  renew(call: Send): Promise<unknown> {
    return this.#attempt(({ access_token, session_id }) =>
      this.#renewal.run(async () => {
        const answer = (await call(access_token)) as { tokens?: Tokens | null }
        if (answer.tokens) await this.#tokens.set({ ...answer.tokens, session_id })
        return answer
      }),
    )
  }

  settled(): Promise<void> {
    return this.#renewal.settled()
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
    return this.#tokens.forget((kept) => kept.session_id === sessionId)
  }

  async device(): Promise<{ device_token?: string }> {
    const device_token = await this.#device.get()
    return device_token === null ? {} : { device_token }
  }

  async keepDevice(token: string | null): Promise<void> {
    await this.#device.set(token)
  }

  async #attempt(call: (tokens: SessionTokens) => Promise<unknown>): Promise<unknown> {
    let tokens = present(await this.#tokens.get())
    for (let attempt = 1; ; attempt++) {
      try {
        return await call(tokens)
      } catch (error) {
        if (isAccountsError(error) && error.kind === 'session_ended') await this.drop(tokens.session_id)
        if (!isAccountsError(error) || error.kind !== 'unauthenticated' || attempt === ATTEMPTS) throw error
        tokens = isRenewed(error) ? await this.#renewed(tokens, error) : await this.#refreshed(tokens)
      }
    }
  }

  async #refreshed(used: SessionTokens): Promise<SessionTokens> {
    try {
      return present(await this.#tokens.after(used))
    } catch (error) {
      if (isRenewed(error)) return this.#renewed(used, error)
      throw error
    }
  }

  /** The credentials that another tab has stored after renewing them. */
  async #renewed(used: SessionTokens, refusal: unknown): Promise<SessionTokens> {
    const isUsed = (kept: SessionTokens | null) => kept?.access_token === used.access_token
    for (const pause of RENEWAL_PAUSES_MS) {
      await this.settled()
      await sleep(pause)
      const kept = await this.#tokens.get()
      if (!isUsed(kept)) return present(kept)
    }
    await this.#tokens.forget(isUsed)
    throw refusal
  }
}

function present(tokens: SessionTokens | null): SessionTokens {
  if (tokens === null) throw new CallError('unauthenticated', { reason: 'missing' }, 'Sign in first.')
  return tokens
}

/** The credentials of a client, under the name that its tabs share. */
export function credentialsOf(
  kind: 'cookie' | 'bearer',
  name: string,
  locks: Locks,
  { tokens, device }: ClientOptions,
  refresh: (refreshToken: string) => Promise<Tokens>,
): Credentials {
  const renewal = new Renewal(locks, `${name} renewal`)
  if (kind === 'cookie') return new CookieCredentials(renewal)
  const bearer = new BearerTokens(tokens ?? defaultKept(name), locks, `${name} refresh`, refresh)
  return new BearerCredentials(bearer, renewal, device ?? defaultKept(`${name} device`))
}
