//! The events of webhooks and the stream, for the document.

use crate::domain::{
    event::{AddressesChanged, SessionsChanged},
    outgoing_event::{OutgoingEvent, OutgoingType},
    profile::Profile,
    sign_in_methods::SignInMethodsChanged,
};
use crate::methods::examples;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};
use std::borrow::Cow;

/// Declares the schema of each event: [`OutgoingEvent`] with its `type` and its `object`.
macro_rules! events {
    ($($name:ident: $kind:ident, $object:ty, $example:expr, $description:literal;)*) => {
        $(
            struct $name;

            impl JsonSchema for $name {
                fn schema_name() -> Cow<'static, str> {
                    stringify!($name).into()
                }

                fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                    let mut schema = OutgoingEvent::<$object>::json_schema(generator);
                    schema.insert("description".into(), json!($description));
                    if let Some(properties) = schema.get_mut("properties") {
                        properties["type"] = json!({ "type": "string", "const": OutgoingType::$kind });
                    }
                    schema
                }
            }
        )*

        /// The events, each with its schema and an example.
        pub fn describe(generator: &mut SchemaGenerator) -> Vec<Value> {
            vec![$(json!({
                "name": OutgoingType::$kind,
                "description": $description,
                "schema": generator.subschema_for::<$name>(),
                "examples": [example(OutgoingType::$kind, $example)],
            })),*]
        }
    };
}

/// The object of events that have none.
struct Nothing;

impl JsonSchema for Nothing {
    fn schema_name() -> Cow<'static, str> {
        "Nothing".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "null" })
    }
}

events! {
    UserCreatedMessage: UserCreated, Profile, examples::profile(), "An account was created.";
    ProfileChangedMessage: ProfileChanged, Profile, examples::profile(), "The profile changed.";
    AddressesChangedMessage: AddressesChanged, AddressesChanged,
        json!({ "upserted": [examples::address()], "deleted": [] }), "Addresses were added, edited or deleted, all at once.";
    SessionsChangedMessage: SessionsChanged, SessionsChanged,
        json!({ "opened": null, "ended": [{ "session_id": SESSION, "reason": "logout" }] }), "Sessions were opened or ended.";
    SignInMethodsChangedMessage: SignInMethodsChanged, SignInMethodsChanged, examples::sign_in_methods_changed(),
        "The sign-in methods changed.";
    UserDisabledMessage: UserDisabled, Profile, examples::profile(), "The account can no longer sign in.";
    UserEnabledMessage: UserEnabled, Profile, examples::profile(), "The account can sign in again.";
    UserDeletedMessage: UserDeleted, Nothing, Value::Null, "The account was deleted.";
    UserResyncMessage: UserResync, Nothing, Value::Null, "More events were waiting than are kept: read the user again.";
    WebhookTestMessage: WebhookTest, Nothing, Value::Null, "A test that an operator requested; sent to webhooks only.";
}

const SESSION: &str = "019aa3c5-1f00-7b44-b0aa-9c7d3e5f1a22";

fn example(event: OutgoingType, object: Value) -> Value {
    let (user, revision) = match event {
        OutgoingType::WebhookTest => (Value::Null, Value::Null),
        OutgoingType::UserCreated => (json!("019aa3c5-1f00-7d2e-9a41-0b6c8f3e2d10"), json!(0)),
        _ => (json!("019aa3c5-1f00-7d2e-9a41-0b6c8f3e2d10"), json!(18)),
    };
    json!({
        "type": event,
        "timestamp": "2026-11-20T09:00:00.000Z",
        "data": {
            "user_id": user, "external_id": null, "revision": revision, "session_id": null, "object": object,
        },
    })
}
