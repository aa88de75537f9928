import type { Address, Events, OpenedSession, Passkey, Profile, RegisteredPasskey, Session, SignInMethods } from './spec.js'

/** A session as in the feed; fields that the log lacks are present once they were read (`session.list`). */
export type LiveSession = OpenedSession & { current: boolean } & Partial<
    Pick<Session, 'connected' | 'last_seen_at' | 'proven_at' | 'expires_at'>
  >

/** A passkey as in the feed; when it was last used is present once it was read (`sign_in_methods.get`). */
export type LivePasskey = RegisteredPasskey & Partial<Pick<Passkey, 'last_used_at'>>

/** The sign-in methods as in the feed. */
export type LiveSignInMethods = Omit<SignInMethods, 'passkeys'> & { readonly passkeys: readonly LivePasskey[] }

/** The account at one revision. Parts that did not change keep their identity. */
export interface LiveAccount {
  readonly epoch: string
  readonly revision: number
  readonly profile: Profile
  /** Primary first, then oldest first. */
  readonly addresses: readonly Address[]
  /** Newest first. */
  readonly sessions: readonly LiveSession[]
  readonly sign_in_methods: LiveSignInMethods
}

/** An event of the feed; `type` narrows `data`. */
export type FeedEvent = {
  [T in keyof Events]: {
    readonly type: T
    readonly at: string
    readonly revision: number | null
    readonly session_id: string | null
    readonly data: Events[T]
  }
}[keyof Events]

/** The result of an event: the account after it, or that earlier events are missing. */
export type Folded = LiveAccount | null | 'gap'

/** Applies one event, as a whole and once. */
export function fold(account: LiveAccount | null, event: FeedEvent): Folded {
  if (event.type === 'session.revoked' || event.revision === null) return account
  if (event.type === 'snapshot') return { ...event.data, revision: event.revision }
  if (account === null) return 'gap'
  if (event.revision <= account.revision) return account
  if (event.revision > account.revision + 1) return 'gap'
  const next = { ...account, revision: event.revision }
  switch (event.type) {
    case 'profile.changed':
      return { ...next, profile: event.data }
    case 'addresses.changed': {
      const { upserted, deleted } = event.data
      const gone = new Set([...deleted, ...upserted.map((address) => address.id)])
      return { ...next, addresses: ordered([...account.addresses.filter(({ id }) => !gone.has(id)), ...upserted]) }
    }
    case 'sessions.changed': {
      const ended = new Set(event.data.ended.map((session) => session.session_id))
      const left = account.sessions.filter(({ id }) => !ended.has(id))
      const opened = event.data.opened
      return { ...next, sessions: opened ? [{ ...opened, current: false }, ...left] : left }
    }
    case 'sign_in_methods.changed':
      return { ...next, sign_in_methods: withLastUse(event.data, account.sign_in_methods) }
    default:
      // From a newer server, about data that is not shown here.
      return next
  }
}

/** Fields that the log lacks stay as they were read. */
function withLastUse(changed: LiveSignInMethods, known: LiveSignInMethods): LiveSignInMethods {
  const read = new Map(known.passkeys.map((passkey) => [passkey.id, passkey]))
  return { ...changed, passkeys: changed.passkeys.map((passkey) => ({ ...read.get(passkey.id), ...passkey })) }
}

/** Addresses in the server's order. */
export function ordered(addresses: readonly Address[]): Address[] {
  return [...addresses].sort(
    (a, b) =>
      Number(b.is_primary) - Number(a.is_primary) || compare(a.id, b.id),
  )
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
