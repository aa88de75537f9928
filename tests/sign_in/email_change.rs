//! A new e-mail address, confirmed from its mailbox (docs/protocol.md, "Methods").

use crate::support::{Account, Call, Database, Node, Person, Session, another_email, both_databases, somebody};
use futures_util::future::join_all;
use serde_json::{Value, json};

fn change(person: &Person, new_email: &str) -> Value {
    json!({ "current_password": person.password, "new_email": new_email })
}

fn tokens(rows: &str) -> usize {
    rows.lines().filter(|row| row.starts_with("one_time_tokens:")).count()
}

both_databases! {
    async fn an_address_changes_when_its_mailbox_confirms(database: Database) {
        let (node, person, session) = somebody(database).await;
        let other = person.sign_in(&node).await;
        let (tab, other_tab, mute) = (session.tab(&node).await, other.browser_tab(&node).await, other.tab(&node).await);
        let mut account = Account::of(&tab).await;
        other_tab.snapshot().await;
        let new_email = another_email("new");

        tab.ok("profile.request_email_change", change(&person, &new_email.to_uppercase())).await;
        // Every tab shows it live.
        let event = tab.next_of("profile.changed").await;
        assert_eq!(event["data"]["pending_email"], new_email);
        assert_eq!(event["data"]["email"], person.email);
        assert_eq!(other_tab.next_event().await, event);
        account.apply(&event);
        account.assert_equals_get(&tab, &tab).await;
        let letter = node.smtp.letter_to(&new_email).await;
        assert!(letter.link().starts_with("http://localhost:5173/confirm-email-change?token="), "{}", letter.link());
        assert!(!letter.text.contains("Ann"), "the address may be a stranger's: {}", letter.text);
        person.sign_in(&node).await; // the old address is valid until then

        let confirmed = node.http().ok("profile.confirm_email_change", json!({ "token": letter.token(), "password": person.password })).await;
        assert_eq!(confirmed, json!({ "email": new_email }));
        tab.revoked("email_changed").await;
        other_tab.revoked("email_changed").await;
        mute.closed().await;
        session.assert_ended(&node, "email_changed").await;
        other.assert_ended(&node, "email_changed").await;
        node.http().refused("invalid_credentials", "auth.login", person.credentials()).await;
        let again = Person { email: new_email.clone(), ..person.clone() }.sign_in(&node).await;
        let profile = &again.sign_in["profile"];
        assert_eq!((&profile["email"], &profile["pending_email"]), (&json!(new_email), &Value::Null));
        assert_eq!(profile["id"], session.sign_in["profile"]["id"]);
        let notice = node.smtp.letter_saying(&person.email, "was changed").await;
        assert!(notice.text.contains(&new_email) && notice.html.contains(&new_email), "{}", notice.text);
        node.http().refused("invalid_token", "profile.confirm_email_change", json!({ "token": letter.token() })).await;
        // The old address is free.
        node.http().ok("auth.register", person.registration()).await;
        node.smtp.letter_saying(&person.email, "/verify-email?token=").await;
    }

    async fn the_newest_request_replaces_the_older(database: Database) {
        let (node, person, session) = somebody(database).await;
        let (first, second) = (another_email("first"), another_email("second"));
        let older = session.email_change_token(&node, &person.password, &first).await;
        let again = session.email_change_token(&node, &person.password, &first).await;
        let newest = session.email_change_token(&node, &person.password, &second).await;
        assert_eq!(session.http(&node).ok("profile.get", json!({})).await["pending_email"], second);
        for void in [older, again] {
            node.http().refused("invalid_token", "profile.confirm_email_change", json!({ "token": void })).await;
        }
        let confirmed = node.http().ok("profile.confirm_email_change", json!({ "token": newest, "password": person.password })).await;
        assert_eq!(confirmed["email"], second);
    }

    async fn a_taken_address_gets_the_same_answer_and_its_owner_a_notice(database: Database) {
        let (node, person, session) = somebody(database).await;
        let bob = node.registered("bob").await;
        let http = session.http(&node);
        let free = http.ok("profile.request_email_change", change(&person, &another_email("free"))).await;
        let spent = node.smtp.letter_saying(
            session.http(&node).ok("profile.get", json!({})).await["pending_email"].as_str().unwrap(), "?token=").await.token();
        let before = tokens(&node.rows().await);
        assert_eq!(before, 1);
        let tab = session.tab(&node).await;
        tab.snapshot().await;
        assert_eq!(http.ok("profile.request_email_change", change(&person, &bob.email)).await, free);
        assert_eq!(tab.next_of("profile.changed").await["data"]["pending_email"], bob.email);
        assert_eq!(tokens(&node.rows().await), before, "no token is created");
        let notice = node.smtp.letter_saying(&bob.email, "already has an account").await;
        assert!(!notice.text.contains("?token="), "{}", notice.text);
        node.http().refused("invalid_token", "profile.confirm_email_change", json!({ "token": spent })).await;
        bob.sign_in(&node).await;
        // It is cancelled like any other.
        assert_eq!(tab.ok("profile.cancel_email_change", json!({})).await["pending_email"], Value::Null);
    }

    async fn a_request_needs_the_password_and_another_address(database: Database) {
        let (node, person, session) = somebody(database).await;
        let http = session.http(&node);
        for present in [person.email.clone(), format!(" {} ", person.email.to_uppercase())] {
            let same: &[(&str, &[&str])] = &[("new_email", &["same_as_present"])];
            http.invalid(same, "profile.request_email_change", change(&person, &present)).await;
        }
        let new_email = another_email("new");
        let wrong = json!({ "current_password": "wrong larches beside no brook", "new_email": new_email });
        http.refused("invalid_credentials", "profile.request_email_change", wrong).await;
        http.invalid(&[("new_email", &["format"])], "profile.request_email_change", change(&person, "nowhere")).await;
        node.http().refused("unauthenticated", "profile.request_email_change", change(&person, &new_email)).await;
        let profile = http.ok("profile.get", json!({})).await;
        assert_eq!((&profile["pending_email"], &profile["revision"]), (&Value::Null, &json!(0)));
        assert_eq!(node.smtp.letters_to(&new_email).len(), 0);
        // Nor can the confirmation be bypassed.
        let error = http.refused("invalid_params", "profile.update", json!({ "email": new_email })).await;
        assert_eq!(error.rules()["email"], ["not_allowed"]);
        assert!(error.data.to_string().contains("profile.request_email_change"), "{error:?}");
        assert_eq!(http.ok("profile.get", json!({})).await["email"], person.email);
    }

    async fn a_cancelled_change_leaves_no_valid_token(database: Database) {
        let (node, person, session) = somebody(database).await;
        let token = session.email_change_token(&node, &person.password, &another_email("new")).await;
        let (tab, other_tab) = (session.tab(&node).await, person.sign_in(&node).await.tab(&node).await);
        let mut account = Account::of(&tab).await;
        other_tab.snapshot().await;
        let profile = tab.ok("profile.cancel_email_change", json!({})).await;
        assert_eq!(profile["pending_email"], Value::Null);
        assert_eq!(other_tab.next_of("profile.changed").await["data"], profile);
        account.assert_equals_get(&tab, &tab).await;
        let revision = account.revision;
        assert_eq!(tab.ok("profile.cancel_email_change", json!({})).await, profile, "nothing is pending");
        account.assert_equals_get(&tab, &tab).await;
        assert_eq!(account.revision, revision);
        node.http().refused("invalid_token", "profile.confirm_email_change", json!({ "token": token })).await;
        person.sign_in(&node).await;
    }

    async fn a_change_waits_no_longer_than_its_link_is_valid(database: Database) {
        let node = Node::on(database).set("LIFETIMES__ONE_TIME_TOKEN", "5s").start().await;
        let (person, session) = node.signed_in("ann").await;
        let taken = node.registered("bob").await;
        let tab = session.tab(&node).await;
        tab.snapshot().await;
        // For a taken address no link was sent, and the two cases cannot be distinguished.
        for new_email in [another_email("new"), taken.email.clone()] {
            tab.ok("profile.request_email_change", change(&person, &new_email)).await;
            assert_eq!(tab.next_of("profile.changed").await["data"]["pending_email"], new_email);
            let dropped = tab.next_of("profile.changed").await;
            assert_eq!(dropped["data"]["pending_email"], Value::Null);
            assert_eq!(dropped["session_id"], Value::Null);
        }
    }

    async fn a_request_beyond_the_allowance_keeps_the_sent_link_valid(database: Database) {
        // Of two letters an hour, one network may request one.
        let node = Node::on(database).set("LIMITS__MAILS_PER_MAILBOX", 2).start().await;
        let (person, session) = node.signed_in("ann").await;
        let taken = node.registered("bob").await;
        let http = session.http(&node);
        // Nothing reveals whether the mailbox has an account.
        for crowded in [another_email("crowded"), taken.email.clone()] {
            let granted = http.ok("profile.request_email_change", change(&person, &crowded)).await;
            assert_eq!(http.ok("profile.get", json!({})).await["pending_email"], crowded);
            let mine = another_email("mine");
            let link = session.email_change_token(&node, &person.password, &mine).await;
            assert_eq!(http.ok("profile.request_email_change", change(&person, &crowded)).await, granted);
            assert_eq!(http.ok("profile.get", json!({})).await["pending_email"], mine, "as for the link that was sent");
            // The link is checked, and not refused as a void one.
            node.http().refused("invalid_credentials", "profile.confirm_email_change", json!({ "token": link })).await;
        }
        let last = another_email("last");
        let link = session.email_change_token(&node, &person.password, &last).await;
        http.ok("profile.request_email_change", change(&person, &last)).await;
        assert_eq!(http.ok("profile.confirm_email_change", json!({ "token": link })).await["email"], last);
        assert_eq!(node.smtp.letters_to(&last).len(), 1);
    }

    async fn an_address_that_was_taken_meanwhile_is_a_conflict(database: Database) {
        let (node, person, session) = somebody(database).await;
        let wanted = Person { email: another_email("wanted"), ..person.clone() };
        let token = session.email_change_token(&node, &person.password, &wanted.email).await;
        node.http().ok("auth.register", wanted.registration()).await;
        let verification = node.smtp.letter_saying(&wanted.email, "/verify-email?token=").await.token();
        node.http().ok("auth.verify_email", crate::support::verification(&verification)).await;
        let error = node.http().refused("conflict", "profile.confirm_email_change", json!({ "token": token, "password": person.password })).await;
        assert_eq!(error.data["field"], "email");
        assert_eq!(session.http(&node).ok("profile.get", json!({})).await["email"], person.email);
        person.sign_in(&node).await;
        wanted.sign_in(&node).await;
    }

    async fn two_users_race_for_one_new_address(database: Database) {
        let (node, ann, anns) = somebody(database).await;
        for round in 0..5 {
            let (bob, bobs) = node.signed_in("bob").await;
            let (cat, cats) = node.signed_in("cat").await;
            let wanted = another_email(&format!("wanted{round}"));
            let asked = |person: Person, session: Session| {
                let (node, wanted) = (&node, &wanted);
                async move { session.email_change_token(node, &person.password, wanted).await }
            };
            let tokens = [asked(bob.clone(), bobs.clone()).await, asked(cat.clone(), cats.clone()).await];
            let http = node.http();
            let confirm = |token: &String| {
                let (http, params) = (http.clone(), json!({ "token": token, "password": ann.password }));
                async move { http.call("profile.confirm_email_change", params).await }
            };
            let replies = join_all(tokens.iter().map(confirm)).await;
            let winner = replies.iter().position(Result::is_ok).expect("one of them gets it");
            let error = replies[1 - winner].as_ref().expect_err("the other does not");
            assert_eq!((error.kind.as_str(), &error.data["field"]), ("conflict", &json!("email")));
            let (winners, losers) = if winner == 0 { (&bobs, &cats) } else { (&cats, &bobs) };
            winners.assert_ended(&node, "email_changed").await;
            losers.http(&node).ok("profile.get", json!({})).await;
        }
        anns.http(&node).ok("profile.get", json!({})).await;
        ann.sign_in(&node).await;
    }

    async fn a_registration_and_a_change_race_for_one_address(database: Database) {
        let (node, person, session) = somebody(database).await;
        let wanted = Person { email: another_email("wanted"), ..person.clone() };
        node.http().ok("auth.register", wanted.registration()).await;
        let verification = node.smtp.letter_saying(&wanted.email, "/verify-email?token=").await.token();
        let token = session.email_change_token(&node, &person.password, &wanted.email).await;
        let http = node.http();
        let (verified, confirmed) = tokio::join!(
            http.call("auth.verify_email", crate::support::verification(&verification)),
            http.call("profile.confirm_email_change", json!({ "token": token, "password": person.password })),
        );
        let loser = if verified.is_ok() { confirmed.expect_err("taken") } else { verified.expect_err("taken") };
        assert_eq!(loser.kind, "conflict");
        wanted.sign_in(&node).await;
    }

    async fn one_of_twenty_callers_with_one_link_wins(database: Database) {
        let (node, person, session) = somebody(database).await;
        let new_email = another_email("new");
        let token = session.email_change_token(&node, &person.password, &new_email).await;
        let http = node.http();
        let confirm = || http.call("profile.confirm_email_change", json!({ "token": token, "password": person.password }));
        let replies = join_all((0..20).map(|_| confirm())).await;
        let (won, lost): (Vec<_>, Vec<_>) = replies.into_iter().partition(Result::is_ok);
        assert_eq!(won.len(), 1, "{lost:#?}");
        assert!(lost.iter().all(|reply| reply.as_ref().is_err_and(|error| error.kind == "invalid_token")), "{lost:#?}");
        node.smtp.letter_saying(&person.email, "was changed").await;
    }

    async fn a_link_needs_a_session_of_the_account_or_its_password(database: Database) {
        let (node, person, session) = somebody(database).await;
        let (_, strangers) = node.signed_in("eve").await;
        let new_email = another_email("new");
        let token = session.email_change_token(&node, &person.password, &new_email).await;
        let confirm = "profile.confirm_email_change";
        node.http().refused("invalid_credentials", confirm, json!({ "token": token })).await;
        strangers.http(&node).refused("invalid_credentials", confirm, json!({ "token": token })).await;
        let wrong = json!({ "token": token, "password": "wrong larches beside no brook" });
        strangers.http(&node).refused("invalid_credentials", confirm, wrong.clone()).await;
        assert_eq!(session.http(&node).ok(confirm, json!({ "token": token })).await["email"], new_email);

        let person = Person { email: new_email, ..person };
        let session = person.sign_in(&node).await;
        let token = session.email_change_token(&node, &person.password, &another_email("newer")).await;
        let wrong = json!({ "token": token, "password": wrong["password"] });
        for _ in 0..5 {
            node.http().refused("invalid_credentials", confirm, wrong.clone()).await;
        }
        let right = json!({ "token": token, "password": person.password });
        node.http().refused("invalid_token", confirm, right).await;
    }

    async fn a_change_ends_with_the_session_that_requested_it(database: Database) {
        let (node, person, owner) = somebody(database).await;
        let taken = node.registered("bob").await;
        for wanted in [another_email("thief"), taken.email.clone()] {
            let thief = person.sign_in(&node).await;
            let change = json!({ "current_password": person.password, "new_email": wanted });
            thief.http(&node).ok("profile.request_email_change", change).await;
            node.smtp.letter_saying(&person.email, &wanted).await;
            let link = if wanted == taken.email { None } else { Some(node.smtp.letter_to(&wanted).await.token()) };
            let tab = owner.tab(&node).await;
            let mut account = Account::of(&tab).await;
            assert_eq!(account.profile["pending_email"], wanted);
            tab.ok("session.revoke", json!({ "session_id": thief.id })).await;
            account.apply(&tab.next_of("sessions.changed").await);
            account.apply(&tab.next_of("profile.changed").await);
            assert_eq!(account.profile["pending_email"], Value::Null);
            account.assert_equals_get(&tab, &tab).await;
            if let Some(token) = link {
                let confirm = json!({ "token": token, "password": person.password });
                node.http().refused("invalid_token", "profile.confirm_email_change", confirm).await;
            }
        }
    }

    async fn a_changed_address_voids_a_reset_link(database: Database) {
        let (node, person, session) = somebody(database).await;
        let reset = node.reset_token(&person.email).await;
        let token = session.email_change_token(&node, &person.password, &another_email("new")).await;
        node.http().ok("profile.confirm_email_change", json!({ "token": token, "password": person.password })).await;
        let params = json!({ "token": reset, "new_password": "nine loud herons above a mill" });
        node.http().refused("invalid_token", "auth.confirm_password_reset", params).await;
    }
}
