/** A value that tells when it changes. */
export class Store<T> {
  #value: T
  readonly #listeners = new Set<() => void>()

  constructor(value: T) {
    this.#value = value
  }

  /** The value: the same object until something changes. */
  readonly getSnapshot = (): T => this.#value

  /** Calls back after every change, until the answer is called. */
  readonly subscribe = (listener: () => void): (() => void) => {
    const own = () => listener()
    this.#listeners.add(own)
    return () => {
      this.#listeners.delete(own)
    }
  }

  set(value: T): void {
    if (Object.is(value, this.#value)) return
    this.#value = value
    for (const listener of [...this.#listeners]) {
      try {
        listener()
      } catch (error) {
        // One listener's fault is not another's.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}
