/*
 * The address for which this browser has requested a reset link: the link does not contain it, and a password manager
 * needs to know whose password it stores.
 */

const KEY = 'marbelle reset'
/** As long as the link may be valid. */
const LIFETIME_MS = 24 * 60 * 60 * 1000

interface Asked {
  readonly email: string
  readonly until: number
}

export function keepResetAddress(email: string | null): void {
  try {
    if (email === null) localStorage.removeItem(KEY)
    else localStorage.setItem(KEY, JSON.stringify({ email, until: Date.now() + LIFETIME_MS } satisfies Asked))
  } catch {
    // Without storage the address is typed again.
  }
}

export function keptResetAddress(): string | null {
  try {
    const asked = JSON.parse(localStorage.getItem(KEY) ?? 'null') as Asked | null
    return asked !== null && asked.until > Date.now() ? asked.email : null
  } catch {
    return null
  }
}
