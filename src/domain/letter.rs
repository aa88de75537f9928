//! Letters, the mails that the server sends. A stored letter holds no token: the mail worker derives the token of a link
//! when it sends, so that stealing the outbox or a backup of it gains nothing.

use super::{
    email::EmailAddress,
    ids::{InvitationId, RegistrationId, TokenId, UserId, WebhookId},
    profile::{Locale, Name},
    session::UserAgent,
    sign_in_methods::{PasskeyName, ProviderLabel, SignInMethods},
    text_enum::text_enum,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// A letter in the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The account it is about, if any. It is deleted with the account, whatever address it is sent to.
    pub user: Option<UserId>,
    /// The address it is sent to.
    pub to: EmailAddress,
    /// Its language.
    pub locale: Locale,
    /// Its content.
    pub content: Content,
}

text_enum! {
    /// How a device was connected.
    pub enum AddressFamily {
        /// By an IPv4 address.
        Ipv4 = "IPv4",
        /// By an IPv6 address.
        Ipv6 = "IPv6",
    }
}

text_enum! {
    /// Why a webhook was switched off.
    pub enum SwitchedOff {
        /// Its receiver answered 410 Gone.
        Gone = "gone",
        /// No delivery has succeeded for five days.
        Failing = "failing",
    }
}

/// A sign-in method besides the password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OtherWay {
    /// A passkey of this name.
    Passkey(PasskeyName),
    /// An account at this provider.
    Provider(ProviderLabel),
}

impl SignInMethods {
    /// The sign-in methods of the account besides its password.
    pub fn other_ways(&self) -> Vec<OtherWay> {
        let passkeys = self.passkeys.iter().map(|passkey| OtherWay::Passkey(passkey.registered.name.clone()));
        let providers = self.providers.iter().map(|link| OtherWay::Provider(link.label.clone()));
        passkeys.chain(providers).collect()
    }
}

/// The content of a letter. Stored as JSON in the outbox: a changed variant must still read older rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Content {
    /// The link that verifies a registration. It quotes no text of the registrant: the address may be a stranger's.
    VerifyEmail {
        /// The registration.
        registration: RegistrationId,
        /// The number of its token; only the newest is valid.
        generation: i64,
    },
    /// The link that invites to register, requested by an operator.
    Invitation {
        /// The invitation.
        invitation: InvitationId,
        /// The number of its link; only the newest is valid.
        generation: i64,
        /// The first name that the operator has given.
        first_name: Option<Name>,
        /// The last name that the operator has given.
        last_name: Option<Name>,
    },
    /// Somebody tried to register an address that has an account.
    AlreadyRegistered,
    /// The link that sets a new password.
    ResetPassword {
        /// The one-time token.
        token: TokenId,
    },
    /// The password was reset by such a link.
    PasswordWasReset {
        /// The sign-in methods of the account besides the new password.
        #[serde(default)]
        other_ways: Vec<OtherWay>,
    },
    /// A passkey was registered.
    PasskeyAdded {
        /// Its name.
        name: PasskeyName,
    },
    /// A passkey was deleted.
    PasskeyDeleted {
        /// Its name.
        name: PasskeyName,
    },
    /// An account at a provider was linked.
    ProviderLinked {
        /// The display name of the provider.
        label: ProviderLabel,
    },
    /// An account at a provider was unlinked.
    ProviderUnlinked {
        /// The display name of the provider.
        label: ProviderLabel,
    },
    /// The password was changed by the signed-in owner.
    PasswordChanged,
    /// A password was set for an account that had none.
    PasswordSet,
    /// The second factor was turned on.
    TotpEnabled,
    /// The second factor was turned off.
    TotpDisabled,
    /// An operator removed the second factor.
    SecondFactorReset,
    /// New recovery codes replaced the former ones.
    RecoveryCodesRenewed,
    /// A recovery code was used.
    RecoveryCodeUsed {
        /// How many are left.
        left: i64,
    },
    /// The link that confirms a new address; sent there. It quotes no text of the account's owner: the address may
    /// be a stranger's.
    ConfirmEmailChange {
        /// The one-time token.
        token: TokenId,
    },
    /// Somebody tried to change the address of another account to one that has an account.
    EmailTaken,
    /// A change of the address was requested; sent to the present address at once.
    EmailChangeRequested {
        /// The requested address.
        new_email: EmailAddress,
    },
    /// The address was changed; sent to the old one.
    EmailChanged {
        /// The new address.
        new_email: EmailAddress,
    },
    /// The link that deletes the account.
    DeleteAccount {
        /// The one-time token.
        token: TokenId,
    },
    /// The account was deleted by its owner.
    AccountDeleted,
    /// A sign-in from a device that was not seen before.
    NewDevice {
        /// Its `User-Agent`.
        user_agent: Option<UserAgent>,
        /// How it was connected.
        network: AddressFamily,
        /// When.
        at: Timestamp,
    },
    /// A webhook was switched off; sent to the operator.
    WebhookSwitchedOff {
        /// The webhook.
        webhook: WebhookId,
        /// Its URL, without the query, which may hold a secret.
        url: String,
        /// The reason.
        why: SwitchedOff,
    },
}

