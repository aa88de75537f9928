//! Wrong passwords, counted by account: many addresses cannot guess one password, and strangers cannot lock out an
//! owner (docs/settings.md).

use crate::support::{
    Call, Database, Http, Inside, Node, PASSWORD, Person, another_email, answer, both_databases,
    inside::{account, credentials, device, email},
};
use futures_util::future::join_all;
use marbelle::account::Error;
use serde_json::{Value, json};
use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

const HOME: &str = "203.0.113.7";
const MINUTE: Duration = Duration::from_secs(60);
const WRONG: &str = "wrong larches beside no brook";

async fn node(database: Database) -> Node {
    Node::on(database).set("TRUSTED_PROXIES", "127.0.0.0/8").set("LIMITS__FAILURES_PER_ACCOUNT", 3).start().await
}

fn from(node: &Node, address: &str) -> Http {
    node.http().with("x-forwarded-for", address)
}

/// A device that the account does not know.
fn stranger(node: &Node) -> Http {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let n = COUNT.fetch_add(1, Ordering::SeqCst);
    from(node, &format!("198.51.{}.{}", n / 250, n % 250 + 1))
}

fn guess(email: &str) -> Value {
    json!({ "email": email, "password": WRONG })
}

/// Strangers guess, each from an address of its own, until they are refused.
async fn exhaust(node: &Node, email: &str) {
    for _ in 0..3 {
        stranger(node).refused("invalid_credentials", "auth.login", guess(email)).await;
    }
    let error = stranger(node).refused("rate_limited", "auth.login", guess(email)).await;
    let retry = error.data["retry_after_ms"].as_u64().expect("a time");
    assert!((1..=15 * 60 * 1000).contains(&retry), "{retry}");
}

