import type { AccountsError, Fault } from '@marbelle/accounts'
import { page } from './page.js'
import type { Texts } from './texts/en.js'

/** The fault of one field, in the page's language. */
export function faultText(texts: Texts, field: string, { rule, message }: Fault): string {
  const { faults } = texts
  switch (rule) {
    case 'too_short':
      return field.includes('password') ? faults.too_short(page.passwordMinLength) : faults.required
    case 'format':
      if (field.includes('email')) return faults.email
      return field === 'phone' ? faults.phone : faults.format
    default:
      return Object.hasOwn(faults, rule) ? faults[rule] : message
  }
}

/** The message of an error for people. */
export function errorText(texts: Texts, error: AccountsError): string {
  const { errors } = texts
  switch (error.kind) {
    case 'internal':
      return errors.internal(error.data.incident)
    case 'limit_reached':
      return errors.limit_reached(error.data.limit)
    case 'rate_limited':
      return errors.rate_limited(Math.ceil(error.data.retry_after_ms / 1000))
    case 'unavailable':
      return error.data.outcome === 'unknown' ? errors.unknown_outcome : errors.unavailable
    case 'no_answer':
      return error.data.outcome === 'unknown' ? errors.unknown_outcome : errors.no_answer
    case 'no_passkey':
      return errors.no_passkey[error.data.reason]
    case 'origin_refused':
      return errors.origin_refused(error.data.origin)
    case 'unauthenticated':
    case 'session_ended':
      return errors.signed_out
    default:
      return errors[error.kind]
  }
}

/** The message while there is no connection: that it reconnects, or why it does not. */
export function offlineText(texts: Texts, { error }: { readonly error: AccountsError }, otherwise: string): string {
  return error.kind === 'origin_refused' ? errorText(texts, error) : otherwise
}
