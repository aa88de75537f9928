//! Known devices (docs/protocol.md, "Known devices"): how one becomes known, the effect of that, and when it is
//! forgotten.

use crate::support::{
    Call, Database, Exchange, Http, Inside, Node, PASSWORD, Person, Session, another_email, both_databases, eventually,
    inside::{account, credentials, device, email, password},
};
use futures_util::future::join_all;
use http::header::SET_COOKIE;
use marbelle::{
    account::Error,
    crypto::{device_token::DeviceToken, password::Queue},
    sign_in::Device,
};
use serde_json::{Value, json};
use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};

const ALLOWED: &str = "http://localhost:5173";
const NEW: &str = "nine loud herons above a mill";

/// Signs in from the device with this token; the device's token from then on, which is the same if it is known.
async fn token_after(node: &Node, person: &Person, token: &str) -> String {
    device_token(&sign_in_from(node, person, token).await.sign_in)
}

async fn sign_in_from(node: &Node, person: &Person, token: &str) -> Session {
    let mut params = person.credentials();
    params["device_token"] = token.into();
    Session::from_wire(node.http().ok("auth.login", params).await)
}

fn device_token(answer: &Value) -> String {
    answer["device_token"].as_str().unwrap_or_else(|| panic!("no device token: {answer}")).to_owned()
}

async fn assert_known(node: &Node, person: &Person, token: &str) {
    assert_eq!(token_after(node, person, token).await, token);
}

async fn assert_forgotten(node: &Node, person: &Person, token: &str) {
    assert_ne!(token_after(node, person, token).await, token);
}

/// Two devices of one person, each with a session.
async fn two_devices(node: &Node) -> (Person, [(Session, String); 2]) {
    let person = node.registered("ann").await;
    let mut devices = Vec::new();
    for _ in 0..2 {
        let session = person.sign_in(node).await;
        let token = device_token(&session.sign_in);
        devices.push((session, token));
    }
    (person, devices.try_into().expect("two"))
}

/// The change of the device's cookie by an answer: the value and the attributes.
fn device_cookie(node: &Node, answer: &Exchange) -> Option<(String, String)> {
    let name = format!("marbelle_device_{}=", node.address().port());
    let set = answer.headers.get_all(SET_COOKIE).iter().map(|value| value.to_str().expect("text"));
    let (value, attributes) = set.filter_map(|set| set.strip_prefix(&name)).next()?.split_once("; ")?;
    Some((value.to_owned(), attributes.to_owned()))
}

fn page(node: &Node, device: &str) -> Http {
    node.http().with("origin", ALLOWED).with("cookie", &format!("marbelle_device_{}={device}", node.address().port()))
}

fn by_cookie(person: &Person) -> Value {
    json!({ "email": person.email, "password": person.password, "credentials": "cookie" })
}

