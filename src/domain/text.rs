//! Text of a person: trimmed, in NFC, not blank, without control characters, of bounded length
//! (docs/protocol.md, "Values").

use super::{
    characters::{is_blank, is_invisible, is_refused},
    fault::{Fault, Rule},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use unicase::UniCase;
use unicode_normalization::UnicodeNormalization;

/// Text of 1 to `MAX` Unicode scalar values.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct Text<const MAX: usize>(String);

impl<const MAX: usize> Text<MAX> {
    /// Brings `raw` to its stored form.
    ///
    /// # Errors
    /// Every rule that it breaks: `too_short` (it is blank), `too_long`, `control_characters`.
    pub fn parse(raw: &str) -> Result<Self, Vec<Fault>> {
        let text = normalise(raw);
        let mut faults = Vec::new();
        if shows_nothing(&text) {
            faults.push(Fault::new(Rule::TooShort, "must not be empty"));
        }
        if text.chars().count() > MAX {
            faults.push(Fault::new(Rule::TooLong, format!("must have at most {MAX} characters")));
        }
        faults.extend(control_characters(&text));
        if faults.is_empty() { Ok(Self(text)) } else { Err(faults) }
    }

    /// `raw` shortened to the limit and without control characters, for texts of machines, which are never refused.
    /// `None` if the rest is blank.
    pub fn cut(raw: &str) -> Option<Self> {
        let kept: String = normalise(raw).chars().filter(|c| !is_refused(*c)).take(MAX).collect();
        let kept = kept.trim();
        (!shows_nothing(kept)).then(|| Self(kept.to_owned()))
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which texts that look alike are equal: full case folding and compatibility forms (Unicode
    /// §3.13, D146 and R4), without what is invisible, every run of blanks as one space.
    pub fn key(&self) -> String {
        let visible = self.0.chars().filter(|c| !is_invisible(*c)).map(|c| if is_blank(c) { ' ' } else { c });
        // Folding may produce characters with a compatibility form, and the other way round; twice is enough (D146).
        let fold = |text: String| UniCase::unicode(text).to_folded_case();
        let once = fold(visible.nfkd().collect());
        let twice: String = fold(once.nfkd().collect()).nfkc().collect();
        twice.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The text that takes the most bytes, in UTF-8 as in JSON: four for each character, where an escape that
    /// may occur takes two.
    pub(super) fn largest() -> Self {
        Self("\u{10ffff}".repeat(MAX))
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

/// Whether `text` has only invisible and blank characters. Refused characters do not count as such, so that they are
/// reported.
pub fn shows_nothing(text: &str) -> bool {
    text.trim().chars().all(|c| (is_invisible(c) || is_blank(c)) && !is_refused(c))
}

/// The fault of text that holds control characters, separators of lines or bidirectional controls.
pub fn control_characters(text: &str) -> Option<Fault> {
    text.chars().any(is_refused).then(|| Fault::new(Rule::ControlCharacters, "must not contain control characters"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(raw: &str) -> Vec<Rule> {
        Text::<5>::parse(raw).map_or_else(|f| f.into_iter().map(|f| f.rule).collect(), |_| vec![])
    }

    #[test]
    fn is_trimmed_composed_and_counted_in_scalar_values() {
        assert_eq!(Text::<5>::parse("\t\u{a0} e\u{301}té\u{3000}\n").unwrap().as_str(), "été");
        assert!(Text::<5>::parse("🦀🦀🦀🦀🦀").is_ok());
        assert_eq!(rules("🦀🦀🦀🦀🦀🦀"), [Rule::TooLong]);
        assert_eq!(rules("a\0bcdefg"), [Rule::TooLong, Rule::ControlCharacters]);
    }

    #[test]
    fn invisible_text_is_empty() {
        for raw in [
            "",
            "   ",
            "\u{200b}",
            "\u{3164}",
            "\u{2800}",
            "\u{feff}",
            "\u{ad}",
            "\u{200e}",
            "\u{2060} \u{200d}",
            "\u{115f}\u{1160}",
            "\u{ffa0}",
            "\u{fe0f}",
            "\u{e0041}",
            "\u{1d159}",
            "\u{180e}",
            "\u{34f}",
            "\u{2800}\u{200b}\u{3000}",
        ] {
            assert_eq!(rules(raw), [Rule::TooShort], "{raw:?}");
            assert!(shows_nothing(raw));
        }
        // Invisible characters are allowed between others.
        for raw in ["می\u{200c}خو", "❤\u{fe0f}", "👨\u{200d}👩", "co\u{ad}op", "x\u{2800}"] {
            assert_eq!(rules(raw), [], "{raw:?}");
        }
    }

    #[test]
    fn control_characters_are_refused_and_not_taken_for_emptiness() {
        for raw in [
            "a\u{202e}b",
            "\u{202a}ab\u{202c}",
            "\u{2066}a\u{2069}",
            "a\u{1b}",
            "a\nb",
            "a\u{2028}b",
            "a\u{85}b",
            "\u{202e}",
            "\0",
        ] {
            assert_eq!(rules(raw), [Rule::ControlCharacters], "{raw:?}");
            assert!(!shows_nothing(raw));
        }
        assert_eq!(rules("עב\u{200f}!"), []);
    }

    #[test]
    fn keys_ignore_case_compatibility_forms_and_what_is_invisible() {
        let key = |raw| Text::<50>::parse(raw).unwrap().key();
        for (one, other) in [
            ("École", "ÉCOLE"),
            ("ﬁrst", "FIRST"),
            ("Straße", "STRASSE"),
            ("Straße", "STRAẞE"),
            ("ΟΔΟΣ", "οδος"),
            ("οδός", "ΟΔΌΣ"),
            ("Home", "Home\u{200b}"),
            ("Home", "\u{feff}Ho\u{ad}me\u{2060}"),
            ("Home", "Ｈｏｍｅ"),
            ("Home", "Home\u{2800}"),
            ("My home", "My\u{a0} home"),
            ("❤", "❤\u{fe0f}"),
            ("ᾳ", "ΑΙ"),
            ("Kelvin", "\u{212a}elvin"),
            ("ŉ", "ʼN"),
        ] {
            assert_eq!(key(one), key(other), "{one:?} {other:?}");
        }
        for (one, other) in
            [("Home", "Home 2"), ("Homme", "Home"), ("Dı", "Di"), ("resume", "résumé"), ("My home", "Myhome")]
        {
            assert_ne!(key(one), key(other), "{one:?} {other:?}");
        }
    }

    #[test]
    fn cut_never_fails() {
        assert_eq!(Text::<3>::cut(" a\nb\u{202e}cd ").unwrap().as_str(), "abc");
        assert_eq!(Text::<3>::cut("ab cd").unwrap().as_str(), "ab");
        for silent in ["", " \t", "\0", "\u{202e} \u{200b}"] {
            assert_eq!(Text::<3>::cut(silent), None, "{silent:?}");
        }
    }

    #[test]
    fn no_text_takes_more_bytes_than_the_largest() {
        let bytes = |text: &Text<4>| serde_json::to_string(text).unwrap().len();
        let largest = bytes(&Text::largest());
        assert_eq!(largest, 4 * 4 + 2);
        for c in ('\0'..=char::MAX).filter(|c| !is_refused(*c)) {
            let text: Text<4> = Text(c.to_string().repeat(4));
            assert!(bytes(&text) <= largest, "{c:?}");
        }
    }
}
