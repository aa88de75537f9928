// Generated from rpc-spec.json by scripts/generate.js: do not edit.

/** The one answer where it must not tell whether an e-mail address is known. */
export interface Accepted {
  /** A sentence for a person; the same whatever happened. */
  message: string
}

/** The whole account at one revision. */
export interface Account {
  /** The addresses, primary first, then oldest first. */
  addresses: Address[]
  /** The database's present history. */
  epoch: Epoch
  /** The profile. */
  profile: Profile
  /** The revision that this shows. */
  revision: number
  /** The live sessions, newest first. */
  sessions: Session[]
  /** The ways in. */
  sign_in_methods: SignInMethods
}

/** The account is disabled. */
export interface AccountDisabledData {
  kind: 'account_disabled'
}

/** The notification that carries an event. */
export interface AccountEvent {
  jsonrpc: '2.0'
  method: 'account.event'
  params: {
    result: SnapshotEvent | ProfileChangedEvent | AddressesChangedEvent | SessionsChangedEvent | SignInMethodsChangedEvent | SessionRevokedEvent
    /** What `account.subscribe` answered. */
    subscription: string
  }
}

/** A postal address of a user. */
export interface Address {
  /** Street and number. */
  address_line_1: string
  /** Flat, floor, care of. */
  address_line_2: string | null
  /** City. */
  city: string
  /** Recipient's company. */
  company: string | null
  /** Country, free text. */
  country: string
  /** When it was made. */
  created_at: Timestamp
  /** Recipient's first name. */
  first_name: string
  /** The address's id. */
  id: AddressId
  /** Whether this is the user's one primary address. */
  is_primary: boolean
  /** What the owner calls it. */
  label: string
  /** Recipient's last name; some people have one name. */
  last_name: string | null
  /** Telephone number in E.164. */
  phone: string | null
  /** Postal code, where the country has them. */
  postal_code: string | null
  /** The account revision at which this address last changed. */
  revision: number
  /** State or province, where the country has them. */
  state: string | null
  /** When it last changed. */
  updated_at: Timestamp
}

/** A postal address of a user. */
export type AddressId = string

/** `data` of `addresses.changed`: one atomic change. */
export interface AddressesChanged {
  /** Addresses that were deleted. */
  deleted: AddressId[]
  /** Addresses as they stand after the change. */
  upserted: Address[]
}

/** Addresses were added, edited or deleted, all at once. */
export interface AddressesChangedEvent {
  /** When it was committed. */
  at: Timestamp
  /** What changed. */
  data: AddressesChanged
  /** The revision that the account has after it. */
  revision: number
  /** The session that made the change; `null` where none did. */
  session_id: SessionId | null
  type: 'addresses.changed'
}

/** A ceremony that a passkey completes. */
export interface AssertionCeremony {
  /** What is sent back with the credential. */
  ceremony: string
  /** Until when it is good. */
  expires_at: Timestamp
  /** What the browser is asked for. */
  options: PublicKeyCredentialRequestOptionsJSON
}

export type AuthenticationMethod = 'password' | 'passkey' | 'provider' | 'totp' | 'recovery_code' | 'registration'

/** What `PublicKeyCredential.toJSON()` gives of a credential that was used; what else it has is passed over. */
export interface AuthenticationResponseJSON {
  /** The credential's id, as Base64url. */
  id: string
  /** The same. */
  rawId: string
  /** What the authenticator answers. */
  response: AuthenticatorAssertionResponseJSON
  /** `public-key`. */
  type: PublicKeyCredentialType
}

/** What an authenticator answers whose credential was used. */
export interface AuthenticatorAssertionResponseJSON {
  /** What the authenticator says of it, as Base64url. */
  authenticatorData: string
  /** What the browser says of the ceremony, as Base64url. */
  clientDataJSON: string
  /** Over both, as Base64url. */
  signature: string
  /** The user that the credential is for, as Base64url. */
  userHandle: string | null
}

/** What an authenticator answers who has made a credential. */
export interface AuthenticatorAttestationResponseJSON {
  /** The credential, as Base64url. */
  attestationObject: string
  /** What the browser says of the ceremony, as Base64url. */
  clientDataJSON: string
}

/** Demands on the authenticator. */
export interface AuthenticatorSelectionCriteria {
  /** The same for browsers that do not know `residentKey`. */
  requireResidentKey: boolean
  /** `required`: it can be found without a name being typed. */
  residentKey: string
  /** `required`. */
  userVerification: string
}

/** Whether a registration was verified. */
export interface Awaited {
  /** Whether it was, and `auth.login_registration` is still good. */
  verified: boolean
}

/** An access token for another backend. */
export interface BackendToken {
  /** When it expires. */
  access_expires_at: Timestamp
  /** A JWT for that backend's `Authorization: Bearer`; no good here. */
  access_token: string
}

/** Entries of the log. */
export interface Changes {
  /** The database's present history. */
  epoch: Epoch
  /** The entries, in order; none with `snapshot_required`. */
  events: LogEvent[]
  /** Whether there are further entries. */
  more: boolean
  /** The next `since`. */
  revision: number
  /** Whether the log no longer reaches back to `since`: call `account.get`. */
  snapshot_required: boolean
}

/** An address that was confirmed by a letter's token. */
export interface Confirmed {
  /** The address. */
  email: string
}

/** Another has it; `field` names what. */
export interface ConflictData {
  /** The parameter whose value is taken. */
  field: string
  kind: 'conflict'
}

export type CredentialFault = 'missing' | 'invalid' | 'expired' | 'renewed'

export type CredentialKind = 'bearer' | 'cookie'

/** The present state of what an edit was made against. */
export type Current = Profile | Address

/** A session and whose it is. */
export interface CurrentSession {
  /** Whose. */
  profile: Profile
  /** The session. */
  session: Session
}

/** A device that has signed in to an account. */
export type DeviceId = string

/** Nothing to tell. */
export type Done = Record<string, unknown>

/** The provider does not vouch for the address: a registration was begun, which is linked once it is verified. */
export interface EmailNotVerifiedData {
  kind: 'email_not_verified'
  /** The secret handle of the registration, as `auth.register` gives it. */
  registration: string
}

export type EndReason = 'logout' | 'revoked' | 'replaced' | 'session_limit' | 'password_changed' | 'password_reset' | 'email_changed' | 'refresh_token_reuse' | 'expired' | 'account_disabled' | 'account_deleted' | 'restored'

