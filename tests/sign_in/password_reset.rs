//! Resetting the password by a mailed link (docs/protocol.md, "Methods").

use crate::support::{Call, Database, Node, Person, another_email, both_databases, eventually, somebody};
use futures_util::future::join_all;
use serde_json::{Value, json};

const NEW: &str = "nine loud herons above a mill";

fn reset(token: &str, password: &str) -> Value {
    json!({ "token": token, "new_password": password })
}

fn with_password(person: &Person, password: &str) -> Person {
    Person { password: password.to_owned(), ..person.clone() }
}

both_databases! {
    async fn a_mailed_link_sets_a_new_password_and_ends_every_session(database: Database) {
        let (node, person, first) = somebody(database).await;
        let second = person.sign_in(&node).await;
        let (tab, other_tab, mute) = (first.tab(&node).await, second.browser_tab(&node).await, second.tab(&node).await);
        tab.snapshot().await;
        other_tab.snapshot().await;
        let (_, bobs) = node.signed_in("bob").await;

        let answer = node.http().ok("auth.request_password_reset", json!({ "email": person.email })).await;
        let unknown = json!({ "email": another_email("nobody") });
        assert_eq!(node.http().ok("auth.request_password_reset", unknown).await, answer);
        let letter = node.smtp.letter_saying(&person.email, "/password-reset?token=").await;
        assert!(letter.link().starts_with("http://localhost:5173/password-reset?token="), "{}", letter.link());
        tab.ok("profile.get", json!({})).await; // a request alone ends nothing

        node.http().ok("auth.confirm_password_reset", reset(&letter.token(), NEW)).await;
        assert_eq!(tab.revoked("password_reset").await, Vec::<Value>::new());
        assert_eq!(other_tab.revoked("password_reset").await, Vec::<Value>::new());
        mute.closed().await;
        first.assert_ended(&node, "password_reset").await;
        second.assert_ended(&node, "password_reset").await;
        bobs.http(&node).ok("profile.get", json!({})).await;

        node.http().refused("invalid_credentials", "auth.login", person.credentials()).await;
        let again = with_password(&person, NEW).sign_in(&node).await;
        let changes = again.http(&node).ok("account.changes", json!({ "since": 2 })).await;
        let event = &changes["events"][0];
        assert_eq!((&event["type"], &event["session_id"]), (&json!("sessions.changed"), &Value::Null), "{changes:#}");
        assert_eq!(event["data"]["ended"].as_array().map(Vec::len), Some(2), "{changes:#}");
        node.smtp.letter_saying(&person.email, "was reset").await;
    }

    async fn only_the_newest_link_is_valid_and_only_once(database: Database) {
        let (node, person, _) = somebody(database).await;
        let (older, newer) = (node.reset_token(&person.email).await, node.reset_token(&person.email).await);
        assert_ne!(older, newer);
        node.http().refused("invalid_token", "auth.confirm_password_reset", reset(&older, NEW)).await;
        node.http().ok("auth.confirm_password_reset", reset(&newer, NEW)).await;
        for spent in [&older, &newer] {
            let another = "eleven slow trams in the rain";
            node.http().refused("invalid_token", "auth.confirm_password_reset", reset(spent, another)).await;
        }
        with_password(&person, NEW).sign_in(&node).await;
    }

    async fn a_refused_password_uses_up_no_token(database: Database) {
        let (node, person, session) = somebody(database).await;
        let token = node.reset_token(&person.email).await;
        let refused = [
            ("short", "too_short"),
            ("password123456", "guessable"),
            (person.email.as_str(), "guessable"),
            ("AnnLeeAnnLee", "guessable"),
            (person.password.as_str(), "same_as_present"),
        ];
        for (password, rule) in refused {
            let params = reset(&token, password);
            let error = node.http().refused("invalid_params", "auth.confirm_password_reset", params).await;
            let rules = error.rules();
            assert_eq!(rules.keys().collect::<Vec<_>>(), [&"new_password"], "{password}");
            assert!(rules["new_password"].contains(&rule), "{password}: {rules:?}");
        }
        session.http(&node).ok("profile.get", json!({})).await;
        node.http().ok("auth.confirm_password_reset", reset(&token, NEW)).await;
    }

    async fn every_invalid_link_gets_the_same_answer(database: Database) {
        let (node, person, session) = somebody(database).await;
        let change = session.email_change_token(&node, &person.password, &another_email("new")).await;
        let unverified = node.unverified("bob").await;
        let verification = node.smtp.letter_to(&unverified.email).await.token();
        let good = node.reset_token(&person.email).await;
        let bad = ["x", &"A".repeat(75), &change, &verification, &session.refresh_token, &session.access_token, &good[1..]];
        let mut answers = Vec::new();
        for token in bad {
            answers.push(node.http().refused("invalid_token", "auth.confirm_password_reset", reset(token, NEW)).await);
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:#?}");
        // Nor is it valid for anything else.
        node.http().refused("invalid_token", "auth.verify_email", crate::support::verification(&good)).await;
        node.http().refused("invalid_token", "profile.confirm_email_change", json!({ "token": good })).await;
        node.http().refused("unauthenticated", "auth.refresh", json!({ "refresh_token": good })).await;
        node.http().ok("auth.confirm_password_reset", reset(&good, NEW)).await;
    }

    async fn a_link_expires(database: Database) {
        let node = Node::on(database).set("LIFETIMES__ONE_TIME_TOKEN", "2s").start().await;
        let (person, session) = node.signed_in("ann").await;
        let token = node.reset_token(&person.email).await;
        // The present password is refused while the token is valid, and uses up nothing.
        eventually("the token's end", || async {
            let present = reset(&token, &person.password);
            let error = node.http().call("auth.confirm_password_reset", present).await.expect_err("refused");
            (error.kind == "invalid_token").then_some(())
        })
        .await;
        node.http().refused("invalid_token", "auth.confirm_password_reset", reset(&token, NEW)).await;
        session.http(&node).ok("profile.get", json!({})).await;
    }

    async fn one_of_twenty_callers_with_one_link_wins(database: Database) {
        let (node, person, _) = somebody(database).await;
        let token = node.reset_token(&person.email).await;
        let http = node.http();
        let replies = join_all((0..20).map(|_| http.call("auth.confirm_password_reset", reset(&token, NEW)))).await;
        let (won, lost): (Vec<_>, Vec<_>) = replies.into_iter().partition(Result::is_ok);
        assert_eq!(won.len(), 1, "{lost:#?}");
        assert!(lost.iter().all(|reply| reply.as_ref().is_err_and(|error| error.kind == "invalid_token")), "{lost:#?}");
        with_password(&person, NEW).sign_in(&node).await;
    }

    async fn a_sign_in_with_the_old_password_does_not_outlive_the_reset(database: Database) {
        let (node, person, _) = somebody(database).await;
        let mut person = person;
        for round in 0..5 {
            let token = node.reset_token(&person.email).await;
            let new = format!("{NEW} number {round}");
            let (http, confirmation) = (node.http(), reset(&token, &new));
            let sign_ins = join_all((0..8).map(|_| http.call("auth.login", person.credentials())));
            let (sign_ins, done) = tokio::join!(sign_ins, http.call("auth.confirm_password_reset", confirmation));
            done.expect("the new password is set");
            for reply in sign_ins {
                match reply {
                    Ok(sign_in) => {
                        let token = sign_in["access_token"].as_str().expect("a token");
                        node.http().bearer(token).refused("session_ended", "profile.get", json!({})).await;
                    }
                    Err(error) => assert_eq!(error.kind, "invalid_credentials"),
                }
            }
            person = with_password(&person, &new);
        }
    }

    async fn a_reset_drops_a_pending_change_of_email(database: Database) {
        let (node, person, session) = somebody(database).await;
        let change = session.email_change_token(&node, &person.password, &another_email("new")).await;
        let token = node.reset_token(&person.email).await;
        node.http().ok("auth.confirm_password_reset", reset(&token, NEW)).await;
        node.http().refused("invalid_token", "profile.confirm_email_change", json!({ "token": change })).await;
        let again = with_password(&person, NEW).sign_in(&node).await;
        assert_eq!(again.sign_in["profile"]["pending_email"], Value::Null);
        let changes = again.http(&node).ok("account.changes", json!({ "since": 2 })).await;
        let kinds: Vec<&Value> = changes["events"].as_array().unwrap().iter().map(|e| &e["type"]).collect();
        assert_eq!(kinds, ["sessions.changed", "profile.changed", "sessions.changed"], "{changes:#}");
    }

    async fn an_unverified_address_gets_no_reset_letter(database: Database) {
        let node = Node::start(database).await;
        let person = node.unverified("ann").await;
        node.http().ok("auth.request_password_reset", json!({ "email": person.email })).await;
        let marker = node.unverified("bob").await;
        node.smtp.letter_to(&marker.email).await; // queued later, and arrived
        let letters = node.smtp.letters_to(&person.email);
        assert!(letters.iter().all(|letter| letter.link().contains("/verify-email?")), "{letters:#?}");
    }
}
