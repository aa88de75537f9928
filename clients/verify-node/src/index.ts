export { type RefusalCode, TokenRefused, type UnavailableCode, VerifierUnavailable } from './errors.js'
export type { Claims } from './tokens.js'
export { type Health, Verifier, type VerifierOptions } from './verifier.js'