/** A session that was ended, and why. */
export interface EndedSession {
  /** The reason. */
  reason: EndReason
  /** Its id. */
  session_id: SessionId
}

/** The history of the database; renewed when a backup was restored. */
export type Epoch = string

export type EventType = 'snapshot' | 'profile.changed' | 'addresses.changed' | 'sessions.changed' | 'sign_in_methods.changed' | 'session.revoked'

/** A page of everything that is kept of the caller. The long lists, `security_events`, `letters` and `events`, go on with the
next page; everything else is whole on each. */
export interface Export {
  /** The addresses, primary first, then oldest first. */
  addresses: Address[]
  /** When it was read. */
  at: Timestamp
  /** Where to go on. */
  cursor: ExportCursor
  /** The devices that have signed in. */
  devices: KnownDevice[]
  /** The sessions that were ended in the last 30 days, newest first. */
  ended_sessions: RememberedSession[]
  /** The account's log, the oldest first. */
  events: LogEvent[]
  /** What the shop knew the caller by before, if it did. */
  external_id: string | null
  /** The letters of the last 7 days, the oldest first. */
  letters: LetterAbout[]
  /** Whether the long lists go on. */
  more: boolean
  /** The profile. */
  profile: Profile
  /** The security log, the oldest first. */
  security_events: SecurityEvent[]
  /** The live sessions, newest first. */
  sessions: Session[]
  /** The ways in. What they are made of is left out: it would let somebody in. */
  sign_in_methods: SignInMethods
}

/** How far the long lists were read: pass it on as `after`. */
export type ExportCursor = string

/** One broken rule, with a sentence for a person. */
export interface Fault {
  /** The same in English. Never repeats the value: it may be a secret. */
  message: string
  /** Which rule. */
  rule: Rule
}

/** Every fault of a request, by field. */
export type Faults = Record<string, Fault[]>

/** A flow that was begun. */
export interface Flow {
  /** Where the browser goes. */
  authorization_url: string
  /** Until when it is good. */
  expires_at: Timestamp
  /** What is sent back with the provider's answer; for the browser that began it alone. */
  flow: string
}

/** Not here, or not for this caller. */
export interface ForbiddenData {
  kind: 'forbidden'
  /** What a service key lacks, where that is why. */
  scope: Scope | null
}

/** A defect of the server; `incident` stands in its log. */
export interface InternalData {
  /** The id of the log's entry. */
  incident: string
  kind: 'internal'
}

/** Wrong e-mail address or password. */
export interface InvalidCredentialsData {
  kind: 'invalid_credentials'
}

/** Parameters that break rules; `fields` names them all. */
export interface InvalidParamsData {
  /** Every broken rule, by parameter. */
  fields: Faults
  kind: 'invalid_params'
}

/** A one-time token that is unknown, used, expired or for another purpose. */
export interface InvalidTokenData {
  kind: 'invalid_token'
}

/** A device that is known to an account. */
export interface KnownDevice {
  /** When it first signed in. */
  created_at: Timestamp
  /** Its id. */
  id: DeviceId
  /** When it last signed in. */
  last_used_at: Timestamp
}

/** The only address cannot be deleted. */
export interface LastAddressData {
  kind: 'last_address'
}

/** The last way in cannot be taken away. */
export interface LastSignInMethodData {
  kind: 'last_sign_in_method'
}

/** What is kept of a letter about an account. */
export interface LetterAbout {
  /** When it was queued. */
  created_at: Timestamp
  /** When it was given up. */
  given_up_at: Timestamp | null
  /** Its id. */
  id: MailId
  /** What it was about. */
  kind: LetterKind
  /** Whom it went to. */
  recipient: string
  /** When it was handed over to the mail server. */
  sent_at: Timestamp | null
}

export type LetterKind = 'verify_email' | 'invitation' | 'already_registered' | 'reset_password' | 'password_was_reset' | 'passkey_added' | 'passkey_deleted' | 'provider_linked' | 'provider_unlinked' | 'password_changed' | 'password_set' | 'totp_enabled' | 'totp_disabled' | 'second_factor_reset' | 'recovery_codes_renewed' | 'recovery_code_used' | 'confirm_email_change' | 'email_taken' | 'email_change_requested' | 'email_changed' | 'delete_account' | 'account_deleted' | 'new_device' | 'webhook_switched_off'

/** There is room for `limit`. */
export interface LimitReachedData {
  kind: 'limit_reached'
  /** How many there may be. */
  limit: number
}

/** An account has the e-mail address that the provider tells: sign in to it and link the provider. */
export interface LinkRequiredData {
  kind: 'link_required'
  /** The provider to link. */
  provider: string
}

export type Locale = 'en' | 'de' | 'sq'

/** An entry of the account's log. */
export type LogEvent = ProfileChangedEvent | AddressesChangedEvent | SessionsChangedEvent | SignInMethodsChangedEvent

export type LogoutScope = 'global' | 'local' | 'others'

/** A row of the mail outbox. */
export type MailId = string

/** It is not there, or belongs to somebody else. */
export interface NotFoundData {
  kind: 'not_found'
}

/** A provider, as it is offered. */
export interface OfferedProvider {
  /** What people call it. */
  label: string
  /** Its name, as methods take it. */
  provider: string
}

/** The part of a session that never changes, as `sessions.changed` shows it. */
export interface OpenedSession {
  /** When it signed in. */
  created_at: Timestamp
  /** The owner's name for the device. */
  device_name: string | null
  /** The session's id. */
  id: SessionId
  /** The address that signed in. */
  ip: string
  /** The methods of the sign-in. */
  methods: AuthenticationMethod[]
  /** The client's `User-Agent`. */
  user_agent: string | null
}

/** What a page may offer. */
export interface Options {
  /** Whether passkeys work here: browsers bind them to a domain, and an address is none. */
  passkeys: boolean
  /** Characters that a new password has at least. */
  password_min_length: number
  /** Providers that the operator has set up. */
  providers: OfferedProvider[]
  /** Whether anybody may register. */
  sign_up: SignUp
  /** Domains of the addresses that may; any if there are none. */
  sign_up_domains: string[]
}

/** Whether a change that failed may have happened all the same. */
export type Outcome = 'not_done' | 'unknown'

