import type { ErrorData } from './errors.js'
import type { AuthenticationMethod, SignIn } from './spec.js'

/** The proof that complements or replaces a password. */
export type Factor = { readonly totp: string } | { readonly recovery_code: string } | 'passkey'

/** A sign-in: complete, or lacking its second factor. */
export type SignInOutcome =
  | (SignIn & { readonly outcome: 'signed_in' })
  | { readonly outcome: 'second_factor_required'; readonly secondFactor: SecondFactor }

type Complete = (factor: Factor, signal: AbortSignal | undefined) => Promise<SignIn>

/** The second factor that a sign-in still lacks. */
export class SecondFactor {
  /** The possible factors. */
  readonly factors: readonly AuthenticationMethod[]
  /** When it expires; five wrong answers end it earlier (`invalid_token`). The sign-in then starts again. */
  readonly expiresAt: string
  readonly #complete: Complete

  constructor({ expires_at, factors }: ErrorData['second_factor_required'], complete: Complete) {
    this.expiresAt = expires_at
    this.factors = factors
    this.#complete = complete
  }

  /** Opens the session, in every tab of this browser. A wrong answer is `invalid_credentials`. */
  complete(factor: Factor, { signal }: { readonly signal?: AbortSignal } = {}): Promise<SignIn> {
    return this.#complete(factor, signal)
  }
}
