import { type Backoff, delayAfter } from './backoff.js'
import { type AccountsError, CallError, isAccountsError, noAnswer, retryAfter } from './errors.js'
import type { FeedEvent } from './fold.js'
import { RENEWAL_PAUSES_MS } from './renewal.js'
import type { Socket } from './socket.js'
import type { EndReason, Session } from './spec.js'

/** How long a handshake may take. */
const HANDSHAKE_MS = 10_000
/** How long a probe of an open socket may take to answer. */
const PROBE_MS = 5_000
/**
 * A socket that received something this recently is probed only after as long again: it may have been before the
 * change.
 */
const FRESH_MS = 2_000

/** How long a socket whose session has ended may still bring answers. */
const LINGER_MS = 2_000

export interface FeedOptions {
  readonly backoff: Backoff
  readonly timeoutMs: number
  /** A socket that is silent for this long is probed. */
  readonly silenceMs: number
  open(onEvent: (event: FeedEvent) => void): Socket
  /** Makes the socket act for the session, and returns which one that is. */
  identify(socket: Socket): Promise<Session>
  /** Asks over HTTP for the session, and so for the reason of a failed handshake. */
  ask(): Promise<Session>
  /** A handshake clears the cookie of an ended session; the reason is returned to a request that is sent before. */
  readonly asksAhead: boolean
  /** The last revision of this session's account that is known. */
  position(session: Session): { since: number; epoch: string } | undefined
  /** Applies an event; `false` if earlier ones are missing. */
  take(event: FeedEvent): boolean
  onConnecting(): void
  onLive(): void
  onOffline(error: AccountsError): void
  /** Waits until credentials that another tab has renewed are stored. */
  renewed(): Promise<void>
  onEnd(reason: EndReason | null): void
  /** The session continues with credentials that cannot be found here. */
  onLost(): void
}

/** Keeps a subscribed WebSocket open, from `start` to `stop` or the session's end. */
export class Feed {
  readonly #options: FeedOptions
  #run: Run | null = null

  constructor(options: FeedOptions) {
    this.#options = options
  }

  /** The socket, while it is subscribed. */
  get socket(): Socket | null {
    return this.#run?.isLive ? this.#run.socket : null
  }

  start(): void {
    this.stop()
    this.#run = new Run(this.#options)
  }

  stop(): void {
    this.#run?.stop()
    this.#run = null
  }

  /** The session has ended: nothing is followed any more, but calls in flight may still be answered. */
  end(): void {
    this.#run?.end()
    this.#run = null
  }

  /** The network may have changed: an open socket is probed, a lost one is opened again at once. */
  check(): void {
    this.#run?.check()
  }
}

class Run {
  socket: Socket | null = null
  isLive = false
  readonly #options: FeedOptions
  #isStopped = false
  #failures = 0
  /** How often newer credentials were looked for since the feed was last live. */
  #renewals = 0
  #endWait: () => void = () => {}
  #recheck: ReturnType<typeof setTimeout> | undefined
  readonly #silence: ReturnType<typeof setInterval>

  constructor(options: FeedOptions) {
    this.#options = options
    this.#silence = setInterval(() => void this.#probe(options.silenceMs), options.silenceMs)
    void this.#keep()
  }

