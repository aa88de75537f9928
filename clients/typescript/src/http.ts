import { CallError, type ErrorObject, fromErrorObject, noAnswer } from './errors.js'

export interface HttpOptions {
  readonly url: URL
  readonly fetch: typeof fetch
  /** Whether cookies go along. */
  readonly cookies: boolean
}

/** One call as `POST /rpc`. */
export async function callOverHttp(
  options: HttpOptions,
  method: string,
  params: unknown,
  accessToken: string | null,
  timeoutMs: number,
): Promise<unknown> {
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (accessToken !== null) headers['authorization'] = `Bearer ${accessToken}`
  let response: Response
  let text: string
  try {
    response = await options.fetch(options.url, {
      method: 'POST',
      headers,
      credentials: options.cookies ? 'include' : 'omit',
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: params ?? {} }),
      signal: AbortSignal.timeout(timeoutMs),
    })
    text = await response.text()
  } catch {
    throw noAnswer('unknown', 'the server does not answer')
  }
  return resultOf(response.status, text)
}

function resultOf(status: number, text: string): unknown {
  let answer: { result?: unknown; error?: ErrorObject }
  try {
    answer = JSON.parse(text) as typeof answer
  } catch {
    // A proxy that finds no server behind it answers for it.
    if (status >= 502 && status <= 504) throw noAnswer('unknown', `HTTP ${status}`)
    throw new CallError('protocol', { status }, `HTTP ${status}: ${text.slice(0, 200).trim()}`)
  }
  if (answer.error) throw fromErrorObject(answer.error)
  return answer.result
}
