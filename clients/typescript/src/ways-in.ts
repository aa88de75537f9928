import type { AccountsClient } from './client.js'
import { CallError, isAccountsError } from './errors.js'
import type { PasskeySignInParams, Proof, SignInParams } from './methods.js'
import { Passkeys } from './passkeys.js'
import { type Factor, SecondFactor, type SignInOutcome } from './second-factor.js'
import type { Passkey, Proven, SignIn } from './spec.js'

/** How somebody gets in, and shows later that it is still them. */
export class WaysIn {
  readonly #call: AccountsClient['call']
  readonly #passkeys = new Passkeys()

  constructor(call: AccountsClient['call']) {
    this.#call = call
  }

  signIn(params: SignInParams): Promise<SignInOutcome> {
    return this.#enter(() => this.#call('auth.login', params))
  }

  async signInWithPasskey({ autofill, signal, ...params }: PasskeySignInParams): Promise<SignIn | null> {
    const begin = () => this.#call('auth.begin_passkey_login')
    const used = autofill ? await this.#passkeys.offer(begin, signal) : await this.#passkeys.use(await begin(), signal)
    return used && this.#call('auth.login_passkey', { ...params, ...used })
  }

  async registerPasskey(name: string | undefined, signal: AbortSignal | undefined): Promise<Passkey> {
    const { ceremony, options } = await this.#call('passkeys.begin_registration')
    const credential = await this.#passkeys.create(options, signal)
    return this.#call('passkeys.register', { ceremony, credential, ...(name === undefined ? {} : { name }) })
  }

  async prove(proof: Proof, signal: AbortSignal | undefined): Promise<Proven> {
    if (proof !== 'passkey') return this.#call('session.prove', proof)
    const passkey = await this.#passkeys.use(await this.#call('session.begin_passkey_proof'), signal)
    return this.#call('session.prove', { passkey })
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
    if (factor !== 'passkey') return this.#call('auth.login_second_factor', { challenge, ...factor })
    if (passkey === null) throw new CallError('not_found', {}, 'the account has no passkey')
    return this.#call('auth.login_second_factor', { challenge, passkey: await this.#passkeys.use(passkey, signal) })
  }
}
