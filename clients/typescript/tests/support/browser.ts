import { randomUUID } from 'node:crypto'
import { WebSocket as NodeSocket } from 'ws'
import { AccountsClient, type ClientOptions, inMemory, type SessionTokens, type SocketConstructor } from '../../src/index.js'

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
  readonly tokens = inMemory<SessionTokens>()
  readonly device = inMemory<string>()
  /** By name. */
  readonly cookies = new Map<string, string>()
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
      device: this.device,
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

  /** The session's cookie. */
  get cookie(): string | null {
    return [...this.cookies].find(([name]) => name.startsWith('marbelle_session'))?.[1] ?? null
  }

  get #cookieHeader(): { cookie?: string } {
    if (this.cookies.size === 0) return {}
    return { cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ') }
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
      const { cookie } = this.#cookieHeader
      if (cookie) headers.set('cookie', cookie)
    }
    const response = await fetch(input, { ...init, headers })
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie)!
      if (cookie.includes('Max-Age=0')) this.cookies.delete(name!)
      else this.cookies.set(name!, value!)
    }
    return response
  }

  #socketConstructor(): SocketConstructor {
    const browser = this
    return class extends NodeSocket {
      constructor(url: string) {
        super(url, { origin: PAGE, headers: browser.#cookieHeader })
        browser.sockets.push(this)
        this.on('message', (data) => browser.heard.push(JSON.parse(String(data))))
      }
    } as unknown as SocketConstructor
  }
}
