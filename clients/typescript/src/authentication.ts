import { CallError, isAccountsError } from './errors.js'
import type { Kept } from './kept.js'
import type {
  Method,
  ParamsOf,
  PasskeySignInParams,
  Proof,
  ProviderSignInParams,
  Result,
  SignInParams,
} from './methods.js'
import type { ClientOptions } from './options.js'
import { Passkeys } from './passkeys.js'
import { answerIn, defaultFlowKept, noFlow, type ProviderFlow, type ProviderOutcome } from './providers.js'
import { type Factor, SecondFactor, type SignInOutcome } from './second-factor.js'
import type { Passkey, Proven, SignIn } from './spec.js'

/** Signing in, and proving the session again later. */
export abstract class Authentication {
  readonly #passkeys = new Passkeys()
  readonly #flow: Kept<ProviderFlow>
  readonly #visit: (url: string) => void

  constructor({ url, flow, visit }: ClientOptions) {
    this.#flow = flow ?? defaultFlowKept(`marbelle-accounts ${url ?? ''} provider`)
    this.#visit = visit ?? ((url) => location.assign(url))
  }

  /** Calls a method: over the WebSocket if it is open, otherwise over HTTP. Rejects with a `MethodError`. */
  abstract call<M extends Method>(method: M, ...[params]: ParamsOf<M>): Promise<Result<M>>

  /** Opens a session, in every tab of this browser, or returns that the second factor is still required. */
  signIn(params: SignInParams): Promise<SignInOutcome> {
    return this.#enter(() => this.call('auth.login', params))
  }

  /**
   * Opens a session with a passkey. With `autofill` it starts with the page, and waits without a time limit; `null` if
   * `signal` ended that, or this browser does not support it.
   */
  signInWithPasskey(params?: PasskeySignInParams & { readonly autofill?: false }): Promise<SignIn>
  signInWithPasskey(params: PasskeySignInParams): Promise<SignIn | null>
  async signInWithPasskey({ autofill, signal, ...params }: PasskeySignInParams = {}): Promise<SignIn | null> {
    const begin = () => this.call('auth.begin_passkey_login')
    const used = autofill ? await this.#passkeys.offer(begin, signal) : await this.#passkeys.use(await begin(), signal)
    return used && this.call('auth.login_passkey', { ...params, ...used })
  }

  /** Goes to a provider, which sends the browser back to `<frontend>/provider-callback`: {@link finishProvider}. */
  async signInWithProvider(provider: string, { returnTo, ...params }: ProviderSignInParams = {}): Promise<void> {
    const { flow, authorization_url } = await this.call('auth.begin_provider_login', { ...params, provider })
    await this.#leave({ flow, provider, purpose: 'sign_in', returnTo: returnTo ?? null }, authorization_url)
  }

  /** The same, to link an account there to the signed-in one. Needs a proof, as `providers.begin_link` does. */
  async linkProvider(provider: string, { returnTo }: { readonly returnTo?: string } = {}): Promise<void> {
    const { flow, authorization_url } = await this.call('providers.begin_link', { provider })
    await this.#leave({ flow, provider, purpose: 'link', returnTo: returnTo ?? null }, authorization_url)
  }

  /**
   * Opens the session, or creates the link, for which the browser went to a provider: once. `invalid_token` if it was
   * finished before, or started by another tab; `provider_refused`, `link_required`, `sign_up_closed` and
   * `email_not_verified` (with the `registration` that was started) are for the page to explain.
   */
  async finishProvider(url: string | URL = location.href): Promise<ProviderOutcome> {
    const kept = await this.#flow.get()
    // Single-use, whatever the outcome.
    await this.#flow.set(null)
    const { user, ...answer } = answerIn(url)
    if (kept === null) throw noFlow()
    const { flow, provider, purpose, returnTo } = kept
    if (purpose === 'link') {
      const sign_in_methods = await this.call('providers.link', { flow, ...answer })
      return { outcome: 'linked', sign_in_methods, provider, returnTo }
    }
    const params = { flow, ...answer, ...(user === undefined ? {} : { user }) }
    return { ...(await this.#enter(() => this.call('auth.login_provider', params))), provider, returnTo }
  }

  /** Creates a passkey for the signed-in account. Needs a proof, as `passkeys.begin_registration` does. */
  async registerPasskey({ name, signal }: { readonly name?: string; readonly signal?: AbortSignal } = {}): Promise<Passkey> {
    const { ceremony, options } = await this.call('passkeys.begin_registration')
    const credential = await this.#passkeys.create(options, signal)
    return this.call('passkeys.register', { ceremony, credential, ...(name === undefined ? {} : { name }) })
  }

  /** Proves again that the session is its user's, for a call that returned `proof_required`. */
  async prove(proof: Proof, { signal }: { readonly signal?: AbortSignal } = {}): Promise<Proven> {
    if (proof !== 'passkey') return this.call('session.prove', proof)
    const passkey = await this.#passkeys.use(await this.call('session.begin_passkey_proof'), signal)
    return this.call('session.prove', { passkey })
  }

  async #leave(flow: ProviderFlow, url: string): Promise<void> {
    await this.#flow.set(flow)
    this.#visit(url)
  }

  /** A sign-in that may lack its second factor. */
  async #enter(signIn: () => Promise<SignIn>): Promise<SignInOutcome> {
    try {
      return { ...(await signIn()), outcome: 'signed_in' }
    } catch (error) {
      if (!isAccountsError(error) || error.kind !== 'second_factor_required') throw error
      const { data } = error
      const secondFactor = new SecondFactor(data, (factor, signal) => this.#complete(data, factor, signal))
      return { outcome: 'second_factor_required', secondFactor }
    }
  }

  async #complete(
    { challenge, passkey }: CallError<'second_factor_required'>['data'],
    factor: Factor,
    signal: AbortSignal | undefined,
  ): Promise<SignIn> {
    if (factor !== 'passkey') return this.call('auth.login_second_factor', { challenge, ...factor })
    if (passkey === null) throw new CallError('not_found', {}, 'the account has no passkey')
    return this.call('auth.login_second_factor', { challenge, passkey: await this.#passkeys.use(passkey, signal) })
  }
}
