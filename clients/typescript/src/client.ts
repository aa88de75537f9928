import { BackendTokens } from './backend-tokens.js'
import { Calls } from './calls.js'
import { type Edited, Edits } from './edits.js'
import { isAccountsError, isRenewed, type MethodError } from './errors.js'
import { Feed } from './feed.js'
import { type FeedEvent, fold, type LiveAccount } from './fold.js'
import { presentUrl } from './http.js'
import type { Method, ParamsOf, Result } from './methods.js'
import type { ClientOptions, StartOptions } from './options.js'
import { type AddressPatch, type ProfilePatch, withPending } from './pending.js'
import { whenVerified } from './registration.js'
import { Socket, type SocketConstructor } from './socket.js'
import {
  type Address,
  CREDENTIALS_METHODS,
  type CurrentSession,
  type EndReason,
  type LogoutScope,
  type Profile,
  type Session,
  type SessionsEnded,
  SESSION_METHODS,
  type SignIn,
} from './spec.js'
import { type Connection, type State, UNKNOWN } from './state.js'
import { Store } from './store.js'
import { type TabNews, Tabs } from './tabs.js'
import { onWake } from './wake.js'
import { Authentication } from './authentication.js'

/** A client of Marbelle Accounts: typed calls, and the present state of the account. */
export class AccountsClient extends Authentication {
  /** Calls back after every change of the state. */
  readonly subscribe: (listener: () => void) => () => void
  /** The state: the same object until something changes. */
  readonly getSnapshot: () => State
  /** The state rendered by a server, which a browser has to start from. */
  readonly getServerSnapshot = (): State => UNKNOWN
  readonly #store = new Store<State>(UNKNOWN)
  readonly #WebSocket: SocketConstructor | undefined
  readonly #calls: Calls
  readonly #feed: Feed
  readonly #edits = new Edits(() => this.#publish())
  readonly #backendTokens: BackendTokens
  #connection: Connection = UNKNOWN.connection
  /** The account as the feed has it. */
  #account: LiveAccount | null = null
  #sessionId: string | null = null
  #tabs: Tabs | null = null
  #endWake: () => void = () => {}

