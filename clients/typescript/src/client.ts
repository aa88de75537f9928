import { BearerCredentials, type Credentials, cookieCredentials } from './credentials.js'
import { type Edited, Edits } from './edits.js'
import { isAccountsError, type MethodError } from './errors.js'
import { Feed } from './feed.js'
import { type FeedEvent, fold, type LiveAccount } from './fold.js'
import { callOverHttp, type HttpOptions, presentUrl, serverUrl } from './http.js'
import { defaultLocks } from './locks.js'
import type { ClientOptions, StartOptions } from './options.js'
import { cookieRefused } from './origin.js'
import {
  type AddressPatch,
  patchedAddress,
  patchedProfile,
  type ProfilePatch,
  withPending,
} from './pending.js'
import { Socket, type SocketConstructor } from './socket.js'
import {
  type Address,
  type CurrentSession,
  type EndReason,
  type LogoutScope,
  type Methods,
  type Profile,
  type Session,
  type SessionsEnded,
  SESSION_METHODS,
  type SignIn,
  type Tokens,
} from './spec.js'
import { type Connection, type State, UNKNOWN } from './state.js'
import { Store } from './store.js'
import { type TabNews, Tabs } from './tabs.js'
import { BearerTokens, defaultTokens } from './tokens.js'
import { onWake } from './wake.js'

export type Method = keyof Methods
export type Params<M extends Method> = Methods[M]['params']
export type Result<M extends Method> = Methods[M]['result']
/** Absent where every parameter may be. */
export type ParamsOf<M extends Method> = Record<never, never> extends Params<M> ? [params?: Params<M>] : [params: Params<M>]

/** A client of Marbelle Accounts: typed calls, and the account as it is now. */
export class AccountsClient {
  /** Calls back after every change of the state. */
  readonly subscribe: (listener: () => void) => () => void
  /** The state: the same object until something changes. */
  readonly getSnapshot: () => State
  /** What a server rendered, which is what a browser has to take over from it. */
  readonly getServerSnapshot = (): State => UNKNOWN
  readonly #store = new Store<State>(UNKNOWN)
  readonly #http: HttpOptions
  readonly #WebSocket: SocketConstructor | undefined
  readonly #timeoutMs: number
  readonly #credentials: Credentials
  readonly #tabsName: string
  readonly #feed: Feed
  readonly #edits = new Edits(() => this.#publish())
  #connection: Connection = UNKNOWN.connection
  /** As the feed tells it. */
  #account: LiveAccount | null = null
  #sessionId: string | null = null
  #tabs: Tabs | null = null
  #endWake: () => void = () => {}

