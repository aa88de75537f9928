//! The kinds of addresses, by their account, that a stranger must not be able to distinguish.

use crate::support::{
    Authenticator, Browser, IdentityProvider, Node, another_email,
    inside::{account, client, credentials, device, disable, email, register},
};
use crate::support::{Call, PASSWORD, Session};
use marbelle::{
    account::Accounts,
    crypto::webauthn::RegistrationCredential,
    domain::{
        email::EmailAddress,
        session::{Caller, ProvenCaller},
        sign_in_methods::ProviderName,
    },
    providers::Callback,
    sign_in::{PasskeyRegistration, ProviderAnswer, TypedCode},
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// The kind of an address. Passwords, if there are any, are [`PASSWORD`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Known,
    /// Known, and with a second factor.
    Protected,
    /// Known, and with a passkey besides the password.
    WithPasskey,
    /// Created by a sign-in with a provider: without a password.
    OfProvider,
    /// Registered and not verified.
    Pending,
    Unknown,
    Disabled,
}

pub const STANDINGS: [Standing; 7] = {
    use Standing::{Disabled, Known, OfProvider, Pending, Protected, Unknown, WithPasskey};
    [Known, Protected, WithPasskey, OfProvider, Pending, Unknown, Disabled]
};

/// A user whom the provider knows under this address.
pub fn at_provider(address: &str, vouched_for: bool) -> Value {
    json!({ "sub": another_email("sub"), "email": address, "email_verified": vouched_for, "given_name": "Ann", "family_name": "Lee" })
}

impl Standing {
    /// A new address of this kind, on a server within this process that has the provider as `shop`.
    pub async fn inside(self, accounts: &Arc<Accounts>, provider: &IdentityProvider) -> EmailAddress {
        let address = email(&another_email("target"));
        match self {
            Self::Unknown => {}
            Self::OfProvider => sign_up_by_provider(accounts, provider, &address).await,
            Self::Pending => drop(register(accounts, &address).await),
            Self::Known => drop(account(accounts, &address).await),
            Self::Protected => {
                let owner = owner(accounts, &address).await;
                let setup = accounts.begin_totp(ProvenCaller(owner)).await.expect("a setup");
                let code = TypedCode(Authenticator::with(&setup.secret.base32()).code());
                accounts.enable_totp(owner, &client(), setup.setup.expose(), &code).await.expect("it is on");
            }
            Self::WithPasskey => add_passkey(accounts, owner(accounts, &address).await).await,
            Self::Disabled => {
                account(accounts, &address).await;
                disable(accounts, &address).await;
            }
        }
        address
    }

    /// The same on a node.
    pub async fn on(self, node: &Node, provider: &IdentityProvider) -> String {
        match self {
            Self::Unknown => another_email("target"),
            Self::OfProvider => {
                let address = another_email("target");
                let flow = node.http().ok("auth.begin_provider_login", json!({ "provider": "shop" })).await;
                let params = provider.agree(&flow, at_provider(&address, true)).params(&flow);
                Session::from_wire(node.http().ok("auth.login_provider", params).await);
                address
            }
            Self::Pending => node.unverified("target").await.email,
            Self::Known => node.registered("target").await.email,
            Self::Protected => {
                let (person, session) = node.signed_in("target").await;
                session.second_factor(node).await;
                person.email
            }
            Self::WithPasskey => {
                let (person, session) = node.signed_in("target").await;
                session.add_passkey(node, &mut Browser::default(), "key").await;
                person.email
            }
            Self::Disabled => {
                let person = node.registered("target").await;
                let output = node.command(&["user", "disable", &person.email]).await;
                assert!(output.status.success(), "{output:?}");
                person.email
            }
        }
    }
}

/// The session of a new account.
async fn owner(accounts: &Arc<Accounts>, address: &EmailAddress) -> Caller {
    account(accounts, address).await;
    accounts.sign_in(&credentials(address, PASSWORD), &device()).await.expect("a session").caller()
}

async fn add_passkey(accounts: &Arc<Accounts>, owner: Caller) {
    let started = accounts.begin_passkey_registration(ProvenCaller(owner)).await.expect("a ceremony");
    let started = serde_json::to_value(started).expect("JSON");
    let made = Browser::default().create(&started["options"]);
    let registration = PasskeyRegistration {
        ceremony: started["ceremony"].as_str().expect("text").to_owned(),
        credential: RegistrationCredential::deserialize(made).expect("a credential"),
        name: None,
    };
    accounts.register_passkey(owner, &client(), registration).await.expect("registered");
}

async fn sign_up_by_provider(accounts: &Arc<Accounts>, provider: &IdentityProvider, address: &EmailAddress) {
    let name = ProviderName::parse("shop").expect("a name");
    let flow = accounts.begin_provider_login(name, None, None, None).await.expect("a flow");
    let flow = serde_json::to_value(flow).expect("JSON");
    let answer = provider.agree(&flow, at_provider(address.as_str(), true));
    let answer = ProviderAnswer {
        flow: flow["flow"].as_str().expect("text").to_owned(),
        callback: Callback { code: answer.code, state: answer.state, iss: answer.iss, name: None },
    };
    accounts.sign_in_by_provider(answer, device()).await.expect("a session");
}