  constructor(options: ClientOptions = {}) {
    super(options)
    this.subscribe = this.#store.subscribe
    this.getSnapshot = this.#store.getSnapshot
    const timeoutMs = options.timeoutMs ?? 30_000
    this.#calls = new Calls(options, timeoutMs, () => this.#feed.socket)
    this.#WebSocket = options.WebSocket ?? (globalThis.WebSocket as unknown as SocketConstructor | undefined)
    this.#feed = new Feed({
      backoff: options.backoff ?? { firstMs: 500, maxMs: 30_000 },
      timeoutMs,
      silenceMs: options.silenceMs ?? 60_000,
      open: (onEvent) => new Socket(this.#WebSocket!, presentUrl(this.#calls.url).href.replace(/^http/, 'ws'), onEvent),
      identify: async (socket) => (await this.#calls.identify(socket)).session,
      ask: async () => ((await this.#calls.overHttp('session.current', {})) as CurrentSession).session,
      asksAhead: this.#calls.credentials.kind === 'cookie',
      position: (session) => this.#position(session),
      take: (event) => this.#take(event),
      onConnecting: () => this.#show(UNKNOWN.connection),
      onLive: () => this.#show({ status: 'live' }),
      onOffline: (error) => this.#show({ status: 'offline', error }),
      renewed: () => {
        this.#backendTokens.renew()
        return this.#calls.credentials.settled()
      },
      onEnd: (reason) => this.#ended(reason),
      onLost: () => this.#lost(),
    })
    this.#backendTokens = new BackendTokens({
      locks: this.#calls.locks,
      name: this.#calls.name,
      tabs: () => (this.#connection.status === 'live' ? this.#tabs : null),
      sessionId: () => (this.#tabs !== null && this.#account !== null ? this.#sessionId : null),
      ask: (audience) => this.call('session.access_token', { audience }),
    })
  }

  /**
   * Starts to follow the account of the present session, or waits for a sign-in in any tab. Without a window it does
   * nothing: a module that is loaded to render a page on a server starts no connection there.
   */
  start({ withoutWindow = false }: StartOptions = {}): void {
    if (this.#tabs || (typeof window === 'undefined' && !withoutWindow)) return
    presentUrl(this.#calls.url)
    if (this.#WebSocket === undefined) throw new TypeError('AccountsClient: there is no WebSocket here; pass one')
    this.#tabs = new Tabs(this.#calls.name, {
      onNews: (news) => this.#hear(news),
      answer: (wanted) => this.#backendTokens.answer(wanted),
    })
    this.#endWake = onWake(() => this.#feed.check())
    this.#feed.start()
  }

  /** Closes the connection; the session lives on. */
  stop(): void {
    this.#feed.stop()
    this.#endWake()
    this.#tabs?.close()
    this.#tabs = null
    this.#backendTokens.forget()
    this.#show(UNKNOWN.connection)
  }

  async call<M extends Method>(method: M, ...[params]: ParamsOf<M>): Promise<Result<M>> {
    const sessionId = this.#sessionId
    try {
      const isAdmission = CREDENTIALS_METHODS.has(method) && !('credentials' in (params ?? {}))
      const answer = await (isAdmission ? this.#admit(method, params!) : this.#calls.send(method, params ?? {}))
      if (method === 'auth.change_password') this.#backendTokens.renew()
      return answer as Result<M>
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

  /**
   * An access token for another backend of the shop, one of `MARBELLE_TOKEN_BACKENDS`: requested once for all tabs, and
   * again when it has nearly expired. A backend that answers 401 may know of a revocation before this page does:
   * `insteadOf` is the token that it refused. Rejects with a `MethodError<'session.access_token'>`.
   */
  accessToken(audience: string, { insteadOf }: { readonly insteadOf?: string } = {}): Promise<string> {
    return this.#backendTokens.get(audience, insteadOf ?? null)
  }

  /**
   * Waits until a registration is verified, on any device, and opens a session, in every tab of this browser. `null` if
   * `signal` ended the wait, or the registration can no longer sign in: another tab was faster, or it is too late.
   */
  signInWhenVerified(
    registration: string,
    { signal, ...params }: { readonly device_name?: string; readonly signal?: AbortSignal } = {},
  ): Promise<SignIn | null> {
    const signIn = () => this.call('auth.login_registration', { ...params, registration })
    return whenVerified(this.#calls, registration, signIn, signal)
  }

  /** Ends sessions: all of the user (`global`, the default), this one, or all others. */
  async signOut(scope: LogoutScope = 'global', { forgetDevice = false } = {}): Promise<SessionsEnded> {
    const sessionId = this.#sessionId
    // Over HTTP, which can clear the cookie.
    let ended: SessionsEnded = { sessions_ended: 0 }
    try {
      const params = forgetDevice ? { scope, forget_device: true } : { scope }
      ended = (await this.#calls.overHttp('auth.logout', params)) as SessionsEnded
    } catch (error) {
      const isOver = isAccountsError(error) && (error.kind === 'session_ended' || error.kind === 'unauthenticated')
      if (!isOver) throw error
      if (sessionId === this.#sessionId) this.#mayHaveEnded(error)
    }
    if (forgetDevice) await this.#calls.credentials.keepDevice(null)
    if (scope !== 'others') {
      const isShown = sessionId === this.#sessionId && this.#connection.status !== 'signed_out'
      if (isShown) this.#ended('logout')
      if (sessionId !== null) await this.#calls.credentials.drop(sessionId)
    }
    return ended
  }

  /** Edits the profile as the user saw it; the edit is shown at once. */
  editProfile(base: Profile, patch: ProfilePatch): Promise<Edited<Profile>> {
    return this.#edits.profile(base, patch, (params) => this.call('profile.update', params))
  }

  /** Edits the address as the user saw it; the edit is shown at once. */
  editAddress(base: Address, patch: AddressPatch): Promise<Edited<Address>> {
    return this.#edits.address(base, patch, (params) => this.call('addresses.update', params))
  }

  /** Reads the fields of sessions that the feed lacks: which are connected, and when they were last used. */
  async readSessions(): Promise<void> {
    const read = new Map((await this.call('session.list')).map((session) => [session.id, session]))
    if (this.#account === null) return
    const sessions = this.#account.sessions.map((session) => ({ ...session, ...read.get(session.id) }))
    this.#account = { ...this.#account, sessions }
    this.#publish()
  }

  /** Reads the fields of the sign-in methods that the feed lacks: when passkeys were last used. */
  async readSignInMethods(): Promise<void> {
    const read = await this.call('sign_in_methods.get')
    if (this.#account === null || read.revision !== this.#account.sign_in_methods.revision) return
    this.#account = { ...this.#account, sign_in_methods: read }
    this.#publish()
  }

  /** A call that returns a credential, which is stored, and with which every tab continues. */
  async #admit(method: string, params: object): Promise<unknown> {
    const { credentials } = this.#calls
    // Over HTTP, which can set the cookie.
    const asked = { ...params, credentials: credentials.kind }
    const answer = (await this.#calls.overHttp(method, asked)) as Partial<SignIn> & { device_token?: string | null }
    if (answer.device_token) await credentials.keepDevice(answer.device_token)
    // A password reset does not sign in.
    if (answer.session) {
      await credentials.keep(answer as SignIn)
      if (credentials.kind === 'cookie') await this.#calls.expectCookie()
      this.#tabs?.tell({ type: 'signed_in', session_id: answer.session.id })
      this.#restart(answer.session.id)
    }
    return answer
  }

  #position(session: Session): { since: number; epoch: string } | undefined {
    this.#belongTo(session.id)
    return this.#account ? { since: this.#account.revision, epoch: this.#account.epoch } : undefined
  }

  /** Data of another session is no longer shown. */
  #belongTo(sessionId: string | null): void {
    if (this.#sessionId === sessionId) return
    if (this.#sessionId !== null) this.#backendTokens.forget()
    this.#sessionId = sessionId
    this.#account = null
    this.#edits.clear()
    this.#publish()
  }

  #take(event: FeedEvent): boolean {
    const folded = fold(this.#account, event)
    if (folded === 'gap') return false
    if (folded === this.#account) return true
    // Revisions of another epoch cannot be compared with those of an edit.
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
    if (news.type === 'signed_out' && news.session_id === this.#sessionId) {
      this.#signedOut(news.reason)
      void this.#calls.credentials.drop(news.session_id)
    }
  }

  #mayHaveEnded(error: unknown): void {
    if (!isAccountsError(error) || this.#connection.status === 'signed_out') return
    if (error.kind === 'session_ended') this.#ended(error.data.reason)
    if (isRenewed(error)) this.#lost()
    else if (error.kind === 'unauthenticated') this.#ended(null)
  }

  /** The session has ended, and every tab is notified. */
  #ended(reason: EndReason | null): void {
    const sessionId = this.#signedOut(reason)
    if (sessionId === null) return
    void this.#calls.credentials.drop(sessionId)
    this.#tabs?.tell({ type: 'signed_out', session_id: sessionId, reason })
  }

  /** The password was changed, and this tab has none of the new credentials; others may have. */
  #lost(): void {
    this.#signedOut('password_changed')
  }

  /** Shows that nobody is signed in, and returns the session that it was. */
  #signedOut(reason: EndReason | null): string | null {
    const sessionId = this.#sessionId
    // Another tab may have reported it before the answer to this tab's own call.
    this.#feed.end()
    this.#connection = { status: 'signed_out', reason }
    this.#belongTo(null)
    this.#publish()
    return sessionId
  }

  #show(connection: Connection): void {
    // A reconnection that went unnoticed continues in the same state.
    if (connection.status === 'live' && this.#connection.status === 'live') return
    // They may have become void in the meantime without notice.
    if (connection.status === 'live' && this.#connection.status === 'offline') this.#backendTokens.forget()
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
