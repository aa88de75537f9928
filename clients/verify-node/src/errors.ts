/** Why a token is refused. */
export type RefusalCode = 'missing' | 'invalid' | 'unknown_key' | 'expired' | 'session_ended' | 'renewed'

/** The token is no good: answer 401, upon which the caller gets a newer one or signs in. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused'
  readonly code: RefusalCode
  /** Why the session ended or its credentials were renewed, as the account server says it; else `null`. */
  readonly reason: string | null

  constructor(code: RefusalCode, message: string, reason: string | null = null) {
    super(message)
    this.code = code
    this.reason = reason
  }
}

/** What the verifier lacks. */
export type UnavailableCode = 'no_keys' | 'feed_stale'

/** Whether the token is good cannot be told at this moment: answer 503. The token may be good later. */
export class VerifierUnavailable extends Error {
  override readonly name = 'VerifierUnavailable'
  readonly code: UnavailableCode

  constructor(code: UnavailableCode, message: string) {
    super(message)
    this.code = code
  }
}
