//! The state of a client: the snapshot with every event applied to it, valid after each step.

use super::{Call, Ws};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// An account as one tab knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    pub epoch: String,
    pub revision: i64,
    pub profile: Value,
    pub addresses: BTreeMap<String, Value>,
    pub sessions: BTreeMap<String, Value>,
    pub sign_in_methods: Value,
}

/// The fields of a session that are not in the log.
const VOLATILE: [&str; 5] = ["current", "connected", "last_seen_at", "proven_at", "expires_at"];

/// The limit of addresses.
const MAX_ADDRESSES: usize = 10;

impl Account {
    /// From a `snapshot` event.
    pub fn from_snapshot(event: &Value) -> Self {
        assert_eq!(event["type"], "snapshot", "{event:#}");
        let mut state = event["data"].clone();
        state["revision"] = event["revision"].clone();
        Self::from_state(&state)
    }

    /// From the result of `account.get`.
    pub fn from_state(state: &Value) -> Self {
        let keyed = |name: &str| -> BTreeMap<String, Value> {
            let list = state[name].as_array().unwrap_or_else(|| panic!("no {name} in {state:#}"));
            let entries = list.iter().map(|object| (id(object), object.clone()));
            let keyed: BTreeMap<_, _> = entries.collect();
            assert_eq!(keyed.len(), list.len(), "an id twice in {name}: {state:#}");
            keyed
        };
        let account = Self {
            epoch: state["epoch"].as_str().expect("an epoch").to_owned(),
            revision: state["revision"].as_i64().expect("a revision"),
            profile: state["profile"].clone(),
            addresses: keyed("addresses"),
            sessions: keyed("sessions").into_iter().map(|(id, session)| (id, lasting(&session))).collect(),
            sign_in_methods: logged(&state["sign_in_methods"]),
        };
        account.assert_legal();
        account
    }

    /// Subscribes and takes the snapshot.
    pub async fn of(tab: &Ws) -> Self {
        Self::from_snapshot(&tab.snapshot().await)
    }

    /// Applies one event and asserts that the result is a valid account.
    pub fn apply(&mut self, event: &Value) {
        let revision = event["revision"].as_i64().unwrap_or_else(|| panic!("an event without revision: {event:#}"));
        assert_eq!(revision, self.revision + 1, "revisions rise by exactly 1: {event:#}");
        self.revision = revision;
        let data = &event["data"];
        match event["type"].as_str().expect("a type") {
            "profile.changed" => {
                assert_eq!(data["revision"], revision, "the profile has the revision of its event: {event:#}");
                self.profile = data.clone();
            }
            "addresses.changed" => self.apply_addresses(data, revision),
            "sessions.changed" => self.apply_sessions(data),
            "sign_in_methods.changed" => {
                assert_eq!(
                    data["revision"], revision,
                    "the sign-in methods have the revision of their event: {event:#}"
                );
                assert_eq!(*data, logged(data), "fields that are not in the log are absent: {event:#}");
                self.sign_in_methods = data.clone();
            }
            other => panic!("no event to apply: {other}: {event:#}"),
        }
        self.assert_legal();
    }

    fn apply_addresses(&mut self, data: &Value, revision: i64) {
        let (upserted, deleted) = (array(&data["upserted"]), array(&data["deleted"]));
        assert!(!upserted.is_empty() || !deleted.is_empty(), "an event without a change: {data:#}");
        for id in deleted {
            let id = id.as_str().expect("an id");
            assert!(self.addresses.remove(id).is_some(), "deleted {id}, which did not exist");
        }
        for address in upserted {
            assert_eq!(address["revision"], revision, "the address has the revision of its event: {data:#}");
            let before = self.addresses.insert(id(address), address.clone());
            assert_ne!(before.as_ref(), Some(address), "an upsert that changes nothing");
        }
    }

    fn apply_sessions(&mut self, data: &Value) {
        let ended = array(&data["ended"]);
        assert!(data["opened"].is_object() || !ended.is_empty(), "an event without a change: {data:#}");
        for entry in ended {
            let id = entry["session_id"].as_str().expect("an id");
            assert!(entry["reason"].is_string(), "{data:#}");
            assert!(self.sessions.remove(id).is_some(), "ended {id}, which did not exist");
        }
        if data["opened"].is_object() {
            let opened = &data["opened"];
            assert_eq!(*opened, lasting(opened), "fields that are not in the log are absent: {data:#}");
            assert!(self.sessions.insert(id(opened), opened.clone()).is_none(), "opened twice: {data:#}");
        }
    }

    /// The invariants after every event.
    pub fn assert_legal(&self) {
        let primaries = self.addresses.values().filter(|a| a["is_primary"] == true).count();
        assert_eq!(primaries, usize::from(!self.addresses.is_empty()), "one primary: {self:#?}");
        assert!(self.addresses.len() <= MAX_ADDRESSES, "at most {MAX_ADDRESSES} addresses: {self:#?}");
        let labels: BTreeSet<String> =
            self.addresses.values().map(|a| a["label"].as_str().expect("a label").to_lowercase()).collect();
        assert_eq!(labels.len(), self.addresses.len(), "labels are unique: {self:#?}");
        for object in self.addresses.values().chain([&self.profile, &self.sign_in_methods]) {
            assert!(object["revision"].as_i64().is_some_and(|r| r <= self.revision), "a later revision: {self:#?}");
        }
        assert!(self.profile["email"].is_string(), "{self:#?}");
    }

    /// Applies events until `revision` is reached.
    pub async fn follow(&mut self, tab: &Ws, revision: i64) {
        while self.revision < revision {
            self.apply(&tab.next_event().await);
        }
        assert_eq!(self.revision, revision);
    }

    /// Follows the feed to its end, and asserts that the state equals `account.get`.
    pub async fn assert_equals_get(&mut self, tab: &Ws, caller: &impl Call) {
        let state = caller.call("account.get", json!({})).await.expect("account.get");
        let present = Self::from_state(&state);
        self.follow(tab, present.revision).await;
        assert_eq!(*self, present);
    }
}

fn id(object: &Value) -> String {
    object["id"].as_str().unwrap_or_else(|| panic!("no id in {object:#}")).to_owned()
}

fn array(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("no list: {value}"))
}

/// A session without the fields that are not in the log.
fn lasting(session: &Value) -> Value {
    let mut session = session.clone();
    let object = session.as_object_mut().expect("a session");
    VOLATILE.iter().for_each(|name| drop(object.remove(*name)));
    session
}

/// The sign-in methods without the fields that are not in the log.
fn logged(methods: &Value) -> Value {
    let mut methods = methods.clone();
    for passkey in methods["passkeys"].as_array_mut().expect("passkeys") {
        passkey.as_object_mut().expect("a passkey").remove("last_used_at");
    }
    methods
}
