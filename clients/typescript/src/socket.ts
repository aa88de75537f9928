import { type AccountsError, CallError, type ErrorObject, fromErrorObject, noAnswer } from './errors.js'
import type { FeedEvent } from './fold.js'
import type { EndReason } from './spec.js'

/** The part of WebSocket that is used. */
export interface SocketLike {
  onopen: ((event: never) => void) | null
  onmessage: ((event: { data: unknown }) => void) | null
  onclose: ((event: { readonly code?: number; readonly reason?: string } | undefined) => void) | null
  onerror: ((event: never) => void) | null
  send(text: string): void
  close(): void
}

export type SocketConstructor = new (url: string) => SocketLike

interface Waiting {
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
  readonly timer: ReturnType<typeof setTimeout>
}

interface Message {
  readonly id?: number | null
  readonly result?: unknown
  readonly error?: ErrorObject
  readonly method?: string
  readonly params?: { readonly result: FeedEvent }
}

/** Close codes of the server's own; after any other one the client reconnects. */
const SESSION_ENDED = 4401
const RENEWED = 4402

/** One WebSocket: calls, and the events of its subscription. */
export class Socket {
  /** Settles when it is open; `false` if it never was. */
  readonly opened: Promise<boolean>
  /** Settles when it is closed. */
  readonly closed: Promise<void>
  /** Why the server closed it, if for a reason of the session. */
  refusal: AccountsError<'session_ended' | 'unauthenticated'> | null = null
  /** When something was last received. */
  heardAt = Date.now()
  readonly #socket: SocketLike
  readonly #waiting = new Map<number, Waiting>()
  #nextId = 1
  #isClosed = false
  #end: () => void = () => {}

  constructor(Constructor: SocketConstructor, url: string, onEvent: (event: FeedEvent) => void) {
    const socket = new Constructor(url)
    this.#socket = socket
    this.closed = new Promise((resolve) => {
      this.#end = resolve
    })
    this.opened = new Promise((resolve) => {
      socket.onopen = () => resolve(true)
      void this.closed.then(() => resolve(false))
    })
    socket.onclose = (event) => {
      if (!this.#isClosed) this.refusal = refusalOf(event?.code, event?.reason)
      this.close()
    }
    // A close follows.
    socket.onerror = () => {}
    socket.onmessage = ({ data }) => {
      if (!this.#isClosed) this.#receive(JSON.parse(String(data)) as Message, onEvent)
    }
  }

  call(method: string, params: unknown, timeoutMs: number): Promise<unknown> {
    if (this.#isClosed) return Promise.reject(noAnswer('not_done', 'the connection is closed'))
    return new Promise((resolve, reject) => {
      const id = this.#nextId++
      const timer = setTimeout(() => {
        this.#waiting.delete(id)
        reject(noAnswer('unknown', 'the server does not answer'))
      }, timeoutMs)
      this.#waiting.set(id, { resolve, reject, timer })
      this.#socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params: params ?? {} }))
    })
  }

  /** Nothing is received any more, whether or not the peer answers the close. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const waiting of this.#waiting.values()) {
      clearTimeout(waiting.timer)
      waiting.reject(noAnswer('unknown', 'the connection was closed'))
    }
    this.#waiting.clear()
    this.#socket.close()
    this.#end()
  }

  #receive(message: Message, onEvent: (event: FeedEvent) => void): void {
    this.heardAt = Date.now()
    if (message.method === 'account.event' && message.params) return onEvent(message.params.result)
    const waiting = message.id == null ? undefined : this.#waiting.get(message.id)
    if (waiting === undefined) return
    this.#waiting.delete(message.id as number)
    clearTimeout(waiting.timer)
    if (message.error) waiting.reject(fromErrorObject(message.error))
    else waiting.resolve(message.result)
  }
}

function refusalOf(code: number | undefined, reason = ''): AccountsError<'session_ended' | 'unauthenticated'> | null {
  switch (code) {
    case SESSION_ENDED:
      return new CallError('session_ended', { reason: reason as EndReason }, 'the session has ended')
    case RENEWED:
      return new CallError('unauthenticated', { reason: 'renewed' }, 'the credentials of the session were renewed')
    default:
      return null
  }
}
