//! Eight writers of addresses and the profile at once, and tabs that hold a legal account at each step.

use crate::support::{Account, Call, Database, Http, Node, Person, Ws, address, both_databases, within};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::time::Duration;

const WRITERS: usize = 8;
const CHANGES: usize = 25;

/// Pseudo-random numbers, the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }
}

/// Makes changes of every kind; refusals by the rules are expected under a race, other errors are not.
async fn write(http: Http, seed: usize) {
    let mut dice = Dice(seed as u64 + 1);
    for i in 0..CHANGES {
        let known = http.ok("addresses.list", json!({})).await;
        let known = known.as_array().expect("a list");
        let one_of_them = |dice: &mut Dice| match known.len() {
            0 => json!("01890a5d-ac96-774b-bcce-b302099a8057"),
            n => known[dice.below(n)]["id"].clone(),
        };
        let (method, params) = match dice.below(8) {
            0 | 1 => {
                let mut new = address(&format!("Label {}", dice.below(14)));
                new["is_primary"] = (dice.below(2) == 0).into();
                ("addresses.create", new)
            }
            2 => ("addresses.delete", json!({ "address_id": one_of_them(&mut dice) })),
            3 => ("addresses.set_primary", json!({ "address_id": one_of_them(&mut dice) })),
            4 => {
                let label = format!("LABEL {}", dice.below(14));
                ("addresses.update", json!({ "address_id": one_of_them(&mut dice), "label": label }))
            }
            5 => {
                let city = format!("City {seed} {i}");
                ("addresses.update", json!({ "address_id": one_of_them(&mut dice), "city": city, "is_primary": true }))
            }
            6 => ("profile.update", json!({ "first_name": format!("Ann {seed} {i}") })),
            _ => {
                ("profile.update", json!({ "company_name": if i % 2 == 0 { json!("Larch Ltd") } else { Value::Null } }))
            }
        };
        if let Err(error) = http.call(method, params.clone()).await {
            let expected = ["conflict", "limit_reached", "last_address", "not_found"];
            assert!(expected.contains(&error.kind.as_str()), "{method} {params}: {error:?}");
        }
    }
}

/// Folds until `last`, the last revision.
async fn fold(tab: Ws, mut account: Account, last: tokio::sync::watch::Receiver<Option<i64>>) -> Account {
    let mut last = last;
    loop {
        let end = *last.borrow();
        if end.is_some_and(|end| account.revision >= end) {
            return account;
        }
        tokio::select! {
            event = tab.next_event() => account.apply(&event),
            _ = last.changed(), if end.is_none() => {}
        }
    }
}

/// Writers and tabs spread over the nodes; every tab ends with the state of `account.get`.
pub async fn writers_and_tabs(nodes: &[&Node], writers: usize, person: &Person) {
    let session = person.sign_in(nodes[0]).await;
    let (sender, receiver) = tokio::sync::watch::channel(None);
    let mut tabs = Vec::new();
    for i in 0..3 {
        let tab = session.tab(nodes[i % nodes.len()]).await;
        let account = Account::of(&tab).await;
        tabs.push(tokio::spawn(fold(tab, account, receiver.clone())));
    }
    let writers = (0..writers).map(|seed| tokio::spawn(write(session.http(nodes[seed % nodes.len()]), seed)));
    for written in within(Duration::from_secs(100), "the writers", join_all(writers)).await {
        written.expect("a writer");
    }
    for node in nodes {
        let state = session.http(node).ok("account.get", json!({})).await;
        let present = Account::from_state(&state);
        assert!(present.revision > 60, "many changes are made: {}", present.revision);
        sender.send_replace(Some(present.revision));
        if std::ptr::eq(*node, nodes[nodes.len() - 1]) {
            for tab in tabs.drain(..) {
                let folded =
                    within(Duration::from_secs(30), "a tab that has everything", tab).await.expect("a legal account");
                assert_eq!(folded, present);
            }
        }
    }
}

both_databases! {
    async fn eight_writers_and_three_tabs(database: Database) {
        let node = Node::start(database).await;
        let person = node.registered("ann").await;
        writers_and_tabs(&[&node], WRITERS, &person).await;
    }

    async fn two_users_do_not_disturb_each_other(database: Database) {
        let node = Node::start(database).await;
        let (ann, bob) = (node.registered("ann").await, node.registered("bob").await);
        let nodes = [&node];
        tokio::join!(writers_and_tabs(&nodes, WRITERS, &ann), writers_and_tabs(&nodes, WRITERS, &bob));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_writers_and_three_tabs_on_two_nodes() {
    let (first, second) = Node::pair().await;
    let person = first.registered("ann").await;
    writers_and_tabs(&[&first, &second], WRITERS, &person).await;
}
