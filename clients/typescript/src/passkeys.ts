import { delayAfter } from './backoff.js'
import { authenticationJson, creationOptions, registrationJson, requestOptions } from './credential-json.js'
import { CallError, isAccountsError, isPassing, retryAfter } from './errors.js'
import { sleep } from './sleep.js'
import type {
  AssertionCeremony,
  PasskeyAnswer,
  PasskeyCeremony,
  PublicKeyCredentialCreationOptionsJSON,
  RegistrationResponseJSON,
} from './spec.js'

/** A ceremony that waits in a field is renewed this long before it expires. */
const MARGIN_MS = 30_000
const BACKOFF = { firstMs: 1_000, maxMs: 60_000 }

/** The browser's passkeys. It allows one request at a time: an offer in a field is withdrawn for a dialog. */
export class Passkeys {
  /** Withdraws the offer in a field. */
  #withdraw: () => void = () => {}
  /** The dialog that is open. */
  #dialog: Promise<unknown> = Promise.resolve()

  /** Lets the user create a passkey, in the browser's dialog. */
  async create(
    options: PublicKeyCredentialCreationOptionsJSON,
    signal?: AbortSignal,
  ): Promise<RegistrationResponseJSON> {
    const credentials = container()
    const made = this.#open(() => credentials.create({ publicKey: creationOptions(options), ...given(signal) }))
    return registrationJson(await made)
  }

  /** Lets the user choose and use a passkey, in the browser's dialog. */
  async use({ ceremony, options }: PasskeyCeremony, signal?: AbortSignal): Promise<PasskeyAnswer> {
    const credentials = container()
    const used = this.#open(() => credentials.get({ publicKey: requestOptions(options), ...given(signal) }))
    return { ceremony, credential: authenticationJson(await used) }
  }

  /**
   * Offers passkeys among the suggestions of a field (`autocomplete="username webauthn"`), without a time limit; `null`
   * if `signal` ended it, or the browser does not support such offers.
   */
  async offer(begin: () => Promise<AssertionCeremony>, signal?: AbortSignal): Promise<PasskeyAnswer | null> {
    if (!(await canOffer())) return null
    let failures = 0
    while (!signal?.aborted) {
      await this.#dialog
      try {
        const ceremony = await begin()
        const used = await this.#offered(ceremony, signal)
        if (used !== null) return { ceremony: ceremony.ceremony, credential: authenticationJson(used) }
        failures = 0
      } catch (error) {
        const isCancelled = isAccountsError(error) && error.kind === 'no_passkey' && error.data.reason === 'cancelled'
        if (!isAccountsError(error) || !(isCancelled || isPassing(error))) throw error
        await sleep(Math.max(delayAfter(failures++, BACKOFF), retryAfter(error)), signal)
      }
    }
    return null
  }

  /** One offer; `null` when it was withdrawn, by a dialog, by `signal` or because the ceremony expires. */
  async #offered({ options }: AssertionCeremony, signal?: AbortSignal): Promise<PublicKeyCredential | null> {
    const offer = new AbortController()
    const withdraw = () => offer.abort()
    const timer = setTimeout(withdraw, options.timeout - MARGIN_MS)
    signal?.addEventListener('abort', withdraw)
    if (signal?.aborted) withdraw()
    this.#withdraw = withdraw
    try {
      const publicKey = requestOptions(options)
      return (await container().get({ mediation: 'conditional', publicKey, signal: offer.signal })) as PublicKeyCredential
    } catch (thrown) {
      if (offer.signal.aborted) return null
      throw refusal(thrown)
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', withdraw)
    }
  }

  async #open(ask: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
    this.#withdraw()
    const asked = ask()
    this.#dialog = asked.catch(() => {})
    try {
      const credential = await asked
      if (credential !== null) return credential as PublicKeyCredential
    } catch (thrown) {
      throw refusal(thrown)
    }
    throw noPasskey('cancelled')
  }
}

/** Whether this page may use passkeys at all. */
export function hasPasskeys(): boolean {
  return typeof PublicKeyCredential === 'function' && globalThis.navigator?.credentials !== undefined
}

async function canOffer(): Promise<boolean> {
  return hasPasskeys() && ((await PublicKeyCredential.isConditionalMediationAvailable?.()) ?? false)
}

function container(): CredentialsContainer {
  if (!hasPasskeys()) throw noPasskey('unsupported')
  return navigator.credentials
}

function given(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal ? { signal } : {}
}

/** Why the browser returned no passkey: it reports little, for the user's privacy. */
function refusal(thrown: unknown): CallError<'no_passkey'> {
  const name = thrown instanceof DOMException || thrown instanceof Error ? thrown.name : ''
  if (name === 'InvalidStateError') return noPasskey('exists')
  const isCancelled = name === 'NotAllowedError' || name === 'AbortError'
  return noPasskey(isCancelled ? 'cancelled' : 'unsupported', thrown instanceof Error ? thrown.message : '')
}

function noPasskey(reason: CallError<'no_passkey'>['data']['reason'], said = ''): CallError<'no_passkey'> {
  return new CallError('no_passkey', { reason }, `the browser gave no passkey: ${said || reason}`)
}
