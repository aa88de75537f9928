//! Brings another system's text into the forms that we keep, and says what it took.
//!
//! The rules are those of the domain's types: what one takes as it is comes as it is.

use super::report::{Action, Line};
use crate::domain::{
    phone::Phone,
    text::{Text, normalise},
};
use std::borrow::Cow;

/// The row that is looked at, and what was said of it so far.
pub(super) struct Row<'a> {
    table: &'static str,
    id: i64,
    lines: &'a mut Vec<Line>,
}

impl<'a> Row<'a> {
    pub(super) fn new(table: &'static str, id: i64, lines: &'a mut Vec<Line>) -> Self {
        Self { table, id, lines }
    }

    /// Says what was done with a field, or with the whole row where there is none.
    pub(super) fn tell(&mut self, action: Action, field: Option<&'static str>, reason: impl Into<Cow<'static, str>>) {
        let field = field.map(Cow::Borrowed);
        self.lines.push(Line { table: self.table, id: self.id, action, field, reason: reason.into() });
    }

    /// The same of a field whose name is made up of several.
    pub(super) fn tell_of(&mut self, action: Action, field: Cow<'static, str>, reason: Cow<'static, str>) {
        self.lines.push(Line { table: self.table, id: self.id, action, field: Some(field), reason });
    }

    /// A text that may be absent.
    pub(super) fn optional<const MAX: usize>(&mut self, field: &'static str, raw: &str) -> Option<Text<MAX>> {
        if let Ok(text) = Text::parse(raw) {
            return Some(text);
        }
        // What may not stand in a text separates words, as a tab does in an address.
        let cleaned: String = raw.chars().map(|c| if is_taken(c) { c } else { ' ' }).collect();
        let whole = normalise(&cleaned);
        let shortened: String = whole.chars().take(MAX).collect();
        let text = Text::parse(&shortened).ok()?;
        if cleaned != raw {
            self.tell(Action::Replaced, Some(field), "control characters became spaces");
        }
        if shortened.len() < whole.len() {
            self.tell(Action::Shortened, Some(field), format!("has more than {MAX} characters"));
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
            self.tell(Action::Cleared, Some("phone"), "no valid international number");
        }
        phone
    }
}

/// Whether a text may have this character.
fn is_taken(c: char) -> bool {
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
    fn what_fits_comes_as_it_is_and_the_rest_is_made_to() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(fitted("Zu\u{308}rich "), (some("Zürich"), vec![]));
        assert_eq!(fitted(" \t"), (None, vec![]));
        assert_eq!(fitted("1 Sea\tRoad"), (some("1 Sea Road"), vec![Action::Replaced]));
        assert_eq!(fitted("\0Sea\u{202e}"), (some("Sea"), vec![Action::Replaced]));
        assert_eq!(fitted("a very long name"), (some("a very lon"), vec![Action::Shortened]));
        assert_eq!(fitted("a\u{1}very\u{2}   long name"), (some("a very"), vec![Action::Replaced, Action::Shortened]));
    }
}
