import { type Credentials, credentialsOf } from './credentials.js'
import { isAccountsError, isRenewed } from './errors.js'
import { callOverHttp, type HttpOptions, presentUrl, serverUrl } from './http.js'
import { defaultLocks, type Locks } from './locks.js'
import type { ClientOptions } from './options.js'
import { cookieRefused } from './origin.js'
import type { Socket } from './socket.js'
import { type CurrentSession, DEVICE_METHODS, SESSION_METHODS, type Tokens } from './spec.js'

/**
 * Sends calls to the server: over the WebSocket if it is open, otherwise over HTTP, with the credentials of the client.
 */
export class Calls {
  readonly url: URL | null
  readonly credentials: Credentials
  /** The name that the tabs of a browser share. */
  readonly name: string
  readonly locks: Locks
  readonly #http: HttpOptions
  readonly #timeoutMs: number
  readonly #socket: () => Socket | null

  constructor(options: ClientOptions, timeoutMs: number, socket: () => Socket | null) {
    const kind = options.credentials ?? (typeof document === 'undefined' ? 'bearer' : 'cookie')
    this.url = serverUrl(options.url ?? '/rpc')
    this.name = options.tabs ?? `marbelle-accounts ${kind} ${this.url?.href ?? ''}`
    this.#http = { url: this.url, fetch: options.fetch ?? ((...call) => fetch(...call)), cookies: kind === 'cookie' }
    this.locks = options.locks ?? defaultLocks()
    this.#timeoutMs = timeoutMs
    this.#socket = socket
    const refresh = (refresh_token: string) => this.#post('auth.refresh', { refresh_token }, null) as Promise<Tokens>
    this.credentials = credentialsOf(kind, this.name, this.locks, options, refresh)
  }

  async send(method: string, params: object): Promise<unknown> {
    if (method === 'auth.change_password') return this.#renew(method, params)
    const socket = this.#socket()
    if (socket === null) return this.overHttp(method, params)
    try {
      return await socket.call(method, await this.#told(method, params), this.#patience(params))
    } catch (error) {
      // The socket is about to be closed; nothing was done.
      if (isRenewed(error)) return this.overHttp(method, params)
      throw error
    }
  }

  async overHttp(method: string, given: object, signal?: AbortSignal): Promise<unknown> {
    const params = await this.#told(method, given)
    const send = (accessToken: string | null) => this.#post(method, params, accessToken, signal)
    return SESSION_METHODS.has(method) ? this.credentials.send(send) : send(null)
  }

  /** Makes a socket act for the session, and returns which one that is. */
  async identify(socket: Socket): Promise<CurrentSession> {
    const answer = await this.credentials.send((access_token) =>
      access_token === null
        ? socket.call('session.current', {}, this.#timeoutMs)
        : socket.call('session.authenticate', { access_token }, this.#timeoutMs),
    )
    return answer as CurrentSession
  }

  /** Rejects if a cookie was not stored: a browser drops cookies silently. */
  async expectCookie(): Promise<void> {
    try {
      await this.overHttp('session.current', {})
    } catch (error) {
      if (isAccountsError(error) && error.kind === 'unauthenticated') throw cookieRefused(presentUrl(this.url))
    }
  }

  /** Over HTTP if the answer sets a new cookie. */
  #renew(method: string, params: object): Promise<unknown> {
    return this.credentials.renew((accessToken) => {
      const socket = accessToken === null ? null : this.#socket()
      return socket?.call(method, params, this.#timeoutMs) ?? this.#post(method, params, accessToken)
    })
  }

  /** The token of this device, where the call has a parameter for it. */
  async #told(method: string, params: object): Promise<object> {
    return DEVICE_METHODS.has(method) ? { ...(await this.credentials.device()), ...params } : params
  }

  #post(method: string, params: object, accessToken: string | null, signal?: AbortSignal): Promise<unknown> {
    return callOverHttp(this.#http, method, params, accessToken, this.#patience(params), signal)
  }

  /** A call that waits for something may take longer than others. */
  #patience(params: { wait_ms?: number | null }): number {
    return this.#timeoutMs + (params.wait_ms ?? 0)
  }
}