text_enum! {
    /// The kind of a letter: for the allowances of a mailbox, and for operators who read the table or the log.
    pub enum LetterKind {
        /// [`Content::VerifyEmail`].
        VerifyEmail = "verify_email",
        /// [`Content::Invitation`].
        Invitation = "invitation",
        /// [`Content::AlreadyRegistered`].
        AlreadyRegistered = "already_registered",
        /// [`Content::ResetPassword`].
        ResetPassword = "reset_password",
        /// [`Content::PasswordWasReset`].
        PasswordWasReset = "password_was_reset",
        /// [`Content::PasskeyAdded`].
        PasskeyAdded = "passkey_added",
        /// [`Content::PasskeyDeleted`].
        PasskeyDeleted = "passkey_deleted",
        /// [`Content::ProviderLinked`].
        ProviderLinked = "provider_linked",
        /// [`Content::ProviderUnlinked`].
        ProviderUnlinked = "provider_unlinked",
        /// [`Content::PasswordChanged`].
        PasswordChanged = "password_changed",
        /// [`Content::PasswordSet`].
        PasswordSet = "password_set",
        /// [`Content::TotpEnabled`].
        TotpEnabled = "totp_enabled",
        /// [`Content::TotpDisabled`].
        TotpDisabled = "totp_disabled",
        /// [`Content::SecondFactorReset`].
        SecondFactorReset = "second_factor_reset",
        /// [`Content::RecoveryCodesRenewed`].
        RecoveryCodesRenewed = "recovery_codes_renewed",
        /// [`Content::RecoveryCodeUsed`].
        RecoveryCodeUsed = "recovery_code_used",
        /// [`Content::ConfirmEmailChange`].
        ConfirmEmailChange = "confirm_email_change",
        /// [`Content::EmailTaken`].
        EmailTaken = "email_taken",
        /// [`Content::EmailChangeRequested`].
        EmailChangeRequested = "email_change_requested",
        /// [`Content::EmailChanged`].
        EmailChanged = "email_changed",
        /// [`Content::DeleteAccount`].
        DeleteAccount = "delete_account",
        /// [`Content::AccountDeleted`].
        AccountDeleted = "account_deleted",
        /// [`Content::NewDevice`].
        NewDevice = "new_device",
        /// [`Content::WebhookSwitchedOff`].
        WebhookSwitchedOff = "webhook_switched_off",
    }
}

impl LetterKind {
    /// Whether only sessions of one account request it, for the account's own mailbox: the account's lock serialises their
    /// counting.
    pub fn is_asked_for_by_its_account(self) -> bool {
        matches!(self, Self::DeleteAccount | Self::EmailChangeRequested)
    }
}

impl Content {
    /// Its kind.
    pub fn kind(&self) -> LetterKind {
        match self {
            Self::VerifyEmail { .. } => LetterKind::VerifyEmail,
            Self::Invitation { .. } => LetterKind::Invitation,
            Self::AlreadyRegistered => LetterKind::AlreadyRegistered,
            Self::ResetPassword { .. } => LetterKind::ResetPassword,
            Self::PasswordWasReset { .. } => LetterKind::PasswordWasReset,
            Self::PasskeyAdded { .. } => LetterKind::PasskeyAdded,
            Self::PasskeyDeleted { .. } => LetterKind::PasskeyDeleted,
            Self::ProviderLinked { .. } => LetterKind::ProviderLinked,
            Self::ProviderUnlinked { .. } => LetterKind::ProviderUnlinked,
            Self::PasswordChanged => LetterKind::PasswordChanged,
            Self::PasswordSet => LetterKind::PasswordSet,
            Self::TotpEnabled => LetterKind::TotpEnabled,
            Self::TotpDisabled => LetterKind::TotpDisabled,
            Self::SecondFactorReset => LetterKind::SecondFactorReset,
            Self::RecoveryCodesRenewed => LetterKind::RecoveryCodesRenewed,
            Self::RecoveryCodeUsed { .. } => LetterKind::RecoveryCodeUsed,
            Self::ConfirmEmailChange { .. } => LetterKind::ConfirmEmailChange,
            Self::EmailTaken => LetterKind::EmailTaken,
            Self::EmailChangeRequested { .. } => LetterKind::EmailChangeRequested,
            Self::EmailChanged { .. } => LetterKind::EmailChanged,
            Self::DeleteAccount { .. } => LetterKind::DeleteAccount,
            Self::AccountDeleted => LetterKind::AccountDeleted,
            Self::NewDevice { .. } => LetterKind::NewDevice,
            Self::WebhookSwitchedOff { .. } => LetterKind::WebhookSwitchedOff,
        }
    }
}
