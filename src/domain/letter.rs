//! Letters: what is to be told by mail. A letter holds no token: the mail worker derives the token of a
//! link when it sends, so that neither the outbox nor a backup of it is worth stealing.

use super::{
    email::EmailAddress,
    ids::{RegistrationId, TokenId, UserId, WebhookId},
    profile::Locale,
    session::UserAgent,
    sign_in_methods::{PasskeyName, ProviderLabel, SignInMethods},
    text_enum::text_enum,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// A letter in the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Whose account it is about, if there is one: it goes with the account, whatever address it is sent to.
    pub user: Option<UserId>,
    /// Whom it is sent to.
    pub to: EmailAddress,
    /// The language it is written in.
    pub locale: Locale,
    /// What it says.
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
        /// Its receiver answered that it wants nothing any more (410).
        Gone = "gone",
        /// It has taken nothing for five days.
        Failing = "failing",
    }
}

/// A way into an account besides its password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OtherWay {
    /// A passkey of this name.
    Passkey(PasskeyName),
    /// An account at this provider.
    Provider(ProviderLabel),
}

impl SignInMethods {
    /// What opens the account besides its password.
    pub fn other_ways(&self) -> Vec<OtherWay> {
        let passkeys = self.passkeys.iter().map(|passkey| OtherWay::Passkey(passkey.registered.name.clone()));
        let providers = self.providers.iter().map(|link| OtherWay::Provider(link.label.clone()));
        passkeys.chain(providers).collect()
    }
}

/// What a letter says. Stored as JSON in the outbox: a changed variant must still read older rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Content {
    /// The link that verifies a registration. No text of the registrant: the address may be a stranger's.
    VerifyEmail {
        /// The registration.
        registration: RegistrationId,
        /// Which of its tokens; only the newest is good.
        generation: i64,
    },
    /// Somebody tried to register with an address that has an account.
    AlreadyRegistered,
    /// The link that sets a new password.
    ResetPassword {
        /// The one-time token.
        token: TokenId,
    },
    /// The password was reset by such a link.
    PasswordWasReset {
        /// What opens the account besides the new password.
        #[serde(default)]
        other_ways: Vec<OtherWay>,
    },
    /// A passkey was registered.
    PasskeyAdded {
        /// What it is called.
        name: PasskeyName,
    },
    /// A passkey was deleted.
    PasskeyDeleted {
        /// What it was called.
        name: PasskeyName,
    },
    /// An account at a provider was linked.
    ProviderLinked {
        /// What people call the provider.
        label: ProviderLabel,
    },
    /// The link to an account at a provider was taken away.
    ProviderUnlinked {
        /// What people call the provider.
        label: ProviderLabel,
    },
    /// The password was changed by who knew it.
    PasswordChanged,
    /// The account, which had none, has a password.
    PasswordSet,
    /// The second factor was turned on.
    TotpEnabled,
    /// The second factor was turned off.
    TotpDisabled,
    /// The operator took away the second factor.
    SecondFactorReset,
    /// New recovery codes took the place of the former.
    RecoveryCodesRenewed,
    /// A recovery code was used.
    RecoveryCodeUsed {
        /// How many are left.
        left: i64,
    },
    /// The link that confirms a new address; sent there. No text of the account's owner: the address may
    /// be a stranger's.
    ConfirmEmailChange {
        /// The one-time token.
        token: TokenId,
    },
    /// Somebody tried to change the address of another account to one that has an account.
    EmailTaken,
    /// A change of the address was asked for; sent to the present one at once.
    EmailChangeRequested {
        /// The address that is to be the account's.
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
        /// What the client said it was.
        user_agent: Option<UserAgent>,
        /// How it was connected.
        network: AddressFamily,
        /// When.
        at: Timestamp,
    },
    /// A webhook was switched off; to the operator.
    WebhookSwitchedOff {
        /// Which.
        webhook: WebhookId,
        /// Where it leads; without the query, which may hold a secret.
        url: String,
        /// Why.
        why: SwitchedOff,
    },
}

text_enum! {
    /// What kind of letter it is: for the allowances of a mailbox, and for the operator who reads the table or the log.
    pub enum LetterKind {
        /// [`Content::VerifyEmail`].
        VerifyEmail = "verify_email",
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

impl Content {
    /// Its kind.
    pub fn kind(&self) -> LetterKind {
        match self {
            Self::VerifyEmail { .. } => LetterKind::VerifyEmail,
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
