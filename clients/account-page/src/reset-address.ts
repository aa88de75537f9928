/*
 * Whose password this browser has asked a link for: the link does not say so, and a password manager wants to know whose
 * password it is to keep.
 */

const KEY = 'marbelle reset'
/** As long as the link may be good. */
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
    // Without storage the address is typed once more.
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
