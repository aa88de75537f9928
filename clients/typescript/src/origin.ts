import { CallError } from './errors.js'
import type { HttpOptions } from './http.js'

/** The time limit for finding out why no answer came. */
const PROBE_MS = 5_000

/** The origin of the page; `undefined` if there is none. */
export function pageOrigin(): string | undefined {
  return globalThis.location?.origin
}

/**
 * Whether the server is reachable and does not answer pages of this origin. A browser reports both only as a failed
 * request, so a resource is requested that needs no permission.
 */
export async function isOriginRefused({ fetch }: HttpOptions, url: URL): Promise<boolean> {
  const origin = pageOrigin()
  if (origin === undefined || origin === url.origin) return false
  const isAnswered = (mode: RequestMode) =>
    fetch(url, { mode, credentials: 'omit', cache: 'no-store', signal: AbortSignal.timeout(PROBE_MS) }).then(
      () => true,
      () => false,
    )
  return !(await isAnswered('cors')) && (await isAnswered('no-cors'))
}

/** The server does not answer pages of this origin. */
export function originRefused(url: URL): CallError<'origin_refused'> {
  const origin = pageOrigin() ?? 'null'
  const remedy =
    origin === 'null'
      ? 'A file or a sandboxed frame has no origin: serve the page over HTTP.'
      : `If the page is yours, add ${origin} to MARBELLE_ALLOWED_ORIGINS.`
  return new CallError(
    'origin_refused',
    { origin, server: url.origin },
    `${url.origin} does not answer pages of ${origin}. ${remedy}`,
  )
}

/** The sign-in was answered, but the browser does not send the session's cookie. */
export function cookieRefused(url: URL): CallError<'cookie_refused'> {
  const origin = pageOrigin() ?? 'null'
  return new CallError(
    'cookie_refused',
    { origin, server: url.origin },
    `The browser does not keep the cookie of ${url.origin} for a page of ${origin}. Cookies must not be blocked, and ` +
      'page and server must be of one site (localhost and 127.0.0.1 are two), in production both by https. A page of ' +
      "another site uses credentials: 'bearer'.",
  )
}
