import type { Factor } from './second-factor.js'
import type { Methods } from './spec.js'

export type Method = keyof Methods
export type Params<M extends Method> = Methods[M]['params']
export type Result<M extends Method> = Methods[M]['result']
/** Optional if every parameter is. */
export type ParamsOf<M extends Method> = Record<never, never> extends Params<M> ? [params?: Params<M>] : [params: Params<M>]

/** The parameters of a sign-in; the client itself adds the kind of credentials and the device token. */
export type SignInParams = Omit<Params<'auth.login'>, 'credentials' | 'device_token'>

/** The options of a sign-in with a passkey. */
export interface PasskeySignInParams {
  /** The owner's name for the device. */
  readonly device_name?: string
  /** Offers passkeys among the suggestions of a field (`autocomplete="username webauthn"`) instead of in a dialog. */
  readonly autofill?: boolean
  readonly signal?: AbortSignal
}

/** The options of a sign-in with a provider. */
export interface ProviderSignInParams {
  /** The owner's name for the device. */
  readonly device_name?: string
  /** From the link of an invitation, where sign-up is by invitation. */
  readonly invitation?: string
  /** Returned when the browser comes back: where the page continues. */
  readonly returnTo?: string
}

/** The proof of a session. */
export type Proof = Factor | { readonly password: string }