/** A passkey. */
export interface Passkey {
  /** Whether its authenticator has backed it up elsewhere. */
  backed_up: boolean
  /** When it was registered. */
  created_at: Timestamp
  /** The passkey's id. */
  id: PasskeyId
  /** When it last signed in or proved a session; not in events. */
  last_used_at: Timestamp | null
  /** The owner's name for it. */
  name: string
}

/** What a passkey answers to a ceremony. */
export interface PasskeyAnswer {
  /** The ceremony. */
  ceremony: string
  credential: AuthenticationResponseJSON
}

/** The begin of a ceremony that a passkey of the account completes. */
export interface PasskeyCeremony {
  /** What is sent back with the credential. */
  ceremony: string
  /** What the browser is asked for. */
  options: PublicKeyCredentialRequestOptionsJSON
}

/** A passkey of a user. */
export type PasskeyId = string

/** What became of a change of the password. */
export interface PasswordChange {
  /** How many other sessions ended. */
  sessions_ended: number
  /** The renewed credentials of the caller's session; none for a session by cookie, whose new cookie the answer sets. */
  tokens: Tokens | null
}

/** A password was reset. */
export interface PasswordReset {
  /** By which this device is known from now on, the only one that is; none with `credentials: "cookie"`, where it
has a cookie. */
  device_token: string | null
}

/** A user's profile. */
export interface Profile {
  /** The company, for business customers. */
  company_name: string | null
  /** When the account was made. */
  created_at: Timestamp
  /** The verified e-mail address, which is used to sign in. */
  email: string
  /** First name. */
  first_name: string
  /** The user's id. */
  id: UserId
  /** Whether a company name is set. */
  is_business_customer: boolean
  /** Last name; some people have one name. */
  last_name: string | null
  /** The language of letters. */
  locale: Locale
  /** The new e-mail address while its change waits for confirmation. */
  pending_email: string | null
  /** Telephone number in E.164. */
  phone: string | null
  /** The account revision at which the profile last changed. */
  revision: number
  /** When the profile last changed. */
  updated_at: Timestamp
}

/** The profile has changed. */
export interface ProfileChangedEvent {
  /** When it was committed. */
  at: Timestamp
  /** What changed. */
  data: Profile
  /** The revision that the account has after it. */
  revision: number
  /** The session that made the change; `null` where none did. */
  session_id: SessionId | null
  type: 'profile.changed'
}

/** The session was not proven lately: call `session.prove`. */
export interface ProofRequiredData {
  kind: 'proof_required'
  /** What the session can be proven by; `provider`: by signing in again with it. */
  methods: AuthenticationMethod[]
}

/** A session was proven. */
export interface Proven {
  /** Since when. */
  proven_at: Timestamp
}

/** An account at a provider that can sign in to this one. */
export interface ProviderLink {
  /** The e-mail address that the provider told when it was linked. */
  email: string | null
  /** The display name of the provider. */
  label: string
  /** When it was linked. */
  linked_at: Timestamp
  /** The provider's name here. */
  provider: string
}

/** What the provider has sent as `user` */
export type ProviderUser = string | Record<string, unknown>

/** What `navigator.credentials.create` is asked for, once `PublicKeyCredential.parseCreationOptionsFromJSON` has read it. */
export interface PublicKeyCredentialCreationOptionsJSON {
  /** `none`. */
  attestation: string
  /** What the authenticator must be able to do. */
  authenticatorSelection: AuthenticatorSelectionCriteria
  /** To be answered with. */
  challenge: string
  /** Credentials that the account has: their authenticators make no second one. */
  excludeCredentials: PublicKeyCredentialDescriptorJSON[]
  /** The algorithms that are taken, the first preferred. */
  pubKeyCredParams: PublicKeyCredentialParameters[]
  /** Whom the passkey is for. */
  rp: PublicKeyCredentialRpEntity
  /** In milliseconds. */
  timeout: number
  /** Whose it is. */
  user: PublicKeyCredentialUserEntityJSON
}

/** A credential. */
export interface PublicKeyCredentialDescriptorJSON {
  /** Its id, as Base64url. */
  id: string
  /** `public-key`. */
  type: string
}

/** An algorithm of signatures. */
export interface PublicKeyCredentialParameters {
  /** Its number at IANA (COSE Algorithms). */
  alg: number
  /** `public-key`. */
  type: string
}

/** What `navigator.credentials.get` is asked for, once `PublicKeyCredential.parseRequestOptionsFromJSON` has read it. */
export interface PublicKeyCredentialRequestOptionsJSON {
  /** The credentials that are asked for; empty: whichever the browser has for this domain. */
  allowCredentials: PublicKeyCredentialDescriptorJSON[]
  /** To be signed. */
  challenge: string
  /** The domain that passkeys are bound to. */
  rpId: string
  /** In milliseconds. */
  timeout: number
  /** `required`. */
  userVerification: string
}

/** A relying party. */
export interface PublicKeyCredentialRpEntity {
  /** Its domain. */
  id: string
  /** What people call it. */
  name: string
}

/** The one kind of credential that WebAuthn knows. */
export type PublicKeyCredentialType = 'public-key'

/** An account, as an authenticator keeps and shows it. */
export interface PublicKeyCredentialUserEntityJSON {
  /** The name of its owner. */
  displayName: string
  /** Tells accounts apart; the bytes of the user's id, as Base64url. */
  id: string
  /** Tells people which account it is. */
  name: string
}

/** Too often; try again after `retry_after_ms`. */
export interface RateLimitedData {
  kind: 'rate_limited'
  /** How long to wait, in milliseconds. */
  retry_after_ms: number
}

/** Recovery codes: shown once. */
export interface RecoveryCodes {
  /** Each is good once in place of the second factor. */
  recovery_codes: string[]
}

/** A registration that was begun; the same whether the address has an account or not. */
export interface Registered {
  /** When the registration lapses. */
  expires_at: Timestamp
  /** A sentence for a person; the same whatever happened. */
  message: string
  /** The secret handle of who began the registration. */
  registration: string
}

/** The part of a passkey that events show. */
export interface RegisteredPasskey {
  /** Whether its authenticator has backed it up elsewhere. */
  backed_up: boolean
  /** When it was registered. */
  created_at: Timestamp
  /** The passkey's id. */
  id: PasskeyId
  /** The owner's name for it. */
  name: string
}

