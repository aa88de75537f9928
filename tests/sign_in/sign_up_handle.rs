//! The handle of a registration: it belongs to whoever started it. The code, the wait, the first sign-in.

use crate::support::{
    Call, Database, Inside, Node, PASSWORD, Person, Session, another_email, both_databases,
    inside::{account, client, device, disable, email, register},
    somebody,
};
use futures_util::future::join_all;
use marbelle::{
    account::{Actor, Error},
    sign_in::{ResendTo, Verification},
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const OTHER_PASSWORD: &str = "eleven loud geese above the harbour";

/// A person who has registered and not verified.
struct Maker {
    person: Person,
    handle: String,
}

async fn registered(node: &Node, email: &str, password: &str) -> Maker {
    let person = Person { email: email.into(), password: password.into() };
    let registered = node.http().ok("auth.register", person.registration()).await;
    Maker { person, handle: text(&registered["registration"]) }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// A code that is not this one.
fn wrong(code: &str) -> String {
    format!("{}{}", if code.starts_with('1') { '2' } else { '1' }, &code[1..])
}

fn by_code(handle: &str, code: &str) -> Value {
    json!({ "registration": handle, "code": code })
}

fn by_handle(token: &str, handle: &str) -> Value {
    json!({ "token": token, "registration": handle })
}

fn by_password(token: &str, password: &str) -> Value {
    json!({ "token": token, "password": password })
}

/// Asserts that a handle is refused, with the same answer as any other invalid handle.
async fn assert_valid_for_nothing(node: &Node, handle: &str) {
    let http = node.http();
    assert_eq!(
        http.ok("auth.await_verification", json!({ "registration": handle })).await,
        json!({ "verified": false })
    );
    http.ok("auth.resend_verification", json!({ "registration": handle })).await;
    http.refused("invalid_token", "auth.login_registration", json!({ "registration": handle })).await;
    http.refused("invalid_token", "auth.verify_email", by_code(handle, "12345678")).await;
}

both_databases! {
    async fn the_registrant_verifies_by_the_code_and_is_signed_in(database: Database) {
        let node = Node::start(database).await;
        let (http, registrant) = (node.http(), registered(&node, &another_email("ann"), PASSWORD).await);
        let letter = node.smtp.letter_to(&registrant.person.email).await;
        let code = letter.code();
        let typed = format!(" {} {}", &code[..4], &code[4..]);
        assert_eq!(http.ok("auth.verify_email", by_code(&registrant.handle, &typed)).await, json!({ "email": registrant.person.email }));
        let handle = json!({ "registration": registrant.handle });
        assert_eq!(http.ok("auth.await_verification", handle.clone()).await, json!({ "verified": true }));
        let login = json!({ "registration": registrant.handle, "device_name": "Laptop" });
        let session = Session::from_wire(http.ok("auth.login_registration", login).await);
        assert_eq!(session.sign_in["session"]["methods"], json!(["registration"]));
        assert_eq!(session.sign_in["session"]["device_name"], "Laptop");
        assert_eq!(session.http(&node).ok("account.get", json!({})).await["revision"], 1);
        // Once.
        assert_valid_for_nothing(&node, &registrant.handle).await;
        http.refused("invalid_token", "auth.verify_email", by_handle(&letter.token(), &registrant.handle)).await;
        registrant.person.sign_in(&node).await;
    }

    async fn a_link_is_valid_only_with_the_handle_or_password_of_its_registration(database: Database) {
        let node = Node::start(database).await;
        let http = node.http();
        for with_password in [false, true] {
            let registrant = registered(&node, &another_email("ann"), PASSWORD).await;
            let other = registered(&node, &another_email("bob"), OTHER_PASSWORD).await;
            let token = node.smtp.letter_to(&registrant.person.email).await.token();
            for handle in [other.handle.as_str(), "x", &token] {
                http.refused("invalid_credentials", "auth.verify_email", by_handle(&token, handle)).await;
            }
            http.refused("invalid_credentials", "auth.verify_email", by_password(&token, OTHER_PASSWORD)).await;
            let own = if with_password { by_password(&token, PASSWORD) } else { by_handle(&token, &registrant.handle) };
            http.ok("auth.verify_email", own).await;
            registrant.person.sign_in(&node).await;
        }
    }

    async fn an_owner_never_gets_the_password_of_a_stranger(database: Database) {
        let node = Node::start(database).await;
        let (http, email) = (node.http(), another_email("owner"));
        let stranger = registered(&node, &email, OTHER_PASSWORD).await;
        let strangers_letter = node.smtp.letter_to(&email).await;
        let owner = registered(&node, &email, PASSWORD).await;
        let owners_letter = node.smtp.letter_to(&email).await;
        // The stranger requests yet another letter, and it is the newest in the mailbox.
        http.ok("auth.resend_verification", json!({ "registration": stranger.handle })).await;
        let newest = node.smtp.letter_to(&email).await;
        assert_ne!(newest.token(), strangers_letter.token());
        for refused in [by_handle(&newest.token(), &owner.handle), by_password(&newest.token(), PASSWORD)] {
            http.refused("invalid_credentials", "auth.verify_email", refused).await;
        }
        http.refused("invalid_token", "auth.verify_email", by_code(&owner.handle, &newest.code())).await;
        http.ok("auth.verify_email", by_handle(&owners_letter.token(), &owner.handle)).await;
        assert_valid_for_nothing(&node, &stranger.handle).await;
        http.refused("invalid_token", "auth.verify_email", by_handle(&newest.token(), &stranger.handle)).await;
        let strangers = json!({ "email": email, "password": OTHER_PASSWORD });
        http.refused("invalid_credentials", "auth.login", strangers).await;
        owner.person.sign_in(&node).await;
    }

    async fn five_wrong_passwords_or_codes_block_a_registration(database: Database) {
        let node = Node::start(database).await;
        let http = node.http();
        let registrant = registered(&node, &another_email("ann"), PASSWORD).await;
        let letter = node.smtp.letter_to(&registrant.person.email).await;
        let (token, code) = (letter.token(), letter.code());
        for _ in 0..3 {
            http.refused("invalid_token", "auth.verify_email", by_code(&registrant.handle, &wrong(&code))).await;
        }
        // Another letter allows no new guesses.
        http.ok("auth.resend_verification", json!({ "registration": registrant.handle })).await;
        let newer = node.smtp.letter_to(&registrant.person.email).await;
        http.refused("invalid_token", "auth.verify_email", by_handle(&token, &registrant.handle)).await;
        for _ in 0..2 {
            http.refused("invalid_credentials", "auth.verify_email", by_password(&newer.token(), OTHER_PASSWORD)).await;
        }
        http.refused("invalid_token", "auth.verify_email", by_code(&registrant.handle, &newer.code())).await;
        http.refused("invalid_token", "auth.verify_email", by_password(&newer.token(), PASSWORD)).await;
        http.refused("invalid_token", "auth.verify_email", by_handle(&newer.token(), &registrant.handle)).await;
        http.refused("invalid_token", "auth.verify_email", by_handle(&newer.token(), "x")).await;
        assert_valid_for_nothing(&node, &registrant.handle).await;
        http.ok("auth.resend_verification", json!({ "email": registrant.person.email })).await;
        let marker = node.unverified("marker").await;
        node.smtp.letter_to(&marker.email).await;
        assert_eq!(node.smtp.letters_to(&registrant.person.email).len(), 2, "nothing is mailed for a void registration");
        // The address is still free.
        let again = registered(&node, &registrant.person.email, PASSWORD).await;
        let letter = node.smtp.letter_to(&registrant.person.email).await;
        http.ok("auth.verify_email", by_code(&again.handle, &letter.code())).await;
    }

    async fn an_old_code_is_void_after_a_newer_letter(database: Database) {
        let node = Node::start(database).await;
        let (http, registrant) = (node.http(), registered(&node, &another_email("ann"), PASSWORD).await);
        let old = node.smtp.letter_to(&registrant.person.email).await;
        http.ok("auth.resend_verification", json!({ "email": registrant.person.email })).await;
        http.refused("invalid_token", "auth.verify_email", by_code(&registrant.handle, &old.code())).await;
        let newer = node.smtp.letter_to(&registrant.person.email).await;
        http.ok("auth.verify_email", by_code(&registrant.handle, &newer.code())).await;
    }

    async fn a_wait_ends_when_the_letter_is_opened_elsewhere(database: Database) {
        let node = Node::start(database).await;
        let registrant = registered(&node, &another_email("ann"), PASSWORD).await;
        let token = node.smtp.letter_to(&registrant.person.email).await.token();
        let (http, phone) = (node.http(), node.http());
        let waiting = http.ok("auth.await_verification", json!({ "registration": registrant.handle, "wait_ms": 30_000 }));
        let began = Instant::now();
        let (answer, _) = tokio::join!(waiting, phone.ok("auth.verify_email", by_password(&token, PASSWORD)));
        assert_eq!(answer, json!({ "verified": true }));
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
        let login = json!({ "registration": registrant.handle, "credentials": "cookie" });
        let page = node.http().with("origin", "http://localhost:5173");
        let answer = page.exchange("auth.login_registration", login.clone()).await;
        let sign_in = answer.reply.clone().expect("a reply").expect("signed in");
        assert!(sign_in.get("access_token").is_none(), "{sign_in}");
        assert!(answer.header("set-cookie").contains("HttpOnly"), "{}", answer.header("set-cookie"));
        page.refused("invalid_token", "auth.login_registration", login.clone()).await;
        node.ws().await.refused("invalid_params", "auth.login_registration", login).await;
    }

    async fn a_newer_wait_ends_the_older_and_invalid_handles_wait_as_long(database: Database) {
        let node = Node::start(database).await;
        let registrant = registered(&node, &another_email("ann"), PASSWORD).await;
        let owner = node.registered("owner").await;
        let decoy = registered(&node, &owner.email, OTHER_PASSWORD).await;
        let wait = |handle: &str, wait_ms: u64| json!({ "registration": handle, "wait_ms": wait_ms });
        let older = node.ws().await;
        let pending = older.send_only("auth.await_verification", wait(&registrant.handle, 30_000));
        older.ok("rpc.discover", json!({})).await; // the wait was taken before
        let began = Instant::now();
        for handle in [registrant.handle.as_str(), &decoy.handle, "x"] {
            let (began, answer) = (Instant::now(), node.http().ok("auth.await_verification", wait(handle, 700)).await);
            assert_eq!(answer, json!({ "verified": false }));
            assert!(began.elapsed() >= Duration::from_millis(700), "{handle}: {:?}", began.elapsed());
        }
        let ended = pending.reply().await.expect("the socket stays open").expect("an answer");
        assert_eq!(ended, json!({ "verified": false }));
        assert!(began.elapsed() < Duration::from_secs(25), "{:?}", began.elapsed());
    }

    async fn a_wait_is_answered_when_the_server_stops(database: Database) {
        let mut node = Node::start(database).await;
        let registrant = registered(&node, &another_email("ann"), PASSWORD).await;
        let socket = node.ws().await;
        let params = json!({ "registration": registrant.handle, "wait_ms": 30_000 });
        let pending = socket.send_only("auth.await_verification", params);
        socket.ok("rpc.discover", json!({})).await;
        let began = Instant::now();
        node.terminate().await;
        let answer = pending.reply().await.expect("answered before the close").expect("an answer");
        assert_eq!(answer, json!({ "verified": false }));
        node.exited().await;
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    }

    async fn forged_decoy_and_dropped_registrations_get_the_same_answer(database: Database) {
        let node = Node::start(database).await;
        let owner = node.registered("owner").await;
        let decoy = registered(&node, &owner.email, OTHER_PASSWORD).await;
        let dropped = registered(&node, &another_email("ann"), OTHER_PASSWORD).await;
        let first = node.smtp.letter_to(&dropped.person.email).await;
        let kept = registered(&node, &dropped.person.email, PASSWORD).await;
        let second = node.smtp.letter_to(&kept.person.email).await;
        let code = second.code();
        node.http().ok("auth.verify_email", by_code(&kept.handle, &code)).await;
        let forged = format!("{}{}", if decoy.handle.starts_with('A') { 'B' } else { 'A' }, &decoy.handle[1..]);
        let of_a_link = first.token();
        let handles = [forged.as_str(), &decoy.handle, &dropped.handle, &of_a_link];
        let mut answers = Vec::new();
        for handle in handles {
            assert_valid_for_nothing(&node, handle).await;
            let mut answered = Vec::new();
            for (method, params) in [
                ("auth.await_verification", json!({ "registration": handle, "wait_ms": 1 })),
                ("auth.resend_verification", json!({ "registration": handle })),
                ("auth.login_registration", json!({ "registration": handle })),
                ("auth.verify_email", by_code(handle, &code)),
                ("auth.verify_email", by_handle(&second.token(), handle)),
            ] {
                answered.push(node.http().call(method, params).await);
            }
            answers.push(answered);
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:#?}");
    }

    async fn twenty_verifications_with_one_handle_create_one_account(database: Database) {
        let node = Node::start(database).await;
        let registrant = registered(&node, &another_email("ann"), PASSWORD).await;
        let letter = node.smtp.letter_to(&registrant.person.email).await;
        let callers = (0..20).map(|i| {
            let (http, token, code) = (node.http(), letter.token(), letter.code());
            let params = match i % 3 {
                0 => by_handle(&token, &registrant.handle),
                1 => by_code(&registrant.handle, &code),
                _ => by_password(&token, PASSWORD),
            };
            async move { http.call("auth.verify_email", params).await }
        });
        let (won, lost): (Vec<_>, Vec<_>) = join_all(callers).await.into_iter().partition(Result::is_ok);
        assert_eq!((won.len(), lost.len()), (1, 19));
        assert!(lost.iter().all(|reply| reply.as_ref().is_err_and(|error| error.kind == "invalid_token")), "{lost:#?}");
        let logins = (0..20).map(|_| {
            let (http, params) = (node.http(), json!({ "registration": registrant.handle }));
            async move { http.call("auth.login_registration", params).await }
        });
        let signed_in = join_all(logins).await.into_iter().filter(Result::is_ok).count();
        assert_eq!(signed_in, 1);
    }

    async fn a_conflict_is_reported_to_the_holder_of_the_letter(database: Database) {
        let (node, person, session) = somebody(database).await;
        let wanted = registered(&node, &another_email("wanted"), OTHER_PASSWORD).await;
        let letter = node.smtp.letter_to(&wanted.person.email).await;
        let token = session.email_change_token(&node, &person.password, &wanted.person.email).await;
        node.http().ok("profile.confirm_email_change", json!({ "token": token, "password": person.password })).await;
        let http = node.http();
        http.refused("invalid_token", "auth.verify_email", by_code(&wanted.handle, &wrong(&letter.code()))).await;
        http.refused("invalid_credentials", "auth.verify_email", by_password(&letter.token(), PASSWORD)).await;
        // A right password is not a guess, however often it is given.
        for _ in 0..4 {
            for right in [
                by_code(&wanted.handle, &letter.code()),
                by_password(&letter.token(), OTHER_PASSWORD),
                by_handle(&letter.token(), &wanted.handle),
            ] {
                let error = http.refused("conflict", "auth.verify_email", right).await;
                assert_eq!(error.data["field"], "email");
            }
        }
    }

    async fn the_sign_in_of_a_registration_ends_with_its_time_a_new_password_or_the_account(database: Database) {
        let inside = Inside::on(&database, &[]);
        let names = ["late", "changed", "disabled", "good"];
        let addresses = names.map(|name| email(&another_email(name)));
        let handles = inside.with(async |accounts| {
            let mut handles = Vec::new();
            for address in &addresses {
                handles.push(account(accounts, address).await);
            }
            handles
        })
        .await;
        let signs_in = async |handle: &str| {
            inside.with(async |accounts| match accounts.sign_in_by_registration(handle, &device()).await {
                Ok(_) => true,
                Err(Error::InvalidToken) => false,
                Err(other) => panic!("{other:?}"),
            })
            .await
        };
        inside.with(async |accounts| {
            disable(accounts, &addresses[2]).await;
            let user = accounts.store.find_user_by_email(&addresses[1]).await.expect("an answer").expect("an account");
            let mut change = accounts.change(user.user_id, Actor::Server).await.expect("locked");
            change.account().set_password("$argon2id$another").await.expect("set");
            change.commit().await.expect("committed");
            for (handle, verified) in handles.iter().zip([true, false, false, true]) {
                let awaited = accounts.await_verification(handle, Duration::ZERO).await.expect("an answer");
                assert_eq!(awaited, verified);
            }
        })
        .await;
        assert!(!signs_in(&handles[1]).await && !signs_in(&handles[2]).await);
        inside.advance(Duration::from_secs(540)); // with room for the story's own time
        assert!(signs_in(&handles[3]).await);
        inside.advance(Duration::from_secs(61));
        assert!(!signs_in(&handles[0]).await);
        inside.with(async |accounts| accounts.prune().await.expect("pruned")).await;
    }

    async fn a_code_is_valid_from_the_hand_over_of_its_letter_and_for_seven_days_at_most(database: Database) {
        let inside = Inside::on(&database, &[]);
        let address = email(&another_email("ann"));
        let handle = inside.with(async |accounts| register(accounts, &address).await).await;
        let verify = async |handed_over: bool| {
            inside.with(async |accounts| {
                let row = accounts.store.find_newest_registration(&address).await.expect("an answer").expect("a row");
                let generation = row.token_generation;
                if handed_over {
                    let mut tx = accounts.store.write().await.expect("a transaction");
                    tx.mark_verification_handed_over(row.id, generation).await.expect("marked");
                    tx.commit().await.expect("committed");
                }
                let purpose = marbelle::crypto::opaque_token::Purpose::VerificationCode;
                let code = accounts.opaque_tokens.make_code(purpose, row.id.0, generation);
                let code = Verification::Code { registration: &handle, code: code.expose() };
                accounts.verify_email(code, &client()).await
            })
            .await
        };
        assert!(matches!(verify(false).await, Err(Error::InvalidToken)), "nobody has the letter yet");
        inside.advance(Duration::from_secs(6 * 86_400));
        assert!(matches!(verify(true).await, Err(Error::InvalidToken)), "the letter's link has expired");
        let resend = async || {
            inside.with(async |accounts| {
                accounts.resend_verification(ResendTo::Registration(&handle), &client()).await.expect("accepted");
                accounts.store.waiting_letters().await.expect("an answer").0
            })
            .await
        };
        assert_eq!(resend().await, 2, "the first one and another");
        inside.advance(Duration::from_secs(86_399));
        inside.advance(Duration::from_secs(2));
        assert!(matches!(verify(true).await, Err(Error::InvalidToken)), "the registration has lapsed");
        assert_eq!(resend().await, 2, "nothing is mailed for it");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wait_ends_with_a_verification_on_another_node() {
    let (first, second) = Node::pair().await;
    let registrant = registered(&first, &another_email("ann"), PASSWORD).await;
    let token = first.smtp.letter_to(&registrant.person.email).await.token();
    let socket = first.ws().await;
    let params = json!({ "registration": registrant.handle, "wait_ms": 30_000 });
    let pending = socket.send_only("auth.await_verification", params);
    socket.ok("rpc.discover", json!({})).await;
    let began = Instant::now();
    second.http().ok("auth.verify_email", by_password(&token, PASSWORD)).await;
    assert_eq!(pending.reply().await.expect("open").expect("an answer"), json!({ "verified": true }));
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    let login = json!({ "registration": registrant.handle });
    Session::from_wire(second.http().ok("auth.login_registration", login).await);
}