both_databases! {
    async fn many_addresses_cannot_guess_one_password(database: Database) {
        let node = node(database).await;
        let person = node.registered("ann").await;
        exhaust(&node, &person.email).await;
        // Right and wrong passwords alike, from any unknown device, by any method.
        stranger(&node).refused("rate_limited", "auth.login", person.credentials()).await;
        stranger(&node).refused("rate_limited", "auth.login", json!({
            "email": person.email.to_uppercase(), "password": person.password,
        })).await;
        let replies = stranger(&node).batch(&[("auth.login", person.credentials())]).await;
        assert_eq!(replies[0].as_ref().unwrap_err().kind, "rate_limited");
        let other = node.registered("bob").await;
        other.sign_in(&node).await;
    }

    async fn an_address_without_an_account_has_the_same_limit(database: Database) {
        let node = node(database).await;
        exhaust(&node, &another_email("nobody")).await;
        let pending = node.unverified("bob").await;
        exhaust(&node, &pending.email).await;
        stranger(&node).refused("rate_limited", "auth.login", pending.credentials()).await;
    }

    async fn a_stranger_cannot_lock_out_the_owner(database: Database) {
        let node = node(database).await;
        let (person, session) = node.signed_in("ann").await;
        let known = |mut params: Value| {
            params["device_token"] = session.sign_in["device_token"].clone();
            params
        };
        exhaust(&node, &person.email).await;
        // Wherever the owner's device is, it has an allowance of its own, of the same size, and no more.
        let sign_in = stranger(&node).ok("auth.login", known(person.credentials())).await;
        for _ in 0..3 {
            stranger(&node).refused("invalid_credentials", "auth.login", known(guess(&person.email))).await;
        }
        stranger(&node).refused("rate_limited", "auth.login", known(person.credentials())).await;
        let home = from(&node, HOME);
        home.bearer(sign_in["access_token"].as_str().unwrap()).ok("profile.get", json!({})).await;
        // A device is known only to its own account.
        let (bob, bobs) = node.signed_in("bob").await;
        exhaust(&node, &bob.email).await;
        home.refused("rate_limited", "auth.login", known(bob.credentials())).await;
        // A forgotten device is a stranger's.
        bobs.http(&node).ok("auth.logout", json!({ "scope": "local", "forget_device": true })).await;
        let mut credentials = bob.credentials();
        credentials["device_token"] = bobs.sign_in["device_token"].clone();
        home.refused("rate_limited", "auth.login", credentials).await;
    }

    async fn a_device_of_the_owner_does_not_lock_out_another(database: Database) {
        let node = node(database).await;
        let person = node.registered("ann").await;
        let [first, second] = [person.sign_in(&node).await, person.sign_in(&node).await];
        let on = |session: &crate::support::Session, mut params: Value| {
            params["device_token"] = session.sign_in["device_token"].clone();
            params
        };
        for _ in 0..3 {
            stranger(&node).refused("invalid_credentials", "auth.login", on(&first, guess(&person.email))).await;
        }
        stranger(&node).refused("rate_limited", "auth.login", on(&first, person.credentials())).await;
        stranger(&node).ok("auth.login", on(&second, person.credentials())).await;
        stranger(&node).ok("auth.login", person.credentials()).await;
    }

    async fn a_reset_remains_possible(database: Database) {
        let node = node(database).await;
        let person = node.registered("ann").await;
        exhaust(&node, &person.email).await;
        let token = node.reset_token(&person.email).await;
        let new = json!({ "token": token, "new_password": "nine loud herons above a mill" });
        stranger(&node).ok("auth.confirm_password_reset", new).await;
    }

    async fn resets_give_no_further_guesses_at_a_second_factor(database: Database) {
        let node = node(database).await;
        let (person, session) = node.signed_in("ann").await;
        let factor = session.second_factor(&node).await;
        // The strangers' guesses do not keep an owner who has reset the password from signing in.
        exhaust(&node, &person.email).await;
        let mut wrong = 0;
        for n in 0..3 {
            let (token, password) = (node.reset_token(&person.email).await, format!("nine loud herons above mill {n}"));
            let reset = json!({ "token": token, "new_password": password });
            let device = stranger(&node).ok("auth.confirm_password_reset", reset).await["device_token"].clone();
            let login = json!({ "email": person.email, "password": password, "device_token": device });
            loop {
                let refused = stranger(&node).call("auth.login", login.clone()).await.expect_err("a factor is on");
                if refused.kind == "rate_limited" {
                    break;
                }
                assert_eq!(refused.kind, "second_factor_required");
                let answer = answer(&refused.data["challenge"], "totp", &factor.app.wrong_code());
                stranger(&node).refused("invalid_credentials", "auth.login_second_factor", answer).await;
                wrong += 1;
            }
        }
        assert_eq!(wrong, 3, "a reader of the mailbox has one allowance, however many resets there are");
    }

    async fn a_session_allows_no_further_guesses(database: Database) {
        let node = node(database).await;
        let person = node.registered("ann").await;
        let guesses = [
            ("auth.change_password", json!({ "current_password": WRONG, "new_password": "nine loud herons above a mill" })),
            ("profile.request_email_change", json!({ "current_password": WRONG, "new_email": another_email("new") })),
        ];
        for address in [HOME, "203.0.113.8"] {
            let sign_in = from(&node, address).ok("auth.login", person.credentials()).await;
            let http = from(&node, address).bearer(sign_in["access_token"].as_str().unwrap());
            let known = |mut params: Value| {
                params["device_token"] = sign_in["device_token"].clone();
                params
            };
            http.refused("invalid_credentials", "auth.login", known(guess(&person.email))).await;
            for (method, params) in &guesses {
                http.refused("invalid_credentials", method, params.clone()).await;
            }
            for (method, params) in &guesses {
                let mut right = params.clone();
                right["current_password"] = person.password.clone().into();
                http.refused("rate_limited", method, params.clone()).await;
                http.refused("rate_limited", method, right).await;
            }
            http.refused("rate_limited", "auth.login", known(person.credentials())).await;
        }
    }

    async fn concurrent_guesses_are_counted_before_they_are_checked(database: Database) {
        let node = node(database).await;
        let person = node.registered("ann").await;
        let callers: Vec<Http> = (0..20).map(|_| stranger(&node)).collect();
        let replies = join_all(callers.iter().map(|http| http.call("auth.login", guess(&person.email)))).await;
        let kinds: Vec<String> = replies.into_iter().map(|reply| reply.expect_err("wrong").kind).collect();
        assert_eq!(kinds.iter().filter(|kind| *kind == "invalid_credentials").count(), 3, "{kinds:?}");
        assert_eq!(kinds.iter().filter(|kind| *kind == "rate_limited").count(), 17, "{kinds:?}");
    }

    async fn a_right_password_does_not_count_as_a_guess(database: Database) {
        let node = node(database).await;
        let person = node.registered("ann").await;
        let http = from(&node, HOME);
        let mut session = Value::Null;
        for _ in 0..8 {
            session = http.ok("auth.login", person.credentials()).await;
        }
        let mut http = http.bearer(session["access_token"].as_str().unwrap());
        let mut person = Person { ..person };
        for round in 0..5 {
            // Neither is one whose new password is refused.
            let weak = json!({ "current_password": person.password, "new_password": "password1" });
            http.refused("invalid_params", "auth.change_password", weak).await;
            let new = format!("nine loud herons above mill {round}");
            let params = json!({ "current_password": person.password, "new_password": new });
            let changed = http.ok("auth.change_password", params).await;
            http = http.bearer(changed["tokens"]["access_token"].as_str().unwrap());
            person.password = new;
            let change = json!({ "current_password": person.password, "new_email": another_email("new") });
            http.ok("profile.request_email_change", change).await;
        }
    }

    async fn guesses_no_longer_count_after_15_minutes(database: Database) {
        let inside = Inside::on(&database, &[("LIMITS__FAILURES_PER_ACCOUNT", "3")]);
        let ann = email(&another_email("ann"));
        inside.with(async |accounts| account(accounts, &ann).await).await;
        let sign_in = async |password: &'static str| {
            inside.with(async |accounts| accounts.sign_in(&credentials(&ann, password), &device()).await).await
        };
        for _ in 0..3 {
            assert!(matches!(sign_in(WRONG).await, Err(Error::InvalidCredentials)));
        }
        inside.advance(MINUTE * 14);
        let Err(Error::RateLimited { retry_after }) = sign_in(PASSWORD).await else { panic!("not limited") };
        assert!(retry_after <= MINUTE, "{retry_after:?}");
        inside.advance(retry_after);
        sign_in(PASSWORD).await.expect("a session, after the announced wait");
    }
}
