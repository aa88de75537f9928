import { delayAfter } from './backoff.js'
import type { Calls } from './calls.js'
import { isAccountsError, isPassing, retryAfter } from './errors.js'
import { sleep } from './sleep.js'
import type { Methods, SignIn } from './spec.js'

/** How long the server holds one call: shorter than the time-outs of proxies. */
const WAIT_MS = 25_000
/**
 * An answer that came earlier was caused by another wait for the same registration; the next call must not be sooner.
 */
const TURN_MS = 5_000
const BACKOFF = { firstMs: 500, maxMs: 30_000 }

/** Signs in once a registration is verified; `null` if `signal` ended the wait, or it is too late. */
export function whenVerified(
  calls: Calls,
  registration: string,
  signIn: () => Promise<SignIn>,
  signal: AbortSignal | undefined,
): Promise<SignIn | null> {
  // The server allows one wait per registration, and one sign-in: the tabs of a browser take turns.
  return calls.locks.request(`${calls.name} ${registration}`, async () => {
    if (!(await untilVerified(calls, registration, signal))) return null
    try {
      return await signIn()
    } catch (error) {
      if (isAccountsError(error) && error.kind === 'invalid_token') return null
      throw error
    }
  })
}

async function untilVerified(calls: Calls, registration: string, signal: AbortSignal | undefined): Promise<boolean> {
  const params = { registration, wait_ms: WAIT_MS }
  let failures = 0
  while (!signal?.aborted) {
    const askedAt = Date.now()
    let pause: number
    try {
      const answer = await calls.overHttp('auth.await_verification', params, signal)
      if ((answer as Methods['auth.await_verification']['result']).verified) return true
      failures = 0
      pause = askedAt + TURN_MS - Date.now()
    } catch (error) {
      if (signal?.aborted) break
      if (!isAccountsError(error) || !isPassing(error)) throw error
      pause = Math.max(delayAfter(failures++, BACKOFF), retryAfter(error))
    }
    await sleep(pause, signal)
  }
  return false
}
