import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mailedToken } from '../../typescript/tests/support/mail.js'
import { binary } from '../../typescript/tests/support/paths.js'
import { Server } from '../../typescript/tests/support/server.js'
import { Verifier, type VerifierOptions } from '../src/index.js'

export const ISSUER = 'https://shop.example'
export const PASSWORD = 'a long walk by the sea'

/** A real account server, and verifiers of the backend `orders`. */
export class Shop {
  readonly server: Server
  readonly #verifiers: Verifier[] = []

  private constructor(server: Server) {
    this.server = server
  }

  static async open(): Promise<Shop> {
    return new Shop(await Server.start({ MARBELLE_TOKEN_BACKENDS: 'orders, search', MARBELLE_TOKEN_ISSUER: ISSUER }))
  }

  async close(): Promise<void> {
    for (const verifier of this.#verifiers) verifier.close()
    await this.server.end()
  }

  /** Runs a command beside the server. */
  command(...command: string[]): string {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('MARBELLE_'))
    const env = { ...Object.fromEntries(inherited), MARBELLE_DATA_DIR: this.server.data }
    const stdio = ['ignore', 'pipe', 'pipe'] as const
    return execFileSync(binary, command, { cwd: this.server.data, env, encoding: 'utf8', stdio: [...stdio] }).trim()
  }

  key(): string {
    return this.command('key', 'create', 'orders', '--scope', 'tokens:verify')
  }

  verifier(options: Partial<VerifierOptions> = {}): Verifier {
    const { origin } = this.server
    const required = { url: origin, serviceKey: options.serviceKey ?? this.key(), issuer: ISSUER, audience: 'orders' }
    const verifier = new Verifier({ ...required, ...options }).start()
    this.#verifiers.push(verifier)
    return verifier
  }

  async call(method: string, params: object, token?: string): Promise<any> {
    const response = await fetch(this.server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    })
    const { result, error } = (await response.json()) as { result?: unknown; error?: { message: string } }
    if (error) throw new Error(`${method}: ${error.message}`)
    return result
  }

  /** Somebody who has just registered. */
  async register(): Promise<string> {
    const email = `ann.${randomUUID()}@example.org`
    await this.call('auth.register', { email, password: PASSWORD, first_name: 'Ann' })
    await this.call('auth.verify_email', {
      token: await mailedToken(this.server.mail, email, 'verify-email'),
      password: PASSWORD,
    })
    return email
  }

  async signIn(email: string): Promise<Session> {
    const { access_token, session, profile } = await this.call('auth.login', { email, password: PASSWORD })
    return new Session(this, access_token, session.id, profile.id)
  }
}

/** A session of somebody. */
export class Session {
  readonly shop: Shop
  accessToken: string
  readonly id: string
  readonly userId: string

  constructor(shop: Shop, accessToken: string, id: string, userId: string) {
    this.shop = shop
    this.accessToken = accessToken
    this.id = id
    this.userId = userId
  }

  async tokenFor(audience: string): Promise<string> {
    return (await this.shop.call('session.access_token', { audience }, this.accessToken)).access_token
  }

  async logout(): Promise<void> {
    await this.shop.call('auth.logout', { scope: 'local' }, this.accessToken)
  }
}
