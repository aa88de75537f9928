//! Passwords as people type them (docs/protocol.md, "Values").

use super::fault::{Fault, Rule};
use crate::limits::{PASSWORD_MAX_CHARACTERS, PASSWORD_MIN_CHARACTERS, PASSWORD_STRENGTH_CHARACTERS};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use secrecy::{ExposeSecret, SecretString};
use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization;

/// Parts of a name or an address that are shorter than this occur in too many good passwords to count against one.
const SHORTEST_CONTEXT_WORD: usize = 3;

/// Characters that zxcvbn reads as one and the same letter (`i` and `l`, `t` and `l` overlap).
const LOOK_ALIKES: [&str; 6] = ["4@", "({[<", "69", "1!|", "5$", "7+"];

/// A candidate as presented: in NFKC, never trimmed or cut; wiped from memory when dropped.
#[derive(Clone, Debug)]
pub struct Password {
    text: SecretString,
    /// The password as typed, if NFKC changed it.
    typed: Option<SecretString>,
}

impl Password {
    /// A password to compare with one chosen before: any text that is not too long.
    ///
    /// # Errors
    /// `too_long` beyond [`PASSWORD_MAX_CHARACTERS`].
    pub fn presented(raw: &str) -> Result<Self, Fault> {
        normalise(raw).map(|text| Self::new(text, raw))
    }

    /// A new password, which must be long enough and hard to guess even for one who knows `context`: the
    /// user's names and e-mail address, the shop's name.
    ///
    /// # Errors
    /// Every rule that it breaks: `too_short` (under `min_length` characters), `too_long`, `guessable`.
    pub fn chosen(raw: &str, min_length: usize, context: &[&str]) -> Result<Self, Vec<Fault>> {
        let text = normalise(raw).map_err(|fault| vec![fault])?;
        let mut faults = Vec::new();
        if text.chars().count() < min_length {
            faults.push(Fault::new(Rule::TooShort, format!("must have at least {min_length} characters")));
        }
        if is_guessable(&text, context) {
            faults.push(Fault::new(
                Rule::Guessable,
                "is too easy to guess: use several unrelated words, and nothing of your name or address",
            ));
        }
        if faults.is_empty() { Ok(Self::new(text, raw)) } else { Err(faults) }
    }

    /// The password itself, for the hasher.
    pub fn expose(&self) -> &str {
        self.text.expose_secret()
    }

    /// The password as typed, character for character: for hashes of systems that did not normalise it.
    pub fn typed(&self) -> &str {
        self.typed.as_ref().unwrap_or(&self.text).expose_secret()
    }

    fn new(text: String, raw: &str) -> Self {
        let typed = (text != raw).then(|| raw.to_owned().into());
        Self { text: text.into(), typed }
    }
}

/// NFKC, so that the same keys pressed on two systems give the same password (RFC 8265 §4.2 for the idea).
fn normalise(raw: &str) -> Result<String, Fault> {
    // Normalisation is lazy, so taking one character more than allowed bounds its work as well.
    let text: String = raw.nfkc().take(PASSWORD_MAX_CHARACTERS + 1).collect();
    if text.chars().count() > PASSWORD_MAX_CHARACTERS {
        return Err(Fault::new(Rule::TooLong, format!("must have at most {PASSWORD_MAX_CHARACTERS} characters")));
    }
    Ok(text)
}

fn is_guessable(text: &str, context: &[&str]) -> bool {
    // As written, and as the password is read: one that is the user's whole address is found as such.
    let words: Vec<String> = context
        .iter()
        .flat_map(|text| context_words(text))
        .flat_map(|word| [word.to_owned(), fold_look_alikes(beginning(word))])
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    zxcvbn::zxcvbn(&fold_look_alikes(beginning(text)), &words).score() < zxcvbn::Score::Three
}

/// The part of a password that its strength is estimated by.
fn beginning(text: &str) -> String {
    text.chars().take(PASSWORD_STRENGTH_CHARACTERS).collect()
}

/// zxcvbn tries every way in which look-alikes can be read as letters. A text with all of them takes 300 ms, and anybody
/// could send it. If there are more than two ways, the look-alikes of a letter are made one character: they are still read
/// as that letter, and it takes 5 ms at most.
fn fold_look_alikes(text: String) -> String {
    let kinds = |group: &str| group.chars().filter(|c| text.contains(*c)).count().max(1);
    if LOOK_ALIKES.iter().map(|group| kinds(group)).product::<usize>() <= 2 {
        return text;
    }
    let folded = |c: char| LOOK_ALIKES.iter().find(|group| group.contains(c)).and_then(|group| group.chars().next());
    text.chars().map(|c| folded(c).unwrap_or(c)).collect()
}

