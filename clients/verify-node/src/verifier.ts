import { TokenRefused, VerifierUnavailable } from './errors.js'
import { Feed } from './feed.js'
import { Keys } from './keys.js'
import { Revocations } from './revocations.js'
import { type Claims, type Expected, readToken } from './tokens.js'

export interface VerifierOptions {
  /** The URL of the account server, whose keys are at its `/.well-known/jwks.json`. */
  readonly url: string
  /** The URL of its endpoint for services (`MARBELLE_SERVICE_LISTEN`); `/service/rpc` of `url` unless given. */
  readonly serviceUrl?: string
  /** A key with the scope `tokens:verify`. */
  readonly serviceKey: string
  /** `MARBELLE_TOKEN_ISSUER` of the account server. */
  readonly issuer: string
  /** This backend's name, one of `MARBELLE_TOKEN_BACKENDS`. */
  readonly audience: string
  /** Nothing is verified once the revocations are older than this. 15 seconds unless given, one at least. */
  readonly maxFeedAgeMs?: number
  /** The longest accepted lifetime of a token. One hour unless given; the account server's is 10 minutes by default. */
  readonly tokenLifetimeMs?: number
  /** How far this machine's clock may be behind or ahead. Zero unless given. */
  readonly clockToleranceMs?: number
  /**
   * Ended sessions that are kept. 200,000 unless given; beyond that every token from before the oldest one's end is
   * refused.
   */
  readonly maxRevocations?: number
  /** How often unknown key ids may cause fetches of the keys. Every 10 seconds unless given. */
  readonly keysPauseMs?: number
}

/** The state for a health check. */
export interface Health {
  /** Whether tokens can be verified. */
  readonly ok: boolean
  /** The age of the revocations; `null` before they were complete for the first time. */
  readonly feedAgeMs: number | null
  readonly isConnected: boolean
  readonly keys: number
  readonly revocations: number
  /** The last fault of the keys or the feed that still lasts. */
  readonly errors: readonly string[]
}

const READY_LOOK_MS = 20

/** Verifies access tokens by the account server's keys and its revocations, both followed in the background. */
export class Verifier {
  readonly #expected: Expected
  readonly #maxFeedAgeMs: number
  readonly #keys: Keys
  readonly #feed: Feed
  readonly #revocations: Revocations
  #isStarted = false

  constructor(options: VerifierOptions) {
    const { issuer, audience, serviceKey, clockToleranceMs = 0, tokenLifetimeMs = 3_600_000 } = options
    const url = new URL(options.url)
    const serviceUrl = new URL(options.serviceUrl ?? new URL('/service/rpc', url))
    if (!/^https?:$/.test(url.protocol) || !/^https?:$/.test(serviceUrl.protocol)) {
      throw new TypeError('Verifier: `url` and `serviceUrl` begin with http:// or https://')
    }
    for (const [name, value] of Object.entries({ issuer, audience, serviceKey })) {
      if (!value) throw new TypeError(`Verifier: \`${name}\` is missing`)
    }
    serviceUrl.protocol = serviceUrl.protocol.replace('http', 'ws')
    this.#maxFeedAgeMs = Math.max(1_000, options.maxFeedAgeMs ?? 15_000)
    this.#expected = { issuer, audience, tokenLifetimeMs, clockToleranceMs }
    this.#revocations = new Revocations(tokenLifetimeMs + clockToleranceMs, options.maxRevocations ?? 200_000)
    this.#keys = new Keys(new URL('/.well-known/jwks.json', url), options.keysPauseMs)
    this.#feed = new Feed(serviceUrl, serviceKey, this.#maxFeedAgeMs, (page) => this.#revocations.add(page.revocations))
  }

  /** Starts to follow keys and revocations. */
  start(): this {
    if (this.#isStarted) return this
    this.#isStarted = true
    this.#keys.start()
    this.#feed.start()
    return this
  }

  /** Waits until tokens can be verified; rejects with {@link VerifierUnavailable} after `timeoutMs`. */
  async ready(timeoutMs = 10_000): Promise<void> {
    for (const end = Date.now() + timeoutMs; ;) {
      const lacking = this.#lacking()
      if (lacking === null) return
      if (Date.now() > end) throw lacking
      await new Promise((resolve) => setTimeout(resolve, READY_LOOK_MS))
    }
  }

  /**
   * The caller with this token. It waits for no call. Rejects with {@link TokenRefused} if the token is not valid, and with
   * {@link VerifierUnavailable} if that cannot be determined because keys or revocations could not be followed.
   */
  async verify(token: string): Promise<Claims> {
    if (token === '') throw new TokenRefused('missing', 'there is no token')
    const lacking = this.#lacking()
    if (lacking) throw lacking
    const claims = await readToken(token, this.#keys, this.#expected)
    // Time may have passed during the verification of the signature.
    const voiding = this.#revocations.voiding(claims)
    if (voiding?.code === 'renewed') throw new TokenRefused('renewed', 'the token was replaced', voiding.reason)
    if (voiding) throw new TokenRefused('session_ended', 'the session has ended', voiding.reason)
    return claims
  }

  health(): Health {
    return {
      ok: this.#lacking() === null,
      feedAgeMs: this.#feed.ageMs,
      isConnected: this.#feed.isConnected,
      keys: this.#keys.size,
      revocations: this.#revocations.size,
      errors: [this.#keys.error, this.#feed.error].filter((error) => error !== null),
    }
  }

  /** Closes the connection; nothing is verified any more once the revocations are too old. */
  close(): void {
    this.#keys.close()
    this.#feed.close()
  }

  /** What cannot be relied on at present. After a sleep of the machine it is fetched at once, in the background. */
  #lacking(): VerifierUnavailable | null {
    if (!this.#keys.areKnown) {
      this.#keys.wake()
      return new VerifierUnavailable('no_keys', this.#keys.error ?? 'the keys were not fetched yet')
    }
    const age = this.#feed.ageMs
    if (age === null || age > this.#maxFeedAgeMs) {
      this.#feed.wake()
      const since = age === null ? 'were never complete' : `are ${Math.round(age)} ms old`
      return new VerifierUnavailable('feed_stale', this.#feed.error ?? `the revocations ${since}`)
    }
    return null
  }
}
