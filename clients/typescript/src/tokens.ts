import { isAccountsError, isRenewed } from './errors.js'
import type { Kept } from './kept.js'
import type { Locks } from './locks.js'
import type { Tokens } from './spec.js'

/** The tokens of a session. */
export type SessionTokens = Tokens & { readonly session_id: string }

/** The session's tokens, refreshed by one tab for all. */
export class BearerTokens {
  readonly #kept: Kept<SessionTokens>
  readonly #locks: Locks
  readonly #lockName: string
  readonly #refresh: (refreshToken: string) => Promise<Tokens>

  constructor(
    kept: Kept<SessionTokens>,
    locks: Locks,
    lockName: string,
    refresh: (token: string) => Promise<Tokens>,
  ) {
    this.#kept = kept
    this.#locks = locks
    this.#lockName = lockName
    this.#refresh = refresh
  }

  async get(): Promise<SessionTokens | null> {
    return this.#kept.get()
  }

  async set(tokens: SessionTokens | null): Promise<void> {
    await this.#locks.request(this.#lockName, async () => this.#kept.set(tokens))
  }

  /** Drops the tokens for which this is true, unless others have replaced them in the meantime. */
  async forget(isOver: (kept: SessionTokens) => boolean): Promise<void> {
    await this.#locks.request(this.#lockName, async () => {
      const kept = await this.#kept.get()
      if (kept !== null && isOver(kept)) await this.#kept.set(null)
    })
  }

  /** The tokens that follow `used`: another tab's if it was faster, otherwise new ones. */
  async after(used: SessionTokens): Promise<SessionTokens | null> {
    return this.#locks.request(this.#lockName, async () => {
      const kept = await this.#kept.get()
      if (kept === null || kept.access_token !== used.access_token) return kept
      try {
        const fresh = { ...(await this.#refresh(kept.refresh_token)), session_id: kept.session_id }
        await this.#kept.set(fresh)
        return fresh
      } catch (error) {
        const isDead = isAccountsError(error) && (error.kind === 'session_ended' || error.kind === 'unauthenticated')
        // The tab that has renewed them stores newer ones.
        if (isDead && !isRenewed(error)) await this.#kept.set(null)
        throw error
      }
    })
  }
}
