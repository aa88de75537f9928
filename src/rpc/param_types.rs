//! How each domain type is parsed from JSON.

use super::params::{Param, schema_of, type_fault};
use crate::domain::{
    email::EmailAddress,
    export::ExportCursor,
    fault::{Fault, Rule},
    ids::{
        AddressId, AuditId, DeliveryId, Epoch, InvitationId, KeyId, MailId, PasskeyId, SecurityEventId, SessionId,
        UserId, WebhookId,
    },
    mail::MailState,
    outgoing_event::OutgoingType,
    password::Password,
    phone::Phone,
    profile::Locale,
    revocation::RevocationCursor,
    service_key::{Scope, Scopes},
    session::{CredentialKind, LogoutScope},
    text::Text,
    time::Timestamp,
    user::UserState,
    webhook::{DeliveryState, EventTypes, WebhookUrl},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;
use std::borrow::Cow;
use uuid::Uuid;

fn text(value: &Value) -> Result<&str, Vec<Fault>> {
    value.as_str().ok_or_else(|| vec![type_fault("text")])
}

impl<const MAX: usize> Param for Text<MAX> {
    fn from_param(value: &Value) -> Result<Self, Vec<Fault>> {
        Self::parse(text(value)?)
    }
}

impl Param for EmailAddress {
    fn from_param(value: &Value) -> Result<Self, Vec<Fault>> {
        Self::parse(text(value)?)
    }
}

impl Param for Phone {
    fn from_param(value: &Value) -> Result<Self, Vec<Fault>> {
        Self::parse(text(value)?)
    }

    fn is_absent(text: &str) -> bool {
        Self::is_absent(text)
    }
}

impl Param for Locale {
    fn from_param(value: &Value) -> Result<Self, Vec<Fault>> {
        Self::parse(text(value)?)
    }

    fn request_schema(generator: &mut SchemaGenerator, nullable: bool) -> Schema {
        schema_of::<LanguageTag>(generator, nullable)
    }
}

/// A language tag with all its subtags (RFC 5646), as browsers and phones send it.
struct LanguageTag;

impl JsonSchema for LanguageTag {
    fn schema_name() -> Cow<'static, str> {
        "LanguageTag".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let pattern = format!("^({})([-_][0-9A-Za-z]{{1,8}})*$", Locale::NAMES.join("|"));
        json_schema!({ "type": "string", "pattern": pattern })
    }
}

impl Param for Password {
    fn from_param(value: &Value) -> Result<Self, Vec<Fault>> {
        Self::presented(text(value)?).map_err(|fault| vec![fault])
    }
}

impl Param for bool {
    fn from_param(value: &Value) -> Result<Self, Vec<Fault>> {
        value.as_bool().ok_or_else(|| vec![type_fault("true or false")])
    }
}

/// A token as a client presents it: any text. Whether it is valid is checked when it is used.
#[derive(JsonSchema)]
#[schemars(transparent)]
pub struct Token(pub String);

impl Param for Token {
    fn from_param(value: &Value) -> Result<Self, Vec<Fault>> {
        text(value).map(|token| Self(token.trim().to_owned()))
    }
}

macro_rules! cursor_params {
    ($($cursor:ident)*) => {$(
        impl Param for $cursor {
            fn from_param(value: &Value) -> Result<Self, Vec<Fault>> {
                let cursor = text(value)?.trim().parse();
                cursor.map_err(|_| vec![Fault::new(Rule::Format, "must be a `cursor` from an earlier answer")])
            }
        }
    )*};
}
cursor_params! { ExportCursor RevocationCursor }

/// A whole number from `MIN` to `MAX`.
pub struct Whole<const MIN: i64, const MAX: i64>(pub i64);

/// A revision of an account.
pub type Revision = Whole<0, { i64::MAX }>;

impl<const MIN: i64, const MAX: i64> Param for Whole<MIN, MAX> {
    fn from_param(value: &Value) -> Result<Self, Vec<Fault>> {
        if !value.is_number() {
            return Err(vec![type_fault("a whole number")]);
        }
        // 3.0 is the integer 3 in JSON Schema and in what JavaScript sends.
        let whole = value.as_i64().or_else(|| {
            let number = value.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < 9.0e15)?;
            #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
            Some(number as i64)
        });
        match whole {
            Some(number) if (MIN..=MAX).contains(&number) => Ok(Self(number)),
            None if value.as_f64().is_some_and(|number| number.fract() != 0.0) => {
                Err(vec![type_fault("a whole number")])
            }
            _ if MAX == i64::MAX => Err(vec![Fault::new(Rule::OutOfRange, format!("must be at least {MIN}"))]),
            _ => Err(vec![Fault::new(Rule::OutOfRange, format!("must be from {MIN} to {MAX}"))]),
        }
    }
}

