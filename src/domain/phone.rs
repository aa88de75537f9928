//! Telephone numbers: international, kept as E.164 (docs/protocol.md, "Values").

use super::{
    fault::{Fault, Rule},
    text::normalise,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The longest text that is looked at: E.164 has 15 digits, the rest is room for separators.
const MAX_RAW: usize = 40;

/// A number that exists in its country's numbering plan, as E.164.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct Phone(String);

impl Phone {
    /// Drops spaces, hyphens, dots and brackets; what remains must be `+` and a valid number.
    pub fn parse(raw: &str) -> Result<Self, Vec<Fault>> {
        let text = normalise(raw);
        if text.chars().count() > MAX_RAW {
            return Err(vec![Fault::new(Rule::TooLong, format!("must have at most {MAX_RAW} characters"))]);
        }
        let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '\u{a0}' | '-' | '.' | '(' | ')')).collect();
        Self::valid(&digits).map(Self).ok_or_else(|| {
            vec![Fault::new(Rule::Format, "must be a valid international number such as +49 151 23456789")]
        })
    }

    fn valid(digits: &str) -> Option<String> {
        let rest = digits.strip_prefix('+')?;
        if !rest.bytes().all(|b| b.is_ascii_digit()) {
            return None; // the library would accept letters, extensions and other scripts' digits
        }
        let number = phonenumber::parse(None, digits).ok()?;
        phonenumber::is_valid(&number).then(|| number.format().mode(phonenumber::Mode::E164).to_string())
    }

    /// The number in E.164, such as `+4915123456789`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl JsonSchema for Phone {
    fn schema_name() -> Cow<'static, str> {
        "Phone".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "maxLength": MAX_RAW,
            "description": "E.164; in requests spaces, hyphens, dots and brackets may separate the digits",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_are_dropped() {
        assert_eq!(Phone::parse("+49 (151) 2345-67.89").unwrap().as_str(), "+4915123456789");
    }

    #[test]
    fn what_is_no_international_number_is_refused() {
        for raw in [
            "",
            "0151 23456789",
            "+1111111111",
            "+49",
            "+4915123456789 ext 5",
            "+٤٩١٥١٢٣٤٥٦٧٨٩",
            "+49/151",
            "++4915123456789",
        ] {
            assert!(Phone::parse(raw).is_err(), "{raw:?}");
        }
    }
}
