export { accountsHook, type UseStore, watch } from './adapters.js'
export type { Backoff } from './backoff.js'
export { AccountsClient } from './client.js'
export type { Edited } from './edits.js'
export {
  type AccountsError,
  CallError,
  type ErrorData,
  type ErrorKind,
  isAccountsError,
  type MethodError,
} from './errors.js'
export type { FeedEvent, LiveAccount, LivePasskey, LiveSession, LiveSignInMethods } from './fold.js'
export { inLocalStorage, inMemory, type Kept } from './kept.js'
export type { Locks } from './locks.js'
export type { Method, Params, PasskeySignInParams, Proof, ProviderSignInParams, Result, SignInParams } from './methods.js'
export type { ClientOptions, StartOptions } from './options.js'
export { hasPasskeys } from './passkeys.js'
export type { AddressPatch, ProfilePatch } from './pending.js'
export type { ProviderFlow, ProviderOutcome } from './providers.js'
export type { Factor, SecondFactor, SignInOutcome } from './second-factor.js'
export type { SocketConstructor, SocketLike } from './socket.js'
export type * from './spec.js'
export type { Connection, State } from './state.js'
export type { SessionTokens } from './tokens.js'
