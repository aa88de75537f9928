import type { IncomingMessage, ServerResponse } from 'node:http'
import { TokenRefused, VerifierUnavailable } from './errors.js'
import type { Claims } from './tokens.js'
import type { Verifier } from './verifier.js'

const callers = new WeakMap<IncomingMessage, Claims>()

/**
 * Middleware for Express and other frameworks with its signature: passes requests whose `Authorization: Bearer` holds a
 * valid access token. Others are answered with 401, or with 503 if the verifier cannot verify at present.
 */
export function requireToken(verifier: Pick<Verifier, 'verify'>) {
  return (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void => {
    verifier.verify(bearer(request)).then(
      (claims) => {
        callers.set(request, claims)
        next()
      },
      (error: unknown) => {
        if (error instanceof TokenRefused) refuse(response, error)
        else if (error instanceof VerifierUnavailable) answer(response, 503, error.code, { 'retry-after': '1' })
        else next(error)
      },
    )
  }
}

/** The caller of a request that {@link requireToken} has passed. */
export function callerOf(request: IncomingMessage): Claims {
  const caller = callers.get(request)
  if (!caller) throw new Error('requireToken() does not stand before this route')
  return caller
}

function bearer(request: IncomingMessage): string {
  return /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? ''
}

function refuse(response: ServerResponse, { code }: TokenRefused): void {
  // RFC 6750 §3.1: the answer to a request without a token has no error code.
  const challenge = code === 'missing' ? 'Bearer' : `Bearer error="invalid_token", error_description="${code}"`
  answer(response, 401, code, { 'www-authenticate': challenge })
}

function answer(response: ServerResponse, status: number, error: string, headers: Record<string, string>): void {
  response.writeHead(status, { ...headers, 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify({ error }))
}
