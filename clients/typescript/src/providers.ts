import { CallError } from './errors.js'
import { inLocalStorage, inMemory, type Kept } from './kept.js'
import type { SignInOutcome } from './second-factor.js'
import type { SignInMethods } from './spec.js'

/** The state that only the browser that went to a provider has. */
export interface ProviderFlow {
  readonly flow: string
  readonly provider: string
  /** Whether it links the provider's account to the signed-in one, or signs in. */
  readonly purpose: 'sign_in' | 'link'
  /** Where the page continues. */
  readonly returnTo: string | null
}

/** The outcome of a visit to a provider, with where the page continues. */
export type ProviderOutcome = { readonly provider: string; readonly returnTo: string | null } & (
  | SignInOutcome
  | { readonly outcome: 'linked'; readonly sign_in_methods: SignInMethods }
)

/** The answer that a provider sends back with the browser. */
export interface ProviderAnswer {
  readonly code: string
  readonly state: string
  readonly iss?: string
  /** Apple's, unchanged. */
  readonly user?: string
}

/** The tab that goes to a provider is the one that comes back. */
export function defaultFlowKept(key: string): Kept<ProviderFlow> {
  if (typeof window === 'undefined') return inMemory()
  try {
    return inLocalStorage(key, sessionStorage)
  } catch {
    return inMemory()
  }
}

/** Parses the URL to which a provider has sent the browser back. */
export function answerIn(url: string | URL): ProviderAnswer {
  const query = new URL(url, globalThis.location?.href).searchParams
  const given = (name: string) => query.get(name) ?? undefined
  const error = given('error')
  if (error !== undefined) throw new CallError('provider_refused', { error }, `the provider answered ${error}`)
  const [code, state, iss, user] = [given('code'), given('state'), given('iss'), given('user')]
  if (code === undefined || state === undefined) throw noFlow()
  return { code, state, ...(iss === undefined ? {} : { iss }), ...(user === undefined ? {} : { user }) }
}

/** This browser has not gone to a provider, or has come back already. */
export function noFlow(): CallError<'invalid_token'> {
  return new CallError('invalid_token', {}, 'no visit to a provider was begun here')
}
