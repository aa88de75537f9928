//! No public method reveals who has an account, alone or after another call: answers, statements, hashes and letters
//! are the same for known, pending, disabled and unknown addresses, whatever the sign-in methods of the account
//! (docs/protocol.md, "Methods").
//!
//! A method that anybody may call stands in [`PROBES`], or the story about the table fails.

use super::standing::{STANDINGS, Standing, at_provider};
use crate::support::{
    Database, IdentityProvider, Inside, Manner, PASSWORD, Work, another_email, both_databases,
    inside::{Measuring, account, client, credentials, device, email, register},
};
use Presented::{AtProvider, Handle, Mailbox, Nothing};
use marbelle::{live::Connection, methods, rpc::source::Source};
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Arc};

const WRONG: &str = "wrong larches beside no brook";
const NEW: &str = "nine loud herons above a mill";

/// The inputs of a stranger that lead to an account: parameters of the call.
#[derive(Clone, Copy)]
enum Presented {
    /// The address.
    Mailbox(fn(&str) -> Value),
    /// The handle of a registration that the stranger has started with the address.
    Handle(fn(&str) -> Value),
    /// An account at a provider that reports the address as unverified.
    AtProvider,
    /// Nothing, at most an invented secret.
    Nothing(fn() -> Value),
}

/// An assertion of a passkey that nobody has.
fn credential() -> Value {
    json!({
        "id": "AAAA",
        "rawId": "AAAA",
        "type": "public-key",
        "response": { "clientDataJSON": "AAAA", "authenticatorData": "AAAA", "signature": "AAAA", "userHandle": "AAAA" },
    })
}

/// Every public method, and the methods of a session that take an address, with all inputs of a stranger.
const PROBES: &[(&str, Presented)] = &[
    (
        "auth.register",
        Mailbox(|email| json!({ "email": email, "password": NEW, "first_name": "Eve", "last_name": "Moe" })),
    ),
    (
        "auth.register",
        Mailbox(|email| {
            let invitation = "made-up";
            json!({ "email": email, "password": NEW, "first_name": "Eve", "invitation": invitation })
        }),
    ),
    ("auth.verify_email", Handle(|handle| json!({ "registration": handle, "code": "00000000" }))),
    ("auth.verify_email", Nothing(|| json!({ "token": "made-up", "password": PASSWORD }))),
    ("auth.await_verification", Handle(|handle| json!({ "registration": handle, "wait_ms": 0 }))),
    ("auth.login_registration", Handle(|handle| json!({ "registration": handle }))),
    ("auth.resend_verification", Mailbox(|email| json!({ "email": email }))),
    ("auth.resend_verification", Handle(|handle| json!({ "registration": handle }))),
    ("auth.login", Mailbox(|email| json!({ "email": email, "password": WRONG }))),
    ("auth.login", Mailbox(|email| json!({ "email": email, "password": WRONG, "device_token": "made-up" }))),
    ("auth.login_second_factor", Nothing(|| json!({ "challenge": "made-up", "totp": "000000" }))),
    ("auth.begin_passkey_login", Nothing(|| json!({}))),
    ("auth.login_passkey", Nothing(|| json!({ "ceremony": "made-up", "credential": credential() }))),
    ("auth.begin_provider_login", Nothing(|| json!({ "provider": "shop" }))),
    ("auth.begin_provider_login", Nothing(|| json!({ "provider": "nobody" }))),
    ("auth.begin_provider_login", Nothing(|| json!({ "provider": "shop", "invitation": "made-up" }))),
    ("auth.login_provider", AtProvider),
    ("auth.login_provider", Nothing(|| json!({ "flow": "made-up", "code": "made-up", "state": "made-up" }))),
    ("providers.list", Nothing(|| json!({}))),
    ("auth.refresh", Nothing(|| json!({ "refresh_token": "made-up" }))),
    ("auth.request_password_reset", Mailbox(|email| json!({ "email": email }))),
    ("auth.confirm_password_reset", Nothing(|| json!({ "token": "made-up", "new_password": NEW }))),
    ("session.authenticate", Nothing(|| json!({ "access_token": "made-up" }))),
    ("profile.request_email_change", Mailbox(|email| json!({ "current_password": PASSWORD, "new_email": email }))),
    ("profile.confirm_email_change", Nothing(|| json!({ "token": "made-up", "password": PASSWORD }))),
    ("account.confirm_deletion", Nothing(|| json!({ "token": "made-up" }))),
    ("auth.options", Nothing(|| json!({}))),
    ("rpc.discover", Nothing(|| json!({}))),
];

