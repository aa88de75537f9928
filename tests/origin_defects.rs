//! Defects of the former system that no other file covers.

use crate::support::{
    Account, Call, Database, Inside, Node, Person, another_email, both_databases, eventually, somebody, within,
};
use serde_json::json;
use sqlx::Connection;
use std::time::Duration;

/// A call may wait for the database before it gives up.
const A_WHILE: Duration = Duration::from_secs(40);

/// Makes the database unavailable to a node while `meanwhile` runs.
async fn without_database<T>(node: &Node, meanwhile: impl Future<Output = T>) -> T {
    if let Database::Postgres(_) = node.database {
        node.database.outage().await;
        let done = meanwhile.await;
        node.database.back().await;
        return done;
    }
    let mut file = node.sqlite().await;
    let lock = file.begin_with("BEGIN IMMEDIATE").await.expect("the lock");
    let done = meanwhile.await;
    lock.rollback().await.expect("the lock is returned");
    done
}

/// Makes every change of the table `users` fail, or undoes that.
async fn break_users(node: &Node, broken: bool) {
    node.execute(match (&node.database, broken) {
        (Database::Sqlite, true) => {
            "CREATE TRIGGER worn BEFORE UPDATE OF first_name ON users BEGIN SELECT RAISE(ABORT, 'worn out'); END"
        }
        (Database::Sqlite, false) => "DROP TRIGGER worn",
        (Database::Postgres(_), true) => {
            "CREATE FUNCTION worn() RETURNS trigger AS 'BEGIN RAISE ''worn out''; END' LANGUAGE plpgsql; \
             CREATE TRIGGER worn BEFORE UPDATE OF first_name ON users EXECUTE FUNCTION worn()"
        }
        (Database::Postgres(_), false) => "DROP TRIGGER worn ON users",
    })
    .await;
}