/** A ceremony that makes a passkey. */
export interface RegistrationCeremony {
  /** What is sent back with the credential. */
  ceremony: string
  /** Until when it is good. */
  expires_at: Timestamp
  /** What the browser is asked for. */
  options: PublicKeyCredentialCreationOptionsJSON
}

/** What `PublicKeyCredential.toJSON()` gives of a credential that was made; what else it has is passed over. */
export interface RegistrationResponseJSON {
  /** The credential's id, as Base64url. */
  id: string
  /** The same. */
  rawId: string
  /** What the authenticator answers. */
  response: AuthenticatorAttestationResponseJSON
  /** `public-key`. */
  type: PublicKeyCredentialType
}

/** A session that was ended. */
export interface RememberedSession {
  /** When it signed in. */
  created_at: Timestamp
  /** The owner's name for the device. */
  device_name: string | null
  /** When it was ended. */
  ended_at: Timestamp
  /** The session's id. */
  id: SessionId
  /** The address that signed in. */
  ip: string
  /** When it was last used. */
  last_seen_at: Timestamp
  /** The methods of the sign-in. */
  methods: AuthenticationMethod[]
  /** Why. */
  reason: EndReason | null
  /** The client's `User-Agent`. */
  user_agent: string | null
}

/** The stable name of a broken rule. */
export type Rule = 'required' | 'unknown' | 'type' | 'too_short' | 'too_long' | 'format' | 'out_of_range' | 'control_characters' | 'guessable' | 'breached' | 'same_as_present' | 'not_null' | 'not_allowed'

export type Scope = 'users:read' | 'users:write' | 'users:security' | 'users:delete' | 'tokens:verify' | 'webhooks' | 'keys' | 'mails' | 'audit'

/** The account has a second factor: complete the sign-in by `auth.login_second_factor`. */
export interface SecondFactorRequiredData {
  /** Stands for what was shown so far: good once, and not for long. */
  challenge: string
  /** Until when it is good. */
  expires_at: Timestamp
  /** What the sign-in can be completed by. */
  factors: AuthenticationMethod[]
  kind: 'second_factor_required'
  /** The ceremony of a passkey, where the account has one. */
  passkey: PasskeyCeremony | null
}

/** An entry of the security log. */
export interface SecurityEvent {
  /** When. */
  at: Timestamp
  /** Details, by type. */
  detail: unknown
  /** Sorts by time; the next page begins before it. */
  id: SecurityEventId
  /** The client's address, if there was a client. */
  ip: string | null
  /** The session that caused it, if one did. */
  session_id: SessionId | null
  /** The type. */
  type: SecurityEventType
  /** The client's `User-Agent`. */
  user_agent: string | null
}

/** An entry of a user's security log. */
export type SecurityEventId = string

export type SecurityEventType = 'account_created' | 'sign_in' | 'sign_in_failed' | 'second_factor_required' | 'second_factor_failed' | 'logout' | 'session_revoked' | 'refresh_token_reuse' | 'password_reset_requested' | 'password_reset' | 'password_changed' | 'password_check_failed' | 'session_proven' | 'proof_failed' | 'totp_enabled' | 'totp_disabled' | 'second_factor_reset' | 'recovery_codes_renewed' | 'recovery_code_used' | 'passkey_added' | 'passkey_deleted' | 'passkey_refused' | 'provider_linked' | 'provider_unlinked' | 'email_change_requested' | 'email_change_cancelled' | 'email_changed' | 'profile_changed' | 'sessions_ended' | 'account_deletion_requested' | 'account_disabled' | 'account_enabled' | 'account_restored'

/** Entries of the security log. */
export interface SecurityLog {
  /** Newest first. */
  events: SecurityEvent[]
  /** Whether there are older ones. */
  more: boolean
}

/** A session as its user sees it. */
export interface Session {
  /** Whether a socket of it is open. */
  connected: boolean
  /** When it signed in. */
  created_at: Timestamp
  /** Whether it is the caller's own. */
  current: boolean
  /** The owner's name for the device. */
  device_name: string | null
  /** When it ends if it is not used again. */
  expires_at: Timestamp
  /** The session's id. */
  id: SessionId
  /** The address that signed in. */
  ip: string
  /** When it was last used; written at most every five minutes. */
  last_seen_at: Timestamp
  /** The methods of the sign-in. */
  methods: AuthenticationMethod[]
  /** When its user last proved to be its owner. */
  proven_at: Timestamp
  /** The client's `User-Agent`. */
  user_agent: string | null
}

/** The session has ended; `reason` says why. */
export interface SessionEndedData {
  kind: 'session_ended'
  /** Why the session ended. */
  reason: EndReason
}

/** One sign-in: a browser profile or a device. */
export type SessionId = string

/** `data` of `session.revoked`. */
export interface SessionRevoked {
  /** Why the session ended. */
  reason: EndReason
}

/** This connection's session was ended: the last event. */
export interface SessionRevokedEvent {
  /** When it was committed. */
  at: Timestamp
  /** What changed. */
  data: SessionRevoked
  /** None: it is no entry of the log. */
  revision: null
  /** The session that made the change; `null` where none did. */
  session_id: SessionId | null
  type: 'session.revoked'
}

/** `data` of `sessions.changed`. */
export interface SessionsChanged {
  /** The sessions that were ended. */
  ended: EndedSession[]
  /** The session that was opened. */
  opened: OpenedSession | null
}

/** Sessions were opened or ended. */
export interface SessionsChangedEvent {
  /** When it was committed. */
  at: Timestamp
  /** What changed. */
  data: SessionsChanged
  /** The revision that the account has after it. */
  revision: number
  /** The session that made the change; `null` where none did. */
  session_id: SessionId | null
  type: 'sessions.changed'
}

/** How many sessions a call ended. */
export interface SessionsEnded {
  /** The caller's own counts where it ended too. */
  sessions_ended: number
}

/** A sign-in. */
export interface SignIn {
  /** When it expires. */
  access_expires_at?: Timestamp
  /** A JWT for `Authorization: Bearer` and `session.authenticate`. */
  access_token?: string
  /** Shows at the next sign-in that this device has signed in before; none with `credentials: "cookie"`, where the
device has a cookie of its own. */
  device_token: string | null
  /** Whose. */
  profile: Profile
  /** When the session ends if it is not used again. */
  refresh_expires_at?: Timestamp
  /** Good for one `auth.refresh`. */
  refresh_token?: string
  /** The new session. */
  session: Session
}

