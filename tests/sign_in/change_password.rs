//! Changing the password with the present one (docs/protocol.md, "Methods").

use crate::support::{Account, Call, Database, Person, another_email, both_databases, somebody};
use futures_util::future::join_all;
use serde_json::{Value, json};

const NEW: &str = "nine loud herons above a mill";

fn change(current: &str, new: &str) -> Value {
    json!({ "current_password": current, "new_password": new })
}

both_databases! {
    async fn a_change_ends_every_other_session(database: Database) {
        let (node, person, mine) = somebody(database).await;
        let others = [person.sign_in(&node).await, person.sign_in(&node).await];
        let (tab, my_other_tab) = (mine.tab(&node).await, mine.browser_tab(&node).await);
        let mut account = Account::of(&tab).await;
        my_other_tab.snapshot().await;
        let their_tabs = [others[0].tab(&node).await, others[1].browser_tab(&node).await];
        their_tabs[0].snapshot().await;
        their_tabs[1].snapshot().await;

        let answer = tab.ok("auth.change_password", change(&person.password, NEW)).await;
        assert_eq!(answer["sessions_ended"], 2);
        for their_tab in &their_tabs {
            assert_eq!(their_tab.revoked("password_changed").await, Vec::<Value>::new());
        }
        for other in &others {
            other.assert_ended(&node, "password_changed").await;
        }
        let event = tab.next_of("sessions.changed").await;
        assert_eq!(my_other_tab.closed().await, Vec::<Value>::new(), "its credentials are outdated");
        assert_eq!(event["session_id"], mine.id, "who did it");
        account.apply(&event);
        account.assert_equals_get(&tab, &tab).await;
        assert_eq!(account.sessions.keys().collect::<Vec<_>>(), [&mine.id]);

        node.http().refused("invalid_credentials", "auth.login", person.credentials()).await;
        Person { password: NEW.into(), ..person.clone() }.sign_in(&node).await;
        node.smtp.letter_saying(&person.email, "was changed").await;
    }

    async fn a_wrong_current_password_changes_nothing(database: Database) {
        let (node, person, session) = somebody(database).await;
        let other = person.sign_in(&node).await;
        let http = session.http(&node);
        http.refused("invalid_credentials", "auth.change_password", change("wrong larches beside no brook", NEW)).await;
        // The whole of it counts, blanks and all.
        let padded = format!(" {}", person.password);
        http.refused("invalid_credentials", "auth.change_password", change(&padded, NEW)).await;
        other.http(&node).ok("profile.get", json!({})).await;
        person.sign_in(&node).await;
        let error = node.http().refused("unauthenticated", "auth.change_password", change(&person.password, NEW)).await;
        assert_eq!(error.data["reason"], "missing");
        let letters = node.smtp.letters_to(&person.email);
        assert!(letters.iter().all(|letter| !letter.subject.contains("was changed")), "{letters:#?}");
    }

    async fn the_new_password_keeps_the_rules(database: Database) {
        let (node, person, session) = somebody(database).await;
        let other = person.sign_in(&node).await;
        let refused = [
            ("short", "too_short"),
            ("password123456", "guessable"),
            (person.email.as_str(), "guessable"),
            ("AnnLeeAnnLee", "guessable"),
            ("marbellemarbelle", "guessable"),
            (person.password.as_str(), "same_as_present"),
            (&"long ".repeat(60), "too_long"),
        ];
        for (password, rule) in refused {
            let params = change(&person.password, password);
            let error = session.http(&node).refused("invalid_params", "auth.change_password", params).await;
            let rules = error.rules();
            assert_eq!(rules.keys().collect::<Vec<_>>(), [&"new_password"], "{password}");
            assert!(rules["new_password"].contains(&rule), "{password}: {rules:?}");
        }
        other.http(&node).ok("profile.get", json!({})).await;
        person.sign_in(&node).await;
    }

    async fn a_change_uses_up_every_token_and_drops_a_pending_change_of_email(database: Database) {
        let (node, person, session) = somebody(database).await;
        let reset = node.reset_token(&person.email).await;
        let email_change = session.email_change_token(&node, &person.password, &another_email("new")).await;
        person.sign_in(&node).await;
        let tab = session.tab(&node).await;
        let mut account = Account::of(&tab).await;
        assert_ne!(account.profile["pending_email"], Value::Null);
        tab.ok("auth.change_password", change(&person.password, NEW)).await;
        // Two kinds of change in one commit: consecutive revisions, sessions first.
        account.apply(&tab.next_of("sessions.changed").await);
        account.apply(&tab.next_of("profile.changed").await);
        assert_eq!(account.profile["pending_email"], Value::Null);
        account.assert_equals_get(&tab, &tab).await;
        node.http().refused("invalid_token", "profile.confirm_email_change", json!({ "token": email_change })).await;
        let params = json!({ "token": reset, "new_password": "eleven slow trams in the rain" });
        node.http().refused("invalid_token", "auth.confirm_password_reset", params).await;
    }

    async fn a_change_that_ends_nothing_adds_no_event(database: Database) {
        let (node, person, session) = somebody(database).await;
        let tab = session.tab(&node).await;
        let mut account = Account::of(&tab).await;
        let answer = tab.ok("auth.change_password", change(&person.password, NEW)).await;
        assert_eq!(answer["sessions_ended"], 0);
        let revision = account.revision;
        account.assert_equals_get(&tab, &tab).await;
        assert_eq!(account.revision, revision);
    }

    async fn one_of_several_concurrent_changes_wins(database: Database) {
        let (node, person, session) = somebody(database).await;
        let tab = session.tab(&node).await;
        let wishes: Vec<String> = (0..10).map(|n| format!("{NEW} number {n}")).collect();
        let replies = join_all(wishes.iter().map(|new| tab.call("auth.change_password", change(&person.password, new)))).await;
        let won: Vec<&String> = wishes.iter().zip(&replies).filter(|(_, reply)| reply.is_ok()).map(|(new, _)| new).collect();
        assert_eq!(won.len(), 1, "the password or the credentials have changed for the later ones: {replies:#?}");
        let lost = replies.iter().filter_map(|reply| reply.as_ref().err());
        assert!(lost.clone().all(|error| ["invalid_credentials", "unauthenticated"].contains(&error.kind.as_str())), "{replies:#?}");
        Person { password: won[0].clone(), ..person }.sign_in(&node).await;
    }
}
