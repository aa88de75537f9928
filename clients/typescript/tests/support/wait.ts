import type { AccountsClient, Connection, State } from '../../src/index.js'

const PATIENCE_MS = 20_000

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** Tries until it does not throw. */
export async function eventually<T>(attempt: () => T | Promise<T>): Promise<T> {
  const end = Date.now() + PATIENCE_MS
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (Date.now() > end) throw error
      await sleep(20)
    }
  }
}

/** Waits for a state by subscribing to the store. */
export function until(client: AccountsClient, holds: (state: State) => boolean): Promise<State> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      end()
      reject(new Error(`it never came; at last: ${JSON.stringify(client.getSnapshot(), null, 1).slice(0, 2000)}`))
    }, PATIENCE_MS)
    const look = () => {
      const state = client.getSnapshot()
      if (!holds(state)) return
      clearTimeout(timer)
      end()
      resolve(state)
    }
    const end = client.subscribe(look)
    queueMicrotask(look)
  })
}

export function untilStatus<S extends Connection['status']>(client: AccountsClient, status: S): Promise<State> {
  return until(client, ({ connection }) => connection.status === status)
}