/** The ways into an account. */
export interface SignInMethods {
  /** Oldest first. */
  passkeys: Passkey[]
  /** Whether there is a password. */
  password: boolean
  /** Oldest first. */
  providers: ProviderLink[]
  /** Recovery codes that are not used yet; `null` without a second factor. */
  recovery_codes_left: number | null
  /** The account's revision at which they last changed. */
  revision: number
  /** Whether the second factor is on. */
  totp: boolean
}

/** `data` of `sign_in_methods.changed`: as in [`SignInMethods`], without what is not in the log. */
export interface SignInMethodsChanged {
  /** Oldest first, without `last_used_at`. */
  passkeys: RegisteredPasskey[]
  /** Whether there is a password. */
  password: boolean
  /** Oldest first. */
  providers: ProviderLink[]
  /** Recovery codes that are not used yet; `null` without a second factor. */
  recovery_codes_left: number | null
  /** The account's revision at which they last changed. */
  revision: number
  /** Whether the second factor is on. */
  totp: boolean
}

/** The ways in have changed. */
export interface SignInMethodsChangedEvent {
  /** When it was committed. */
  at: Timestamp
  /** What changed. */
  data: SignInMethodsChanged
  /** The revision that the account has after it. */
  revision: number
  /** The session that made the change; `null` where none did. */
  session_id: SessionId | null
  type: 'sign_in_methods.changed'
}

export type SignUp = 'open' | 'invited' | 'closed'

/** Nobody can register, or only with a good invitation, or not with this address. */
export interface SignUpClosedData {
  kind: 'sign_up_closed'
}

/** `data` of `snapshot`. */
export interface Snapshot {
  /** The addresses, primary first, then oldest first. */
  addresses: Address[]
  /** The epoch of the database. */
  epoch: Epoch
  /** The profile. */
  profile: Profile
  /** The live sessions, newest first. */
  sessions: Session[]
  /** The sign-in methods. */
  sign_in_methods: SignInMethods
}

/** The whole account. */
export interface SnapshotEvent {
  /** When it was committed. */
  at: Timestamp
  /** What changed. */
  data: Snapshot
  /** The revision that it shows. */
  revision: number
  /** The session that made the change; `null` where none did. */
  session_id: SessionId | null
  type: 'snapshot'
}

/** It changed meanwhile; `current` is how it is now. */
export interface StaleRevisionData {
  /** The object as it is now. */
  current: Current
  kind: 'stale_revision'
}

/** RFC 3339, UTC, milliseconds */
export type Timestamp = string

/** A token as a client presents it: any text; whether it is one is found out when it is used. */
export type Token = string

/** A pair of tokens of a session. */
export interface Tokens {
  /** When it expires. */
  access_expires_at: Timestamp
  /** A JWT for `Authorization: Bearer` and `session.authenticate`. */
  access_token: string
  /** When the session ends if it is not used again. */
  refresh_expires_at: Timestamp
  /** Good for one `auth.refresh`. */
  refresh_token: string
}

/** A second factor that is not on yet. */
export interface TotpSetup {
  /** Until when the setup is good. */
  expires_at: Timestamp
  /** The same as a QR code: an SVG image. */
  qr_svg: string
  /** The secret in base32, to be typed into an app. */
  secret: string
  /** For `totp.enable`, by this session. */
  setup: string
  /** The same, with what it is for, as apps take it (`otpauth:`). */
  uri: string
}

/** No good credential; `reason` says more. */
export interface UnauthenticatedData {
  kind: 'unauthenticated'
  /** What is wrong with the credential. */
  reason: CredentialFault
}

/** Try again after `retry_after_ms`; `outcome` says whether it may have happened. */
export interface UnavailableData {
  kind: 'unavailable'
  /** Whether the call may have taken effect. */
  outcome: Outcome
  /** How long to wait, in milliseconds. */
  retry_after_ms: number
}

/** A person's account. */
export type UserId = string

/** The errors of the server: their `data`, by kind. */
export interface ServerErrors {
  account_disabled: AccountDisabledData
  conflict: ConflictData
  email_not_verified: EmailNotVerifiedData
  forbidden: ForbiddenData
  internal: InternalData
  invalid_credentials: InvalidCredentialsData
  invalid_params: InvalidParamsData
  invalid_token: InvalidTokenData
  last_address: LastAddressData
  last_sign_in_method: LastSignInMethodData
  limit_reached: LimitReachedData
  link_required: LinkRequiredData
  not_found: NotFoundData
  proof_required: ProofRequiredData
  rate_limited: RateLimitedData
  second_factor_required: SecondFactorRequiredData
  session_ended: SessionEndedData
  sign_up_closed: SignUpClosedData
  stale_revision: StaleRevisionData
  unauthenticated: UnauthenticatedData
  unavailable: UnavailableData
}

/** The kinds of errors of the server. */
export const SERVER_ERRORS: ReadonlySet<string> = new Set([
  'account_disabled',
  'conflict',
  'email_not_verified',
  'forbidden',
  'internal',
  'invalid_credentials',
  'invalid_params',
  'invalid_token',
  'last_address',
  'last_sign_in_method',
  'limit_reached',
  'link_required',
  'not_found',
  'proof_required',
  'rate_limited',
  'second_factor_required',
  'session_ended',
  'sign_up_closed',
  'stale_revision',
  'unauthenticated',
  'unavailable',
])

/** The events of the feed: what is in `data`, by type. */
export interface Events {
  /** The whole account. */
  'snapshot': Snapshot
  /** The profile has changed. */
  'profile.changed': Profile
  /** Addresses were added, edited or deleted, all at once: a client that applies it whole never sees two primary addresses or none. */
  'addresses.changed': AddressesChanged
  /** Sessions were opened or ended. */
  'sessions.changed': SessionsChanged
  /** The ways in have changed. */
  'sign_in_methods.changed': SignInMethodsChanged
  /** This connection's session was ended: the last event, before the server closes the connection. */
  'session.revoked': SessionRevoked
}

