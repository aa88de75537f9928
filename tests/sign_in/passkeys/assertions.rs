//! Assertions of passkeys: the ceremony that they are valid for, how often, and refusals.

use super::{flipped, login, refused, security_log, with_passkey};
use crate::support::{Browser, Call, Database, Inside, Passkey, both_databases, inside::device};
use futures_util::future::join_all;
use marbelle::{account::Error, sign_in::PasskeyAnswer};
use serde_json::{Value, json};
use std::time::Duration;

both_databases! {
    async fn a_bad_assertion_is_refused_and_uses_up_nothing(database: Database) {
        let (node, _, session, mut browser, _) = with_passkey(database).await;
        let good = node.passkey_login(&mut browser).await;
        for part in ["clientDataJSON", "authenticatorData", "signature"] {
            for bit in [0, 5, 77, 200, 263] {
                refused(&node, "invalid_credentials", &flipped(&good, part, bit)).await;
            }
        }
        refused(&node, "invalid_credentials", &flipped(&good, "userHandle", 9)).await;
        let mut nameless = good.clone();
        nameless["credential"]["response"]["userHandle"] = Value::Null;
        refused(&node, "invalid_credentials", &nameless).await;
        let mut unknown = good.clone();
        unknown["credential"]["id"] = "AAAA".into();
        unknown["credential"]["rawId"] = "AAAA".into();
        refused(&node, "invalid_credentials", &unknown).await;
        for (pointer, bad) in [("/credential", json!({})), ("/credential/type", json!("password")), ("/credential/rawId", json!("AAAA"))] {
            let mut malformed = good.clone();
            *malformed.pointer_mut(pointer).expect("it exists") = bad;
            node.http().invalid(&[("credential", &["format"])], "auth.login_passkey", malformed).await;
        }
        for (change, back) in [
            ((|b| b.origin = "http://evil.example".into()) as fn(&mut Browser), (|b| b.origin = "http://localhost:5173".into()) as fn(&mut Browser)),
            (|b| b.relying_party = Some("evil.example".into()), |b| b.relying_party = None),
            (|b| b.verifies = false, |b| b.verifies = true),
            (|b| b.backed_up = Some(true), |b| b.backed_up = None),
        ] {
            change(&mut browser);
            refused(&node, "invalid_credentials", &node.passkey_login(&mut browser).await).await;
            back(&mut browser);
        }
        // An answer to another ceremony.
        let (one, other) = (node.passkey_login(&mut browser).await, node.passkey_login(&mut browser).await);
        let crossed = json!({ "ceremony": one["ceremony"], "credential": other["credential"] });
        refused(&node, "invalid_credentials", &crossed).await;
        let log = security_log(&node, &session).await;
        assert!(log.iter().all(|event| event["type"] != "passkey_refused"), "{log:?}");
        login(&node, &good).await;
    }

    async fn one_of_twenty_callers_with_one_ceremony_wins(database: Database) {
        let (node, _, session, mut browser, _) = with_passkey(database).await;
        let params = node.passkey_login(&mut browser).await;
        let http = node.http();
        let replies = join_all((0..20).map(|_| http.call("auth.login_passkey", params.clone()))).await;
        assert_eq!(replies.iter().filter(|reply| reply.is_ok()).count(), 1);
        replies.into_iter().filter_map(Result::err).for_each(|error| assert_eq!(error.kind, "invalid_token"));
        refused(&node, "invalid_token", &params).await;

        let started = session.http(&node).ok("passkeys.begin_registration", json!({})).await;
        let mut second = Browser::default();
        let params = json!({ "ceremony": started["ceremony"], "credential": second.create(&started["options"]) });
        let http = session.http(&node);
        let replies = join_all((0..20).map(|_| http.call("passkeys.register", params.clone()))).await;
        assert_eq!(replies.iter().filter(|reply| reply.is_ok()).count(), 1);
        replies.into_iter().filter_map(Result::err).for_each(|error| assert_eq!(error.kind, "invalid_token"));
        assert_eq!(http.ok("sign_in_methods.get", json!({})).await["passkeys"].as_array().expect("passkeys").len(), 2);
        let log = security_log(&node, &session).await;
        assert!(log.iter().all(|event| event["type"] != "passkey_refused"), "a replay is not reported as a copy: {log:?}");
    }

    async fn a_counter_that_does_not_rise_is_refused_and_recorded(database: Database) {
        let (node, _, session, mut browser, _) = with_passkey(database).await;
        login(&node, &node.passkey_login(&mut browser).await).await;
        for behind in [1, 2] {
            browser.passkeys[0].counter -= behind;
            refused(&node, "invalid_credentials", &node.passkey_login(&mut browser).await).await;
        }
        let log = security_log(&node, &session).await;
        let noted: Vec<_> = log.iter().filter(|event| event["type"] == "passkey_refused").collect();
        assert_eq!(noted.len(), 2);
        assert_eq!(noted[0]["detail"], json!({ "passkey": "Ann's phone" }));
        browser.passkeys[0].counter += 5;
        login(&node, &node.passkey_login(&mut browser).await).await;
    }

    async fn a_ceremony_is_valid_for_its_purpose_only(database: Database) {
        let (node, person, session, mut browser, _) = with_passkey(database).await;
        let other = person.sign_in(&node).await;
        let http = session.http(&node);
        let login = node.http().ok("auth.begin_passkey_login", json!({})).await;
        let proof = http.ok("session.begin_passkey_proof", json!({})).await;
        assert_eq!(proof["options"]["allowCredentials"].as_array().expect("a list").len(), 1);
        let registration = http.ok("passkeys.begin_registration", json!({})).await;
        assert_eq!(registration["options"]["excludeCredentials"].as_array().expect("a list").len(), 1);
        let answer = |ceremony: &Value, credential: Value| json!({ "ceremony": ceremony["ceremony"], "credential": credential });
        for ceremony in [&proof, &registration] {
            let mut options = ceremony["options"].clone();
            options["rpId"] = "localhost".into();
            options["allowCredentials"] = json!([]);
            options["userVerification"] = "required".into();
            refused(&node, "invalid_token", &answer(ceremony, browser.get(&options))).await;
        }
        refused(&node, "invalid_token", &answer(&json!({ "ceremony": "x" }), browser.get(&login["options"]))).await;
        let mut second = Browser::default();
        let made = answer(&registration, second.create(&registration["options"]));
        other.http(&node).refused("invalid_token", "passkeys.register", made.clone()).await;
        let crossed = answer(&login, made["credential"].clone());
        http.refused("invalid_token", "passkeys.register", crossed).await;
        let mut elsewhere = made.clone();
        let started = http.ok("passkeys.begin_registration", json!({})).await;
        elsewhere["ceremony"] = started["ceremony"].clone();
        http.refused("invalid_credentials", "passkeys.register", elsewhere).await;
        http.ok("passkeys.register", made).await;
        let proven = answer(&proof, browser.get(&proof["options"]));
        other.http(&node).refused("invalid_token", "session.prove", json!({ "passkey": proven })).await;
        http.ok("session.prove", json!({ "passkey": proven })).await;
        http.refused("invalid_token", "session.prove", json!({ "passkey": proven })).await;
    }

    async fn a_ceremony_expires(database: Database) {
        let inside = Inside::on(&database, &[]);
        let started = inside.with(async |accounts| accounts.begin_passkey_login().expect("a ceremony")).await;
        let started = serde_json::to_value(started).expect("JSON");
        let mut browser = Browser::default();
        browser.passkeys.push(Passkey::of(b"nobody"));
        let answer = PasskeyAnswer {
            ceremony: started["ceremony"].as_str().expect("text").to_owned(),
            credential: serde_json::from_value(browser.get(&started["options"])).expect("an assertion"),
        };
        let refused = async || {
            let answered = inside.with(async |accounts| accounts.sign_in_by_passkey(&answer, &device()).await);
            answered.await.expect_err("the passkey belongs to nobody")
        };
        inside.advance(Duration::from_secs(299));
        assert!(matches!(refused().await, Error::InvalidCredentials));
        inside.advance(Duration::from_secs(1));
        assert!(matches!(refused().await, Error::InvalidToken));
    }
}
