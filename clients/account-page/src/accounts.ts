import { type Address, AccountsClient, accountsHook, type LiveAccount, type State } from '@marbelle/accounts'
import { useSyncExternalStore } from 'preact/compat'

/** This page's client: the session's cookie, and the present state of the account. */
export const accounts = new AccountsClient()

const useState = accountsHook(useSyncExternalStore)

/** A part of the client's state. */
export function useAccounts<T>(select: (state: State) => T): T {
  return useState(accounts, select)
}

/** How long the feed may take to confirm a change of this tab, before the event counts as a change made elsewhere. */
const ECHO_MS = 3_000

let writing = 0

/** A call that changes the account; its events are not news to this tab. */
export async function write<T>(call: () => Promise<T>): Promise<T> {
  writing += 1
  let echo: ((account: LiveAccount) => boolean) | null = null
  try {
    const result = await call()
    const revision = (result as Partial<Address> | null)?.revision
    echo = revision === undefined ? null : (account) => account.revision >= revision
    return result
  } finally {
    void shown(echo).then(() => (writing -= 1))
  }
}

/** Calls back after each change of the profile, addresses or sign-in methods that this tab did not make. */
export function onNews(tell: () => void): () => void {
  let known = accounts.getSnapshot().account
  return accounts.subscribe(() => {
    const { account } = accounts.getSnapshot()
    const isNews =
      account !== null &&
      known !== null &&
      account.revision > known.revision &&
      (account.profile.revision > known.profile.revision ||
        account.addresses !== known.addresses ||
        account.sign_in_methods.revision > known.sign_in_methods.revision)
    known = account
    if (isNews && writing === 0) tell()
  })
}

/** Resolves once the state satisfies the condition; without one, after a while. */
function shown(holds: ((account: LiveAccount) => boolean) | null): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      const { account } = accounts.getSnapshot()
      if (account !== null && !holds?.(account)) return
      end()
      clearTimeout(timer)
      resolve()
    }
    const timer = setTimeout(() => {
      end()
      resolve()
    }, holds === null ? 500 : ECHO_MS)
    const end = holds === null ? () => {} : accounts.subscribe(look)
    if (holds !== null) look()
  })
}