  constructor(options: ClientOptions = {}) {
    this.subscribe = this.#store.subscribe
    this.getSnapshot = this.#store.getSnapshot
    const url = serverUrl(options.url ?? '/rpc')
    const kind = options.credentials ?? (typeof document === 'undefined' ? 'bearer' : 'cookie')
    this.#timeoutMs = options.timeoutMs ?? 30_000
    this.#http = { url, fetch: options.fetch ?? ((...call) => fetch(...call)), cookies: kind === 'cookie' }
    this.#tabsName = options.tabs ?? `marbelle-accounts ${kind} ${url?.href ?? ''}`
    this.#credentials = kind === 'cookie' ? cookieCredentials : this.#bearer(options)
    this.#WebSocket = options.WebSocket ?? (globalThis.WebSocket as unknown as SocketConstructor | undefined)
    this.#feed = new Feed({
      backoff: options.backoff ?? { firstMs: 500, maxMs: 30_000 },
      timeoutMs: this.#timeoutMs,
      silenceMs: options.silenceMs ?? 60_000,
      open: (onEvent) => new Socket(this.#WebSocket!, presentUrl(url).href.replace(/^http/, 'ws'), onEvent),
      identify: (socket) => this.#identify(socket),
      ask: async () => this.#belongTo(((await this.#overHttp('session.current', {})) as CurrentSession).session.id),
      position: (session) => this.#position(session),
      take: (event) => this.#take(event),
      onConnecting: () => this.#show(UNKNOWN.connection),
      onLive: () => this.#show({ status: 'live' }),
      onOffline: (error) => this.#show({ status: 'offline', error }),
      onEnd: (reason) => this.#signedOut(reason, true),
    })
  }

  /**
   * Begins to follow the account of the session that there is, or waits for a sign-in in any tab. Where there is no
   * window, it does nothing: a module that is loaded to render a page on a server starts no connection there.
   */
  start({ withoutWindow = false }: StartOptions = {}): void {
    if (this.#tabs || (typeof window === 'undefined' && !withoutWindow)) return
    presentUrl(this.#http.url)
    if (this.#WebSocket === undefined) throw new TypeError('AccountsClient: there is no WebSocket here; pass one')
    this.#tabs = new Tabs(this.#tabsName, (news) => this.#hear(news))
    this.#endWake = onWake(() => this.#feed.check())
    this.#feed.start()
  }

  /** Lets go of the connection; the session lives on. */
  stop(): void {
    this.#feed.stop()
    this.#endWake()
    this.#tabs?.close()
    this.#tabs = null
    this.#show(UNKNOWN.connection)
  }

  /** Calls a method: over the WebSocket where it is open, else over HTTP. Rejects with {@link MethodError}. */
  async call<M extends Method>(method: M, ...[params]: ParamsOf<M>): Promise<Result<M>> {
    const sessionId = this.#sessionId
    try {
      return (await this.#send(method, params ?? {})) as Result<M>
    } catch (error) {
      if (SESSION_METHODS.has(method) && sessionId === this.#sessionId) this.#mayHaveEnded(error)
      throw error
    }
  }

  /** The same with the error as a value. */
  async try<M extends Method>(
    method: M,
    ...params: ParamsOf<M>
  ): Promise<{ ok: true; result: Result<M> } | { ok: false; error: MethodError<M> }> {
    try {
      return { ok: true, result: await this.call(method, ...params) }
    } catch (error) {
      if (isAccountsError(error)) return { ok: false, error: error as MethodError<M> }
      throw error
    }
  }

  /** Opens a session, in every tab of this browser. */
  async signIn(params: Omit<Params<'auth.login'>, 'credentials'>): Promise<SignIn> {
    const signIn = (await this.#overHttp('auth.login', {
      ...params,
      credentials: this.#credentials.kind,
    })) as SignIn
    await this.#credentials.keep(signIn)
    if (this.#credentials.kind === 'cookie') await this.#expectCookie()
    this.#tabs?.tell({ type: 'signed_in', session_id: signIn.session.id })
    this.#restart(signIn.session.id)
    return signIn
  }

  /** Ends sessions: all of the user (`global`, the default), this one, or all others. */
  async signOut(scope: LogoutScope = 'global'): Promise<SessionsEnded> {
    const sessionId = this.#sessionId
    // Over HTTP, which can clear the cookie.
    let ended: SessionsEnded = { sessions_ended: 0 }
    try {
      ended = (await this.#overHttp('auth.logout', { scope })) as SessionsEnded
    } catch (error) {
      const isOver = isAccountsError(error) && (error.kind === 'session_ended' || error.kind === 'unauthenticated')
      if (!isOver) throw error
      if (sessionId === this.#sessionId) this.#mayHaveEnded(error)
    }
    if (scope !== 'others') {
      const isShown = sessionId === this.#sessionId && this.#connection.status !== 'signed_out'
      if (isShown) this.#signedOut('logout', true)
      if (sessionId !== null) await this.#credentials.drop(sessionId)
    }
    return ended
  }

  /** Edits the profile that the user saw; the edit is shown at once. */
  editProfile(base: Profile, patch: ProfilePatch): Promise<Edited<Profile>> {
    return this.#edits.run({
      addressId: null,
      base,
      patch,
      mine: patchedProfile(base, patch),
      send: (expected_revision) => this.call('profile.update', { ...patch, expected_revision }),
    })
  }

  /** Edits the address that the user saw; the edit is shown at once. */
  editAddress(base: Address, patch: AddressPatch): Promise<Edited<Address>> {
    return this.#edits.run({
      addressId: base.id,
      base,
      patch,
      mine: patchedAddress(base, patch),
      send: (expected_revision) =>
        this.call('addresses.update', { ...patch, address_id: base.id, expected_revision }),
    })
  }

  /** Reads what the feed does not tell of sessions: who is connected, and when they were last used. */
  async readSessions(): Promise<void> {
    const read = new Map((await this.call('session.list')).map((session) => [session.id, session]))
    if (this.#account === null) return
    const sessions = this.#account.sessions.map((session) => ({ ...session, ...read.get(session.id) }))
    this.#account = { ...this.#account, sessions }
    this.#publish()
  }

  /** A browser that drops a cookie does so without a word. */
  async #expectCookie(): Promise<void> {
    try {
      await this.#overHttp('session.current', {})
    } catch (error) {
      if (isAccountsError(error) && error.kind === 'unauthenticated') throw cookieRefused(presentUrl(this.#http.url))
    }
  }

  #bearer(options: ClientOptions): BearerCredentials {
    const storage = options.tokens ?? defaultTokens(this.#tabsName)
    const refresh = (refresh_token: string) =>
      callOverHttp(this.#http, 'auth.refresh', { refresh_token }, null, this.#timeoutMs) as Promise<Tokens>
    return new BearerCredentials(
      new BearerTokens(storage, options.locks ?? defaultLocks(), `${this.#tabsName} refresh`, refresh),
    )
  }

  async #send(method: string, params: object): Promise<unknown> {
    const socket = this.#feed.socket
    if (socket === null) return this.#overHttp(method, params)
    const wait = (params as { wait_ms?: number }).wait_ms ?? 0
    return socket.call(method, params, this.#timeoutMs + wait)
  }

  #overHttp(method: string, params: object): Promise<unknown> {
    const wait = (params as { wait_ms?: number }).wait_ms ?? 0
    const send = (accessToken: string | null) =>
      callOverHttp(this.#http, method, params, accessToken, this.#timeoutMs + wait)
    return SESSION_METHODS.has(method) ? this.#credentials.send(send) : send(null)
  }

  async #identify(socket: Socket): Promise<Session> {
    const answer = await this.#credentials.send((access_token) =>
      access_token === null
        ? socket.call('session.current', {}, this.#timeoutMs)
        : socket.call('session.authenticate', { access_token }, this.#timeoutMs),
    )
    return (answer as CurrentSession).session
  }

  #position(session: Session): { since: number; epoch: string } | undefined {
    this.#belongTo(session.id)
    return this.#account ? { since: this.#account.revision, epoch: this.#account.epoch } : undefined
  }

  /** What is held of another session is not shown any more. */
  #belongTo(sessionId: string | null): void {
    if (this.#sessionId === sessionId) return
    this.#sessionId = sessionId
    this.#account = null
    this.#edits.clear()
    this.#publish()
  }

  #take(event: FeedEvent): boolean {
    const folded = fold(this.#account, event)
    if (folded === 'gap') return false
    if (folded === this.#account) return true
    // Revisions of another history say nothing of an edit's.
    if (this.#account && folded?.epoch !== this.#account.epoch) this.#edits.clear()
    this.#account = folded
    this.#publish()
    return true
  }

  #restart(sessionId: string): void {
    this.#feed.stop()
    this.#belongTo(sessionId)
    this.#show(UNKNOWN.connection)
    if (this.#tabs) this.#feed.start()
  }

  #hear(news: TabNews): void {
    if (news.type === 'signed_in' && news.session_id !== this.#sessionId) this.#restart(news.session_id)
    if (news.type === 'signed_out' && news.session_id === this.#sessionId) this.#signedOut(news.reason, false)
  }

  #mayHaveEnded(error: unknown): void {
    if (!isAccountsError(error) || this.#connection.status === 'signed_out') return
    if (error.kind === 'session_ended') this.#signedOut(error.data.reason, true)
    if (error.kind === 'unauthenticated') this.#signedOut(null, true)
  }

  #signedOut(reason: EndReason | null, tell: boolean): void {
    const sessionId = this.#sessionId
    // By the word of another tab perhaps, before the answer to this tab's own call.
    this.#feed.end()
    this.#connection = { status: 'signed_out', reason }
    this.#belongTo(null)
    this.#publish()
    if (sessionId === null) return
    void this.#credentials.drop(sessionId)
    if (tell) this.#tabs?.tell({ type: 'signed_out', session_id: sessionId, reason })
  }

  #show(connection: Connection): void {
    this.#connection = connection
    this.#publish()
  }

  #publish(): void {
    if (this.#account) this.#edits.reached(this.#account.revision)
    const account = this.#edits.pending.length === 0 ? this.#account : withPending(this.#account, this.#edits.pending)
    const shown = this.#store.getSnapshot()
    if (shown.connection === this.#connection && shown.account === account) return
    this.#store.set({ connection: this.#connection, account })
  }
}
