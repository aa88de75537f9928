//! Clocks that are set back, and nodes whose clocks differ.

use crate::support::{
    Database, Inside, Node, PASSWORD, another_email, both_databases,
    inside::{account, client, credentials, device, email},
};
use marbelle::{
    account::Error,
    domain::{
        email::EmailAddress,
        ids::{InvitationId, SecurityEventId},
        session::EndReason,
        time::Timestamp,
    },
    live::Connection,
    sign_in::SignedIn,
    store,
};
use std::{sync::Arc, time::Duration};

const DAY: Duration = Duration::from_secs(86_400);
const WRONG: &str = "wrong larches beside no brook";

async fn sign_in(inside: &Inside, email: &EmailAddress) -> SignedIn {
    inside
        .with(async |accounts| accounts.sign_in(&credentials(email, PASSWORD), &device()).await.expect("a session"))
        .await
}

both_databases! {
    async fn wrong_passwords_block_for_their_window_and_no_longer(database: Database) {
        let inside = Inside::on(&database, &[("LIMITS__FAILURES_PER_ACCOUNT", "2")]);
        let ann = email(&another_email("ann"));
        inside.with(async |accounts| account(accounts, &ann).await).await;
        let guess = async |password: &str| {
            inside.with(async |accounts| accounts.sign_in(&credentials(&ann, password), &device()).await).await
        };
        for _ in 0..2 {
            assert!(matches!(guess(WRONG).await, Err(Error::InvalidCredentials)));
        }
        inside.turn_back(2 * DAY);
        let Err(Error::RateLimited { retry_after }) = guess(PASSWORD).await else { panic!("they still count") };
        assert!(retry_after <= Duration::from_secs(15 * 60), "{retry_after:?}");
        inside.advance(retry_after);
        guess(PASSWORD).await.expect("a session");
    }

    async fn letters_do_not_wait_for_the_clock_to_come_back(database: Database) {
        let inside = Inside::on(&database, &[("LIMITS__MAILS_PER_MAILBOX", "2")]);
        let ann = email(&another_email("ann"));
        inside.with(async |accounts| account(accounts, &ann).await).await;
        let resets = async || {
            inside.with(async |accounts| {
                let before = accounts.store.waiting_letters().await.expect("an answer").0;
                for _ in 0..3 {
                    accounts.request_password_reset(&ann, None, &client()).await.expect("accepted");
                }
                accounts.store.waiting_letters().await.expect("an answer").0 - before
            })
            .await
        };
        assert_eq!(resets().await, 1, "half of the two");
        inside.turn_back(2 * DAY);
        assert_eq!(resets().await, 1);
        let due = inside.with(async |accounts| {
            let now = accounts.clock.now();
            accounts.store.letter_is_due(now, now.after(Duration::from_secs(2 * 3600))).await.expect("an answer")
        });
        assert!(due.await);
    }

    async fn sessions_are_in_the_order_in_which_they_were_opened(database: Database) {
        let inside = Inside::on(&database, &[("LIMITS__SESSIONS_PER_USER", "3")]);
        let ann = email(&another_email("ann"));
        inside.with(async |accounts| account(accounts, &ann).await).await;
        let mut opened = vec![sign_in(&inside, &ann).await, sign_in(&inside, &ann).await];
        inside.turn_back(2 * DAY);
        for _ in 0..2 {
            opened.push(sign_in(&inside, &ann).await);
        }
        let (now, listed) = inside.with(async |accounts| {
            let listed = accounts.list_sessions(opened[3].caller()).await.expect("the sessions");
            (accounts.clock.now(), listed)
        })
        .await;
        let ids: Vec<_> = listed.iter().map(|session| session.opened.id).collect();
        let newest_first: Vec<_> = opened[1..].iter().rev().map(|signed_in| signed_in.session.opened.id).collect();
        assert_eq!(ids, newest_first, "the oldest of four has ended");
        for session in listed {
            assert!(session.last_seen_at <= now, "a time in the future counts as now: {session:?}");
            assert!(session.expires_at <= now.after(28 * DAY), "{session:?}");
        }
    }

    async fn a_clock_that_is_behind_does_not_revert_a_use_in_the_future(database: Database) {
        let inside = Inside::on(&database, &[]);
        let ann = email(&another_email("ann"));
        inside.with(async |accounts| account(accounts, &ann).await).await;
        let signed_in = sign_in(&inside, &ann).await;
        // A machine that starts without a clock, and gets the time later.
        inside.turn_back(10_000 * DAY);
        let token = inside.with(async |accounts| accounts.first_tokens(&signed_in).refresh_token).await;
        inside.with(async |accounts| {
            accounts.refresh(token.expose(), &client()).await.expect("a pair");
            accounts.end_expired_sessions().await.expect("done");
        })
        .await;
        inside.advance(10_000 * DAY);
        inside.with(async |accounts| {
            accounts.end_expired_sessions().await.expect("done");
            accounts.current_session(signed_in.caller()).await.expect("alive");
        })
        .await;
    }

    async fn a_superseded_refresh_token_stays_superseded_when_the_clock_goes_back(database: Database) {
        let inside = Inside::on(&database, &[]);
        let ann = email(&another_email("ann"));
        inside.with(async |accounts| account(accounts, &ann).await).await;
        let signed_in = sign_in(&inside, &ann).await;
        let refresh = async || {
            inside.with(async |accounts| {
                let first = accounts.first_tokens(&signed_in).refresh_token;
                accounts.refresh(first.expose(), &client()).await.map(drop)
            })
            .await
        };
        refresh().await.expect("a pair");
        inside.turn_back(Duration::from_secs(30));
        refresh().await.expect("a repetition within the grace");
        inside.turn_back(DAY);
        let reused = refresh().await;
        assert!(matches!(reused, Err(Error::SessionEnded(EndReason::RefreshTokenReuse))), "{reused:?}");
    }

    async fn entries_of_the_log_age_in_their_order(database: Database) {
        let inside = Inside::on(&database, &[]);
        let ann = email(&another_email("ann"));
        inside.with(async |accounts| account(accounts, &ann).await).await;
        let signed_in = sign_in(&inside, &ann).await;
        inside.turn_back(100 * DAY);
        sign_in(&inside, &ann).await;
        let events = async || {
            inside.with(async |accounts| {
                accounts.prune().await.expect("pruned");
                accounts.store.list_events(signed_in.profile.id, 0, 10).await.expect("the log").len()
            })
            .await
        };
        assert_eq!(events().await, 2);
        inside.advance(8 * DAY);
        assert_eq!(events().await, 0, "the first is older than the second, whatever its time says");
    }

    /// Each command is a process of its own, so it cannot know the ids of the process before it.
    async fn lists_keep_their_order_when_a_process_starts_with_its_clock_set_back(database: Database) {
        let node = Node::on(database).set("SIGN_UP", "invited").start().await;
        let (hook, [ann, bob]) = ("https://hooks.example.org/", ["ann", "bob"].map(another_email));
        // An id without a time, such as an import may bring, sorts above all others, but hides no other table's newest.
        node.run_json(&["user", "create", &another_email("dora"), "--first-name", "Dora"]).await;
        let without_time = match &node.database {
            Database::Sqlite => "X'ffffffffffff4fffbfffffffffffffff'",
            Database::Postgres(_) => "'ffffffff-ffff-4fff-bfff-ffffffffffff'",
        };
        node.execute(&format!("UPDATE audit_log SET id = {without_time}")).await;
        let in_2100 = Timestamp::from_unix(4_102_444_800).expect("a time");
        for (days, table, list, [first, second]) in [
            (0, "invitations", "invitation", [&["create", &ann] as &[&str], &["create", &bob]]),
            (1, "webhooks", "webhook", [&["create", hook], &["create", hook]]),
            (2, "service_keys", "key", [&["create", "first", "--scope", "keys"], &["create", "second", "--scope", "keys"]]),
            (3, "mail_outbox", "mail", [&[], &[]]),
        ] {
            let create = async |arguments: &[&str]| match arguments {
                [] => drop(node.run_json(&["invitation", "create", &another_email("cleo")]).await),
                _ => drop(node.run_json(&[&[list], arguments].concat()).await),
            };
            let ids = async || {
                let listed = node.run_json(&[list, "list"]).await;
                let rows = listed.as_array().or_else(|| listed["mails"].as_array()).expect("a list").clone();
                rows.iter().map(|row| row["id"].as_str().expect("an id").to_owned()).collect::<Vec<_>>()
            };
            create(first).await;
            // Later than all that the rounds before this one have made.
            let ahead = InvitationId::at(in_2100.after(days * DAY)).0;
            let literal = match &node.database {
                Database::Sqlite => format!("X'{}'", ahead.simple()),
                Database::Postgres(_) => format!("'{ahead}'"),
            };
            node.execute(&format!(
                "UPDATE {table} SET id = {literal} WHERE id = (SELECT id FROM {table} ORDER BY id DESC LIMIT 1)"
            ))
            .await;
            create(second).await;
            let listed = ids().await;
            assert_eq!(listed[1], ahead.to_string(), "{table}: the newer one is before it: {listed:?}");
        }
    }

    async fn the_distance_of_a_nodes_clock_is_measured(database: Database) {
        let inside = Inside::on(&database, &[]);
        let measured = async || inside.with(async |accounts| accounts.hub.measure_clock().await.expect("an answer")).await;
        // On SQLite there is no other clock.
        let is_near = |ahead: Option<i64>, expected: i64| match database.url() {
            Some(_) => ahead.is_some_and(|ahead| ahead.abs_diff(expected) < 30_000),
            None => ahead.is_none(),
        };
        inside.advance(Duration::from_secs(120));
        let ahead = measured().await;
        assert!(is_near(ahead, 120_000), "{ahead:?} ms");
        inside.turn_back(Duration::from_secs(7200));
        let ahead = measured().await;
        assert!(is_near(ahead, -7_080_000), "{ahead:?} ms");
    }
}

