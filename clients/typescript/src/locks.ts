/** The part of the Web Locks API that is used. */
export interface Locks {
  request<T>(name: string, task: () => Promise<T>): Promise<T>
}

const queues = new Map<string, Promise<unknown>>()

/** Locks of this page only, if there is no Web Locks API. */
export const pageLocks: Locks = {
  request<T>(name: string, task: () => Promise<T>): Promise<T> {
    const mine = (queues.get(name) ?? Promise.resolve()).then(task, task)
    const settled = mine.then(
      () => {},
      () => {},
    )
    queues.set(name, settled)
    void settled.then(() => {
      if (queues.get(name) === settled) queues.delete(name)
    })
    return mine
  },
}

/** Locks that all tabs of a browser share, if it supports them. */
export function defaultLocks(): Locks {
  return (globalThis.navigator as { locks?: Locks } | undefined)?.locks ?? pageLocks
}
