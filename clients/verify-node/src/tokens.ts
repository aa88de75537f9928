import { decodeProtectedHeader, errors, jwtVerify, type JWTPayload } from 'jose'
import { TokenRefused } from './errors.js'
import type { Keys } from './keys.js'

/** The caller, by a token with a valid signature, audience and time. */
export interface Claims {
  /** The user's id (`sub`). */
  readonly userId: string
  /** The session (`sid`). */
  readonly sessionId: string
  /** The version of the session's credentials (`ver`). */
  readonly version: number
  /** Unix time in seconds (`iat`). */
  readonly issuedAt: number
  /** Unix time in seconds (`exp`). */
  readonly expiresAt: number
}

/** The account server makes no longer ones. */
const LONGEST_TOKEN = 2048

export interface Expected {
  readonly issuer: string
  readonly audience: string
  /** Tokens with a longer lifetime are refused: their revocations might be dropped before they expire. */
  readonly tokenLifetimeMs: number
  readonly clockToleranceMs: number
}

/** The content of a token, if one of the keys signed it for this audience and it has not expired. */
export async function readToken(token: string, keys: Keys, expected: Expected): Promise<Claims> {
  if (token.length > LONGEST_TOKEN) throw new TokenRefused('invalid', 'the token is too long')
  const key = keys.get(keyId(token))
  if (!key) throw new TokenRefused('unknown_key', 'the token is signed by a key that is not known (yet)')
  let payload: JWTPayload
  try {
    ;({ payload } = await jwtVerify(token, key, {
      algorithms: ['EdDSA'],
      typ: 'at+jwt',
      issuer: expected.issuer,
      audience: expected.audience,
      requiredClaims: ['sub', 'sid', 'ver', 'iat', 'exp'],
      clockTolerance: expected.clockToleranceMs / 1000,
    }))
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw new TokenRefused('expired', 'the token has expired')
    throw new TokenRefused('invalid', `the token is invalid: ${error instanceof Error ? error.message : error}`)
  }
  const { sub, sid, ver, iat, exp } = payload
  const isOurs =
    typeof sub === 'string' &&
    typeof sid === 'string' &&
    typeof iat === 'number' &&
    typeof exp === 'number' &&
    Number.isSafeInteger(ver)
  if (!isOurs) throw new TokenRefused('invalid', 'the token has not the claims of an access token')
  if ((exp - iat) * 1000 > expected.tokenLifetimeMs) {
    throw new TokenRefused('invalid', `the token is good for ${exp - iat} s, which is more than \`tokenLifetimeMs\``)
  }
  return { userId: sub, sessionId: sid, version: ver as number, issuedAt: iat, expiresAt: exp }
}

/**
 * The key that the token names. Nothing else of its header is used before the signature is verified, and `alg` never.
 */
function keyId(token: string): string {
  try {
    const { kid } = decodeProtectedHeader(token)
    if (typeof kid === 'string') return kid
  } catch {
    // Treated like a token that names none.
  }
  throw new TokenRefused('invalid', 'this is not an access token')
}
