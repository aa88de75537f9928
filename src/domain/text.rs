//! Text of a person: trimmed, NFC, without control characters, of bounded length (docs/protocol.md, "Values").

use super::fault::{Fault, Rule};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization;

/// Text of 1 to `MAX` Unicode scalar values.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct Text<const MAX: usize>(String);

impl<const MAX: usize> Text<MAX> {
    /// Brings `raw` to its stored form, or says every rule that it breaks.
    pub fn parse(raw: &str) -> Result<Self, Vec<Fault>> {
        let text = normalise(raw);
        let mut faults = Vec::new();
        if text.is_empty() {
            faults.push(Fault::new(Rule::TooShort, "must not be empty"));
        }
        if text.chars().count() > MAX {
            faults.push(Fault::new(Rule::TooLong, format!("must have at most {MAX} characters")));
        }
        faults.extend(control_characters(&text));
        if faults.is_empty() { Ok(Self(text)) } else { Err(faults) }
    }

    /// The text, cut to the limit and freed of control characters; for what a machine says of itself.
    pub fn cut(raw: &str) -> Self {
        Self(normalise(raw).chars().filter(|c| !is_control(*c)).take(MAX).collect())
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which two texts that differ only in case or compatibility forms are equal.
    pub fn key(&self) -> String {
        self.0.nfkc().collect::<String>().to_lowercase()
    }
}

impl<const MAX: usize> std::fmt::Display for Text<MAX> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl<const MAX: usize> JsonSchema for Text<MAX> {
    fn schema_name() -> Cow<'static, str> {
        format!("Text{MAX}").into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": MAX })
    }
}

/// Trims and brings to NFC.
pub fn normalise(raw: &str) -> String {
    raw.trim().nfc().collect()
}

/// The fault of text that holds control characters or line separators.
pub fn control_characters(text: &str) -> Option<Fault> {
    text.chars().any(is_control).then(|| Fault::new(Rule::ControlCharacters, "must not contain control characters"))
}

fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(raw: &str) -> Vec<Rule> {
        Text::<5>::parse(raw).map_or_else(|f| f.into_iter().map(|f| f.rule).collect(), |_| vec![])
    }

    #[test]
    fn is_trimmed_composed_and_counted_in_scalar_values() {
        assert_eq!(Text::<5>::parse("  e\u{301}té ").unwrap().as_str(), "été");
        assert!(Text::<5>::parse("🦀🦀🦀🦀🦀").is_ok());
        assert_eq!(rules("🦀🦀🦀🦀🦀🦀"), [Rule::TooLong]);
        assert_eq!(rules("   "), [Rule::TooShort]);
        assert_eq!(rules("a\0bcdefg"), [Rule::TooLong, Rule::ControlCharacters]);
    }

    #[test]
    fn keys_ignore_case_and_compatibility_forms() {
        let key = |raw| Text::<50>::parse(raw).unwrap().key();
        assert_eq!(key("École"), key("ÉCOLE"));
        assert_eq!(key("ﬁrst"), key("FIRST"));
    }

    #[test]
    fn cut_never_fails() {
        assert_eq!(Text::<3>::cut(" a\nbcd ").as_str(), "abc");
        assert_eq!(Text::<3>::cut("").as_str(), "");
    }
}
