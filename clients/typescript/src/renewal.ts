import type { Locks } from './locks.js'

/**
 * How long a tab waits each time before it looks for the credentials that another tab has renewed. They are there the
 * first time if tabs share locks.
 */
export const RENEWAL_PAUSES_MS = [0, 200, 800] as const

/** A change of the password renews the credentials of its session, in one tab for all. */
export class Renewal {
  readonly #locks: Locks
  readonly #name: string

  constructor(locks: Locks, name: string) {
    this.#locks = locks
    this.#name = name
  }

  /** Makes the call that renews, and stores the new credentials, while the other tabs wait. */
  run<T>(task: () => Promise<T>): Promise<T> {
    return this.#locks.request(this.#name, task)
  }

  /** Waits until credentials that other tabs have renewed are stored. */
  settled(): Promise<void> {
    return this.#locks.request(this.#name, async () => {})
  }
}
