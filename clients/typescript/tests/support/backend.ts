import { createPublicKey, type JsonWebKey, verify } from 'node:crypto'
import { createServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Claims {
  readonly aud: string
  readonly sub: string
  readonly sid: string
  readonly ver: number
  readonly iat: number
  readonly exp: number
}

/** The claims of a token, if the server with this origin has signed it. */
export async function claimsOf(origin: string, token: string): Promise<Claims> {
  const [header, payload, signature] = token.split('.') as [string, string, string]
  const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string }
  const answer = await fetch(`${origin}/.well-known/jwks.json`)
  const { keys } = (await answer.json()) as { keys: (JsonWebKey & { kid: string })[] }
  const key = createPublicKey({ key: keys.find((one) => one.kid === kid)!, format: 'jwk' })
  if (!verify(null, Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url'))) throw new Error('forged')
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims
}

/** Another backend of the shop, on an origin of its own, for whose audience tokens are made. */
export class Backend {
  readonly #http: HttpServer

  private constructor(http: HttpServer) {
    this.#http = http
  }

  static async start(accounts: string, audience: string): Promise<Backend> {
    const http = createServer(async (request, response) => {
      response.setHeader('access-control-allow-origin', request.headers.origin ?? '*')
      response.setHeader('access-control-allow-headers', 'authorization')
      if (request.method === 'OPTIONS') return response.end()
      const token = request.headers.authorization?.replace('Bearer ', '') ?? ''
      const claims = await claimsOf(accounts, token).catch(() => null)
      if (claims?.aud !== audience || claims.exp * 1000 < Date.now()) response.statusCode = 401
      response.end(claims?.sub)
    })
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
    return new Backend(http)
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}/`
  }

  async end(): Promise<void> {
    this.#http.closeAllConnections()
    await new Promise((resolve) => this.#http.close(resolve))
  }
}
