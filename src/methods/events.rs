//! `account.event`: the types of events of the feed, for the document.

use super::examples;
use crate::{
    domain::{
        event::{AddressesChanged, Event, EventType, SessionRevoked, SessionsChanged, Snapshot},
        profile::Profile,
        sign_in_methods::SignInMethodsChanged,
    },
    live::EVENT,
    rpc::spec::DescribedEvent,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};
use std::borrow::Cow;

/// Declares the schema of each kind of event: the envelope of [`Event`] with its `type`, `revision` and `data`.
macro_rules! event_schemas {
    ($($(#[doc = $doc:literal])* $name:ident: $kind:ident, $data:ty, $revision:expr;)*) => {$(
        $(#[doc = $doc])*
        struct $name;

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                let mut schema = Event::<$data>::json_schema(generator);
                schema.insert("description".into(), json!(concat!($($doc),*).trim()));
                if let Some(properties) = schema.get_mut("properties") {
                    properties["type"] = json!({ "type": "string", "const": EventType::$kind });
                    properties["revision"] = $revision;
                }
                schema
            }
        }
    )*};
}

event_schemas! {
    /// The whole account.
    SnapshotEvent: Snapshot, Snapshot, json!({
        "type": "integer", "minimum": 0, "description": "The revision that it shows.",
    });
    /// The profile changed.
    ProfileChangedEvent: ProfileChanged, Profile, next_revision();
    /// Addresses were added, edited or deleted, all at once.
    AddressesChangedEvent: AddressesChanged, AddressesChanged, next_revision();
    /// Sessions were opened or ended.
    SessionsChangedEvent: SessionsChanged, SessionsChanged, next_revision();
    /// The sign-in methods changed.
    SignInMethodsChangedEvent: SignInMethodsChanged, SignInMethodsChanged, next_revision();
    /// This connection's session was ended: the last event.
    SessionRevokedEvent: SessionRevoked, SessionRevoked, json!({
        "type": "null", "description": "None: it is not an entry of the log.",
    });
}

fn next_revision() -> Value {
    json!({ "type": "integer", "minimum": 1, "description": "The revision that the account has after it." })
}

/// The schema of the entries of the log, as `account.changes` returns them.
pub struct LogEvent;

impl JsonSchema for LogEvent {
    fn schema_name() -> Cow<'static, str> {
        "LogEvent".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An entry of the account's log.",
            "oneOf": [
                generator.subschema_for::<ProfileChangedEvent>(),
                generator.subschema_for::<AddressesChangedEvent>(),
                generator.subschema_for::<SessionsChangedEvent>(),
                generator.subschema_for::<SignInMethodsChangedEvent>(),
            ],
        })
    }
}

/// The schema of the notification of an event.
struct AccountEvent;

impl JsonSchema for AccountEvent {
    fn schema_name() -> Cow<'static, str> {
        "AccountEvent".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let event = json_schema!({ "oneOf": [
            generator.subschema_for::<SnapshotEvent>(),
            generator.subschema_for::<ProfileChangedEvent>(),
            generator.subschema_for::<AddressesChangedEvent>(),
            generator.subschema_for::<SessionsChangedEvent>(),
            generator.subschema_for::<SignInMethodsChangedEvent>(),
            generator.subschema_for::<SessionRevokedEvent>(),
        ] });
        json_schema!({
            "description": "The notification of an event.",
            "type": "object",
            "required": ["jsonrpc", "method", "params"],
            "properties": {
                "jsonrpc": { "type": "string", "const": "2.0" },
                "method": { "type": "string", "const": EVENT },
                "params": {
                    "type": "object",
                    "required": ["subscription", "result"],
                    "properties": {
                        "subscription": { "type": "string", "description": "The result of `account.subscribe`." },
                        "result": event,
                    },
                },
            },
        })
    }
}

/// The events of the feed; the schemas get the notification of them.
pub fn describe(generator: &mut SchemaGenerator) -> Vec<DescribedEvent> {
    generator.subschema_for::<AccountEvent>();
    vec![
        described::<SnapshotEvent>(
            generator,
            EventType::Snapshot,
            "The whole account.",
            json!(2),
            examples::snapshot(),
        ),
        described::<ProfileChangedEvent>(
            generator,
            EventType::ProfileChanged,
            "The profile changed.",
            json!(3),
            examples::profile(),
        ),
        described::<AddressesChangedEvent>(
            generator,
            EventType::AddressesChanged,
            "Addresses were added, edited or deleted, all at once: a client that applies it whole never sees two \
             primary addresses or none.",
            json!(2),
            json!({ "upserted": [examples::address()], "deleted": [] }),
        ),
        described::<SessionsChangedEvent>(
            generator,
            EventType::SessionsChanged,
            "Sessions were opened or ended.",
            json!(1),
            json!({ "opened": examples::opened_session(), "ended": [] }),
        ),
        described::<SignInMethodsChangedEvent>(
            generator,
            EventType::SignInMethodsChanged,
            "The sign-in methods changed.",
            json!(4),
            examples::sign_in_methods_changed(),
        ),
        described::<SessionRevokedEvent>(
            generator,
            EventType::SessionRevoked,
            "This connection's session was ended: the last event, before the server closes the connection.",
            Value::Null,
            json!({ "reason": "revoked" }),
        ),
    ]
}

fn described<K: JsonSchema>(
    generator: &mut SchemaGenerator,
    kind: EventType,
    description: &'static str,
    revision: Value,
    data: Value,
) -> DescribedEvent {
    DescribedEvent {
        name: kind.as_str(),
        description,
        schema: generator.subschema_for::<K>().to_value(),
        example: examples::notification(examples::event(kind, revision, data)),
    }
}