both_databases! {
    async fn a_device_is_known_by_its_token_and_to_one_account(database: Database) {
        let node = Node::start(database).await;
        let (ann, bob) = (node.registered("ann").await, node.registered("bob").await);
        let anns = device_token(&ann.sign_in(&node).await.sign_in);
        assert_known(&node, &ann, &anns).await;
        assert_known(&node, &ann, &anns).await;
        let bobs = token_after(&node, &bob, &anns).await;
        assert_ne!(bobs, anns, "it is known to another account");
        assert_known(&node, &bob, &bobs).await;
        assert_known(&node, &ann, &anns).await;
        let last = if anns.ends_with('A') { "B" } else { "A" };
        for forged in ["", "x", &anns[1..], &format!("{}{last}", &anns[..anns.len() - 1]), &format!("{anns}A")] {
            let given = token_after(&node, &ann, forged).await;
            assert!(given != forged && given != anns, "{forged}");
        }
    }

    async fn a_reset_forgets_every_device_and_makes_its_own_known(database: Database) {
        let node = Node::start(database).await;
        let (mut person, [(_, first), (_, second)]) = two_devices(&node).await;
        let token = node.reset_token(&person.email).await;
        let reset = json!({ "token": token, "new_password": NEW });
        let resetting = device_token(&node.http().ok("auth.confirm_password_reset", reset).await);
        person.password = NEW.into();
        assert_known(&node, &person, &resetting).await;
        assert_forgotten(&node, &person, &first).await;
        assert_forgotten(&node, &person, &second).await;
    }

    async fn a_new_password_forgets_every_device_but_the_callers(database: Database) {
        let node = Node::start(database).await;
        let (mut person, [(_, other), (session, own)]) = two_devices(&node).await;
        let change = json!({ "current_password": person.password, "new_password": NEW });
        session.http(&node).ok("auth.change_password", change).await;
        person.password = NEW.into();
        assert_known(&node, &person, &own).await;
        assert_forgotten(&node, &person, &other).await;
    }

    async fn a_device_is_forgotten_with_a_revoked_or_stolen_session(database: Database) {
        let node = Node::start(database).await;
        let (person, [(first, revoked), (second, own)]) = two_devices(&node).await;
        second.http(&node).ok("session.revoke", json!({ "session_id": first.id })).await;
        assert_known(&node, &person, &own).await;
        assert_forgotten(&node, &person, &revoked).await;

        let newest = second.refreshed(&node).await.refreshed(&node).await;
        let reused = json!({ "refresh_token": second.refresh_token });
        node.http().refused("session_ended", "auth.refresh", reused).await;
        newest.assert_ended(&node, "refresh_token_reuse").await;
        assert_forgotten(&node, &person, &own).await;
    }

    async fn signing_out_keeps_the_device_unless_forgetting_is_requested(database: Database) {
        let node = Node::start(database).await;
        let (person, [(first, mut own), (second, other)]) = two_devices(&node).await;
        first.http(&node).ok("auth.logout", json!({ "scope": "global" })).await;
        second.assert_ended(&node, "logout").await;
        assert_known(&node, &person, &own).await;
        for scope in ["global", "local", "others"] {
            let session = sign_in_from(&node, &person, &own).await;
            let logout = json!({ "scope": scope, "forget_device": false });
            session.http(&node).ok("auth.logout", logout).await;
            let session = sign_in_from(&node, &person, &own).await;
            assert_eq!(device_token(&session.sign_in), own);
            let logout = json!({ "scope": scope, "forget_device": true });
            session.http(&node).ok("auth.logout", logout).await;
            assert_forgotten(&node, &person, &own).await;
            own = token_after(&node, &person, "").await;
        }
        assert_known(&node, &person, &other).await;
    }

    async fn the_least_recently_used_device_is_dropped(database: Database) {
        let inside = Inside::on(&database, &[]);
        let ann = email(&another_email("ann"));
        let sign_in = async |token: Option<&DeviceToken>| {
            inside.advance(Duration::from_secs(1));
            let device = Device { token: token.cloned(), ..device() };
            let come = inside.with(async |accounts| accounts.sign_in(&credentials(&ann, PASSWORD), &device).await).await;
            come.expect("a session").device_token
        };
        inside.with(async |accounts| account(accounts, &ann).await).await;
        let (first, second) = (sign_in(None).await, sign_in(None).await);
        for _ in 0..18 {
            sign_in(None).await;
        }
        let is_known = async |token: &DeviceToken| {
            inside.with(async |accounts| {
                let mut tx = accounts.store.read().await.expect("the database answers");
                tx.find_known_device(&ann, &token.key).await.expect("the database answers").is_some()
            }).await
        };
        assert!(is_known(&first).await && is_known(&second).await, "twenty");
        assert_eq!(sign_in(Some(&first)).await.expose(), first.expose(), "used again");
        let newest = sign_in(None).await;
        assert!(is_known(&first).await && is_known(&newest).await);
        assert!(!is_known(&second).await, "the twenty-first takes its place");
    }

    async fn the_device_of_a_page_is_in_a_cookie(database: Database) {
        let node = Node::start(database).await;
        let person = node.registered("ann").await;
        let answer = page(&node, "x").exchange("auth.login", by_cookie(&person)).await;
        let (cookie, attributes) = device_cookie(&node, &answer).expect("it is set");
        assert_eq!(attributes, "Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000");
        let sign_in = answer.reply.expect("a reply").expect("a SignIn");
        assert_eq!(sign_in.get("device_token"), None, "no script reads it");
        let again = page(&node, &cookie).exchange("auth.login", by_cookie(&person)).await;
        assert_eq!(device_cookie(&node, &again).expect("it is set").0, cookie, "known");

        let session = answer.headers.get(SET_COOKIE).expect("a cookie").to_str().expect("text").split(';').next();
        let session = session.expect("a value").to_owned();
        assert!(!session.starts_with("marbelle_device"), "{session}");
        let browser = node.http().with("origin", ALLOWED).with("cookie", &session);
        let out = browser.exchange("auth.logout", json!({ "scope": "local" })).await;
        assert_eq!(device_cookie(&node, &out), None, "kept at sign-out");

        let again = page(&node, &cookie).exchange("auth.login", by_cookie(&person)).await;
        let session = again.headers.get(SET_COOKIE).expect("a cookie").to_str().expect("text").split(';').next();
        let browser = node.http().with("origin", ALLOWED).with("cookie", session.expect("a value"));
        let out = browser.exchange("auth.logout", json!({ "scope": "local", "forget_device": true })).await;
        let (value, attributes) = device_cookie(&node, &out).expect("it is cleared");
        assert!(value.is_empty() && attributes.ends_with("; Max-Age=0"), "{value} {attributes}");
        assert_forgotten(&node, &person, &cookie).await;
    }

    async fn a_reset_by_a_page_sets_the_cookie(database: Database) {
        let node = Node::start(database).await;
        let mut person = node.registered("ann").await;
        let token = node.reset_token(&person.email).await;
        let reset = json!({ "token": token, "new_password": NEW, "credentials": "cookie" });
        node.ws().await.refused("invalid_params", "auth.confirm_password_reset", reset.clone()).await;
        let refused = node.http().batch(&[("auth.confirm_password_reset", reset.clone())]).await;
        assert_eq!(refused[0].as_ref().unwrap_err().kind, "invalid_params");
        let answer = page(&node, "x").exchange("auth.confirm_password_reset", reset).await;
        assert_eq!(answer.reply.clone().expect("a reply").expect("done"), json!({}));
        let (cookie, _) = device_cookie(&node, &answer).expect("it is set");
        person.password = NEW.into();
        assert_known(&node, &person, &cookie).await;
    }

    async fn a_known_device_has_its_own_allowance_of_reset_letters(database: Database) {
        let node = Node::on(database)
            .set("LIMITS__MAILS_PER_MAILBOX", 2)
            .set("LIMITS__TOKEN_PER_MINUTE", 100)
            .start().await;
        let (person, [(_, token), (_, other)]) = two_devices(&node).await;
        let ask = async |token: &str| {
            node.http().ok("auth.request_password_reset", json!({ "email": person.email, "device_token": token })).await
        };
        let links = || node.smtp.letters_to(&person.email).iter().filter(|l| l.text.contains("/password-reset?token=")).count();
        // Strangers use up the strangers' allowance.
        for _ in 0..4 {
            ask("").await;
        }
        let links_are = async |count: usize| {
            eventually("the letters", || async { Some(()).filter(|()| links() >= count) }).await;
        };
        // One network may request half of the two.
        let before = 1;
        links_are(before).await;
        for _ in 0..3 {
            ask(&token).await;
        }
        links_are(before + 2).await;
        ask(&other).await;
        links_are(before + 3).await;
        let marker = node.unverified("marker").await;
        node.smtp.letter_to(&marker.email).await;
        assert_eq!(links(), before + 3, "each device has two of its own, and one requested three");
    }

    async fn a_device_that_is_not_used_for_a_year_is_forgotten(database: Database) {
        let inside = Inside::on(&database, &[]);
        let ann = email(&another_email("ann"));
        let sign_in = async |token: Option<DeviceToken>| {
            let device = Device { token, ..device() };
            inside.with(async |accounts| {
                accounts.prune().await.expect("pruned");
                accounts.sign_in(&credentials(&ann, PASSWORD), &device).await.expect("a session").device_token
            }).await
        };
        inside.with(async |accounts| account(accounts, &ann).await).await;
        let (used, unused) = (sign_in(None).await, sign_in(None).await);
        let day = Duration::from_secs(86_400);
        inside.advance(200 * day);
        assert_eq!(sign_in(Some(used.clone())).await.key, used.key);
        inside.advance(166 * day);
        assert_eq!(sign_in(Some(used.clone())).await.key, used.key);
        assert_ne!(sign_in(Some(unused.clone())).await.key, unused.key);
    }

    /// Strangers who fill their queue before the hashing threads neither delay nor keep out an owner.
    async fn strangers_do_not_crowd_out_an_owner(database: Database) {
        let inside = Inside::on(&database, &[]);
        let ann = email(&another_email("ann"));
        inside.with(async |accounts| {
            account(accounts, &ann).await;
            let token = accounts.sign_in(&credentials(&ann, PASSWORD), &device()).await.expect("a session").device_token;
            let (over, crowded) = (AtomicBool::new(false), AtomicUsize::new(0));
            let stranger = async || {
                while !over.load(Ordering::SeqCst) {
                    let compared = accounts.passwords.verify(&password("wrong"), None, None, Queue::Strangers).await;
                    if compared.is_err() {
                        crowded.fetch_add(1, Ordering::SeqCst);
                        tokio::task::yield_now().await;
                    }
                }
            };
            let flood = join_all((0..200).map(|_| stranger()));
            let owner = async {
                while crowded.load(Ordering::SeqCst) == 0 {
                    tokio::task::yield_now().await;
                }
                let known = Device { token: Some(token), ..device() };
                let mut refused = 0;
                for _ in 0..5 {
                    accounts.sign_in(&credentials(&ann, PASSWORD), &known).await.expect("a session at once");
                    let other = accounts.sign_in(&credentials(&ann, PASSWORD), &device()).await;
                    refused += usize::from(matches!(other, Err(Error::Unavailable { .. })));
                }
                over.store(true, Ordering::SeqCst);
                refused
            };
            let (_, refused) = tokio::join!(flood, owner);
            assert!(refused > 0, "the strangers' queue was full");
        }).await;
    }
}
