import type { Claims } from './tokens.js'

/** An entry of the feed (`Revocation` of `service-spec.json`). */
export interface Revocation {
  /** `null`: every token issued before `at` is void. */
  readonly session_id: string | null
  readonly at: string
  readonly reason: string
  /** The session's tokens with a `ver` below this are void; all of them if it is `null`. */
  readonly below: number | null
}

/** A page of `revocations.list` or a `revocations.event`. */
export interface Page {
  readonly revocations: readonly Revocation[]
  readonly cursor: string
}

/** How much the clocks of nodes may differ: a token may be good for so much longer than its life. */
const CLOCKS_DIFFER_MS = 15 * 60_000

interface Void {
  /** Tokens with a `ver` below this. */
  readonly below: number
  readonly atMs: number
  readonly reason: string
  readonly receivedMs: number
}

/** Parses the server's message; throws a `TypeError` if it is not a page. */
export function readPage(value: unknown): Page {
  const page = value as Page | null
  if (typeof page !== 'object' || page === null) throw new TypeError('a page of revocations is no object')
  if (typeof page.cursor !== 'string' || !Array.isArray(page.revocations)) {
    throw new TypeError('a page of revocations lacks its cursor or its entries')
  }
  for (const { session_id, at, reason, below } of page.revocations as Revocation[]) {
    const isEntry =
      (session_id === null || typeof session_id === 'string') &&
      typeof at === 'string' &&
      !Number.isNaN(Date.parse(at)) &&
      typeof reason === 'string' &&
      (below === null || Number.isInteger(below))
    if (!isEntry) throw new TypeError('an entry of the revocations is not as documented')
  }
  return page
}

/** Revocations of tokens that are valid by their signature and time. */
export class Revocations {
  readonly #keepMs: number
  readonly #most: number
  /** By session, as they were received. */
  readonly #sessions = new Map<string, Void>()
  /** Tokens issued in this second (Unix time) or before are void. */
  #issuedBy: { readonly second: number; readonly reason: string } | null = null

  /**
   * Entries are kept for `tokenLifetimeMs` and the allowance for clocks; beyond `most` sessions the oldest are dropped.
   */
  constructor(tokenLifetimeMs: number, most: number) {
    this.#keepMs = tokenLifetimeMs + CLOCKS_DIFFER_MS
    this.#most = most
  }

  get size(): number {
    return this.#sessions.size
  }

  /** `nowMs`: of the monotonic clock. A wall clock that is set forth and back would forget too early. */
  add(entries: readonly Revocation[], nowMs: number = performance.now()): void {
    for (const entry of entries) this.#add(entry, nowMs)
    this.forget(nowMs)
    for (const [session, { atMs }] of this.#sessions) {
      if (this.#sessions.size <= this.#most) break
      // The session of the dropped entry is no longer known, so its time counts for all: callers that are not affected
      // fetch a new token.
      this.#sessions.delete(session)
      this.#voidIssuedBy(atMs, 'forgotten')
    }
  }

  /** Forgets entries when every token of before has expired. */
  forget(nowMs: number = performance.now()): void {
    for (const [session, { receivedMs }] of this.#sessions) {
      if (receivedMs + this.#keepMs >= nowMs) break
      this.#sessions.delete(session)
    }
  }

  /** The revocation of the token, if there is one. */
  voiding({ sessionId, version, issuedAt }: Claims): { code: 'session_ended' | 'renewed'; reason: string } | null {
    const found = this.#sessions.get(sessionId)
    if (found && version < found.below) {
      return { code: found.below === Infinity ? 'session_ended' : 'renewed', reason: found.reason }
    }
    if (this.#issuedBy && issuedAt <= this.#issuedBy.second) {
      // By an entry that was dropped, the session may still be alive: a newer token is valid if it is.
      const { reason } = this.#issuedBy
      return { code: reason === 'forgotten' ? 'renewed' : 'session_ended', reason }
    }
    return null
  }

  #add({ session_id, at, reason, below }: Revocation, nowMs: number): void {
    const atMs = Date.parse(at)
    if (session_id === null) return this.#voidIssuedBy(atMs, reason)
    const known = this.#sessions.get(session_id)
    const added: Void = { below: below ?? Infinity, atMs, reason, receivedMs: nowMs }
    if (known && known.below >= added.below) return
    this.#sessions.delete(session_id)
    this.#sessions.set(session_id, added)
  }

  /** `iat` has whole seconds: a token of the same second may be from before, and counts as such. */
  #voidIssuedBy(atMs: number, reason: string): void {
    const second = Math.floor(atMs / 1000)
    if (this.#issuedBy === null || second > this.#issuedBy.second) this.#issuedBy = { second, reason }
  }
}
