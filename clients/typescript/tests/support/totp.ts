import { createHmac } from 'node:crypto'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const STEP_MS = 30_000

/** An authenticator app with one secret (RFC 6238). */
export class AuthenticatorApp {
  readonly #secret: Buffer
  /** The newest step whose code was given out: the server takes each once, in order. */
  #used = 0

  constructor(secret: string) {
    const bits = [...secret].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, '0')).join('')
    this.#secret = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
  }

  /** A code that was not given out before: of this step, or of the one after it, which the server takes as well. */
  code(): string {
    const now = Math.floor(Date.now() / STEP_MS)
    this.#used = Math.max(this.#used + 1, now)
    if (this.#used > now + 1) throw new Error('no step has a code left that is good now')
    return this.#codeOf(this.#used)
  }

  #codeOf(step: number): string {
    const counter = Buffer.alloc(8)
    counter.writeBigUInt64BE(BigInt(step))
    const hash = createHmac('sha1', this.#secret).update(counter).digest()
    const number = hash.readUInt32BE(hash.at(-1)! & 15) & 0x7fff_ffff
    return String(number % 1_000_000).padStart(6, '0')
  }
}