/// The observable results of a call.
#[derive(Debug, PartialEq)]
struct Observed {
    answer: Value,
    work: Work,
}

/// A stranger, who has an account of their own.
struct Stranger<'a> {
    measuring: &'a Measuring,
    provider: &'a IdentityProvider,
    source: Source,
}

impl<'a> Stranger<'a> {
    async fn of(measuring: &'a Measuring, provider: &'a IdentityProvider) -> Self {
        let (accounts, eve) = (&measuring.accounts, email(&another_email("eve")));
        account(accounts, &eve).await;
        let session = accounts.sign_in(&credentials(&eve, PASSWORD), &device()).await.expect("a session");
        let connection = Arc::new(Connection::new(1, client().ip, None, None));
        accounts.authenticate(&connection, session.caller()).await.expect("bound");
        Self { measuring, provider, source: Source { connection, http: None, trace: None, in_batch: false } }
    }

    /// A new address, and the handle of a registration with it where one of the probes presents that.
    async fn target(&self, standing: Standing, probes: &[Presented]) -> (String, String) {
        let accounts = &self.measuring.accounts;
        let address = standing.inside(accounts, self.provider).await;
        let handle = match probes.iter().any(|presented| matches!(presented, Handle(_))) {
            true => register(accounts, &address).await,
            false => String::new(),
        };
        (address.to_string(), handle)
    }

    async fn call(&self, (method, presented): (&str, Presented), (email, handle): &(String, String)) -> (Value, u64) {
        let params = match presented {
            Mailbox(params) => params(email),
            Handle(params) => params(handle),
            AtProvider => self.come_back(email).await,
            Nothing(params) => params(),
        };
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        let call = async || self.measuring.dispatcher.single(&request, &self.source).await.expect("an answer");
        let (answer, number) = self.measuring.measure(call).await;
        let mut answer: Value = serde_json::from_str(&answer.into_json()).expect("JSON");
        without_what_always_differs(&mut answer);
        (answer, number)
    }

    /// Starts a sign-in with the provider and agrees there; parameters of `auth.login_provider`.
    async fn come_back(&self, email: &str) -> Value {
        let begin = json!({ "jsonrpc": "2.0", "id": 1, "method": "auth.begin_provider_login", "params": { "provider": "shop" } });
        let started = self.measuring.dispatcher.single(&begin.to_string(), &self.source).await.expect("an answer");
        let started: Value = serde_json::from_str(&started.into_json()).expect("JSON");
        self.provider.agree(&started["result"], at_provider(email, false)).params(&started["result"])
    }
}

/// Handles, ceremonies, times and the ids of log lines differ from call to call.
fn without_what_always_differs(answer: &mut Value) {
    if let Value::Object(fields) = answer {
        for name in [
            "registration",
            "ceremony",
            "challenge",
            "flow",
            "authorization_url",
            "expires_at",
            "retry_after_ms",
            "incident",
        ] {
            if let Some(value) = fields.get_mut(name) {
                *value = json!(!value.is_null());
            }
        }
        fields.values_mut().for_each(without_what_always_differs);
    }
}

