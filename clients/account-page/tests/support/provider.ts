import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { createServer, type RequestListener, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Provider as OpenIdProvider } from 'oidc-provider'
import type { Page } from 'playwright-core'

const CLIENT = { client_id: 'shop', client_secret: 'a very secret secret of the shop' }

/** A provider that people have accounts at: panva's, which the OpenID Foundation has certified. */
export class Provider {
  readonly #http: HttpServer
  #answer: RequestListener = (_, response) => response.writeHead(503).end()
  /** What is said of who signs in, by the name that they type there. */
  readonly verified = new Map<string, boolean>()

  private constructor() {
    this.#http = createServer((request, response) => this.#answer(request, response))
  }

  static async start(): Promise<Provider> {
    const provider = new Provider()
    await new Promise<void>((resolve) => provider.#http.listen(0, '127.0.0.1', resolve))
    return provider
  }

  get issuer(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`
  }

  /** The settings of the shop's server for it. */
  get settings(): Record<string, string> {
    return {
      MARBELLE_PROVIDERS__PANVA__ISSUER: this.issuer,
      MARBELLE_PROVIDERS__PANVA__LABEL: 'Panva',
      MARBELLE_PROVIDERS__PANVA__CLIENT_ID: CLIENT.client_id,
      MARBELLE_PROVIDERS__PANVA__CLIENT_SECRET: CLIENT.client_secret,
    }
  }

  /** Knows the shop from now on; again, and its key is another one. */
  serve(shop: string): void {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const key = { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), alg: 'RS256', use: 'sig' }
    const provider = new OpenIdProvider(this.issuer, {
      clients: [{ ...CLIENT, redirect_uris: [`${shop}/provider-callback`] }],
      jwks: { keys: [key] },
      cookies: { keys: ['of cookies'] },
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['given_name', 'family_name'] },
      conformIdTokenClaims: false,
      findAccount: (_, accountId) => ({
        accountId,
        claims: () => ({
          sub: accountId,
          email: accountId,
          email_verified: this.verified.get(accountId) ?? true,
          given_name: 'Jo',
          family_name: 'Sea',
        }),
      }),
    })
    const answer = provider.callback()
    this.#answer = (request, response) => void answer(request, response)
  }

  /** Answers browsers and no servers from now on. */
  fail(): void {
    const answer = this.#answer
    this.#answer = (request, response) => {
      if (request.url === '/token') response.writeHead(503).end()
      else answer(request, response)
    }
  }

  async end(): Promise<void> {
    this.#http.closeAllConnections()
    await new Promise((resolve) => this.#http.close(resolve))
  }
}

/** Signs in at the provider and agrees; a user with a session there only agrees. */
export async function signInAtProvider(page: Page, email: string): Promise<void> {
  await page.getByPlaceholder('Enter any login').fill(email)
  await page.getByPlaceholder('and password').fill('any')
  await page.getByRole('button', { name: 'Sign-in' }).click()
  await page.getByRole('button', { name: 'Continue' }).click()
}