/// The next ids of a node are later than those of another one whose clock is ahead.
#[tokio::test(flavor = "multi_thread")]
async fn ids_rise_above_those_of_a_node_whose_clock_is_ahead() {
    let database = Database::postgres().await;
    let inside = Inside::on(&database, &[]);
    let ann = email(&another_email("ann"));
    inside
        .with(async |accounts| {
            account(accounts, &ann).await;
            // Written while this node runs: at its start it reads the newest ids anyway.
            let ahead = SecurityEventId::at(accounts.clock.now().after(Duration::from_secs(120)));
            inside.execute(&database, &format!("UPDATE security_events SET id = '{ahead}'")).await;
            accounts.hub.measure_clock().await.expect("an answer");
            assert!(SecurityEventId::new() > ahead);
        })
        .await;
}

/// A comparison that failed is no distance of zero.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_cannot_be_compared_is_an_error() {
    let database = Database::postgres().await;
    let inside = Inside::on(&database, &[]);
    inside
        .with(async |accounts| {
            let measure = async || accounts.hub.measure_clock().await;
            database.outage().await;
            assert!(matches!(measure().await, Err(store::Error::Unavailable { .. })));
            database.back().await;
            crate::support::eventually("a distance", || async { measure().await.ok().flatten() }).await;
        })
        .await;
}

/// Two nodes whose clocks differ by more than the time for which a dead node counts as running.
#[tokio::test(flavor = "multi_thread")]
async fn nodes_whose_clocks_differ_see_each_other() {
    let database = Database::postgres().await;
    let (behind, ahead) = (Inside::on(&database, &[]), Inside::on(&database, &[]));
    ahead.advance(Duration::from_secs(120));
    behind.turn_back(Duration::from_secs(120));
    let ann = email(&another_email("ann"));
    behind.with(async |accounts| account(accounts, &ann).await).await;
    let signed_in = sign_in(&behind, &ann).await;
    for (here, there) in [(&behind, &ahead), (&ahead, &behind)] {
        let caller = signed_in.caller();
        let seen = here.with(async |accounts| {
            let connection = Arc::new(Connection::new(1, client().ip, None, None));
            accounts.authenticate(&connection, caller).await.expect("bound");
            let seen = crate::support::eventually("the other node to see it", || async {
                let connected = there.with(async |accounts| {
                    accounts.hub.measure_clock().await.expect("an answer");
                    accounts.hub.is_connected(caller).await.expect("an answer")
                });
                connected.await.then_some(())
            });
            seen.await;
            accounts.hub.close(&connection);
        });
        seen.await;
    }
}
