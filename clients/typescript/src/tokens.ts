import { isAccountsError } from './errors.js'
import type { Locks } from './locks.js'
import type { Tokens } from './spec.js'

/** The tokens of a session. */
export type SessionTokens = Tokens & { readonly session_id: string }

/** Where the tokens of a bearer session are kept: one place for all tabs of a browser. */
export interface TokenStorage {
  get(): SessionTokens | null | Promise<SessionTokens | null>
  set(tokens: SessionTokens | null): void | Promise<void>
}

/** Kept by this page only. */
export function memoryTokens(): TokenStorage {
  let kept: SessionTokens | null = null
  return {
    get: () => kept,
    set: (tokens) => {
      kept = tokens
    },
  }
}

/** Kept by the browser. A script that runs in the page can read them: a cookie is safer. */
export function localStorageTokens(key: string, storage: Storage = localStorage): TokenStorage {
  return {
    get() {
      try {
        return JSON.parse(storage.getItem(key) ?? 'null') as SessionTokens | null
      } catch {
        return null
      }
    },
    set(tokens) {
      if (tokens === null) storage.removeItem(key)
      else storage.setItem(key, JSON.stringify(tokens))
    },
  }
}

/** The browser's storage; this page's own where there is none, or where it is forbidden. */
export function defaultTokens(key: string): TokenStorage {
  // Node has a localStorage that complains, or keeps one person's tokens for all.
  if (typeof window === 'undefined') return memoryTokens()
  try {
    return localStorageTokens(key)
  } catch {
    return memoryTokens()
  }
}

/** The session's tokens, refreshed by one tab for all. */
export class BearerTokens {
  readonly #storage: TokenStorage
  readonly #locks: Locks
  readonly #lockName: string
  readonly #refresh: (refreshToken: string) => Promise<Tokens>

  constructor(storage: TokenStorage, locks: Locks, lockName: string, refresh: (token: string) => Promise<Tokens>) {
    this.#storage = storage
    this.#locks = locks
    this.#lockName = lockName
    this.#refresh = refresh
  }

  async get(): Promise<SessionTokens | null> {
    return this.#storage.get()
  }

  async set(tokens: SessionTokens | null): Promise<void> {
    await this.#locks.request(this.#lockName, async () => this.#storage.set(tokens))
  }

  /** Forgets the tokens of a session, unless another took its place meanwhile. */
  async forget(sessionId: string): Promise<void> {
    await this.#locks.request(this.#lockName, async () => {
      if ((await this.#storage.get())?.session_id === sessionId) await this.#storage.set(null)
    })
  }

  /** The tokens that follow on `used`: another tab's if it was quicker, else new ones. */
  async after(used: SessionTokens): Promise<SessionTokens | null> {
    return this.#locks.request(this.#lockName, async () => {
      const kept = await this.#storage.get()
      if (kept === null || kept.access_token !== used.access_token) return kept
      try {
        const fresh = { ...(await this.#refresh(kept.refresh_token)), session_id: kept.session_id }
        await this.#storage.set(fresh)
        return fresh
      } catch (error) {
        const isDead = isAccountsError(error) && (error.kind === 'session_ended' || error.kind === 'unauthenticated')
        if (isDead) await this.#storage.set(null)
        throw error
      }
    })
  }
}
