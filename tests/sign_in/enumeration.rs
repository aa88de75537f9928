//! Nothing reveals who has an account: known, pending, unknown and disabled addresses get the same answer after the
//! same work (docs/protocol.md, "Methods"), whatever the sign-in methods of the account.

use super::standing::{STANDINGS, Standing};
use crate::support::{
    Call, Database, IdentityProvider, Inside, Manner, Node, PASSWORD, Work, another_email, both_databases,
    inside::{account, client, credentials, device, email, password, register},
};
use marbelle::{
    account::Error,
    crypto::device_token::DeviceToken,
    sign_in::{Device, ResendTo, Verification},
};
use serde_json::{Value, json};
use std::time::Duration;

const WRONG: &str = "wrong larches beside no brook";

/// A node, and an address of each kind on it.
async fn addresses(database: Database) -> (Node, Vec<(Standing, String)>) {
    let provider = IdentityProvider::start(Manner::Plain).await;
    let node = Node::on(database).provider("shop", &provider).start().await;
    let mut addresses = Vec::new();
    for standing in STANDINGS {
        addresses.push((standing, standing.on(&node, &provider).await));
    }
    (node, addresses)
}

/// The wire's answer to a call with each address; all of it must be the same.
async fn assert_one_answer(
    node: &Node,
    addresses: &[(Standing, String)],
    method: &str,
    params: impl Fn(&str) -> Value,
) {
    let mut answers = Vec::new();
    for (standing, email) in addresses {
        let answer = node.http().exchange(method, params(email)).await;
        let headers: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
        let reply = answer.reply.expect("a reply").map(without_secrets);
        answers.push((standing, (answer.status, headers, reply)));
    }
    for (standing, answer) in &answers[1..] {
        assert_eq!(*answer, answers[0].1, "{method}: {standing:?} differs from {:?}", answers[0].0);
    }
}

/// A handle and its time are the only parts of an answer that differ from call to call.
fn without_secrets(mut answer: Value) -> Value {
    if let Some(handle) = answer.get_mut("registration") {
        *handle = handle.as_str().map(str::len).into();
        answer["expires_at"] = answer["expires_at"].as_str().map(str::len).into();
    }
    answer
}

fn registration(email: &str) -> Value {
    json!({ "email": email, "password": "nine loud herons above a mill", "first_name": "Eve", "last_name": "Moe" })
}

async fn assert_nothing_is_revealed(node: &Node, addresses: &[(Standing, String)]) {
    assert_one_answer(node, addresses, "auth.login", |email| json!({ "email": email, "password": WRONG })).await;
    assert_one_answer(node, addresses, "auth.resend_verification", |email| json!({ "email": email })).await;
    assert_one_answer(node, addresses, "auth.request_password_reset", |email| json!({ "email": email })).await;
    assert_one_answer(node, addresses, "auth.register", registration).await;
}

