// Generated from rpc-spec.json by scripts/generate.js: do not edit.

/** An answer that does not reveal whether an e-mail address is known. */
export interface Accepted {
  /** A sentence for people; the same whatever happened. */
  message: string
}

/** The whole account at one revision. */
export interface Account {
  /** The addresses, primary first, then oldest first. */
  addresses: Address[]
  /** The epoch of the database. */
  epoch: Epoch
  /** The profile. */
  profile: Profile
  /** The revision that this shows. */
  revision: number
  /** The live sessions, newest first. */
  sessions: Session[]
  /** The sign-in methods. */
  sign_in_methods: SignInMethods
}

/** The account is disabled. */
export interface AccountDisabledData {
  kind: 'account_disabled'
}

/** The notification of an event. */
export interface AccountEvent {
  jsonrpc: '2.0'
  method: 'account.event'
  params: {
    result: SnapshotEvent | ProfileChangedEvent | AddressesChangedEvent | SessionsChangedEvent | SignInMethodsChangedEvent | SessionRevokedEvent
    /** The result of `account.subscribe`. */
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
  /** When it was created. */
  created_at: Timestamp
  /** Recipient's first name. */
  first_name: string
  /** The address's id. */
  id: AddressId
  /** Whether this is the user's one primary address. */
  is_primary: boolean
  /** The owner's name for it. */
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
  /** The ceremony, to be sent back with the credential. */
  ceremony: string
  /** When it expires. */
  expires_at: Timestamp
  /** The options for the browser. */
  options: PublicKeyCredentialRequestOptionsJSON
}

export type AuthenticationMethod = 'password' | 'passkey' | 'provider' | 'totp' | 'recovery_code' | 'registration'

/** The result of `PublicKeyCredential.toJSON()` for a credential that was used; further fields are ignored. */
export interface AuthenticationResponseJSON {
  /** The credential's id, as Base64url. */
  id: string
  /** The same id. */
  rawId: string
  /** The answer of the authenticator. */
  response: AuthenticatorAssertionResponseJSON
  /** `public-key`. */
  type: PublicKeyCredentialType
}

/** The answer of an authenticator whose credential was used. */
export interface AuthenticatorAssertionResponseJSON {
  /** The authenticator's data about it, as Base64url. */
  authenticatorData: string
  /** The browser's data about the ceremony, as Base64url. */
  clientDataJSON: string
  /** The signature over both, as Base64url. */
  signature: string
  /** The user that the credential is for, as Base64url. */
  userHandle: string | null
}

/** The answer of an authenticator that has created a credential. */
export interface AuthenticatorAttestationResponseJSON {
  /** The credential, as Base64url. */
  attestationObject: string
  /** The browser's data about the ceremony, as Base64url. */
  clientDataJSON: string
}

/** Requirements on the authenticator. */
export interface AuthenticatorSelectionCriteria {
  /** The same for browsers that do not know `residentKey`. */
  requireResidentKey: boolean
  /** `required`: the passkey can be found without typing a name. */
  residentKey: string
  /** `required`. */
  userVerification: string
}

/** Whether a registration was verified. */
export interface Awaited {
  /** Whether it was, and `auth.login_registration` is still possible. */
  verified: boolean
}

/** An access token for another backend. */
export interface BackendToken {
  /** When it expires. */
  access_expires_at: Timestamp
  /** A JWT for that backend's `Authorization: Bearer`; this server does not accept it. */
  access_token: string
}

/** Entries of the log. */
export interface Changes {
  /** The epoch of the database. */
  epoch: Epoch
  /** The entries, in order; none with `snapshot_required`. */
  events: LogEvent[]
  /** Whether there are more entries. */
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

/** The value is taken; `field` names the parameter. */
export interface ConflictData {
  /** The parameter whose value is taken. */
  field: string
  kind: 'conflict'
}

export type CredentialFault = 'missing' | 'invalid' | 'expired' | 'renewed'

export type CredentialKind = 'bearer' | 'cookie'

/** The present state of an edited object. */
export type Current = Profile | Address

/** A session and its user. */
export interface CurrentSession {
  /** The profile of its user. */
  profile: Profile
  /** The session. */
  session: Session
}

/** A device that has signed in to an account. */
export type DeviceId = string

/** An empty result. */
export type Done = Record<string, unknown>

/** The provider has not verified the address: a registration was started, and is linked once the address is
verified. */
export interface EmailNotVerifiedData {
  kind: 'email_not_verified'
  /** The secret handle of the registration, as `auth.register` returns it. */
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

/** A page of all data stored about the caller. The long lists, `security_events`, `letters` and `events`, continue on
the next page; everything else is complete on each page. */
export interface Export {
  /** The addresses, primary first, then oldest first. */
  addresses: Address[]
  /** When it was read. */
  at: Timestamp
  /** Where to continue. */
  cursor: ExportCursor
  /** The devices that have signed in. */
  devices: KnownDevice[]
  /** The sessions that were ended in the last 30 days, newest first. */
  ended_sessions: RememberedSession[]
  /** The account's log, oldest first. */
  events: LogEvent[]
  /** The caller's id in another system, if there is one. */
  external_id: string | null
  /** The letters of the last 7 days, oldest first. */
  letters: LetterAbout[]
  /** Whether the long lists continue. */
  more: boolean
  /** The profile. */
  profile: Profile
  /** The security log, oldest first. */
  security_events: SecurityEvent[]
  /** The live sessions, newest first. */
  sessions: Session[]
  /** The sign-in methods, without their secrets. */
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

/** A flow that was started. */
export interface Flow {
  /** The URL for the browser. */
  authorization_url: string
  /** When it expires. */
  expires_at: Timestamp
  /** The flow, to be sent back with the provider's answer; only for the browser that started it. */
  flow: string
}

/** The call is not allowed here, or not allowed to this caller. */
export interface ForbiddenData {
  kind: 'forbidden'
  /** The scope that the service key lacks, if that is the reason. */
  scope: Scope | null
}

/** An unexpected fault of the server; its log has an entry with `incident`. */
export interface InternalData {
  /** The id of the entry in the log. */
  incident: string
  kind: 'internal'
}

/** Wrong e-mail address or password. */
export interface InvalidCredentialsData {
  kind: 'invalid_credentials'
}

/** Some parameters break rules; `fields` lists every fault. */
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

/** The last sign-in method cannot be removed. */
export interface LastSignInMethodData {
  kind: 'last_sign_in_method'
}

/** The record of a letter about an account. */
export interface LetterAbout {
  /** When it was queued. */
  created_at: Timestamp
  /** When it was given up. */
  given_up_at: Timestamp | null
  /** Its id. */
  id: MailId
  /** Its kind. */
  kind: LetterKind
  /** Its recipient. */
  recipient: string
  /** When it was handed over to the mail server. */
  sent_at: Timestamp | null
}

export type LetterKind = 'verify_email' | 'invitation' | 'already_registered' | 'reset_password' | 'password_was_reset' | 'passkey_added' | 'passkey_deleted' | 'provider_linked' | 'provider_unlinked' | 'password_changed' | 'password_set' | 'totp_enabled' | 'totp_disabled' | 'second_factor_reset' | 'recovery_codes_renewed' | 'recovery_code_used' | 'confirm_email_change' | 'email_taken' | 'email_change_requested' | 'email_changed' | 'delete_account' | 'account_deleted' | 'new_device' | 'webhook_switched_off'

/** No more than `limit` are allowed. */
export interface LimitReachedData {
  kind: 'limit_reached'
  /** The greatest number allowed. */
  limit: number
}

/** The provider's e-mail address belongs to an account: sign in to it and link the provider. */
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

/** The object does not exist, or belongs to somebody else. */
export interface NotFoundData {
  kind: 'not_found'
}

/** A provider, as pages offer it. */
export interface OfferedProvider {
  /** Its display name. */
  label: string
  /** Its name in method calls. */
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

/** The options that a page may offer. */
export interface Options {
  /** Whether passkeys are available: browsers bind them to a domain, and an IP address is not one. */
  passkeys: boolean
  /** The least number of characters of a new password. */
  password_min_length: number
  /** Providers that the operator has set up. */
  providers: OfferedProvider[]
  /** Who may register. */
  sign_up: SignUp
  /** The domains whose addresses may register; all domains if the list is empty. */
  sign_up_domains: string[]
}

/** Whether a failed change may have happened nevertheless. */
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

/** A passkey's answer to a ceremony. */
export interface PasskeyAnswer {
  /** The ceremony. */
  ceremony: string
  credential: AuthenticationResponseJSON
}

/** A ceremony that a passkey of the account completes. */
export interface PasskeyCeremony {
  /** The ceremony, to be sent back with the credential. */
  ceremony: string
  /** The options for the browser. */
  options: PublicKeyCredentialRequestOptionsJSON
}

/** A passkey of a user. */
export type PasskeyId = string

/** The result of a change of the password. */
export interface PasswordChange {
  /** The number of other sessions that ended. */
  sessions_ended: number
  /** The renewed credentials of the caller's session; absent for a session by cookie, whose new cookie is set by the
answer. */
  tokens: Tokens | null
}

/** A password was reset. */
export interface PasswordReset {
  /** The device token of this device, which is the only known one from now on; absent with `credentials: "cookie"`,
where the device has a cookie. */
  device_token: string | null
}

/** A user's profile. */
export interface Profile {
  /** The company, for business customers. */
  company_name: string | null
  /** When the account was created. */
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

/** The profile changed. */
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

/** The session was not proven recently: call `session.prove`. */
export interface ProofRequiredData {
  kind: 'proof_required'
  /** The methods that can prove the session; `provider`: by signing in with it again. */
  methods: AuthenticationMethod[]
}

/** A session was proven. */
export interface Proven {
  /** Since when. */
  proven_at: Timestamp
}

/** An account at a provider that can sign in to this one. */
export interface ProviderLink {
  /** The e-mail address that the provider reported when it was linked. */
  email: string | null
  /** The display name of the provider. */
  label: string
  /** When it was linked. */
  linked_at: Timestamp
  /** The provider's name here. */
  provider: string
}

/** The `user` that the provider has sent */
export type ProviderUser = string | Record<string, unknown>

/** The options of `navigator.credentials.create`, to be parsed by `PublicKeyCredential.parseCreationOptionsFromJSON`. */
export interface PublicKeyCredentialCreationOptionsJSON {
  /** `none`. */
  attestation: string
  /** The requirements on the authenticator. */
  authenticatorSelection: AuthenticatorSelectionCriteria
  /** The challenge to answer with. */
  challenge: string
  /** Existing credentials of the account: their authenticators create no second one. */
  excludeCredentials: PublicKeyCredentialDescriptorJSON[]
  /** The accepted algorithms, the first preferred. */
  pubKeyCredParams: PublicKeyCredentialParameters[]
  /** The relying party. */
  rp: PublicKeyCredentialRpEntity
  /** In milliseconds. */
  timeout: number
  /** The owner. */
  user: PublicKeyCredentialUserEntityJSON
}

/** A credential. */
export interface PublicKeyCredentialDescriptorJSON {
  /** Its id, as Base64url. */
  id: string
  /** `public-key`. */
  type: string
}

/** A signature algorithm. */
export interface PublicKeyCredentialParameters {
  /** Its number at IANA (COSE Algorithms). */
  alg: number
  /** `public-key`. */
  type: string
}

/** The options of `navigator.credentials.get`, to be parsed by `PublicKeyCredential.parseRequestOptionsFromJSON`. */
export interface PublicKeyCredentialRequestOptionsJSON {
  /** The accepted credentials; empty: any that the browser has for this domain. */
  allowCredentials: PublicKeyCredentialDescriptorJSON[]
  /** The challenge to sign. */
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
  /** Its display name. */
  name: string
}

/** The only kind of credential in WebAuthn. */
export type PublicKeyCredentialType = 'public-key'

/** An account, as an authenticator stores and shows it. */
export interface PublicKeyCredentialUserEntityJSON {
  /** The name of its owner. */
  displayName: string
  /** Identifies the account; the bytes of the user's id, as Base64url. */
  id: string
  /** The name of the account for its owner. */
  name: string
}

/** Too many calls; try again after `retry_after_ms`. */
export interface RateLimitedData {
  kind: 'rate_limited'
  /** How long to wait, in milliseconds. */
  retry_after_ms: number
}

/** Recovery codes, which are shown only once. */
export interface RecoveryCodes {
  /** Each is valid once in place of the second factor. */
  recovery_codes: string[]
}

/** A registration that was started; the same whether or not the address has an account. */
export interface Registered {
  /** When the registration lapses. */
  expires_at: Timestamp
  /** A sentence for people; the same whatever happened. */
  message: string
  /** The secret handle of the registration. */
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

/** A ceremony that creates a passkey. */
export interface RegistrationCeremony {
  /** The ceremony, to be sent back with the credential. */
  ceremony: string
  /** When it expires. */
  expires_at: Timestamp
  /** The options for the browser. */
  options: PublicKeyCredentialCreationOptionsJSON
}

/** The result of `PublicKeyCredential.toJSON()` for a credential that was created; further fields are ignored. */
export interface RegistrationResponseJSON {
  /** The credential's id, as Base64url. */
  id: string
  /** The same id. */
  rawId: string
  /** The answer of the authenticator. */
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
  /** The reason. */
  reason: EndReason | null
  /** The client's `User-Agent`. */
  user_agent: string | null
}

/** The stable name of a broken rule. */
export type Rule = 'required' | 'unknown' | 'type' | 'too_short' | 'too_long' | 'format' | 'out_of_range' | 'control_characters' | 'guessable' | 'breached' | 'same_as_present' | 'not_null' | 'not_allowed'

export type Scope = 'users:read' | 'users:write' | 'users:security' | 'users:delete' | 'tokens:verify' | 'webhooks' | 'keys' | 'mails' | 'audit'

/** The account has a second factor: complete the sign-in by `auth.login_second_factor`. */
export interface SecondFactorRequiredData {
  /** Proves the first step of the sign-in; single-use and short-lived. */
  challenge: string
  /** When it expires. */
  expires_at: Timestamp
  /** The factors that can complete the sign-in. */
  factors: AuthenticationMethod[]
  kind: 'second_factor_required'
  /** The ceremony of a passkey, if the account has one. */
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
  /** None: it is not an entry of the log. */
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

/** The number of sessions that a call ended. */
export interface SessionsEnded {
  /** Includes the caller's own if that was ended. */
  sessions_ended: number
}

/** A sign-in. */
export interface SignIn {
  /** When it expires. */
  access_expires_at?: Timestamp
  /** A JWT for `Authorization: Bearer` and `session.authenticate`. */
  access_token?: string
  /** Shows at the next sign-in that this device has signed in before; absent with `credentials: "cookie"`, where the
device has a cookie for it. */
  device_token: string | null
  /** The profile of its user. */
  profile: Profile
  /** When the session ends if it is not used again. */
  refresh_expires_at?: Timestamp
  /** Valid for one `auth.refresh`. */
  refresh_token?: string
  /** The new session. */
  session: Session
}

/** The sign-in methods of an account. */
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

/** The sign-in methods changed. */
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

/** Registration is closed, or it requires an invitation that is valid for this address. */
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

/** The object has changed since the caller read it; `current` is its present state. */
export interface StaleRevisionData {
  /** The object in its present state. */
  current: Current
  kind: 'stale_revision'
}

/** RFC 3339, UTC, milliseconds */
export type Timestamp = string

/** A token as a client presents it: any text. Whether it is valid is checked when it is used. */
export type Token = string

/** A pair of tokens of a session. */
export interface Tokens {
  /** When it expires. */
  access_expires_at: Timestamp
  /** A JWT for `Authorization: Bearer` and `session.authenticate`. */
  access_token: string
  /** When the session ends if it is not used again. */
  refresh_expires_at: Timestamp
  /** Valid for one `auth.refresh`. */
  refresh_token: string
}

/** A second factor that is not on yet. */
export interface TotpSetup {
  /** When the setup expires. */
  expires_at: Timestamp
  /** The URI as a QR code: an SVG image. */
  qr_svg: string
  /** The secret in base32, to type into an app. */
  secret: string
  /** For `totp.enable` of this session. */
  setup: string
  /** The secret with its labels, as an `otpauth:` URI for apps. */
  uri: string
}

/** No valid credential; `reason` has the details. */
export interface UnauthenticatedData {
  kind: 'unauthenticated'
  /** The fault of the credential. */
  reason: CredentialFault
}

/** Try again after `retry_after_ms`; `outcome` shows whether the call may have taken effect. */
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
  /** The profile changed. */
  'profile.changed': Profile
  /** Addresses were added, edited or deleted, all at once: a client that applies it whole never sees two primary addresses or none. */
  'addresses.changed': AddressesChanged
  /** Sessions were opened or ended. */
  'sessions.changed': SessionsChanged
  /** The sign-in methods changed. */
  'sign_in_methods.changed': SignInMethodsChanged
  /** This connection's session was ended: the last event, before the server closes the connection. */
  'session.revoked': SessionRevoked
}

/** The methods, by name. */
export interface Methods {
  /** The pull form of the feed: the log's entries after a revision, optionally waiting for one. */
  'account.changes': {
    params: {
      /** The last revision that the client has. */
      since: number
      /** The epoch that `since` belongs to. */
      epoch?: Epoch | null
      /** The most entries; 100 if absent. */
      limit?: number | null
      /** How long to wait for an entry, in milliseconds; 0 if absent. */
      wait_ms?: number | null
    }
    result: Changes
    errors: 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Deletes the account by a mailed token, at once, with all data about its owner. */
  'account.confirm_deletion': {
    params: {
      /** From the letter's link. */
      token: Token
    }
    result: Done
    errors: 'invalid_token' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** A page of all data stored about the caller. */
  'account.export': {
    params: {
      /** The `cursor` of the previous page; the first page if absent. */
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
  /** The security log of the account, newest first. */
  'account.security_log': {
    params: {
      /** The last `id` of the previous page; the newest entries come first if absent. */
      before?: SecurityEventId | null
      /** The most entries; 50 if absent. */
      limit?: number | null
    }
    result: SecurityLog
    errors: 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Pushes the log as account.event notifications to this WebSocket, which may have one subscription. */
  'account.subscribe': {
    params: {
      /** The last revision that the client has; a snapshot comes first if absent. */
      since?: number | null
      /** The epoch that `since` belongs to. */
      epoch?: Epoch | null
    }
    result: string
    errors: 'forbidden' | 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Ends a subscription of this WebSocket; false if there is none with this id. */
  'account.unsubscribe': {
    params: {
      /** The id that the subscribing method returned. */
      subscription: Token
    }
    result: boolean
    errors: 'forbidden' | 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Adds an address; the first one becomes primary. */
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
      /** In any usual notation, with its country code. */
      phone?: string | null
      /** Whether it becomes the primary address. A user's first address always does. */
      is_primary?: boolean | null
    }
    result: Address
    errors: 'conflict' | 'limit_reached' | 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Deletes an address, but not the only one. If it was primary, the oldest of the others becomes primary. */
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
  /** Edits an address; absent parameters leave their fields unchanged. */
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
      /** `true` makes it the primary address; `false` on the primary address is refused. */
      is_primary?: boolean
      /** Refuses the edit if the address changed after this revision. */
      expected_revision?: number | null
    }
    result: Address
    errors: 'not_found' | 'conflict' | 'stale_revision' | 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Waits until a registration is verified on any device; a newer wait ends the older one. */
  'auth.await_verification': {
    params: {
      /** The handle that `auth.register` returned. */
      registration: Token
      /** How long to wait, in milliseconds; 0 if absent. */
      wait_ms?: number | null
    }
    result: Awaited
    errors: 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Starts a sign-in with a passkey of any account. */
  'auth.begin_passkey_login': {
    params: Record<string, never>
    result: AssertionCeremony
    errors: 'forbidden' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Starts a sign-in with a provider: the browser stores the flow and goes to the URL. */
  'auth.begin_provider_login': {
    params: {
      /** One of those in `auth.options`. */
      provider: string
      /** The owner's name for the device. */
      device_name?: string | null
      /** From the last sign-in of this device, if it stored one; a page that signs in by cookie has a cookie for it. */
      device_token?: Token | null
      /** As for `auth.register`; for an account that is created by this sign-in. */
      invitation?: Token | null
    }
    result: Flow
    errors: 'not_found' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Sets a new password, ends every other session, and renews the credentials of the caller's. */
  'auth.change_password': {
    params: {
      new_password: string
      /** May be absent for a session that was proven recently: an account without a password gets its first one in this way. */
      current_password?: string | null
    }
    result: PasswordChange
    errors: 'invalid_credentials' | 'proof_required' | 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Sets a new password by a mailed token, ends every session, and forgets every device except this one. */
  'auth.confirm_password_reset': {
    params: {
      /** From the letter's link. */
      token: Token
      new_password: string
      /** `bearer` (the default) returns the device token; `cookie` sets a cookie with it, over HTTP, outside a batch, and for pages of an allowed origin only. */
      credentials?: CredentialKind | null
    }
    result: PasswordReset
    errors: 'invalid_token' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Opens a session. It does not bind the socket of the call: see session.authenticate. */
  'auth.login': {
    params: {
      email: string
      password: string
      /** The owner's name for the device. */
      device_name?: string | null
      /** From the last sign-in of this device, if it stored one; a page that signs in by cookie has a cookie for it. */
      device_token?: Token | null
      /** `bearer` (the default) returns tokens; `cookie` sets the session cookie, over HTTP, outside a batch, and for pages of an allowed origin only. */
      credentials?: CredentialKind | null
    }
    result: SignIn
    errors: 'invalid_credentials' | 'account_disabled' | 'second_factor_required' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Opens a session with a passkey. Passkeys verify their user, so no second factor is required. */
  'auth.login_passkey': {
    params: {
      /** From `auth.begin_passkey_login`. */
      ceremony: Token
      /** The browser's answer to the options. */
      credential: AuthenticationResponseJSON
      /** The owner's name for the device. */
      device_name?: string | null
      /** From the last sign-in of this device, if it stored one; a page that signs in by cookie has a cookie for it. */
      device_token?: Token | null
      /** As for `auth.login`. */
      credentials?: CredentialKind | null
    }
    result: SignIn
    errors: 'invalid_credentials' | 'invalid_token' | 'account_disabled' | 'forbidden' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Opens a session with a provider's answer; creates the account if there is none. */
  'auth.login_provider': {
    params: {
      /** From `auth.begin_provider_login`. */
      flow: Token
      /** As sent by the provider. */
      code: Token
      /** As sent by the provider. */
      state: Token
      /** As sent by the provider, if at all. */
      iss?: Token | null
      /** As sent by the provider, if at all: Apple sends a name here, the first time only. */
      user?: ProviderUser | null
      /** As for `auth.login`. */
      credentials?: CredentialKind | null
    }
    result: SignIn
    errors: 'invalid_token' | 'account_disabled' | 'second_factor_required' | 'link_required' | 'email_not_verified' | 'sign_up_closed' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Opens a session, once, by the handle of a registration that was verified in the last 10 minutes. */
  'auth.login_registration': {
    params: {
      /** The handle that `auth.register` returned. */
      registration: Token
      /** The owner's name for the device. */
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
      /** A code from the authenticator app. */
      totp?: Token | null
      recovery_code?: Token | null
      /** A passkey's answer to the ceremony of `second_factor_required`. */
      passkey?: PasskeyAnswer | null
      /** As in `auth.login`. */
      credentials?: CredentialKind | null
    }
    result: SignIn
    errors: 'invalid_token' | 'invalid_credentials' | 'account_disabled' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Ends sessions of the user: their tokens are refused from then on, and their sockets are closed. */
  'auth.logout': {
    params: {
      /** `global` (the default): every session of the user; `local`: this one; `others`: all but this one. */
      scope?: LogoutScope | null
      /** Whether the device token of this device becomes invalid, so that its next sign-in is from a new device; `false` if absent. */
      forget_device?: boolean | null
    }
    result: SessionsEnded
    errors: 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** The options that a page may offer: registration and its domains, providers, passkeys, the minimum length of a password. */
  'auth.options': {
    params: Record<string, never>
    result: Options
    errors: 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Exchanges a refresh token for a new pair; repeated within the grace period, it returns the same successor. */
  'auth.refresh': {
    params: {
      refresh_token: Token
    }
    result: Tokens
    errors: 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Starts a registration and mails the link and the code that verify the address. */
  'auth.register': {
    params: {
      password: string
      email: string
      first_name: string
      last_name?: string | null
      company_name?: string | null
      /** In any usual notation, with its country code. */
      phone?: string | null
      /** The language of letters, English if absent; a region, as in `de-DE`, is ignored. */
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
  /** Mails a new link and code for a registration, or for the newest one of an address; older ones become void. */
  'auth.resend_verification': {
    params: {
      /** The handle that `auth.register` returned. */
      registration?: Token | null
      /** Resends the letter of the newest registration of this address. */
      email?: string | null
    }
    result: Accepted
    errors: 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Verifies a registration and creates its account; the caller proves by its handle or password that it is theirs. */
  'auth.verify_email': {
    params: {
      /** From the letter's link; with `registration` or `password`. */
      token?: Token | null
      /** The handle that `auth.register` returned. */
      registration?: Token | null
      /** The password chosen at registration. */
      password?: string | null
      /** The letter's code, instead of `token`; with `registration`. */
      code?: Token | null
    }
    result: Confirmed
    errors: 'invalid_token' | 'invalid_credentials' | 'conflict' | 'sign_up_closed' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Starts the registration of a passkey, by an authenticator that has no passkey of the account. */
  'passkeys.begin_registration': {
    params: Record<string, never>
    result: RegistrationCeremony
    errors: 'limit_reached' | 'forbidden' | 'unauthenticated' | 'session_ended' | 'proof_required' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Deletes a passkey, but not the last sign-in method. */
  'passkeys.delete': {
    params: {
      passkey_id: PasskeyId
    }
    result: Done
    errors: 'not_found' | 'last_sign_in_method' | 'unauthenticated' | 'session_ended' | 'proof_required' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Stores the passkey that was created for a ceremony of this session; at most 20. */
  'passkeys.register': {
    params: {
      /** From `passkeys.begin_registration`. */
      ceremony: Token
      /** The browser's answer to the options. */
      credential: RegistrationResponseJSON
      /** The owner's name for it; if absent, the name of its authenticator or of the browser. */
      name?: string | null
    }
    result: Passkey
    errors: 'invalid_token' | 'invalid_credentials' | 'conflict' | 'limit_reached' | 'forbidden' | 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Renames a passkey. */
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
      /** The password of the account, unless the caller is one of its sessions. */
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
      /** May be absent for a session that was proven recently. */
      current_password?: string | null
    }
    result: Accepted
    errors: 'invalid_credentials' | 'proof_required' | 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Edits the caller's profile; absent parameters leave their fields unchanged. */
  'profile.update': {
    params: {
      first_name?: string
      /** `null` clears it. */
      last_name?: string | null
      /** `null` clears it. */
      company_name?: string | null
      /** `null` clears it. */
      phone?: string | null
      /** A region, as in `de-DE`, is ignored. */
      locale?: string
      /** Refuses the edit if the profile changed after this revision. */
      expected_revision?: number | null
    }
    result: Profile
    errors: 'stale_revision' | 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Starts to link an account at a provider: the browser stores the flow and goes to the URL. */
  'providers.begin_link': {
    params: {
      provider: string
    }
    result: Flow
    errors: 'not_found' | 'unauthenticated' | 'session_ended' | 'proof_required' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Links the account of a provider's answer; one per provider. */
  'providers.link': {
    params: {
      /** From `providers.begin_link` of this session. */
      flow: Token
      /** As sent by the provider. */
      code: Token
      /** As sent by the provider. */
      state: Token
      /** As sent by the provider, if at all. */
      iss?: Token | null
    }
    result: SignInMethods
    errors: 'invalid_token' | 'conflict' | 'unauthenticated' | 'session_ended' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** The providers to sign in with. */
  'providers.list': {
    params: Record<string, never>
    result: OfferedProvider[]
    errors: 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Unlinks a provider, but not the last sign-in method. */
  'providers.unlink': {
    params: {
      provider: string
    }
    result: SignInMethods
    errors: 'not_found' | 'last_sign_in_method' | 'unauthenticated' | 'session_ended' | 'proof_required' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Replaces the recovery codes by new ones; not_found without a second factor. */
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
  /** An access token for another backend of the shop, also for pages that are signed in by cookie. */
  'session.access_token': {
    params: {
      /** The backend's audience, from `MARBELLE_TOKEN_BACKENDS`. */
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
  /** Starts a proof of the session with a passkey of the account. */
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
  /** Proves again that the session is its user's, by the strongest method of the account. */
  'session.prove': {
    params: {
      /** For accounts without a second factor. */
      password?: string | null
      /** A code from the authenticator app. */
      totp?: Token | null
      recovery_code?: Token | null
      /** A passkey's answer to `session.begin_passkey_proof`. */
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
  /** The sign-in methods of the caller's account. */
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
  /** Turns the second factor off, and deletes its recovery codes. */
  'totp.disable': {
    params: Record<string, never>
    result: Done
    errors: 'unauthenticated' | 'session_ended' | 'proof_required' | 'invalid_params' | 'rate_limited' | 'internal' | 'unavailable'
  }
  /** Turns the second factor on, by a code from the app; returns the recovery codes. */
  'totp.enable': {
    params: {
      /** From `totp.begin`. */
      setup: Token
      /** A code that the app makes from the secret. */
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