/// A text of the context, the part of an e-mail address before the `@`, and the words in it.
fn context_words(text: &str) -> impl Iterator<Item = &str> {
    let local_part = text.rsplit_once('@').map(|(local, _)| local);
    let words = text.split(|c: char| !c.is_alphanumeric());
    [text].into_iter().chain(local_part).chain(words).filter(|word| word.chars().count() >= SHORTEST_CONTEXT_WORD)
}

impl JsonSchema for Password {
    fn schema_name() -> Cow<'static, str> {
        "Password".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "minLength": PASSWORD_MIN_CHARACTERS,
            "maxLength": PASSWORD_MAX_CHARACTERS,
            "writeOnly": true,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    const GOOD: &str = "lantern quarry 7 mimosa";

    fn rules(raw: &str, context: &[&str]) -> Vec<Rule> {
        Password::chosen(raw, 8, context).map_or_else(|f| f.into_iter().map(|f| f.rule).collect(), |_| vec![])
    }

    #[test]
    fn is_compared_after_nfkc_and_never_trimmed() {
        assert_eq!(Password::presented(" ﬁne\u{301} ").unwrap().expose(), " finé ");
        assert_eq!(Password::presented("").unwrap().expose(), "");
    }

    #[test]
    fn length_is_counted_in_scalar_values() {
        assert!(Password::presented(&"🦀".repeat(256)).is_ok());
        assert_eq!(Password::presented(&"🦀".repeat(257)).unwrap_err().rule, Rule::TooLong);
        assert_eq!(rules(&"a1-Ö".repeat(80), &[]), [Rule::TooLong]);
        assert_eq!(Password::chosen(GOOD, 30, &[]).unwrap_err()[0].rule, Rule::TooShort);
    }

    #[test]
    fn guessable_ones_are_refused_with_every_other_fault() {
        assert_eq!(rules("password123", &[]), [Rule::Guessable]);
        assert_eq!(rules("abc", &[]), [Rule::TooShort, Rule::Guessable]);
        assert_eq!(rules(&"a".repeat(200), &[]), [Rule::Guessable]);
        assert_eq!(rules(GOOD, &["Ann", "Lee"]), []);
    }

    #[test]
    fn a_password_based_on_the_users_data_is_guessable() {
        let context = ["Wolfhilde", "Krasniqi", "zylfije.hoxhaj@example.org", "Marbelle"];
        for raw in ["WolfhildeKrasniqi", "zylfije.hoxhaj1", "zylfije.hoxhaj@example.org", "Zylf1j3.h0xh@j1"] {
            assert_eq!(rules(raw, &context), [Rule::Guessable], "{raw}");
        }
        assert_eq!(rules("zylfije.hoxhaj1", &[]), []);
    }

    #[test]
    fn a_whole_address_is_guessable_whatever_look_alikes_and_length_it_has() {
        let look_alikes = "ann.5c058236-5b14-4477-92d4-06ef36cd8084@example.org";
        let long = format!("{}@{}.example.org", "zylfije.hoxhaj".repeat(4), "wolfhilde-krasniqi.".repeat(5));
        for address in [look_alikes, &long] {
            assert_eq!(rules(address, &[address]), [Rule::Guessable], "{address}");
            assert_eq!(rules(&address.to_uppercase(), &[address]), [Rule::Guessable], "{address}");
        }
    }

    #[test]
    fn does_not_show_its_value() {
        assert!(!format!("{:?}", Password::presented(GOOD).unwrap()).contains("lantern"));
    }

    #[test]
    fn strength_is_estimated_in_bounded_time() {
        let slowest = ["4@8({[</369&#!1/|0$5+7%2/4@8({[<", "0123456789", "qwertyuiop", "1|!l7+t", "19911991", "aab"]
            .iter()
            .map(|piece| {
                let raw: String = piece.chars().cycle().take(PASSWORD_MAX_CHARACTERS).collect();
                let start = Instant::now();
                let _ = Password::chosen(&raw, 8, &["Ann", "Lee", "ann@example.org"]);
                start.elapsed()
            })
            .max()
            .unwrap();
        // At most 5 ms where optimised; the bound leaves room for a debug build on a busy machine.
        assert!(slowest < Duration::from_millis(250), "{slowest:?}");
    }
}
