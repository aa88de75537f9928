import { type CryptoKey, importJWK, type JWK } from 'jose'
import { ageMs, type Moment, now } from './age.js'
import { delayAfter } from './backoff.js'
import { Timer } from './timer.js'

/**
 * The interval at which the keys are fetched, so that a new one is known before it signs, and an old one is dropped.
 */
const PERIOD_MS = 5 * 60_000
/** Tokens that name unknown keys cause fetches no more often than this: anybody can make such tokens. */
const PAUSE_MS = 10_000
/** Keys that could not be fetched again for this long are no longer trusted. */
const OLDEST_MS = 60 * 60_000
const TIMEOUT_MS = 5_000
const LARGEST_SET = 64 * 1024
const MOST_KEYS = 32

/** The account server's public keys, fetched in the background. */
export class Keys {
  readonly #url: URL
  readonly #pauseMs: number
  /** Until the next fetch, or until the one that runs is given up. */
  readonly #timer = new Timer()
  #keys = new Map<string, CryptoKey>()
  #fetched: Moment | null = null
  #tried: Moment | null = null
  #failures = 0
  #running: AbortController | null = null
  #isClosed = false
  error: string | null = null

  constructor(url: URL, pauseMs = PAUSE_MS) {
    this.#url = url
    this.#pauseMs = pauseMs
  }

  start(): void {
    this.#fetch()
  }

  /** Fetches the keys at once if that should have happened already; after a sleep the timer would be minutes late. */
  wake(): void {
    if (this.#timer.isOverdue) this.#fetch()
  }

  close(): void {
    this.#isClosed = true
    this.#timer.clear()
    this.#running?.abort()
  }

  get size(): number {
    return this.#keys.size
  }

  get areKnown(): boolean {
    return this.#fetched !== null && ageMs(this.#fetched) <= OLDEST_MS && this.#keys.size > 0
  }

  /** The key with this id; if there is none, the keys are soon fetched again. */
  get(kid: string): CryptoKey | undefined {
    const key = this.#keys.get(kid)
    if (!key && this.#running === null) this.#fetchSoon()
    return key
  }

  /** Fetches the keys after the pause, unless they are fetched before anyway. */
  #fetchSoon(): void {
    const remaining = this.#timer.remainingMs
    if (remaining === null || this.#tried === null) return
    const pause = Math.max(0, this.#pauseMs - ageMs(this.#tried))
    if (remaining <= 0) this.#fetch()
    else if (pause < remaining) this.#timer.set(pause, () => this.#fetch())
  }

  #fetch(): void {
    this.#running?.abort()
    const running = new AbortController()
    this.#running = running
    const tried = now()
    this.#tried = tried
    this.#timer.set(TIMEOUT_MS, () => running.abort(new Error(`no answer within ${TIMEOUT_MS} ms`)))
    const isLatest = () => this.#running === running && !this.#isClosed
    fetchKeys(this.#url, running.signal).then(
      (keys) => {
        if (!isLatest()) return
        this.#keys = keys
        this.#fetched = tried
        this.#failures = 0
        this.error = null
        this.#pauseThenFetch(PERIOD_MS)
      },
      (error: unknown) => {
        if (!isLatest()) return
        this.#failures += 1
        this.error = `the keys at ${this.#url} could not be fetched: ${error instanceof Error ? error.message : error}`
        this.#pauseThenFetch(delayAfter(this.#failures))
      },
    )
  }

  #pauseThenFetch(delayMs: number): void {
    this.#running = null
    this.#timer.set(delayMs, () => this.#fetch())
  }
}

async function fetchKeys(url: URL, signal: AbortSignal): Promise<Map<string, CryptoKey>> {
  const response = await fetch(url, { signal, redirect: 'error', headers: { accept: 'application/json' } })
  if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status}`)
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body) {
    length += chunk.length
    if (length > LARGEST_SET) throw new Error('the key set is too large')
    chunks.push(chunk)
  }
  return readKeys(JSON.parse(Buffer.concat(chunks).toString('utf8')))
}

/** The Ed25519 keys of a JWK set; others are ignored. */
export async function readKeys(set: unknown): Promise<Map<string, CryptoKey>> {
  const list = (set as { keys?: unknown } | null)?.keys
  if (!Array.isArray(list) || list.length > MOST_KEYS) throw new Error('this is no set of keys')
  const keys = new Map<string, CryptoKey>()
  for (const { kty, crv, kid, x, use } of list as JWK[]) {
    if (kty !== 'OKP' || crv !== 'Ed25519' || !kid || !x || (use ?? 'sig') !== 'sig') continue
    keys.set(kid, (await importJWK({ kty, crv, x }, 'EdDSA')) as CryptoKey)
  }
  if (keys.size === 0) throw new Error('the set has no Ed25519 key')
  return keys
}
