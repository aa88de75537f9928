import { WebSocket } from 'ws'
import { ageMs, type Moment, now } from './age.js'
import { delayAfter } from './backoff.js'
import { type Page, readPage } from './revocations.js'
import { Timer } from './timer.js'

/** A page of `revocations.list` with fewer entries is the last. */
const FULL_PAGE = 2_000
/** A full page has at most half a megabyte. */
const LARGEST_MESSAGE = 4 * 1024 * 1024
const LONGEST_POLL_MS = 3_000
const SUBSCRIBE = 0

interface Asked {
  readonly id: number
  readonly at: Moment
}

/**
 * Follows the revocations over a WebSocket: pushed entries arrive at once, and `revocations.list` is called every few
 * seconds. Its answer is read from the database, so it shows that nothing was missing when it was called; an open
 * connection alone would not.
 */
export class Feed {
  readonly #url: URL
  readonly #key: string
  readonly #maxAgeMs: number
  readonly #pollMs: number
  readonly #timeoutMs: number
  readonly #take: (page: Page) => void
  /** Until the next question or attempt, or until the answer that is waited for is given up. */
  readonly #timer = new Timer()
  #socket: WebSocket | null = null
  #cursor: string | null = null
  #complete: Moment | null = null
  #asked: Asked | null = null
  #isSubscribed = false
  #lastId = SUBSCRIBE
  #failures = 0
  #isClosed = false
  error: string | null = null

  constructor(url: URL, key: string, maxAgeMs: number, take: (page: Page) => void) {
    this.#url = url
    this.#key = key
    this.#maxAgeMs = maxAgeMs
    this.#pollMs = Math.min(LONGEST_POLL_MS, maxAgeMs / 5)
    this.#timeoutMs = maxAgeMs / 3
    this.#take = take
  }

  get isConnected(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN && this.#isSubscribed
  }

  /** How long ago the revocations were complete; `null` before the first time. */
  get ageMs(): number | null {
    return this.#complete && ageMs(this.#complete)
  }

  start(): void {
    if (this.#isClosed) return
    const socket = new WebSocket(this.#url, {
      headers: { authorization: `Bearer ${this.#key}` },
      maxPayload: LARGEST_MESSAGE,
      perMessageDeflate: false,
    })
    this.#socket = socket
    this.#isSubscribed = false
    this.#awaitAnswer()
    socket.on('open', () => {
      if (socket !== this.#socket) return
      this.#send(SUBSCRIBE, 'revocations.subscribe')
      this.#ask()
    })
    socket.on('message', (data) => {
      if (socket !== this.#socket) return
      try {
        this.#receive(JSON.parse(String(data)))
      } catch (error) {
        this.#fail(error instanceof Error ? error.message : String(error))
      }
    })
    socket.on('error', (error) => {
      if (socket === this.#socket) this.#fail(explained(error))
    })
    socket.on('close', (code, reason) => {
      if (socket === this.#socket) this.#fail(`closed by the server: ${code} ${reason}`.trim())
    })
  }

  /**
   * Connects at once if the wait of now should be over already: after a sleep its timer would be late, and a connection
   * from before is probably dead.
   */
  wake(): void {
    if (this.#timer.isOverdue) this.#reconnect()
  }

  close(): void {
    this.#isClosed = true
    this.#drop()
  }

  #send(id: number, method: string): void {
    const params = this.#cursor === null ? {} : { since: this.#cursor }
    this.#socket?.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }))
  }

  #ask(): void {
    this.#lastId += 1
    this.#asked = { id: this.#lastId, at: now() }
    this.#send(this.#lastId, 'revocations.list')
    this.#awaitAnswer()
  }

  #awaitAnswer(): void {
    this.#timer.set(this.#timeoutMs, () => this.#fail(`no answer within ${this.#timeoutMs} ms`))
  }

  #receive(message: {
    id?: unknown
    method?: string
    params?: { result?: unknown }
    result?: unknown
    error?: { message?: string }
  }): void {
    if (message.method === 'revocations.event') return this.#apply(readPage(message.params?.result))
    if (message.error) throw new Error(`refused by the server: ${message.error.message}`)
    if (message.id === SUBSCRIBE) this.#isSubscribed = true
    const asked = this.#asked
    if (asked === null || message.id !== asked.id) return
    const page = readPage(message.result)
    this.#apply(page)
    if (page.revocations.length >= FULL_PAGE) return this.#ask()
    this.#asked = null
    this.#complete = asked.at
    this.#failures = 0
    this.error = null
    this.#timer.set(this.#pollMs, () => {
      // Such an age at the time to ask again means that the process got no time, so the connection may be dead.
      if (ageMs(asked.at) > this.#maxAgeMs) this.#reconnect()
      else this.#ask()
    })
  }

  #apply(page: Page): void {
    this.#take(page)
    this.#cursor = page.cursor
  }

  #fail(error: string): void {
    this.#drop()
    if (this.#isClosed) return
    this.error = `the revocations at ${this.#url} cannot be followed: ${error}`
    this.#failures += 1
    this.#timer.set(delayAfter(this.#failures), () => this.start())
  }

  #reconnect(): void {
    this.#drop()
    this.start()
  }

  #drop(): void {
    const socket = this.#socket
    this.#socket = null
    this.#asked = null
    this.#timer.clear()
    socket?.terminate()
  }
}

function explained(error: Error): string {
  return error.message.endsWith(' 401') ? 'the service key is refused (HTTP 401)' : error.message
}
