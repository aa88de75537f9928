//! Addresses under races: the rules hold in any order of the calls.

use crate::support::{Account, Call, Database, Reply, Session, address, both_databases, somebody};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Sends all calls at once, each from a client of its own, and counts results and error kinds.
async fn race(node: &crate::support::Node, session: &Session, calls: Vec<(&str, Value)>) -> BTreeMap<String, usize> {
    let racing = calls.into_iter().map(|(method, params)| {
        let http = session.http(node);
        async move { http.call(method, params).await }
    });
    let replies: Vec<Reply> = join_all(racing).await;
    let mut counts = BTreeMap::new();
    for reply in replies {
        *counts.entry(reply.map_or_else(|e| e.kind, |_| "ok".to_owned())).or_default() += 1;
    }
    counts
}

fn counts(expected: &[(&str, usize)]) -> BTreeMap<String, usize> {
    expected.iter().map(|(kind, count)| ((*kind).to_owned(), *count)).collect()
}

both_databases! {
    async fn the_limit_of_ten(database: Database) {
        let (node, _, session) = somebody(database).await;
        let tab = session.tab(&node).await;
        let mut account = Account::of(&tab).await;
        let calls = (0..25).map(|i| ("addresses.create", address(&format!("Address {i}")))).collect();
        assert_eq!(race(&node, &session, calls).await, counts(&[("ok", 10), ("limit_reached", 15)]));
        account.assert_equals_get(&tab, &tab).await;
        assert_eq!(account.addresses.len(), 10);
    }

    async fn one_label(database: Database) {
        let (node, _, session) = somebody(database).await;
        let tab = session.tab(&node).await;
        let mut account = Account::of(&tab).await;
        let spellings = ["Home", "HOME", "home", "hOmE"];
        let calls = (0..16).map(|i| ("addresses.create", address(spellings[i % 4]))).collect();
        assert_eq!(race(&node, &session, calls).await, counts(&[("ok", 1), ("conflict", 15)]));
        account.assert_equals_get(&tab, &tab).await;
        assert_eq!(account.addresses.len(), 1);
    }

    async fn the_last_address(database: Database) {
        let (node, _, session) = somebody(database).await;
        let tab = session.tab(&node).await;
        let mut account = Account::of(&tab).await;
        let mut calls = Vec::new();
        for i in 0..8 {
            let made = tab.ok("addresses.create", address(&format!("Address {i}"))).await;
            calls.push(("addresses.delete", json!({ "address_id": made["id"] })));
        }
        assert_eq!(race(&node, &session, calls).await, counts(&[("ok", 7), ("last_address", 1)]));
        account.assert_equals_get(&tab, &tab).await;
        assert_eq!(account.addresses.len(), 1);
    }

    async fn one_deletion(database: Database) {
        let (node, _, session) = somebody(database).await;
        let tab = session.tab(&node).await;
        let mut account = Account::of(&tab).await;
        tab.ok("addresses.create", address("Home")).await;
        let made = tab.ok("addresses.create", address("Work")).await;
        let calls = (0..10).map(|_| ("addresses.delete", json!({ "address_id": made["id"] }))).collect();
        assert_eq!(race(&node, &session, calls).await, counts(&[("ok", 1), ("not_found", 9)]));
        account.assert_equals_get(&tab, &tab).await;
        assert_eq!(account.addresses.len(), 1);
    }

    async fn the_primary(database: Database) {
        let (node, _, session) = somebody(database).await;
        let tab = session.tab(&node).await;
        let mut account = Account::of(&tab).await;
        let mut ids = Vec::new();
        for i in 0..6 {
            ids.push(tab.ok("addresses.create", address(&format!("Address {i}"))).await["id"].clone());
        }
        let calls = (0..40).map(|i| match i % 3 {
            0 => ("addresses.set_primary", json!({ "address_id": ids[i % 6] })),
            1 => ("addresses.update", json!({ "address_id": ids[(i + 2) % 6], "is_primary": true })),
            _ => ("addresses.set_primary", json!({ "address_id": ids[(i * 5) % 6] })),
        });
        assert_eq!(race(&node, &session, calls.collect()).await, counts(&[("ok", 40)]));
        account.assert_equals_get(&tab, &tab).await;
    }

    async fn a_deletion_of_the_primary_against_new_primaries(database: Database) {
        let (node, _, session) = somebody(database).await;
        let tab = session.tab(&node).await;
        let mut account = Account::of(&tab).await;
        let first = tab.ok("addresses.create", address("Home")).await;
        let mut calls = vec![("addresses.delete", json!({ "address_id": first["id"] }))];
        for i in 0..6 {
            let mut new = address(&format!("New {i}"));
            new["is_primary"] = true.into();
            calls.push(("addresses.create", new));
        }
        let counted = race(&node, &session, calls).await;
        let deleted = counted == counts(&[("ok", 7)]);
        assert!(deleted || counted == counts(&[("ok", 6), ("last_address", 1)]), "{counted:?}");
        account.assert_equals_get(&tab, &tab).await;
        assert_eq!(account.addresses.len(), if deleted { 6 } else { 7 });
    }
}