impl<const MIN: i64, const MAX: i64> JsonSchema for Whole<MIN, MAX> {
    fn schema_name() -> Cow<'static, str> {
        format!("Whole{MIN}To{MAX}").into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        if MAX == i64::MAX {
            json_schema!({ "type": "integer", "minimum": MIN })
        } else {
            json_schema!({ "type": "integer", "minimum": MIN, "maximum": MAX })
        }
    }
}

impl Param for Timestamp {
    fn from_param(value: &Value) -> Result<Self, Vec<Fault>> {
        Self::parse(text(value)?.trim())
            .ok_or_else(|| vec![Fault::new(Rule::Format, "must be a time as in 2026-01-02T03:04:05Z (RFC 3339)")])
    }

    fn request_schema(generator: &mut SchemaGenerator, nullable: bool) -> Schema {
        schema_of::<DateTime>(generator, nullable)
    }
}

/// A time with any offset and any fraction of a second (RFC 3339).
struct DateTime;

impl JsonSchema for DateTime {
    fn schema_name() -> Cow<'static, str> {
        "DateTime".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }
}

impl Param for Scopes {
    fn from_param(value: &Value) -> Result<Self, Vec<Fault>> {
        let list = value.as_array().ok_or_else(|| vec![type_fault("a list")])?;
        let scopes: Result<Vec<_>, _> = list.iter().map(Scope::from_param).collect();
        Self::new(scopes?)
    }

    fn request_schema(generator: &mut SchemaGenerator, nullable: bool) -> Schema {
        schema_of::<ScopeList>(generator, nullable)
    }
}

/// Scopes as a request may list them; duplicates are ignored.
struct ScopeList;

impl JsonSchema for ScopeList {
    fn schema_name() -> Cow<'static, str> {
        "ScopeList".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let scope = generator.subschema_for::<Scope>();
        json_schema!({ "type": "array", "items": scope, "minItems": 1 })
    }
}

impl Param for EventTypes {
    fn from_param(value: &Value) -> Result<Self, Vec<Fault>> {
        let list = value.as_array().ok_or_else(|| vec![type_fault("a list")])?;
        let types: Result<Vec<_>, _> = list.iter().map(OutgoingType::from_param).collect();
        Self::new(types?)
    }

    fn request_schema(generator: &mut SchemaGenerator, nullable: bool) -> Schema {
        schema_of::<EventTypeList>(generator, nullable)
    }
}

/// Types of events as a request may list them; duplicates are ignored.
struct EventTypeList;

impl JsonSchema for EventTypeList {
    fn schema_name() -> Cow<'static, str> {
        "EventTypeList".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let event = generator.subschema_for::<OutgoingType>();
        json_schema!({ "type": "array", "items": event, "minItems": 1 })
    }
}

impl Param for WebhookUrl {
    fn from_param(value: &Value) -> Result<Self, Vec<Fault>> {
        Self::parse(text(value)?)
    }
}

macro_rules! id_params {
    ($($id:ident)*) => {$(
        impl Param for $id {
            fn from_param(value: &Value) -> Result<Self, Vec<Fault>> {
                Uuid::try_parse(text(value)?.trim())
                    .map(Self)
                    .map_err(|_| vec![Fault::new(Rule::Format, "must be an id (UUID)")])
            }
        }
    )*};
}
id_params! { AddressId AuditId DeliveryId Epoch InvitationId KeyId MailId PasskeyId SecurityEventId SessionId UserId WebhookId }

macro_rules! named_params {
    ($($name:ident)*) => {$(
        impl Param for $name {
            fn from_param(value: &Value) -> Result<Self, Vec<Fault>> {
                Self::from_name(text(value)?.trim()).ok_or_else(|| {
                    vec![Fault::new(Rule::Format, format!("must be one of: {}", Self::NAMES.join(", ")))]
                })
            }
        }
    )*};
}
named_params! { CredentialKind DeliveryState LogoutScope MailState OutgoingType Scope UserState }