both_databases! {
    async fn every_address_gets_the_same_answer(database: Database) {
        let (node, addresses) = addresses(database).await;
        assert_nothing_is_revealed(&node, &addresses).await;
        node.smtp.down();
        assert_nothing_is_revealed(&node, &addresses).await;
        let (person, session) = { node.smtp.up().await; node.signed_in("eve").await };
        node.smtp.down();
        let mut answers = Vec::new();
        for (_, email) in &addresses {
            let change = json!({ "current_password": person.password, "new_email": email });
            let accepted = session.http(&node).call("profile.request_email_change", change).await;
            let profile = session.http(&node).ok("profile.get", json!({})).await;
            assert_eq!(profile["pending_email"], *email);
            answers.push(accepted);
        }
        assert!(answers.iter().all(|answer| answer.is_ok() && *answer == answers[0]), "{answers:#?}");
    }

    async fn the_state_of_an_account_is_shown_only_to_callers_with_its_password(database: Database) {
        let (node, addresses) = addresses(database).await;
        for (standing, email) in addresses {
            let reply = node.http().call("auth.login", json!({ "email": email, "password": PASSWORD })).await;
            let kind = reply.map_or_else(|error| error.kind, |_| "ok".into());
            let expected = match standing {
                Standing::Known | Standing::WithPasskey => "ok",
                Standing::Protected => "second_factor_required",
                Standing::Pending | Standing::Unknown | Standing::OfProvider => "invalid_credentials",
                Standing::Disabled => "account_disabled",
            };
            assert_eq!(kind, expected, "{standing:?}");
        }
    }

    async fn every_address_takes_the_same_work(database: Database) {
        let provider = IdentityProvider::start(Manner::Plain).await;
        let of_provider = provider.settings("shop");
        let mut settings: Vec<(&str, &str)> = of_provider.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        settings.extend([("LIMITS__FAILURES_PER_ACCOUNT", "1000"), ("LIMITS__MAILS_PER_MAILBOX", "1000")]);
        let inside = Inside::on(&database, &settings);
        let eve = email(&another_email("eve"));
        let (caller, targets) = inside.with(async |accounts| {
            account(accounts, &eve).await;
            let mut targets = Vec::new();
            for standing in STANDINGS {
                targets.push(standing.inside(accounts, &provider).await);
            }
            let signed_in = accounts.sign_in(&credentials(&eve, PASSWORD), &device()).await.expect("a session");
            (signed_in.caller(), targets)
        })
        .await;

        // The device token of another device, and one of nobody.
        let eves = inside.with(async |a| a.sign_in(&credentials(&eve, PASSWORD), &device()).await.expect("a session")).await;
        let from = |token: &DeviceToken| Device { token: Some(token.clone()), ..device() };
        let foreign = [from(&eves.device_token), from(&DeviceToken::new())];
        // A handle for each: it allows the same for all of them.
        let mut handles = Vec::new();
        for address in &targets {
            handles.push(inside.with(async |accounts| register(accounts, address).await).await);
        }
        let (mut awaiting, mut signing_in, mut by_code, mut resending_by_handle) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for handle in &handles {
            awaiting.push(inside.work(async |a| assert!(!a.await_verification(handle, Duration::ZERO).await.expect("an answer"))).await.1);
            signing_in.push(inside.work(async |a| {
                assert!(matches!(a.sign_in_by_registration(handle, &device()).await, Err(Error::InvalidToken)));
            }).await.1);
            by_code.push(inside.work(async |a| {
                let code = Verification::Code { registration: handle, code: "00000000" };
                assert!(matches!(a.verify_email(code, &client()).await, Err(Error::InvalidToken)));
            }).await.1);
            resending_by_handle.push(inside.work(async |a| {
                a.resend_verification(ResendTo::Registration(handle), &client()).await.expect("accepted");
            }).await.1);
        }

        let mut login = Vec::new();
        let (mut by_token, mut by_reset_token) = (Vec::new(), Vec::new());
        for device in &foreign {
            for address in &targets {
                by_token.push(inside.work(async |a| refused(a.sign_in(&credentials(address, WRONG), device).await)).await.1);
                let token = device.token.as_ref();
                by_reset_token.push(inside.work(async |a| a.request_password_reset(address, token, &client()).await.expect("accepted")).await.1);
            }
        }
        let (mut registering, mut resending, mut resetting, mut changing) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for address in &targets {
            login.push(inside.work(async |a| refused(a.sign_in(&credentials(address, WRONG), &device()).await)).await.1);
            resending.push(inside.work(async |a| a.resend_verification(ResendTo::Email(address), &client()).await.expect("accepted")).await.1);
            resetting.push(inside.work(async |a| a.request_password_reset(address, None, &client()).await.expect("accepted")).await.1);
            changing.push(inside.work(async |a| {
                a.request_email_change(caller, &client(), Some(&password(PASSWORD)), address.clone()).await.expect("accepted");
            }).await.1);
        }
        for address in &targets {
            registering.push(inside.work(async |a| register(a, address).await).await.1); // makes the address a pending one
        }
        for (what, works, hashes, mails) in [
            ("await", awaiting, 0, 0),
            ("sign-in by registration", signing_in, 0, 0),
            ("code", by_code, 0, 0),
            ("resend by handle", resending_by_handle, 0, 1),
            ("login", login, 1, 0),
            ("login from a foreign device", by_token, 1, 0),
            ("reset from a foreign device", by_reset_token, 0, 1),
            ("register", registering, 1, 1),
            ("resend", resending, 0, 1),
            ("reset", resetting, 0, 1),
            ("e-mail change", changing, 1, 2),
        ] {
            assert_same(what, &works);
            assert_eq!(works[0].hashes, hashes, "{what}");
            let letters = works[0].statements.iter().filter(|s| s.starts_with("INSERT INTO mail_outbox")).count();
            assert_eq!(letters, mails, "the test sees the work: {:#?}", works[0]);
        }
    }

    async fn beyond_the_limit_no_password_is_hashed(database: Database) {
        let inside = Inside::on(&database, &[("LIMITS__FAILURES_PER_ACCOUNT", "1")]);
        let (known, unknown) = (email(&another_email("known")), email(&another_email("unknown")));
        inside.with(async |accounts| {
            account(accounts, &known).await;
        })
        .await;
        let mut works = Vec::new();
        for address in [&known, &unknown] {
            for (attempt, password) in [WRONG, WRONG, PASSWORD].into_iter().enumerate() {
                let (limited, work) = inside.work(async |a| {
                    let refused = a.sign_in(&credentials(address, password), &device()).await;
                    matches!(refused, Err(Error::RateLimited { .. }))
                })
                .await;
                assert_eq!((limited, work.hashes), if attempt == 0 { (false, 1) } else { (true, 0) }, "{password}");
                works.push(work);
            }
        }
        assert_same("beyond the limit", &works[1..3]);
        assert_eq!(works[..3], works[3..], "known and unknown");
    }
}

fn assert_same(what: &str, works: &[Work]) {
    assert!(!works[0].statements.is_empty(), "{what}: nothing was seen");
    for (work, standing) in works.iter().zip(STANDINGS.into_iter().cycle()) {
        assert_eq!(*work, works[0], "{what}: {standing:?} differs from the first");
    }
}

fn refused<T>(result: Result<T, Error>) {
    assert!(matches!(result, Err(Error::InvalidCredentials)));
}
