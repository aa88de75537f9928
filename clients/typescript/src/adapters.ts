import type { AccountsClient } from './client.js'
import type { State } from './state.js'

/** React's `useSyncExternalStore`, or a compatible function. */
export type UseStore = <T>(
  subscribe: (listener: () => void) => () => void,
  getSnapshot: () => T,
  getServerSnapshot?: () => T,
) => T

/** A React hook: `const useAccounts = accountsHook(useSyncExternalStore)`. `select` returns a part of the state. */
export function accountsHook(useStore: UseStore) {
  return <T>(client: AccountsClient, select: (state: State) => T): T => {
    return useStore(
      client.subscribe,
      () => select(client.getSnapshot()),
      () => select(client.getServerSnapshot()),
    )
  }
}

/** For plain JavaScript: calls back with a part of the state, now and whenever that part changes. */
export function watch<T>(client: AccountsClient, select: (state: State) => T, show: (part: T) => void): () => void {
  let shown = select(client.getSnapshot())
  const end = client.subscribe(() => {
    const part = select(client.getSnapshot())
    if (Object.is(part, shown)) return
    shown = part
    show(part)
  })
  show(shown)
  return end
}
