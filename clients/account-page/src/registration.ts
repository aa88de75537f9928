import { useEffect } from 'preact/hooks'
import { accounts, useAccounts } from './accounts.js'
import { device_name } from './device.js'
import { replace } from './route.js'

/** A registration that was started in this browser and waits for its letter. */
export interface Registration {
  /** The secret handle. */
  readonly registration: string
  /** `null` if a provider gave it to the server. */
  readonly email: string | null
  readonly expires_at: string
}

const KEY = 'marbelle registration'

/** How long the server keeps an unverified registration. */
export const LIFETIME_MS = 7 * 24 * 60 * 60 * 1000

/** If the browser stores nothing, it is kept until the page is closed. */
let kept: Registration | null = null

/** The newest registration of this browser. The letter's link may be opened in another tab, so all tabs share it. */
export function keptRegistration(): Registration | null {
  const registration = stored() ?? kept
  return registration !== null && Date.parse(registration.expires_at) > Date.now() ? registration : null
}

export function keepRegistration(registration: Registration | null): void {
  kept = registration
  try {
    if (registration === null) localStorage.removeItem(KEY)
    else localStorage.setItem(KEY, JSON.stringify(registration))
  } catch {
    // Then only this page has it.
  }
}

/** Identifies the letter to send again: the registration of this browser, or else the newest one of an address. */
export function letterOf(email: string): { registration: string } | { email: string } {
  const registration = keptRegistration()
  return registration?.email === email ? { registration: registration.registration } : { email }
}

/** Continues to the account once a registration is verified, in this tab, another one or on another device. */
export function useVerification(registration: Registration | null): void {
  const signedIn = useAccounts(({ account }) => account?.profile.email)
  const handle = registration?.registration
  const email = registration?.email
  useEffect(() => {
    if (handle === undefined || email === undefined) return
    if (email !== null && signedIn === email.toLowerCase()) {
      keepRegistration(null)
      return replace('/profile')
    }
    const leave = new AbortController()
    const goOn = (isSignedIn: boolean) => {
      if (leave.signal.aborted) return
      keepRegistration(null)
      // Another tab may be the one that signed in.
      const isShown = isSignedIn || accounts.getSnapshot().connection.status !== 'signed_out'
      if (isShown) replace('/profile')
      else replace('/sign-in', { ...(email === null ? {} : { email }), done: 'verified' })
    }
    void accounts.signInWhenVerified(handle, { device_name, signal: leave.signal }).then(
      (signIn) => goOn(signIn !== null),
      () => goOn(false),
    )
    return () => leave.abort()
  }, [handle, email, signedIn])
}

function stored(): Registration | null {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? 'null') as Registration | null
  } catch {
    return null
  }
}
