import { createServer, type Server as HttpServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'

/** An error that the server answers. */
export class Refusal extends Error {
  readonly data: object
  constructor(kind: string, more: object = {}) {
    super(kind)
    this.data = { kind, ...more }
  }
}

export interface Caller {
  /** By an access token, or by the cookie: which version of the session's credentials. */
  version: number | null
  readonly socket: WebSocket | null
  /** Sets the cookie together with the answer. */
  setsCookie: boolean
}

type Answer = (params: Record<string, unknown>, caller: Caller) => unknown

const SESSION = { id: 'session', device_name: null, user_agent: null, ip: '127.0.0.1', created_at: '', current: true }
const METHODS = { password: true, totp: false, recovery_codes_left: null, passkeys: [], providers: [], revision: 0 }
const PROFILE = { id: 'user', email: 'ann@example.org', first_name: 'Ann', last_name: 'Lee', revision: 0 }

/** A server with one session, which does what a real one does too seldom or too quickly. */
export class Scripted {
  /** The version of the valid credentials. */
  version = 1
  /** Every call: its method, and its parameters. */
  readonly calls: { method: string; params: Record<string, unknown> }[] = []
  /** By method; a test may put others in their place. */
  readonly answers: Record<string, Answer>
  readonly #http: HttpServer
  readonly #sockets = new WebSocketServer({ noServer: true })

  private constructor() {
    this.answers = this.#usual()
    this.#http = createServer((request, response) => {
      let body = ''
      request.on('data', (part) => (body += part))
      request.on('end', async () => {
        const caller: Caller = { version: versionOf(request), socket: null, setsCookie: false }
        const answer = await this.#answer(body, caller)
        if (caller.setsCookie) response.setHeader('set-cookie', `marbelle_session=${this.version}; Path=/`)
        response.setHeader('content-type', 'application/json')
        response.end(answer)
      })
    })
    this.#http.on('upgrade', (request, stream, head) => {
      this.#sockets.handleUpgrade(request, stream, head, (socket) => {
        // A dead cookie acts for nobody.
        const version = versionOf(request)
        const caller: Caller = { version: version === this.version ? version : null, socket, setsCookie: false }
        socket.on('message', async (text) => socket.send(await this.#answer(String(text), caller)))
      })
    })
  }

  static async start(): Promise<Scripted> {
    const server = new Scripted()
    await new Promise<void>((resolve) => server.#http.listen(0, '127.0.0.1', resolve))
    return server
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}/rpc`
  }

  get open(): number {
    return this.#sockets.clients.size
  }

  countOf(method: string): number {
    return this.calls.filter((call) => call.method === method).length
  }

  /** Closes every socket but one. */
  close(code: number, reason = '', except: WebSocket | null = null): void {
    for (const socket of this.#sockets.clients) if (socket !== except) socket.close(code, reason)
  }

  tokens(): object {
    const time = new Date(Date.now() + 600_000).toISOString()
    return {
      access_token: `access-${this.version}`,
      access_expires_at: time,
      refresh_token: `refresh-${this.version}`,
      refresh_expires_at: time,
    }
  }

  async end(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate()
    this.#http.closeAllConnections()
    await new Promise((resolve) => this.#http.close(resolve))
  }

  async #answer(text: string, caller: Caller): Promise<string> {
    const { id, method, params } = JSON.parse(text) as { id: number; method: string; params: Record<string, unknown> }
    this.calls.push({ method, params })
    try {
      const answer = this.answers[method]
      if (answer === undefined) throw new Refusal('internal')
      return JSON.stringify({ jsonrpc: '2.0', id, result: await answer(params, caller) })
    } catch (error) {
      const { message, data } = error as Refusal
      return JSON.stringify({ jsonrpc: '2.0', id, error: { code: 4000, message, data } })
    }
  }

  #usual(): Record<string, Answer> {
    const signIn: Answer = ({ credentials }, caller) => {
      caller.setsCookie = credentials === 'cookie'
      const tokens = credentials === 'cookie' ? {} : { ...this.tokens(), device_token: 'device' }
      return { session: SESSION, profile: PROFILE, ...tokens }
    }
    return {
      'auth.login': signIn,
      'auth.login_registration': signIn,
      'auth.logout': () => ({ sessions_ended: 1 }),
      'auth.refresh': ({ refresh_token }) => {
        if (refresh_token !== `refresh-${this.version}`) throw new Refusal('unauthenticated', { reason: 'renewed' })
        return this.tokens()
      },
      'session.authenticate': ({ access_token }, caller) => {
        caller.version = versionIn(String(access_token))
        return this.#current(caller)
      },
      'session.current': (_, caller) => this.#current(caller),
      'profile.get': (_, caller) => this.#current(caller).profile,
      'account.subscribe': (_, caller) => {
        this.#current(caller)
        const data = { epoch: 'epoch', profile: PROFILE, addresses: [], sessions: [SESSION], sign_in_methods: METHODS }
        const result = { type: 'snapshot', revision: 1, at: '', session_id: null, data }
        const event = { jsonrpc: '2.0', method: 'account.event', params: { subscription: 's', result } }
        setImmediate(() => caller.socket?.send(JSON.stringify(event)))
        return 's'
      },
    }
  }

  #current({ version, socket }: Caller) {
    if (version === null) throw new Refusal('unauthenticated', { reason: socket ? 'invalid' : 'missing' })
    if (version !== this.version) throw new Refusal('unauthenticated', { reason: 'renewed' })
    return { session: SESSION, profile: PROFILE }
  }
}

function versionOf({ headers }: IncomingMessage): number | null {
  return versionIn(headers.authorization ?? /marbelle_session=\d+/.exec(headers.cookie ?? '')?.[0] ?? '')
}

function versionIn(text: string): number | null {
  const version = /\d+$/.exec(text)?.[0]
  return version === undefined ? null : Number(version)
}
