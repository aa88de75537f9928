//! Adapts another system's texts to our rules, and reports the changes.
//!
//! The rules are those of the domain's types: a text that is valid is not changed.

use super::report::{Action, Line};
use crate::domain::{
    phone::Phone,
    text::{Text, normalise},
};
use std::borrow::Cow;

/// The row being converted, and its lines of the report so far.
pub(super) struct Row<'a> {
    table: &'static str,
    id: i64,
    lines: &'a mut Vec<Line>,
}

impl<'a> Row<'a> {
    pub(super) fn new(table: &'static str, id: i64, lines: &'a mut Vec<Line>) -> Self {
        Self { table, id, lines }
    }

    /// Reports what was done with a field, or with the whole row if there is none.
    pub(super) fn report(&mut self, action: Action, field: Option<&'static str>, reason: impl Into<Cow<'static, str>>) {
        let field = field.map(Cow::Borrowed);
        self.lines.push(Line { table: self.table, id: self.id, action, field, reason: reason.into() });
    }

    /// The same for a field with a composed name.
    pub(super) fn report_field(&mut self, action: Action, field: Cow<'static, str>, reason: Cow<'static, str>) {
        self.lines.push(Line { table: self.table, id: self.id, action, field: Some(field), reason });
    }

    /// A text that may be absent.
    pub(super) fn optional<const MAX: usize>(&mut self, field: &'static str, raw: &str) -> Option<Text<MAX>> {
        if let Ok(text) = Text::parse(raw) {
            return Some(text);
        }
        // Forbidden characters are treated as separators of words, as a tab is in an address.
        let cleaned: String = raw.chars().map(|c| if is_allowed(c) { c } else { ' ' }).collect();
        let whole = normalise(&cleaned);
        let shortened: String = whole.chars().take(MAX).collect();
        let text = Text::parse(&shortened).ok()?;
        if cleaned != raw {
            self.report(Action::Replaced, Some(field), "control characters became spaces");
        }
        if shortened.len() < whole.len() {
            self.report(Action::Shortened, Some(field), format!("has more than {MAX} characters"));
        }
        Some(text)
    }

    /// A telephone number.
    pub(super) fn phone(&mut self, raw: &str) -> Option<Phone> {
        if raw.trim().is_empty() {
            return None;
        }
        let phone = Phone::parse(raw).ok();
        if phone.is_none() {
            self.report(Action::Cleared, Some("phone"), "not a valid international number");
        }
        phone
    }
}

/// Whether a text may have this character.
fn is_allowed(c: char) -> bool {
    Text::<9>::parse(&format!("a{c}a")).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitted(raw: &str) -> (Option<String>, Vec<Action>) {
        let mut lines = Vec::new();
        let text = Row::new("addresses", 1, &mut lines).optional::<10>("city", raw);
        (text.map(|text| text.as_str().to_owned()), lines.into_iter().map(|line| line.action).collect())
    }

    #[test]
    fn valid_texts_are_unchanged_and_others_are_adapted() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(fitted("Zu\u{308}rich "), (some("Zürich"), vec![]));
        assert_eq!(fitted(" \t"), (None, vec![]));
        assert_eq!(fitted("1 Sea\tRoad"), (some("1 Sea Road"), vec![Action::Replaced]));
        assert_eq!(fitted("\0Sea\u{202e}"), (some("Sea"), vec![Action::Replaced]));
        assert_eq!(fitted("a very long name"), (some("a very lon"), vec![Action::Shortened]));
        assert_eq!(fitted("a\u{1}very\u{2}   long name"), (some("a very"), vec![Action::Replaced, Action::Shortened]));
    }
}
