import { ageMs, type Moment, now } from './age.js'

/** One wait at a time. `setTimeout` stands still while the machine sleeps; {@link isOverdue} does not. */
export class Timer {
  #handle: NodeJS.Timeout | null = null
  #since: Moment = now()
  #delayMs = 0

  /** Calls `then` after the delay, in place of what was set before. */
  set(delayMs: number, then: () => void): void {
    this.clear()
    this.#since = now()
    this.#delayMs = delayMs
    this.#handle = setTimeout(() => {
      this.#handle = null
      then()
    }, delayMs)
  }

  clear(): void {
    if (this.#handle) clearTimeout(this.#handle)
    this.#handle = null
  }

  /** How much of the wait is left, by whichever clock shows less; `null` if nothing is waited for. */
  get remainingMs(): number | null {
    return this.#handle && this.#delayMs - ageMs(this.#since)
  }

  /** Whether the wait is over by the clock although its timer did not fire: the machine slept, or was busy. */
  get isOverdue(): boolean {
    const remaining = this.remainingMs
    return remaining !== null && remaining <= 0
  }
}
