/** Why a token is refused. */
export type RefusalCode = 'missing' | 'invalid' | 'unknown_key' | 'expired' | 'session_ended' | 'renewed'

/** The token is not valid: answer 401, after which the caller gets a newer one or signs in. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused'
  readonly code: RefusalCode
  /** Why the session ended or its credentials were renewed, as reported by the account server; otherwise `null`. */
  readonly reason: string | null

  constructor(code: RefusalCode, message: string, reason: string | null = null) {
    super(message)
    this.code = code
    this.reason = reason
  }
}

/** The data that the verifier lacks. */
export type UnavailableCode = 'no_keys' | 'feed_stale'

/** The token cannot be verified at present: answer 503. The token may be valid later. */
export class VerifierUnavailable extends Error {
  override readonly name = 'VerifierUnavailable'
  readonly code: UnavailableCode

  constructor(code: UnavailableCode, message: string) {
    super(message)
    this.code = code
  }
}
