//! kill -9 during writes.

use crate::support::{Account, Call, Database, Http, Mood, Node, another_email, both_databases, somebody, within};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

const ROUNDS: u64 = 10;

/// Writes until the node dies or the story stops it; returns every answered change.
async fn write(http: Http, name: String, stop: Arc<AtomicBool>) -> Vec<Value> {
    let mut answered = Vec::new();
    while !stop.load(Ordering::SeqCst) {
        let edit = json!({ "last_name": format!("{name} {}", answered.len()) });
        match http.attempt("profile.update", edit).await {
            Some(reply) => answered.push(reply.expect("nothing to refuse")),
            None => break,
        }
    }
    answered
}

both_databases! {
    async fn every_answered_change_survives_and_the_log_has_no_gap(database: Database) {
        let (mut node, _, session) = somebody(database).await;
        let mut tab = session.tab(&node).await;
        let mut account = Account::of(&tab).await;
        let mut total = 0;
        for round in 0..ROUNDS {
            let stop = Arc::new(AtomicBool::new(false));
            let writers: Vec<_> = (0..4)
                .map(|i| tokio::spawn(write(session.http(&node), format!("Lee {round} {i}"), stop.clone())))
                .collect();
            for _ in 0..(3 + round * 5) {
                account.apply(&tab.next_of("profile.changed").await);
            }
            node.kill9().await;
            stop.store(true, Ordering::SeqCst);
            let mut answered = Vec::new();
            for writer in within(Duration::from_secs(20), "the writers", join_all(writers)).await {
                answered.extend(writer.expect("a writer"));
            }
            total += answered.len();
            for event in tab.closed().await {
                account.apply(&event); // what came before the cut counts
            }

            node.restart().await;
            let since = json!({ "since": 0, "limit": 500 });
            let mut log = session.http(&node).ok("account.changes", since).await;
            let mut events = log["events"].as_array().unwrap().clone();
            while log["more"] == true {
                let since = json!({ "since": log["revision"], "limit": 500 });
                log = session.http(&node).ok("account.changes", since).await;
                events.extend(log["events"].as_array().unwrap().clone());
            }
            for (i, event) in events.iter().enumerate() {
                assert_eq!(event["revision"], i + 1, "the log has no gap");
            }
            for profile in &answered {
                let at = profile["revision"].as_u64().unwrap() as usize;
                assert_eq!(events.get(at - 1).map(|e| &e["data"]), Some(profile), "an answered change is kept");
            }
            tab = session.tab(&node).await;
            tab.subscribe(Some(account.revision), Some(&account.epoch)).await;
            account.assert_equals_get(&tab, &session.http(&node)).await;
        }
        assert!(total > 50, "only {total} changes were answered");
        node.stop().await;
    }

    async fn letters_queued_before_the_crash_are_sent_after_it(database: Database) {
        let mut node = Node::start(database).await;
        node.smtp.down();
        let mut emails = Vec::new();
        for _ in 0..5 {
            emails.push(node.unverified("ann").await.email);
        }
        node.kill9().await;
        node.smtp.up().await;
        node.restart().await;
        for email in &emails {
            let letter = node.smtp.letter_within(Duration::from_secs(60), email).await;
            node.http().ok("auth.verify_email", crate::support::verification(letter.token())).await;
            assert_eq!(node.smtp.letters_to(email).len(), 1);
        }
    }

    async fn a_letter_that_was_being_sent_is_sent_after_the_crash(database: Database) {
        let mut node = Node::start(database).await;
        node.smtp.be(Mood::Hang);
        let person = node.unverified("ann").await;
        node.smtp.connected(1).await; // claimed, and on its way
        node.kill9().await;
        node.smtp.be(Mood::Accept);
        node.restart().await;
        let letter = node.smtp.letter_within(Duration::from_secs(100), &person.email).await;
        node.http().ok("auth.verify_email", crate::support::verification(letter.token())).await;
    }

    async fn a_registration_and_its_letter_are_committed_together(database: Database) {
        let mut node = Node::start(database).await;
        let emails: Vec<String> = (0..40).map(|_| another_email("ann")).collect();
        let (answered, mut first) = tokio::sync::mpsc::channel(emails.len());
        let registering: Vec<_> = emails.iter().map(|email| {
            let (http, email, answered) = (node.http(), email.clone(), answered.clone());
            tokio::spawn(async move {
                let params = json!({ "email": email, "password": crate::support::PASSWORD, "first_name": "Ann", "last_name": "Lee" });
                let accepted = http.attempt("auth.register", params).await.is_some_and(|reply| reply.is_ok());
                answered.send(()).await.expect("somebody listens");
                accepted.then_some(email)
            })
        }).collect();
        first.recv().await; // one is done, others not yet
        node.kill9().await;
        node.restart().await;
        for accepted in join_all(registering).await {
            if let Some(email) = accepted.unwrap() {
                node.smtp.letter_within(Duration::from_secs(100), &email).await;
            }
        }
    }
}
