import { type Methods, SERVER_ERRORS, type ServerErrors } from './spec.js'

/** The data of the client's own errors, beside their kind. */
interface OwnErrors {
  /** No answer came. `not_done`: the call was never sent. */
  no_answer: { readonly outcome: 'not_done' | 'unknown' }
  /** The answer is not one of the protocol: a proxy's page, an unknown method. */
  protocol: { readonly status: number | null }
  /** The server does not answer pages of this origin. Nothing was done. */
  origin_refused: { readonly origin: string; readonly server: string }
  /** The sign-in succeeded, but the browser does not store the session's cookie. */
  cookie_refused: { readonly origin: string; readonly server: string }
  /** The provider or its user refused; `error` is the provider's error code (`access_denied`). */
  provider_refused: { readonly error: string }
  /**
   * The browser returned no passkey. `cancelled`: by the user, or because there is none, which browsers do not
   * distinguish; `exists`: the chosen authenticator has one of this account; `unsupported`: not by this browser, or not
   * on this page.
   */
  no_passkey: { readonly reason: 'cancelled' | 'exists' | 'unsupported' }
}

/** The data of an error beside its kind. */
export type ErrorData = { [K in keyof ServerErrors]: Omit<ServerErrors[K], 'kind'> } & OwnErrors

/** Every kind of error: the server's, and the client's own. */
export type ErrorKind = keyof ErrorData

/** A call that was refused, or not answered. */
export class CallError<K extends ErrorKind = ErrorKind> extends Error {
  override readonly name = 'CallError'
  readonly kind: K
  readonly data: ErrorData[K]
  /** The JSON-RPC code; `null` if the server did not answer. */
  readonly code: number | null

  constructor(kind: K, data: ErrorData[K], message: string, code: number | null = null) {
    super(message)
    this.kind = kind
    this.data = data
    this.code = code
  }
}

/** A union, so that `kind` narrows `data`. */
export type AccountsError<K extends ErrorKind = ErrorKind> = { [One in K]: CallError<One> }[K]

/** The errors that a method may return. */
export type MethodError<M extends keyof Methods> = AccountsError<Methods[M]['errors'] | keyof OwnErrors>

/** Whether a thrown value is an error of a call. */
export function isAccountsError(thrown: unknown): thrown is AccountsError {
  return thrown instanceof CallError
}

/** Whether a credential is void because its session has newer ones. */
export function isRenewed(thrown: unknown): boolean {
  return isAccountsError(thrown) && thrown.kind === 'unauthenticated' && thrown.data.reason === 'renewed'
}

/** Whether the same call may succeed a little later. */
export function isPassing({ kind }: AccountsError): boolean {
  return kind === 'no_answer' || kind === 'rate_limited' || kind === 'unavailable' || kind === 'internal'
}

/** The delay that the server requested. */
export function retryAfter(error: AccountsError): number {
  return error.kind === 'rate_limited' || error.kind === 'unavailable' ? error.data.retry_after_ms : 0
}

/** An error object of JSON-RPC. */
export interface ErrorObject {
  readonly code: number
  readonly message: string
  readonly data?: unknown
}

/** The error of an error object. */
export function fromErrorObject(object: ErrorObject): AccountsError {
  const { kind, ...data } = { kind: undefined, ...(object.data as { kind?: string } | undefined) }
  return kind !== undefined && SERVER_ERRORS.has(kind)
    ? (new CallError(kind as keyof ServerErrors, data as never, object.message, object.code) as AccountsError)
    : new CallError('protocol', { status: null }, object.message, object.code)
}

export function noAnswer(outcome: 'not_done' | 'unknown', message: string): AccountsError<'no_answer'> {
  return new CallError('no_answer', { outcome }, message)
}