/** The methods, by name. */
export interface Methods {
  /** The pull form of the feed: the log's entries after a revision, waiting for one if asked. */
  'account.changes': {
    params: {
      /** The last revision that the client has. */
      since: number
      /** The history that `since` is of. */
      epoch?: Epoch | null
      /** At most so many entries; 100 if absent. */
      limit?: number | null
      /** How long to wait for an entry, in milliseconds; not at all if absent. */
      wait_ms?: number | null
    }
    result: Changes
    errors: 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Deletes the account by a mailed token, at once, with everything that is kept of its owner. */
  'account.confirm_deletion': {
    params: {
      /** From the letter's link. */
      token: Token
    }
    result: Done
    errors: 'invalid_token' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** A page of everything that is kept of the caller. */
  'account.export': {
    params: {
      /** The `cursor` of the page before; the first page if absent. */
      after?: ExportCursor | null
    }
    result: Export
    errors: 'unauthenticated' | 'session_ended' | 'proof_required' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** The whole account at one revision. */
  'account.get': {
    params: Record<string, never>
    result: Account
    errors: 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Mails a link that deletes the account to its address. */
  'account.request_deletion': {
    params: Record<string, never>
    result: Accepted
    errors: 'unauthenticated' | 'session_ended' | 'proof_required' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** What happened to the account's security, newest first. */
  'account.security_log': {
    params: {
      /** The last `id` seen; the newest entries come first if absent. */
      before?: SecurityEventId | null
      /** At most so many entries; 50 if absent. */
      limit?: number | null
    }
    result: SecurityLog
    errors: 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Pushes the log as account.event notifications to this WebSocket; one subscription each. */
  'account.subscribe': {
    params: {
      /** The last revision that the client has; a snapshot comes first if absent. */
      since?: number | null
      /** The history that `since` is of. */
      epoch?: Epoch | null
    }
    result: string
    errors: 'forbidden' | 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Ends a subscription of this WebSocket; false if there is none with this id. */
  'account.unsubscribe': {
    params: {
      /** The id that the subscribing method answered. */
      subscription: Token
    }
    result: boolean
    errors: 'forbidden' | 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Adds an address; the first is the primary one. */
  'addresses.create': {
    params: {
      /** Unique per user: labels that differ only in case, blanks or invisible characters are equal. */
      label: string
      first_name: string
      address_line_1: string
      city: string
      country: string
      last_name?: string | null
      company?: string | null
      address_line_2?: string | null
      state?: string | null
      postal_code?: string | null
      /** As people write it, with its country code. */
      phone?: string | null
      /** Whether it takes over as the primary one; the first address is whatever is asked. */
      is_primary?: boolean | null
    }
    result: Address
    errors: 'conflict' | 'limit_reached' | 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Deletes an address, but not the only one; the oldest other becomes primary if it was. */
  'addresses.delete': {
    params: {
      address_id: AddressId
    }
    result: Done
    errors: 'not_found' | 'last_address' | 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** One of the caller's addresses. */
  'addresses.get': {
    params: {
      address_id: AddressId
    }
    result: Address
    errors: 'not_found' | 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** The caller's addresses, primary first, then oldest first. */
  'addresses.list': {
    params: Record<string, never>
    result: Address[]
    errors: 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Makes an address the primary one. */
  'addresses.set_primary': {
    params: {
      address_id: AddressId
    }
    result: Address
    errors: 'not_found' | 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Edits an address; what is left out stays. */
  'addresses.update': {
    params: {
      address_id: AddressId
      label?: string
      first_name?: string
      /** `null` clears it. */
      last_name?: string | null
      /** `null` clears it. */
      company?: string | null
      address_line_1?: string
      /** `null` clears it. */
      address_line_2?: string | null
      city?: string
      /** `null` clears it. */
      state?: string | null
      /** `null` clears it. */
      postal_code?: string | null
      country?: string
      /** `null` clears it. */
      phone?: string | null
      /** `true` moves the primary here; `false` on the primary is refused. */
      is_primary?: boolean
      /** Refuses the edit if the address changed after this revision. */
      expected_revision?: number | null
    }
    result: Address
    errors: 'not_found' | 'conflict' | 'stale_revision' | 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Waits until a registration is verified, wherever that happens; a newer wait ends the older. */
  'auth.await_verification': {
    params: {
      /** The handle that `auth.register` answered. */
      registration: Token
      /** How long to wait, in milliseconds; not at all if absent. */
      wait_ms?: number | null
    }
    result: Awaited
    errors: 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Begins a sign-in by a passkey, whichever account it is of. */
  'auth.begin_passkey_login': {
    params: Record<string, never>
    result: AssertionCeremony
    errors: 'forbidden' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Begins a sign-in by a provider: the browser keeps the flow and goes to the URL. */
  'auth.begin_provider_login': {
    params: {
      /** One of those that `auth.options` lists. */
      provider: string
      /** What the owner calls the device. */
      device_name?: string | null
      /** From the last sign-in of this device, if it keeps one; a page that signs in by cookie has a cookie for it. */
      device_token?: Token | null
      /** As for `auth.register`; for an account that is made by this sign-in. */
      invitation?: Token | null
    }
    result: Flow
    errors: 'not_found' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Sets a new password, ends every other session, and renews the credentials of the caller's. */
  'auth.change_password': {
    params: {
      new_password: string
      /** May be left out by a session that was proven lately: an account without a password gets its first one so. */
      current_password?: string | null
    }
    result: PasswordChange
    errors: 'invalid_credentials' | 'proof_required' | 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Sets a new password by a mailed token, ends every session and forgets every device but this. */
  'auth.confirm_password_reset': {
    params: {
      /** From the letter's link. */
      token: Token
      new_password: string
      /** `bearer` (the default) answers the device's token; `cookie` sets a cookie that holds it, over HTTP, outside a batch, and for pages of an allowed origin only. */
      credentials?: CredentialKind | null
    }
    result: PasswordReset
    errors: 'invalid_token' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Opens a session. Never binds the socket it came on: see session.authenticate. */
  'auth.login': {
    params: {
      email: string
      password: string
      /** What the owner calls the device. */
      device_name?: string | null
      /** From the last sign-in of this device, if it keeps one; a page that signs in by cookie has a cookie for it. */
      device_token?: Token | null
      /** `bearer` (the default) answers tokens; `cookie` sets the session cookie, over HTTP, outside a batch, and for pages of an allowed origin only. */
      credentials?: CredentialKind | null
    }
    result: SignIn
    errors: 'invalid_credentials' | 'account_disabled' | 'second_factor_required' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Opens a session for who has a passkey of the account. Its user was verified: no second factor is asked for. */
  'auth.login_passkey': {
    params: {
      /** From `auth.begin_passkey_login`. */
      ceremony: Token
      /** What the browser has made of its options. */
      credential: AuthenticationResponseJSON
      /** What the owner calls the device. */
      device_name?: string | null
      /** From the last sign-in of this device, if it keeps one; a page that signs in by cookie has a cookie for it. */
      device_token?: Token | null
      /** As for `auth.login`. */
      credentials?: CredentialKind | null
    }
    result: SignIn
    errors: 'invalid_credentials' | 'invalid_token' | 'account_disabled' | 'forbidden' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Opens a session for who has come back from a provider; makes the account where there is none. */
  'auth.login_provider': {
    params: {
      /** From `auth.begin_provider_login`. */
      flow: Token
      /** As the provider has sent it. */
      code: Token
      /** As the provider has sent it. */
      state: Token
      /** As the provider has sent it, if it has. */
      iss?: Token | null
      /** As the provider has sent it, if it has: Apple tells a name here, the first time only. */
      user?: ProviderUser | null
      /** As for `auth.login`. */
      credentials?: CredentialKind | null
    }
    result: SignIn
    errors: 'invalid_token' | 'account_disabled' | 'second_factor_required' | 'link_required' | 'email_not_verified' | 'sign_up_closed' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Opens a session, once, for who began a registration that was verified within 10 minutes. */
  'auth.login_registration': {
    params: {
      /** The handle that `auth.register` answered. */
      registration: Token
      /** What the owner calls the device. */
      device_name?: string | null
      /** As for `auth.login`. */
      device_token?: Token | null
      /** As for `auth.login`. */
      credentials?: CredentialKind | null
    }
    result: SignIn
    errors: 'invalid_token' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Opens the session of a sign-in that lacked its second factor. */
  'auth.login_second_factor': {
    params: {
      /** From `second_factor_required`. */
      challenge: Token
      /** A code of the authenticator app. */
      totp?: Token | null
      recovery_code?: Token | null
      /** What a passkey answers to the ceremony of `second_factor_required`. */
      passkey?: PasskeyAnswer | null
      /** As in `auth.login`. */
      credentials?: CredentialKind | null
    }
    result: SignIn
    errors: 'invalid_token' | 'invalid_credentials' | 'account_disabled' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Ends sessions of the user; their tokens are powerless from then on, their sockets close. */
  'auth.logout': {
    params: {
      /** `global` (the default): every session of the user; `local`: this one; `others`: all but this one. */
      scope?: LogoutScope | null
      /** Whether this device is to be a new one at its next sign-in; not if absent. */
      forget_device?: boolean | null
    }
    result: SessionsEnded
    errors: 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** What a page may offer: registration and for whom, providers, passkeys, the least length of a password. */
  'auth.options': {
    params: Record<string, never>
    result: Options
    errors: 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Spends a refresh token for a new pair; repeated shortly it gives the same successor. */
  'auth.refresh': {
    params: {
      refresh_token: Token
    }
    result: Tokens
    errors: 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Begins a registration and mails the link and the code that verify the address. */
  'auth.register': {
    params: {
      password: string
      email: string
      first_name: string
      last_name?: string | null
      company_name?: string | null
      /** As people write it, with its country code. */
      phone?: string | null
      /** The language of letters, English if absent; what follows the language, as in `de-DE`, is dropped. */
      locale?: string | null
      /** From the link of an invitation, where sign-up is by invitation; for this address. */
      invitation?: Token | null
    }
    result: Registered
    errors: 'sign_up_closed' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Mails a link that sets a new password. */
  'auth.request_password_reset': {
    params: {
      email: string
      /** From the last sign-in of this device: a known device has an allowance of letters of its own. */
      device_token?: Token | null
    }
    result: Accepted
    errors: 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Mails a new link and code, for a registration or the newest of an address; older ones are void. */
  'auth.resend_verification': {
    params: {
      /** The handle that `auth.register` answered. */
      registration?: Token | null
      /** For the newest registration of this address. */
      email?: string | null
    }
    result: Accepted
    errors: 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Makes the account of a registration, for who shows by its handle or password that it is theirs. */
  'auth.verify_email': {
    params: {
      /** From the letter's link; with `registration` or `password`. */
      token?: Token | null
      /** The handle that `auth.register` answered. */
      registration?: Token | null
      /** The password that was chosen at the registration. */
      password?: string | null
      /** The letter's code, in place of `token`; with `registration`. */
      code?: Token | null
    }
    result: Confirmed
    errors: 'invalid_token' | 'invalid_credentials' | 'conflict' | 'sign_up_closed' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Begins the registration of a passkey, by an authenticator that has none of the account. */
  'passkeys.begin_registration': {
    params: Record<string, never>
    result: RegistrationCeremony
    errors: 'limit_reached' | 'forbidden' | 'unauthenticated' | 'session_ended' | 'proof_required' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Deletes a passkey, but not the last way in. */
  'passkeys.delete': {
    params: {
      passkey_id: PasskeyId
    }
    result: Done
    errors: 'not_found' | 'last_sign_in_method' | 'unauthenticated' | 'session_ended' | 'proof_required' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Keeps the passkey that was made for a ceremony of this session; at most 20. */
  'passkeys.register': {
    params: {
      /** From `passkeys.begin_registration`. */
      ceremony: Token
      /** What the browser has made of its options. */
      credential: RegistrationResponseJSON
      /** What the owner calls it; absent: what its authenticator or the browser is called. */
      name?: string | null
    }
    result: Passkey
    errors: 'invalid_token' | 'invalid_credentials' | 'conflict' | 'limit_reached' | 'forbidden' | 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Gives a passkey another name. */
  'passkeys.rename': {
    params: {
      passkey_id: PasskeyId
      name: string
    }
    result: Passkey
    errors: 'not_found' | 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Drops a pending change of the e-mail address and its token. */
  'profile.cancel_email_change': {
    params: Record<string, never>
    result: Profile
    errors: 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Changes the e-mail address by a mailed token, for a session of the account or its password; ends every session. */
  'profile.confirm_email_change': {
    params: {
      /** From the letter's link. */
      token: Token
      /** That of the account, for who does not call by a session of it. */
      password?: string | null
    }
    result: Confirmed
    errors: 'invalid_token' | 'invalid_credentials' | 'conflict' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** The caller's profile. */
  'profile.get': {
    params: Record<string, never>
    result: Profile
    errors: 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Mails a link that confirms a new e-mail address to that address. */
  'profile.request_email_change': {
    params: {
      new_email: string
      /** May be left out by a session that was proven lately. */
      current_password?: string | null
    }
    result: Accepted
    errors: 'invalid_credentials' | 'proof_required' | 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Edits the caller's profile; what is left out stays. */
  'profile.update': {
    params: {
      first_name?: string
      /** `null` clears it. */
      last_name?: string | null
      /** `null` clears it. */
      company_name?: string | null
      /** `null` clears it. */
      phone?: string | null
      /** What follows the language, as in `de-DE`, is dropped. */
      locale?: string
      /** Refuses the edit if the profile changed after this revision. */
      expected_revision?: number | null
    }
    result: Profile
    errors: 'stale_revision' | 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Begins to link an account at a provider: the browser keeps the flow and goes to the URL. */
  'providers.begin_link': {
    params: {
      provider: string
    }
    result: Flow
    errors: 'not_found' | 'unauthenticated' | 'session_ended' | 'proof_required' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Links the account at a provider that the browser has come back from; one of each provider. */
  'providers.link': {
    params: {
      /** From `providers.begin_link`, by this session. */
      flow: Token
      /** As the provider has sent it. */
      code: Token
      /** As the provider has sent it. */
      state: Token
      /** As the provider has sent it, if it has. */
      iss?: Token | null
    }
    result: SignInMethods
    errors: 'invalid_token' | 'conflict' | 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Whom one can sign in by. */
  'providers.list': {
    params: Record<string, never>
    result: OfferedProvider[]
    errors: 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Takes away the link to a provider, but not the last way in. */
  'providers.unlink': {
    params: {
      provider: string
    }
    result: SignInMethods
    errors: 'not_found' | 'last_sign_in_method' | 'unauthenticated' | 'session_ended' | 'proof_required' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** New recovery codes in the place of the former; not_found without a second factor. */
  'recovery_codes.renew': {
    params: Record<string, never>
    result: RecoveryCodes
    errors: 'not_found' | 'unauthenticated' | 'session_ended' | 'proof_required' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** This document. */
  'rpc.discover': {
    params: Record<string, never>
    result: Record<string, unknown>
    errors: 'forbidden' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** An access token for another backend of the shop, for pages that are signed in by cookie too. */
  'session.access_token': {
    params: {
      /** The backend's, of `MARBELLE_TOKEN_BACKENDS`. */
      audience: string
    }
    result: BackendToken
    errors: 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Lets this WebSocket act for a session for as long as the session lives. WebSocket only. */
  'session.authenticate': {
    params: {
      access_token: Token
    }
    result: CurrentSession
    errors: 'unauthenticated' | 'session_ended' | 'forbidden' | 'limit_reached' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Begins a proof of the session by a passkey of the account. */
  'session.begin_passkey_proof': {
    params: Record<string, never>
    result: AssertionCeremony
    errors: 'not_found' | 'forbidden' | 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** The caller's session and profile. */
  'session.current': {
    params: Record<string, never>
    result: CurrentSession
    errors: 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** The user's live sessions, newest first. */
  'session.list': {
    params: Record<string, never>
    result: Session[]
    errors: 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Shows once more that the session is its user's, by the strongest that the account has. */
  'session.prove': {
    params: {
      /** Where there is no second factor. */
      password?: string | null
      /** A code of the authenticator app. */
      totp?: Token | null
      recovery_code?: Token | null
      /** What a passkey answers to `session.begin_passkey_proof`. */
      passkey?: PasskeyAnswer | null
    }
    result: Proven
    errors: 'invalid_credentials' | 'invalid_token' | 'proof_required' | 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Ends one of the user's sessions. */
  'session.revoke': {
    params: {
      session_id: SessionId
    }
    result: Done
    errors: 'not_found' | 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** The ways into the caller's account. */
  'sign_in_methods.get': {
    params: Record<string, never>
    result: SignInMethods
    errors: 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** A new secret for an authenticator app; nothing is stored yet. */
  'totp.begin': {
    params: Record<string, never>
    result: TotpSetup
    errors: 'unauthenticated' | 'session_ended' | 'proof_required' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Turns the second factor off; its recovery codes go too. */
  'totp.disable': {
    params: Record<string, never>
    result: Done
    errors: 'unauthenticated' | 'session_ended' | 'proof_required' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Turns the second factor on, by a code of the app; answers the recovery codes. */
  'totp.enable': {
    params: {
      /** From `totp.begin`. */
      setup: Token
      /** A code that the app makes of the secret. */
      code: Token
    }
    result: RecoveryCodes
    errors: 'invalid_token' | 'invalid_credentials' | 'conflict' | 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
}

/** Methods that need a session. */
export const SESSION_METHODS: ReadonlySet<string> = new Set([
  'account.changes',
  'account.export',
  'account.get',
  'account.request_deletion',
  'account.security_log',
  'account.subscribe',
  'account.unsubscribe',
  'addresses.create',
  'addresses.delete',
  'addresses.get',
  'addresses.list',
  'addresses.set_primary',
  'addresses.update',
  'auth.change_password',
  'auth.logout',
  'passkeys.begin_registration',
  'passkeys.delete',
  'passkeys.register',
  'passkeys.rename',
  'profile.cancel_email_change',
  'profile.get',
  'profile.request_email_change',
  'profile.update',
  'providers.begin_link',
  'providers.link',
  'providers.unlink',
  'recovery_codes.renew',
  'session.access_token',
  'session.begin_passkey_proof',
  'session.current',
  'session.list',
  'session.prove',
  'session.revoke',
  'sign_in_methods.get',
  'totp.begin',
  'totp.disable',
  'totp.enable',
])

/** Methods that a known device tells itself to. */
export const DEVICE_METHODS: ReadonlySet<string> = new Set([
  'auth.begin_provider_login',
  'auth.login',
  'auth.login_passkey',
  'auth.login_registration',
  'auth.request_password_reset',
])

/** Methods that answer a credential: tokens, or the cookie. */
export const CREDENTIALS_METHODS: ReadonlySet<string> = new Set([
  'auth.confirm_password_reset',
  'auth.login',
  'auth.login_passkey',
  'auth.login_provider',
  'auth.login_registration',
  'auth.login_second_factor',
])