/// Makes these calls, one after the other, for a new address of each standing; the results must be the same.
async fn assert_nothing_is_revealed(
    Probed { inside, provider }: &Probed,
    sequences: &[Vec<(&'static str, Presented)>],
) {
    let (calls, mut works) = inside
        .measuring(async |measuring| {
            let stranger = Stranger::of(measuring, provider).await;
            let mut calls = Vec::new();
            for sequence in sequences {
                let presented: Vec<Presented> = sequence.iter().map(|(_, presented)| *presented).collect();
                let mut by_standing = Vec::new();
                for standing in STANDINGS {
                    let target = stranger.target(standing, &presented).await;
                    let mut observed = Vec::new();
                    for probe in sequence {
                        observed.push(stranger.call(*probe, &target).await);
                    }
                    by_standing.push(observed);
                }
                calls.push(by_standing);
            }
            calls
        })
        .await;
    for (sequence, by_standing) in sequences.iter().zip(calls) {
        let names: Vec<&str> = sequence.iter().map(|(method, _)| *method).collect();
        let mut observed = by_standing.into_iter().map(|calls| -> Vec<Observed> {
            let observed =
                |(answer, number)| Observed { answer, work: works.remove(&number).expect("the call was measured") };
            calls.into_iter().map(observed).collect()
        });
        let first = observed.next().expect("one of each");
        for ((method, presented), observed) in sequence.iter().zip(&first) {
            let looks_up = !matches!(presented, Nothing(_));
            assert!(!looks_up || !observed.work.statements.is_empty(), "{method}: nothing was seen of {observed:?}");
        }
        for (standing, other) in STANDINGS[1..].iter().zip(observed) {
            assert_eq!(other, first, "{names:?}: {standing:?} differs from {:?}", STANDINGS[0]);
        }
    }
}

fn alone() -> Vec<Vec<(&'static str, Presented)>> {
    PROBES.iter().map(|probe| vec![*probe]).collect()
}

fn pairs() -> Vec<Vec<(&'static str, Presented)>> {
    // A call that presents nothing of an address leaves nothing behind that a second could find; all of them in a row may
    // find what the first has left.
    let (nothing, telling): (Vec<_>, Vec<_>) =
        PROBES.iter().copied().partition(|(_, presented)| matches!(presented, Nothing(_)));
    let after = |first: (&'static str, Presented)| {
        let pairs = telling.iter().map(move |second| vec![first, *second]);
        pairs.chain([[vec![first], nothing.clone()].concat()])
    };
    telling.iter().flat_map(|first| after(*first)).collect()
}

/// A server, and a provider that one can sign in by there.
struct Probed {
    inside: Inside,
    provider: IdentityProvider,
}

/// Rates by network do not depend on accounts, and hashes are cheap.
async fn probed(database: &Database, failures: &str, letters: &str) -> Probed {
    let provider = IdentityProvider::start(Manner::Plain).await;
    let of_provider = provider.settings("shop");
    let rates = [
        "SIGN_IN_PER_MINUTE",
        "TOKEN_PER_MINUTE",
        "CEREMONIES_PER_MINUTE",
        "REFUSALS_PER_MINUTE",
        "CALLS_PER_SECOND",
        "WRITES_PER_MINUTE",
    ]
    .map(|name| format!("LIMITS__{name}"));
    let mut settings: Vec<(&str, &str)> = rates.iter().map(|name| (name.as_str(), "100000")).collect();
    settings.extend([("LIMITS__FAILURES_PER_ACCOUNT", failures), ("LIMITS__MAILS_PER_MAILBOX", letters)]);
    settings.extend(of_provider.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    Probed { inside: Inside::on(database, &settings), provider }
}

both_databases! {
    async fn each_method_alone_reveals_nothing(database: Database) {
        assert_nothing_is_revealed(&probed(&database, "1000", "1000").await, &alone()).await;
    }

    async fn each_method_after_another_reveals_nothing(database: Database) {
        assert_nothing_is_revealed(&probed(&database, "1000", "1000").await, &pairs()).await;
    }

    async fn used_up_allowances_reveal_nothing(database: Database) {
        assert_nothing_is_revealed(&probed(&database, "1", "1").await, &pairs()).await;
    }
}

#[test]
fn every_method_that_anybody_may_call_is_probed() {
    let document = methods::document();
    let takes_an_address = |method: &Value| {
        let params = method["params"].as_array().expect("parameters");
        params.iter().any(|param| param["name"].as_str().is_some_and(|name| name.contains("email")))
    };
    let concerned = document["methods"]
        .as_array()
        .expect("methods")
        .iter()
        .filter(|method| method["x-session"] == false || takes_an_address(method));
    let concerned: BTreeSet<&str> = concerned.map(|method| method["name"].as_str().expect("a name")).collect();
    let probed: BTreeSet<&str> = PROBES.iter().map(|(method, _)| *method).collect();
    assert_eq!(concerned, probed, "each of these is in PROBES, with all inputs of a stranger");
}
