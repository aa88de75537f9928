import type { Factor } from './second-factor.js'
import type { Methods } from './spec.js'

export type Method = keyof Methods
export type Params<M extends Method> = Methods[M]['params']
export type Result<M extends Method> = Methods[M]['result']
/** Absent where every parameter may be. */
export type ParamsOf<M extends Method> = Record<never, never> extends Params<M> ? [params?: Params<M>] : [params: Params<M>]

/** What a sign-in takes; the client says by itself what credentials it wants, and that the device is known. */
export type SignInParams = Omit<Params<'auth.login'>, 'credentials' | 'device_token'>

/** What a sign-in by a passkey takes. */
export interface PasskeySignInParams {
  /** What the owner calls the device. */
  readonly device_name?: string
  /** Offers passkeys among the suggestions of a field (`autocomplete="username webauthn"`) instead of in a dialog. */
  readonly autofill?: boolean
  readonly signal?: AbortSignal
}

/** What a sign-in by a provider takes. */
export interface ProviderSignInParams {
  /** What the owner calls the device. */
  readonly device_name?: string
  /** From the link of an invitation, where sign-up is by invitation. */
  readonly invitation?: string
  /** Told again when the browser comes back: where the page goes on. */
  readonly returnTo?: string
}

/** What a session is proven by. */
export type Proof = Factor | { readonly password: string }
