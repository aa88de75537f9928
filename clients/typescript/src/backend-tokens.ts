import { bytesOf } from './base64url.js'
import { isAccountsError } from './errors.js'
import type { Locks } from './locks.js'
import { sleep } from './sleep.js'
import type { BackendToken } from './spec.js'
import type { Tabs } from './tabs.js'

/** A token is no longer handed out when a fifth of its lifetime is left, or a minute. */
const LEFT_SHARE = 1 / 5
const LEFT_MS = 60_000

/** The claims that are read of a token: its user and session, and its times by the server's clock, in seconds. */
interface Claims {
  readonly sid: string
  readonly iat: number
  readonly exp: number
}

/** A stored token. The times are of this machine's clock, which may differ from the server's. */
export interface KeptToken {
  readonly token: string
  readonly session_id: string
  readonly kept_at: number
  readonly good_until: number
}

/** A request of a tab to the others. */
export interface TokenWanted {
  readonly audience: string
  readonly session_id: string
  /** The token that the backend has refused. */
  readonly instead_of: string | null
}

export interface BackendTokensOptions {
  readonly locks: Locks
  /** The name that the tabs of a browser share. */
  readonly name: string
  /** The other tabs; `null` while the connection is lost, because stored tokens may become void without notice. */
  tabs(): Tabs | null
  /** The session that is followed; `null` if its state is not followed. */
  sessionId(): string | null
  ask(audience: string): Promise<BackendToken>
}

/**
 * Access tokens for the shop's other backends: requested by one tab for all, and kept until they have nearly expired.
 * They are in memory only, and only where the account is followed, so that a tab that hands one out would know if it
 * were void.
 */
export class BackendTokens {
  readonly #options: BackendTokensOptions
  readonly #kept = new Map<string, KeptToken>()
  readonly #asked = new Map<string, Promise<string>>()
  /** How often all tokens were dropped: one that was requested before may be void when it arrives. */
  #turn = 0
  /** Whether other tabs may still hold void tokens. */
  #isRenewed = false

  constructor(options: BackendTokensOptions) {
    this.#options = options
  }

  /** A token that is valid for a while, and differs from `insteadOf`. */
  get(audience: string, insteadOf: string | null): Promise<string> {
    const kept = this.#find(audience, insteadOf)
    if (kept !== null) return Promise.resolve(kept.token)
    const question = JSON.stringify([audience, insteadOf])
    const asked = this.#asked.get(question)
    if (asked !== undefined) return asked
    const { locks, name } = this.#options
    const answer = locks.request(`${name} token ${audience}`, () => this.#obtain(audience, insteadOf))
    this.#asked.set(question, answer)
    const settle = () => {
      if (this.#asked.get(question) === answer) this.#asked.delete(question)
    }
    answer.then(settle, settle)
    return answer
  }

  /** The token that another tab requests, if it is stored here. */
  answer({ audience, session_id, instead_of }: TokenWanted): KeptToken | null {
    const isFollowed = this.#options.tabs() !== null && session_id === this.#options.sessionId()
    return isFollowed ? this.#find(audience, instead_of) : null
  }

  /** Earlier tokens are no longer handed out. */
  forget(): void {
    this.#turn += 1
    this.#kept.clear()
    this.#asked.clear()
  }

  /** The same after a change of the password, of which the other tabs may learn a moment later. */
  renew(): void {
    this.forget()
    this.#isRenewed = true
  }

  #find(audience: string, insteadOf: string | null): KeptToken | null {
    const kept = this.#kept.get(audience)
    if (kept === undefined || kept.token === insteadOf || kept.session_id !== this.#options.sessionId()) return null
    const now = Date.now()
    // Before it was stored: the clock was set back.
    return now < kept.kept_at || now >= kept.good_until ? null : kept
  }

  /** While other tabs wait. */
  async #obtain(audience: string, insteadOf: string | null): Promise<string> {
    const kept = this.#find(audience, insteadOf) ?? (await this.#fromTabs(audience, insteadOf))
    if (kept !== null) return kept.token
    for (;;) {
      const turn = this.#turn
      const token = await this.#ask(audience)
      if (turn !== this.#turn) continue
      this.#isRenewed = false
      this.#keep(audience, token)
      return token
    }
  }

  /** Twice if no answer came: a change of the password closes the connection while the request is under way. */
  async #ask(audience: string): Promise<string> {
    try {
      return (await this.#options.ask(audience)).access_token
    } catch (error) {
      if (!isAccountsError(error) || error.kind !== 'no_answer') throw error
    }
    // By then the connection is known to be closed, and HTTP is used.
    await sleep(0)
    return (await this.#options.ask(audience)).access_token
  }

  async #fromTabs(audience: string, instead_of: string | null): Promise<KeptToken | null> {
    const session_id = this.#options.sessionId()
    const tabs = this.#options.tabs()
    if (session_id === null || tabs === null || this.#isRenewed) return null
    const turn = this.#turn
    const kept = await tabs.ask({ audience, session_id, instead_of })
    if (kept === null || turn !== this.#turn) return null
    this.#kept.set(audience, kept)
    return this.#find(audience, instead_of)
  }

  #keep(audience: string, token: string): void {
    const claims = claimsOf(token)
    if (claims === null || claims.sid !== this.#options.sessionId()) return
    const life = (claims.exp - claims.iat) * 1000
    const kept_at = Date.now()
    const good_until = kept_at + life - Math.min(LEFT_MS, life * LEFT_SHARE)
    this.#kept.set(audience, { token, session_id: claims.sid, kept_at, good_until })
  }
}

/** `null` for a token of another kind, which is not stored. */
function claimsOf(token: string): Claims | null {
  try {
    const { sid, iat, exp } = JSON.parse(new TextDecoder().decode(bytesOf(token.split('.')[1]!))) as Partial<Claims>
    return typeof sid === 'string' && typeof iat === 'number' && typeof exp === 'number' ? { sid, iat, exp } : null
  } catch {
    return null
  }
}
