//! Webhooks and their deliveries (docs/events.md).

use super::{
    fault::{Fault, Rule},
    ids::{DeliveryId, UserId, WebhookId},
    outgoing_event::OutgoingType,
    text::Text,
    text_enum::text_enum,
    time::Timestamp,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};
use std::{borrow::Cow, collections::BTreeSet};
use url::Url;

/// The longest URL of a webhook, in bytes.
const URL_MAX_BYTES: usize = 2048;

/// An operator's description of a webhook.
pub type WebhookDescription = Text<200>;

/// The URL of a webhook: http or https, with a host, without user and fragment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct WebhookUrl(String);

impl WebhookUrl {
    /// Reads a URL.
    ///
    /// # Errors
    /// `too_long`, or `format` with the reason.
    pub fn parse(raw: &str) -> Result<Self, Vec<Fault>> {
        let wrong = |message: &'static str| vec![Fault::new(Rule::Format, message)];
        let url = Url::parse(raw.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let url = url.ok_or_else(|| wrong("must be a URL that begins with https:// or http://"))?;
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(wrong("must be a URL without user, password and fragment"));
        }
        if url.as_str().len() > URL_MAX_BYTES {
            let message = format!("must have at most {URL_MAX_BYTES} characters");
            return Err(vec![Fault::new(Rule::TooLong, message)]);
        }
        Ok(Self(url.into()))
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The URL without its query, in which some receivers have a secret.
    pub fn without_query(&self) -> String {
        self.0.split('?').next().unwrap_or_default().to_owned()
    }

    /// Whether deliveries are encrypted.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

impl JsonSchema for WebhookUrl {
    fn schema_name() -> Cow<'static, str> {
        "WebhookUrl".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "uri", "maxLength": URL_MAX_BYTES })
    }
}

/// The types of events that a webhook gets: at least one. `user.resync` and `webhook.test` are sent to every webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventTypes(BTreeSet<OutgoingType>);

impl EventTypes {
    /// A set of these types, in the order of their declaration.
    ///
    /// # Errors
    /// `too_short` if there is none.
    pub fn new(types: impl IntoIterator<Item = OutgoingType>) -> Result<Self, Vec<Fault>> {
        let types: BTreeSet<_> = types.into_iter().collect();
        if types.is_empty() {
            return Err(vec![Fault::new(Rule::TooShort, "must name at least one event; null stands for all")]);
        }
        Ok(Self(types))
    }

    /// Whether an event of this type is sent.
    pub fn has(&self, event: OutgoingType) -> bool {
        self.0.contains(&event)
    }

    /// Reads the stored form. Unknown types are ignored: a newer version may have written them.
    pub fn from_stored(text: &str) -> Self {
        Self(text.split(' ').filter_map(OutgoingType::from_name).collect())
    }
}

/// The stored form: their names, separated by spaces.
impl std::fmt::Display for EventTypes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.iter().map(|event| event.as_str()).collect::<Vec<_>>().join(" "))
    }
}

impl Serialize for EventTypes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.0)
    }
}

impl JsonSchema for EventTypes {
    fn schema_name() -> Cow<'static, str> {
        "EventTypes".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let event = generator.subschema_for::<OutgoingType>();
        json_schema!({ "type": "array", "items": event, "minItems": 1, "uniqueItems": true })
    }
}

/// A webhook as operators see it; its secret is shown once, when it is created or rotated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Webhook {
    /// The webhook's id.
    pub id: WebhookId,
    /// The URL that events are sent to.
    pub url: WebhookUrl,
    /// The types of events that are sent; `null` stands for all, those of later versions included.
    pub events: Option<EventTypes>,
    /// The operator's description.
    pub description: Option<WebhookDescription>,
    /// When it was switched off, if it is. No events are queued for it then.
    pub disabled_at: Option<Timestamp>,
    /// The first failure since the last success.
    pub failing_since: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
}

text_enum! {
    /// The state of an event that was queued for a webhook.
    pub enum DeliveryState {
        /// It waits to be delivered.
        Waiting = "waiting",
        /// The receiver has accepted it.
        Delivered = "delivered",
        /// It is not tried again.
        GivenUp = "given_up",
    }
}

/// An event that was queued for a webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema, sqlx::FromRow)]
pub struct Delivery {
    /// Its id, which the receiver sees as `webhook-id`.
    pub id: DeliveryId,
    /// The type of the event.
    pub r#type: OutgoingType,
    /// The user; `null` for `webhook.test`.
    pub user_id: Option<UserId>,
    /// Its state.
    pub state: DeliveryState,
    /// The number of attempts.
    pub attempts: i64,
    /// The HTTP status of the last answer.
    pub last_status: Option<i64>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When it is sent next; `null` while it waits for an earlier event of the same user.
    pub next_attempt_at: Option<Timestamp>,
    /// When the event happened.
    pub created_at: Timestamp,
}

/// Deliveries, newest first.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Deliveries {
    /// One page of them.
    pub deliveries: Vec<Delivery>,
    /// Whether there are older ones.
    pub more: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_a_host_and_neither_user_nor_fragment() {
        for (raw, url) in [
            ("https://shop.example/hook?a=1", "https://shop.example/hook?a=1"),
            (" HTTP://127.0.0.1:8080 ", "http://127.0.0.1:8080/"),
            ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ] {
            assert_eq!(WebhookUrl::parse(raw).unwrap().as_str(), url);
        }
        for raw in ["", "shop.example", "ftp://shop.example", "https://", "https://u:p@shop.example", "http://a/#b"] {
            assert_eq!(WebhookUrl::parse(raw).unwrap_err()[0].rule, Rule::Format, "{raw:?}");
        }
        let long = format!("https://shop.example/{}", "a".repeat(2048));
        assert_eq!(WebhookUrl::parse(&long).unwrap_err()[0].rule, Rule::TooLong);
    }

    #[test]
    fn events_are_a_set_that_is_stored_as_text() {
        let events = EventTypes::new([OutgoingType::UserDeleted, OutgoingType::UserCreated, OutgoingType::UserCreated]);
        let events = events.unwrap();
        assert_eq!(events.to_string(), "user.created user.deleted");
        assert_eq!(EventTypes::from_stored("user.deleted user.created of.tomorrow"), events);
        assert!(events.has(OutgoingType::UserCreated) && !events.has(OutgoingType::ProfileChanged));
        assert_eq!(EventTypes::new([]).unwrap_err()[0].rule, Rule::TooShort);
    }
}
