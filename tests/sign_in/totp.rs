//! Turning the second factor on and off, and its recovery codes (docs/protocol.md, "Second factor").

use crate::support::{
    Account, Authenticator, Call, Database, Inside, PASSWORD, another_email, both_databases,
    inside::{account, client, credentials, device, email},
    somebody,
};
use futures_util::future::join_all;
use marbelle::{
    account::{Error, Operator},
    domain::{
        security_event::SecurityEventType,
        session::{EndReason, ProvenCaller},
    },
    sign_in::{SecondFactor, TypedCode},
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};

fn types(log: &Value) -> BTreeSet<&str> {
    log["events"].as_array().expect("events").iter().map(|event| event["type"].as_str().expect("a type")).collect()
}

both_databases! {
    async fn it_is_turned_on_and_off_and_every_tab_sees_it(database: Database) {
        let (node, person, session) = somebody(database).await;
        let other = person.sign_in(&node).await;
        let tab = other.tab(&node).await;
        let mut account = Account::of(&tab).await;
        assert_eq!(account.sign_in_methods, json!({
            "password": true, "totp": false, "recovery_codes_left": null, "passkeys": [], "providers": [], "revision": 0,
        }));
        let http = session.http(&node);
        let started = http.ok("totp.begin", json!({})).await;
        let secret = started["secret"].as_str().expect("a secret");
        assert!(started["uri"].as_str().expect("a URI").contains(secret));
        assert!(started["qr_svg"].as_str().expect("an image").contains("<svg"));
        assert_eq!(http.ok("sign_in_methods.get", json!({})).await["totp"], false, "nothing is stored yet");

        let app = Authenticator::with(secret);
        let enabled = http.ok("totp.enable", json!({ "setup": started["setup"], "code": app.code() })).await;
        let codes: BTreeSet<&str> = enabled["recovery_codes"].as_array().expect("codes").iter().filter_map(Value::as_str).collect();
        assert_eq!(codes.len(), 10);
        account.assert_equals_get(&tab, &tab).await;
        assert_eq!(account.sign_in_methods["totp"], true);
        assert_eq!(account.sign_in_methods["recovery_codes_left"], 10);
        node.smtp.letter_saying(&person.email, "now on, signing in").await;

        http.ok("totp.disable", json!({})).await;
        account.assert_equals_get(&tab, &tab).await;
        assert_eq!(account.sign_in_methods["recovery_codes_left"], Value::Null);
        node.smtp.letter_saying(&person.email, "no longer needs a code").await;
        let revision = account.revision;
        http.ok("totp.disable", json!({})).await;
        account.assert_equals_get(&tab, &tab).await;
        assert_eq!(account.revision, revision, "a call without effect has no event");
        person.sign_in(&node).await;
        let log = http.ok("account.security_log", json!({})).await;
        assert!(types(&log).is_superset(&BTreeSet::from(["totp_enabled", "totp_disabled"])), "{log:#}");
    }

    async fn a_setup_is_valid_once_for_its_session_and_its_code(database: Database) {
        let (node, person, session) = somebody(database).await;
        let other = person.sign_in(&node).await.http(&node);
        let http = session.http(&node);
        let started = http.ok("totp.begin", json!({})).await;
        let app = Authenticator::with(started["secret"].as_str().expect("a secret"));
        let setup = |code: String| json!({ "setup": started["setup"], "code": code });
        other.refused("invalid_token", "totp.enable", setup(app.code())).await;
        http.refused("invalid_token", "totp.enable", json!({ "setup": "x", "code": app.code() })).await;
        http.refused("invalid_credentials", "totp.enable", setup(app.wrong_code())).await;
        let calls = (0..20).map(|_| http.call("totp.enable", setup(app.code())));
        let replies = join_all(calls).await;
        assert_eq!(replies.iter().filter(|reply| reply.is_ok()).count(), 1);
        let refused = replies.into_iter().filter_map(Result::err);
        refused.for_each(|error| assert_eq!((error.kind.as_str(), &error.data["field"]), ("conflict", &json!("totp"))));
        http.ok("totp.disable", json!({})).await;
        http.refused("invalid_token", "totp.enable", setup(app.code())).await;
        let of_another = other.ok("totp.begin", json!({})).await;
        http.refused("invalid_token", "totp.enable", json!({ "setup": of_another["setup"], "code": "000000" })).await;
    }

    async fn new_recovery_codes_void_the_former(database: Database) {
        let (node, person, session) = somebody(database).await;
        let http = session.http(&node);
        http.refused("not_found", "recovery_codes.renew", json!({})).await;
        let factor = session.second_factor(&node).await;
        let renewed = http.ok("recovery_codes.renew", json!({})).await;
        let former = json!({ "recovery_code": factor.recovery_codes[0] });
        http.refused("invalid_credentials", "session.prove", former).await;
        http.ok("session.prove", json!({ "recovery_code": renewed["recovery_codes"][0] })).await;
        assert_eq!(http.ok("sign_in_methods.get", json!({})).await["recovery_codes_left"], 9);
        node.smtp.letter_saying(&person.email, "New recovery codes").await;
        for n in 1..=6 {
            http.ok("session.prove", json!({ "recovery_code": renewed["recovery_codes"][n] })).await;
        }
        node.smtp.letter_saying(&person.email, "Few recovery codes are left").await;
    }

    async fn the_first_password_of_an_account_is_an_event_and_a_letter(database: Database) {
        let (node, person, session) = somebody(database).await;
        node.execute("UPDATE users SET password_hash = NULL").await;
        let tab = session.tab(&node).await;
        let mut account = Account::of(&tab).await;
        assert_eq!(account.sign_in_methods["password"], false);
        let http = session.http(&node);
        let new = json!({ "new_password": "nine loud herons above a mill" });
        session.unproven(&node).await;
        let error = http.refused("proof_required", "auth.change_password", new.clone()).await;
        assert_eq!(error.data["methods"], json!([]));
        node.execute("UPDATE sessions SET proven_at = last_seen_at").await;
        tab.ok("auth.change_password", new).await;
        account.apply(&tab.next_of("sign_in_methods.changed").await);
        account.assert_equals_get(&tab, &tab).await;
        assert_eq!(account.sign_in_methods["password"], true);
        node.smtp.letter_saying(&person.email, "had no password until now").await;
    }

    async fn setups_and_challenges_expire(database: Database) {
        let inside = Inside::on(&database, &[]);
        let address = email(&another_email("ann"));
        inside.with(async |accounts| {
            account(accounts, &address).await;
            let caller = accounts.sign_in(&credentials(&address, PASSWORD), &device()).await.expect("a session").caller();
            let setup = accounts.begin_totp(ProvenCaller(caller)).await.expect("a setup");
            let app = Authenticator::with(&setup.secret.base32());
            let old = accounts.begin_totp(ProvenCaller(caller)).await.expect("another setup");
            accounts.enable_totp(caller, &client(), setup.setup.expose(), &TypedCode(app.code())).await.expect("it is on");
            let challenge = async || match accounts.sign_in(&credentials(&address, PASSWORD), &device()).await {
                Err(Error::SecondFactorRequired(required)) => required.challenge,
                other => panic!("no challenge: {other:?}"),
            };
            let (first, wrong) = (challenge().await, || SecondFactor::Totp(TypedCode("no code".into())));
            inside.advance(Duration::from_secs(4 * 60 + 30));
            let answered = accounts.complete_sign_in(first.expose(), wrong(), device()).await;
            assert!(matches!(answered, Err(Error::InvalidCredentials)), "it is still valid");
            inside.advance(Duration::from_secs(30));
            let answered = accounts.complete_sign_in(first.expose(), wrong(), device()).await;
            assert!(matches!(answered, Err(Error::InvalidToken)));
            inside.advance(Duration::from_secs(10 * 60));
            let enabled = accounts.enable_totp(caller, &client(), old.setup.expose(), &TypedCode(app.code())).await;
            assert!(matches!(enabled, Err(Error::InvalidToken)));
        }).await;
    }

    async fn an_operator_removes_a_lost_factor(database: Database) {
        let inside = Inside::on(&database, &[]);
        let address = email(&another_email("ann"));
        inside.with(async |accounts| {
            account(accounts, &address).await;
            let caller = accounts.sign_in(&credentials(&address, PASSWORD), &device()).await.expect("a session").caller();
            let setup = accounts.begin_totp(ProvenCaller(caller)).await.expect("a setup");
            let code = TypedCode(Authenticator::with(&setup.secret.base32()).code());
            accounts.enable_totp(caller, &client(), setup.setup.expose(), &code).await.expect("it is on");
            let refused = accounts.sign_in(&credentials(&address, PASSWORD), &device()).await;
            assert!(matches!(refused, Err(Error::SecondFactorRequired(_))));

            assert!(accounts.reset_second_factor(caller.user, Operator::CommandLine).await.expect("the factor is removed"));
            assert!(!accounts.reset_second_factor(caller.user, Operator::CommandLine).await.expect("it is gone already"));
            let ended = accounts.get_sign_in_methods(caller).await;
            assert!(matches!(ended, Err(Error::SessionEnded(EndReason::Revoked))));
            let again = accounts.sign_in(&credentials(&address, PASSWORD), &device()).await.expect("a session");
            let methods = accounts.get_sign_in_methods(again.caller()).await.expect("the sign-in methods");
            assert!(!methods.totp && methods.recovery_codes_left.is_none());
            let (log, _) = accounts.security_log(again.caller(), None, 50).await.expect("the log");
            assert!(log.iter().any(|event| event.r#type == SecurityEventType::SecondFactorReset));
        }).await;
    }

    async fn after_a_rotation_the_secret_is_sealed_again(database: Database) {
        use crate::support::token_secret;
        let mut node = crate::support::Node::on(database).set("TOKEN_SECRET", token_secret(1)).start().await;
        let (person, session) = node.signed_in("ann").await;
        let factor = session.second_factor(&node).await;
        let before = node.rows().await;
        node.stop().await;
        node.set("TOKEN_SECRET", format!("{},{}", token_secret(2), token_secret(1)));
        node.restart().await;
        let gauge = async || node.http().get("/metrics").send().await.expect("metrics").text().await.expect("text");
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        while !gauge().await.contains("\nmarbelle_sealed_by_older_secrets 0\n") {
            assert!(std::time::Instant::now() < deadline, "{}", gauge().await);
        }
        let totp = |rows: &str| rows.lines().filter(|line| line.starts_with("totp")).map(str::to_owned).collect::<Vec<_>>();
        assert_ne!(totp(&before), totp(&node.rows().await));
        node.stop().await;
        node.set("TOKEN_SECRET", token_secret(2));
        node.restart().await;
        let refused = node.http().refused("second_factor_required", "auth.login", person.credentials()).await;
        let code = factor.app.unused_code(&node).await;
        let answer = crate::support::answer(&refused.data["challenge"], "totp", &code);
        node.http().ok("auth.login_second_factor", answer).await;
    }
}
