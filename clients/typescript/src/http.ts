import { CallError, type ErrorObject, fromErrorObject, noAnswer } from './errors.js'
import { isOriginRefused, originRefused, pageOrigin } from './origin.js'

export interface HttpOptions {
  /** `null` if it would be a page's own server, and there is no page. */
  readonly url: URL | null
  readonly fetch: typeof fetch
  /** Whether cookies are sent. */
  readonly cookies: boolean
}

/** The server's URL; a relative one is resolved against the page, and is `null` without a page. */
export function serverUrl(url: string | URL): URL | null {
  const page = globalThis.location?.href
  if (page === undefined && !/^[a-z][a-z\d+.-]*:/i.test(String(url))) return null
  return new URL(url, page)
}

/** The URL, which must be set before any call. */
export function presentUrl(url: URL | null): URL {
  if (url === null) throw new TypeError('AccountsClient: without a page, an absolute `url` is needed')
  return url
}

/** One call as `POST /rpc`. */
export async function callOverHttp(
  options: HttpOptions,
  method: string,
  params: unknown,
  accessToken: string | null,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<unknown> {
  const url = presentUrl(options.url)
  const patience = new AbortController()
  const giveUp = () => patience.abort()
  const timer = setTimeout(giveUp, timeoutMs)
  signal?.addEventListener('abort', giveUp)
  if (signal?.aborted) giveUp()
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (accessToken !== null) headers['authorization'] = `Bearer ${accessToken}`
  let response: Response
  let text: string
  try {
    response = await options.fetch(url, {
      method: 'POST',
      headers,
      credentials: options.cookies ? 'include' : 'omit',
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: params ?? {} }),
      signal: patience.signal,
    })
    text = await response.text()
  } catch (thrown) {
    // A browser reports no details of a page that may not call; a call that took too long is a different error.
    if (thrown instanceof TypeError && (await isOriginRefused(options, url))) throw originRefused(url)
    throw noAnswer('unknown', 'the server does not answer')
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', giveUp)
  }
  return resultOf(response, text, url)
}

function resultOf({ status, headers }: Response, text: string, url: URL): unknown {
  let answer: { result?: unknown; error?: ErrorObject }
  try {
    answer = JSON.parse(text) as typeof answer
  } catch {
    // A proxy that finds no server behind it answers instead.
    if (status >= 502 && status <= 504) throw noAnswer('unknown', `HTTP ${status}`)
    // A proxy's own error page; the server's refusals are plain text.
    const isPlain = headers.get('content-type')?.startsWith('text/plain') ?? false
    if (status === 403 && isPlain && pageOrigin() !== undefined) throw originRefused(url)
    throw new CallError('protocol', { status }, `HTTP ${status}: ${text.slice(0, 200).trim()}`)
  }
  if (answer.error) throw fromErrorObject(answer.error)
  return answer.result
}
