import { randomUUID } from 'node:crypto'
import { WebSocket as NodeSocket } from 'ws'
import { AccountsClient, type ClientOptions, memoryTokens, type SocketConstructor } from '../../src/index.js'

/** Whose pages the server allows in development: a frontend's development server. */
const PAGE = 'http://localhost:5173'
const QUICK = { firstMs: 50, maxMs: 500 }

/** A browser: its tabs share cookies, tokens and news. What went over the wire is kept. */
export class Browser {
  /** Methods called over HTTP. */
  readonly posted: string[] = []
  /** Messages received over WebSockets. */
  readonly heard: { method?: string; params?: { result: { type: string; revision: number | null } } }[] = []
  readonly sockets: NodeSocket[] = []
  readonly tokens = memoryTokens()
  cookie: string | null = null
  readonly #name = randomUUID()
  readonly #url: string
  readonly #tabs: AccountsClient[] = []

  constructor(url: string) {
    this.#url = url
  }

  tab(options: ClientOptions = {}): AccountsClient {
    const client = new AccountsClient({
      url: this.#url,
      tabs: this.#name,
      tokens: this.tokens,
      backoff: QUICK,
      fetch: (input, init) => this.#fetch(input, init),
      WebSocket: this.#socketConstructor(),
      ...options,
    })
    this.#tabs.push(client)
    client.start({ withoutWindow: true })
    return client
  }

  /** The types of the events that came. */
  get events(): string[] {
    return this.heard.flatMap(({ method, params }) => (method === 'account.event' && params ? [params.result.type] : []))
  }

  /** The network is gone, without a farewell. */
  cut(): void {
    for (const socket of this.sockets.splice(0)) socket.terminate()
  }

  close(): void {
    for (const tab of this.#tabs) tab.stop()
  }

  /** As a browser's: it sends the page's origin, and keeps the cookie from scripts. */
  async #fetch(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
    this.posted.push((JSON.parse(String(init.body)) as { method: string }).method)
    const headers = new Headers(init.headers)
    if (init.credentials === 'include') {
      headers.set('origin', PAGE)
      if (this.cookie !== null) headers.set('cookie', this.cookie)
    }
    const response = await fetch(input, { ...init, headers })
    for (const cookie of response.headers.getSetCookie()) {
      this.cookie = cookie.includes('Max-Age=0') ? null : (cookie.split(';')[0] ?? null)
    }
    return response
  }

  #socketConstructor(): SocketConstructor {
    const browser = this
    return class extends NodeSocket {
      constructor(url: string) {
        const cookie = browser.cookie === null ? {} : { cookie: browser.cookie }
        super(url, { origin: PAGE, headers: cookie })
        browser.sockets.push(this)
        this.on('message', (data) => browser.heard.push(JSON.parse(String(data))))
      }
    } as unknown as SocketConstructor
  }
}
