//! The sign-in methods of an account (docs/protocol.md, "Sign-in methods").

use super::{email::EmailAddress, ids::PasskeyId, session::AuthenticationMethod, text::Text, time::Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The owner's name for a passkey.
pub type PasskeyName = Text<100>;
/// The operator's name of a provider, as methods take it.
pub type ProviderName = Text<50>;
/// The display name of a provider.
pub type ProviderLabel = Text<100>;

/// The part of a passkey that events show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RegisteredPasskey {
    /// The passkey's id.
    pub id: PasskeyId,
    /// The owner's name for it.
    pub name: PasskeyName,
    /// When it was registered.
    pub created_at: Timestamp,
    /// Whether its authenticator has backed it up elsewhere.
    pub backed_up: bool,
}

/// A passkey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Passkey {
    /// The part that events show.
    #[serde(flatten)]
    pub registered: RegisteredPasskey,
    /// When it last signed in or proved a session; not in events.
    pub last_used_at: Option<Timestamp>,
}

/// An account at a provider that can sign in to this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProviderLink {
    /// The provider's name here.
    pub provider: ProviderName,
    /// The display name of the provider.
    pub label: ProviderLabel,
    /// The e-mail address that the provider reported when it was linked.
    pub email: Option<EmailAddress>,
    /// When it was linked.
    pub linked_at: Timestamp,
}

/// The sign-in methods of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignInMethods {
    /// Whether there is a password.
    pub password: bool,
    /// Whether the second factor is on.
    pub totp: bool,
    /// Recovery codes that are not used yet; `null` without a second factor.
    pub recovery_codes_left: Option<i64>,
    /// Oldest first.
    pub passkeys: Vec<Passkey>,
    /// Oldest first.
    pub providers: Vec<ProviderLink>,
    /// The account's revision at which they last changed.
    pub revision: i64,
}

/// `data` of `sign_in_methods.changed`: as in [`SignInMethods`], without what is not in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignInMethodsChanged {
    /// Whether there is a password.
    pub password: bool,
    /// Whether the second factor is on.
    pub totp: bool,
    /// Recovery codes that are not used yet; `null` without a second factor.
    pub recovery_codes_left: Option<i64>,
    /// Oldest first, without `last_used_at`.
    pub passkeys: Vec<RegisteredPasskey>,
    /// Oldest first.
    pub providers: Vec<ProviderLink>,
    /// The account's revision at which they last changed.
    pub revision: i64,
}

impl From<SignInMethods> for SignInMethodsChanged {
    fn from(methods: SignInMethods) -> Self {
        Self {
            password: methods.password,
            totp: methods.totp,
            recovery_codes_left: methods.recovery_codes_left,
            passkeys: methods.passkeys.into_iter().map(|passkey| passkey.registered).collect(),
            providers: methods.providers,
            revision: methods.revision,
        }
    }
}

impl SignInMethods {
    /// The methods that can complete a sign-in; none without a second factor.
    pub fn second_factors(&self) -> Vec<AuthenticationMethod> {
        use AuthenticationMethod::{Passkey, RecoveryCode, Totp};
        let recovery_codes = self.recovery_codes_left.is_some_and(|left| left > 0);
        let there = [(Totp, true), (RecoveryCode, recovery_codes), (Passkey, !self.passkeys.is_empty())];
        there.into_iter().filter(|(_, there)| self.totp && *there).map(|(method, _)| method).collect()
    }

    /// The methods that can prove a session: the strongest of the account (docs/protocol.md, "Proof"). A provider proves
    /// nothing while a session is open: its user signs in again.
    pub fn proofs(&self) -> Vec<AuthenticationMethod> {
        use AuthenticationMethod::{Passkey, Password, Provider};
        if self.totp {
            return self.second_factors();
        }
        let there = [(Password, self.password), (Passkey, !self.passkeys.is_empty())];
        let proofs: Vec<_> = there.into_iter().filter(|(_, there)| *there).map(|(method, _)| method).collect();
        if proofs.is_empty() && !self.providers.is_empty() { vec![Provider] } else { proofs }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_strongest_method_proves() {
        use AuthenticationMethod::{Passkey as ByPasskey, Password, Provider, RecoveryCode, Totp};
        let at = Timestamp::from_unix(0).unwrap();
        let passkey = Passkey {
            registered: RegisteredPasskey {
                id: PasskeyId::new(),
                name: PasskeyName::parse("Phone").unwrap(),
                created_at: at,
                backed_up: false,
            },
            last_used_at: None,
        };
        let link = ProviderLink {
            provider: ProviderName::parse("google").unwrap(),
            label: ProviderLabel::parse("Google").unwrap(),
            email: None,
            linked_at: at,
        };
        for (password, codes, passkeys, links, second_factors, proofs) in [
            (true, None, 0, 0, vec![], vec![Password]),
            (true, None, 1, 1, vec![], vec![Password, ByPasskey]),
            (false, None, 1, 1, vec![], vec![ByPasskey]),
            (false, None, 0, 1, vec![], vec![Provider]),
            (false, None, 0, 0, vec![], vec![]),
            (true, Some(10), 0, 1, vec![Totp, RecoveryCode], vec![Totp, RecoveryCode]),
            (true, Some(0), 1, 0, vec![Totp, ByPasskey], vec![Totp, ByPasskey]),
        ] {
            let methods = SignInMethods {
                password,
                totp: codes.is_some(),
                recovery_codes_left: codes,
                passkeys: vec![passkey.clone(); passkeys],
                providers: vec![link.clone(); links],
                revision: 0,
            };
            assert_eq!((methods.second_factors(), methods.proofs()), (second_factors, proofs), "{methods:?}");
        }
    }
}
