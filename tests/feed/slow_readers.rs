//! A reader that stops reading costs bounded memory, delays nobody, and loses nothing.

use crate::support::{Account, Call, Database, Deaf, Node, Session, Ws, address, both_databases, somebody, within};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Together more than the kernel's buffers of a socket and the server's own can hold.
const EVENTS: usize = 6000;

/// The room for all buffers of one socket and the ordinary growth of a busy process.
const BOUND_KIB: u64 = 96 * 1024;

async fn deaf_tab(node: &Node, session: &Session) -> Deaf {
    let bearer = format!("Bearer {}", session.access_token);
    node.deaf(&[("authorization", &bearer)]).await
}

/// Makes this many events of about 4 KiB each.
async fn many_large_events(node: &Node, session: &Session, count: usize) {
    let made = session.http(node).ok("addresses.create", address("Home")).await;
    let writers = (0..8).map(|writer| {
        let (http, id) = (session.http(node), made["id"].clone());
        tokio::spawn(async move {
            for i in 0..count / 8 {
                let line = format!("{writer} {i} {}", "🦀".repeat(240));
                let edit = json!({ "address_id": id, "address_line_1": line, "address_line_2": line, "company": "🦀".repeat(100), "city": "🦀".repeat(100), "state": "🦀".repeat(100), "country": "🦀".repeat(100) });
                http.ok("addresses.update", edit).await;
            }
        })
    });
    for writer in join_all(writers).await {
        writer.expect("a writer");
    }
}

/// Reads the events of the slow reader; returns the last revision before the cut or, without one, `until`.
async fn catch_up(deaf: &mut Deaf, account: &mut Account, until: i64) {
    while account.revision < until {
        match deaf.read().await {
            Some(message) if message["method"] == "account.event" => account.apply(&message["params"]["result"]),
            Some(_) => {}
            None => return,
        }
    }
}

async fn fold(tab: Ws, mut account: Account, until: i64) -> (Account, Duration) {
    let start = Instant::now();
    account.follow(&tab, until).await;
    (account, start.elapsed())
}

both_databases! {
    async fn a_tab_that_stops_reading(database: Database) {
        let (node, _, session) = somebody(database).await;
        let mut deaf = deaf_tab(&node, &session).await;
        assert!(deaf.send(1, "account.subscribe", json!({}), Duration::from_secs(5)).await);
        let mut behind = loop {
            let message = deaf.read().await.expect("the snapshot");
            if message["method"] == "account.event" {
                break Account::from_snapshot(&message["params"]["result"]);
            }
        };
        let (tab, other) = (session.tab(&node).await, session.tab(&node).await);
        let account = Account::of(&tab).await;
        other.snapshot().await;
        let until = account.revision + 1 + EVENTS as i64;
        let before = node.resident_kib();
        let reading = tokio::spawn(fold(tab, account, until));
        many_large_events(&node, &session, EVENTS).await;
        let (account, _) = within(Duration::from_secs(60), "the tab that reads", reading).await.expect("a legal account");
        let grown = node.resident_kib().saturating_sub(before);
        assert!(grown < BOUND_KIB, "{grown} KiB more for one reader that stopped");

        // It reads again: all events are there, or it is cut off and resumes.
        catch_up(&mut deaf, &mut behind, until).await;
        if behind.revision < until {
            let again = session.tab(&node).await;
            again.subscribe(Some(behind.revision), Some(&behind.epoch)).await;
            behind.follow(&again, until).await;
        }
        let present = Account::from_state(&session.http(&node).ok("account.get", json!({})).await);
        assert_eq!((&account, &behind), (&present, &present));
    }

    async fn twenty_thousand_calls_of_a_client_that_never_reads_the_answers(database: Database) {
        let (node, _, session) = somebody(database).await;
        let (_, bob) = node.signed_in("bob").await;
        for i in 0..10 {
            let mut large = address(&format!("Address {i}"));
            large["address_line_1"] = "🦀".repeat(255).into();
            large["address_line_2"] = "🦀".repeat(255).into();
            session.http(&node).ok("addresses.create", large).await; // about 30 KiB an answer
        }
        let mut deaf = deaf_tab(&node, &session).await;
        let bystander = bob.tab(&node).await;
        bystander.snapshot().await;
        let before = node.resident_kib();
        let mut sent = 0;
        while sent < 20_000 && deaf.send(sent, "addresses.list", json!({}), Duration::from_secs(2)).await {
            sent += 1;
        }
        let grown = node.resident_kib().saturating_sub(before);
        assert!(grown < BOUND_KIB, "{grown} KiB more after {sent} calls");
        // Nobody else waits for it.
        let start = Instant::now();
        bystander.ok("profile.update", json!({ "first_name": "Bob" })).await;
        bystander.next_of("profile.changed").await;
        session.http(&node).ok("profile.get", json!({})).await;
        assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    }

    async fn a_revoked_session_whose_tab_does_not_read_is_cut_off(database: Database) {
        let (node, person, mine) = somebody(database).await;
        let lost = person.sign_in(&node).await;
        let mut deaf = deaf_tab(&node, &lost).await;
        assert!(deaf.send(1, "account.subscribe", json!({}), Duration::from_secs(5)).await);
        while deaf.read().await.expect("the snapshot")["method"] != "account.event" {}
        many_large_events(&node, &mine, 2000).await;
        let http = mine.http(&node);
        http.ok("session.revoke", json!({ "session_id": lost.id })).await;
        // Its writes are over at once, and so is the socket after the grace period, though it does not read.
        let sessions = || async {
            let state = http.ok("session.list", json!({})).await;
            state.as_array().map(Vec::len)
        };
        assert_eq!(sessions().await, Some(1));
        let mut last = Value::Null;
        let reading = async {
            while let Some(message) = deaf.read().await {
                if message["method"] == "account.event" {
                    last = message["params"]["result"].clone();
                }
            }
        };
        within(Duration::from_secs(60), "the cut", reading).await;
        let ended = |event: &Value| event["data"]["ended"].as_array().is_some_and(|e| !e.is_empty());
        assert!(!ended(&last), "nothing of the commit that ended it reaches it: {last:#}");
    }
}