  stop(): void {
    if (this.#isStopped) return
    this.#halt()
    this.socket?.close()
  }

  end(): void {
    if (this.#isStopped) return
    this.#halt()
    // The server closes it; the answer to the call that ended the session may still come before.
    setTimeout(() => this.socket?.close(), LINGER_MS)
  }

  check(): void {
    this.#endWait()
    clearTimeout(this.#recheck)
    if (this.socket === null || Date.now() - this.socket.heardAt >= FRESH_MS) void this.#probe(0)
    else this.#recheck = setTimeout(() => void this.#probe(0), FRESH_MS)
  }

  async #keep(): Promise<void> {
    while (!this.#isStopped) {
      // A reconnection with renewed credentials does not count as lost.
      if (this.#failures === 0 && this.#renewals === 0) this.#options.onConnecting()
      const error = await this.#attempt()
      this.socket?.close()
      this.isLive = false
      if (this.#isStopped) return
      const pause = this.#mayBeNewer(error) ? RENEWAL_PAUSES_MS[this.#renewals++] : undefined
      if (pause !== undefined) {
        await this.#options.renewed()
        await this.#wait(pause)
        continue
      }
      if (error.kind === 'session_ended') return this.#end(error.data.reason)
      if (error.kind === 'unauthenticated') return this.#renewals > 0 ? this.#lose() : this.#end(null)
      this.#options.onOffline(error)
      await this.#wait(Math.max(delayAfter(this.#failures, this.#options.backoff), retryAfter(error)))
      this.#failures += 1
    }
  }

  /** Whether this browser has, or is about to have, a newer credential: of this session, or of one that replaced it. */
  #mayBeNewer(error: AccountsError): boolean {
    if (error.kind === 'session_ended') return error.data.reason === 'replaced'
    return error.kind === 'unauthenticated' && (error.data.reason === 'renewed' || this.#renewals > 0)
  }

  /** Opens a socket and reads it until it is lost; returns the reason. */
  async #attempt(): Promise<AccountsError> {
    let socket: Socket | null = null
    let error: AccountsError = noAnswer('unknown', 'the connection was closed')
    try {
      const { asksAhead, ask, open } = this.#options
      const asked = asksAhead ? ask() : null
      asked?.catch(() => {})
      socket = open((event) => this.#take(event))
      await this.#read(socket, asked)
    } catch (thrown) {
      error = isAccountsError(thrown) ? thrown : new CallError('protocol', { status: null }, String(thrown))
    }
    return socket?.refusal ?? error
  }

  async #read(socket: Socket, asked: Promise<Session> | null): Promise<void> {
    const { ask, position, timeoutMs } = this.#options
    this.socket = socket
    const late = setTimeout(() => socket.close(), HANDSHAKE_MS)
    const isOpen = await socket.opened
    clearTimeout(late)
    if (this.#isStopped) return
    if (!isOpen) {
      const session = await (asked ?? ask())
      if (!this.#isStopped) position(session)
      return
    }
    const session = await this.#identify(socket, asked)
    if (this.#isStopped) return
    const held = position(session)
    await socket.call('account.subscribe', held, timeoutMs)
    if (held !== undefined) this.#live()
    await socket.closed
  }

  async #identify(socket: Socket, asked: Promise<Session> | null): Promise<Session> {
    try {
      return await this.#options.identify(socket)
    } catch (error) {
      const isNobodys = isAccountsError(error) && error.kind === 'unauthenticated'
      if (!isNobodys || asked === null) throw error
      // The reason; or the browser has a newer cookie by now than the handshake carried.
      await asked
      throw new CallError('unauthenticated', { reason: 'renewed' }, error.message)
    }
  }

  #take(event: FeedEvent): void {
    if (this.#isStopped) return
    if (event.type === 'session.revoked') {
      // The close that follows has the same reason, and the replacing session is looked for then.
      return event.data.reason === 'replaced' ? undefined : this.#end(event.data.reason)
    }
    if (this.#options.take(event)) this.#live()
    // Missing events come after `since`.
    else this.socket?.close()
  }

  #live(): void {
    if (this.isLive || this.#isStopped) return
    this.isLive = true
    this.#failures = 0
    this.#renewals = 0
    this.#options.onLive()
  }

  #end(reason: EndReason | null): void {
    this.end()
    this.#options.onEnd(reason)
  }

  #lose(): void {
    this.end()
    this.#options.onLost()
  }

  #halt(): void {
    this.#isStopped = true
    this.isLive = false
    clearInterval(this.#silence)
    clearTimeout(this.#recheck)
    this.#endWait()
  }

  async #probe(silenceMs: number): Promise<void> {
    const socket = this.socket
    if (!this.isLive || socket === null || Date.now() - socket.heardAt < silenceMs) return
    try {
      await socket.call('profile.get', {}, PROBE_MS)
    } catch (error) {
      // Any other error is an answer.
      if (isAccountsError(error) && error.kind === 'no_answer') socket.close()
    }
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#endWait = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