both_databases! {
    async fn a_profile_that_cannot_be_saved_is_not_reported_as_saved(database: Database) {
        let (node, _, session) = somebody(database).await;
        let http = session.http(&node);
        let tab = session.tab(&node).await;
        let mut account = Account::of(&tab).await;
        let edit = json!({ "first_name": "Anne", "company_name": "Larch & Co" });
        let error = within(A_WHILE, "the answer", without_database(&node, http.refused("unavailable", "profile.update", edit.clone()))).await;
        assert_eq!(error.data["outcome"], "not_done");
        assert!(error.data["retry_after_ms"].as_u64().is_some_and(|ms| ms > 0), "{error:?}");
        let profile = eventually("an answer", || async { http.call("profile.get", json!({})).await.ok() }).await;
        assert_eq!((&profile["first_name"], &profile["revision"]), (&json!("Ann"), &json!(0)));

        break_users(&node, true).await;
        let error = http.refused("internal", "profile.update", edit.clone()).await;
        assert!(!format!("{error:?}").contains("worn"), "nothing of the cause: {error:?}");
        node.printed(error.data["incident"].as_str().expect("an id")).await;
        assert_eq!(http.ok("profile.get", json!({})).await, profile);
        break_users(&node, false).await;
        account.assert_equals_get(&tab, &http).await;
        assert_eq!(account.revision, 1, "a failed change leaves no event");
        assert_eq!(http.ok("profile.update", edit).await["first_name"], "Anne");
        account.assert_equals_get(&tab, &http).await;
    }

    async fn a_logout_ends_the_callers_sessions_and_nobody_elses(database: Database) {
        let (node, _, anns) = somebody(database).await;
        let (_, bobs) = node.signed_in("bob").await;
        let http = anns.http(&node);
        // Another user's token is not a parameter, under any name.
        for name in ["refresh", "refresh_token", "session_id"] {
            let unknown: &[(&str, &[&str])] = &[(name, &["unknown"])];
            http.invalid(unknown, "auth.logout", json!({ name: bobs.refresh_token })).await;
        }
        http.ok("profile.get", json!({})).await; // what was refused ended nothing
        assert_eq!(http.ok("auth.logout", json!({})).await, json!({ "sessions_ended": 1 }));
        anns.assert_ended(&node, "logout").await;
        http.refused("session_ended", "auth.logout", json!({})).await;
        bobs.http(&node).ok("profile.get", json!({})).await;
        bobs.refreshed(&node).await;
    }

    async fn an_address_is_the_same_whatever_its_case(database: Database) {
        let node = Node::start(database).await;
        let person = Person { email: another_email("Ann.Lee").to_uppercase(), password: crate::support::PASSWORD.into() };
        node.http().ok("auth.register", person.registration()).await;
        let lower = person.email.to_lowercase();
        let token = node.smtp.letter_to(&lower).await.token();
        node.http().ok("auth.verify_email", crate::support::verification(&token)).await;
        for email in [&person.email, &lower] {
            let again = Person { email: email.clone(), ..person.clone() };
            assert_eq!(again.sign_in(&node).await.sign_in["profile"]["email"], lower);
            node.http().ok("auth.register", again.registration()).await;
        }
        let notice = node.smtp.letter_saying(&lower, "already have an account").await;
        assert!(!notice.text.contains("?token="), "no second account: {}", notice.text);
        node.reset_token(&person.email.to_lowercase()).await;
        node.http().ok("auth.request_password_reset", json!({ "email": person.email })).await;
        node.smtp.letter_saying(&lower, "/password-reset?token=").await;
    }

    async fn a_long_address_works_like_a_short_one(database: Database) {
        let node = Node::start(database).await;
        let domain = format!("{}.{}.test", "d".repeat(63), "e".repeat(63));
        let local = "l".repeat(64);
        let padding = 254 - local.len() - 1 - domain.len() - 1;
        let email = format!("{local}@{}.{domain}", "f".repeat(padding.min(63)));
        assert!((151..=254).contains(&email.len()), "{}", email.len());
        let person = Person { email, password: crate::support::PASSWORD.into() };
        node.http().ok("auth.register", person.registration()).await;
        let token = node.smtp.letter_to(&person.email).await.token();
        node.http().ok("auth.verify_email", crate::support::verification(&token)).await;
        assert_eq!(person.sign_in(&node).await.sign_in["profile"]["email"], person.email);
        let long = format!("{local}@{}.{}.{domain}", "f".repeat(63), "g".repeat(63));
        let error = node.http().refused("invalid_params", "auth.request_password_reset", json!({ "email": long })).await;
        assert_eq!(error.rules().into_keys().collect::<Vec<_>>(), ["email"]);
    }

    async fn used_and_ended_rows_are_deleted_in_time(database: Database) {
        let node = Node::start(database.clone()).await;
        let (person, session) = node.signed_in("ann").await;
        node.reset_token(&person.email).await;
        session.email_change_token(&node, &person.password, &another_email("new")).await;
        node.unverified("bob").await;
        let wrong = json!({ "email": another_email("nobody"), "password": "wrong larches" });
        node.http().refused("invalid_credentials", "auth.login", wrong).await;
        session.http(&node).ok("auth.logout", json!({})).await;
        let kept = |rows: &str, table: &str| rows.lines().filter(|row| row.starts_with(&format!("{table}:"))).count();
        let tables = ["one_time_tokens", "registrations", "mail_outbox", "sessions", "account_events", "password_failures"];
        let rows = node.rows().await;
        for table in tables {
            assert!(kept(&rows, table) > 0, "the test looks at the right places: {table}");
        }
        let file = format!("sqlite://{}", node.data().join("marbelle.db").display());
        let inside = match &node.database {
            Database::Sqlite => Inside::on(&node.database, &[("DATABASE_URL", &file)]),
            Database::Postgres(_) => Inside::on(&node.database, &[]),
        };
        inside.advance(Duration::from_secs(400 * 86_400));
        // Repeated in case a letter was sent but not yet marked as sent.
        let rows = eventually("the letters to be pruned", || async {
            inside.with(async |accounts| accounts.prune().await.expect("pruned")).await;
            Some(node.rows().await).filter(|rows| kept(rows, "mail_outbox") == 0)
        })
        .await;
        for table in tables.into_iter().chain(["security_events"]) {
            assert_eq!(kept(&rows, table), 0, "{table}");
        }
        assert_eq!(kept(&rows, "users"), 1, "the account itself stays");
    }
}
