//! Telephone numbers: accepted as people write and paste them, stored as E.164 (docs/protocol.md, "Values").

use super::{
    characters::{ascii_digit, is_blank, is_invisible},
    fault::{Fault, Rule},
    text::{control_characters, normalise},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The longest text that is parsed: E.164 has 15 digits, the rest is room for separators.
const MAX_RAW: usize = 100;

/// The most digits of a number, the country code included (ITU-T E.164 §6.2.1).
const MAX_DIGITS: usize = 15;

/// A number that exists in its country's numbering plan, as E.164.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct Phone(String);

impl Phone {
    /// Drops the separators that people write around digits (spaces, dashes, slashes, dots, brackets, invisible marks, `tel:`, a
    /// trunk `(0)`), and reads digits of any script and `00` for `+`; what remains must be a valid
    /// international number.
    ///
    /// # Errors
    /// Every rule that it breaks: `too_long`, `control_characters`, `format`.
    pub fn parse(raw: &str) -> Result<Self, Vec<Fault>> {
        // Of the characters refused in texts, those that come with a pasted number are dropped.
        let text: String = normalise(raw).chars().filter(|c| !is_invisible(*c) && !is_blank(*c)).collect();
        let mut faults = Vec::new();
        if raw.chars().count() > MAX_RAW {
            faults.push(Fault::new(Rule::TooLong, format!("must have at most {MAX_RAW} characters")));
        }
        faults.extend(control_characters(&text));
        if !faults.is_empty() {
            return Err(faults);
        }
        international(&text).map(Self).ok_or_else(|| {
            vec![Fault::new(Rule::Format, "must be a valid international number such as +49 151 23456789")]
        })
    }

    /// Whether `raw` has only blanks and invisible marks, as an emptied field may keep them.
    pub fn is_absent(raw: &str) -> bool {
        raw.chars().all(|c| is_invisible(c) || is_blank(c))
    }

    /// The number in E.164, such as `+4915123456789`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A number of the greatest length.
    pub(super) fn largest() -> Self {
        Self(format!("+{}", "9".repeat(MAX_DIGITS)))
    }
}

fn international(text: &str) -> Option<String> {
    let plain: String = text.chars().filter_map(plain).collect();
    let number = plain.strip_prefix("tel:").unwrap_or(&plain);
    let trunkless = number.replacen("(0)", "", 1);
    // In Italy the zero in brackets belongs to the number.
    valid(&trunkless).or_else(|| valid(number))
}

/// Normalises one character: digits and signs to ASCII, brackets to round ones; `None` for separators.
fn plain(c: char) -> Option<char> {
    match c {
        '+' | '\u{ff0b}' | '\u{fe62}' | '\u{207a}' | '\u{2795}' => Some('+'),
        '(' | '[' | '{' | '<' | '\u{ff08}' | '\u{ff3b}' | '\u{ff5b}' | '\u{3008}' | '\u{3010}' | '\u{3014}' => {
            Some('(')
        }
        ')' | ']' | '}' | '>' | '\u{ff09}' | '\u{ff3d}' | '\u{ff5d}' | '\u{3009}' | '\u{3011}' | '\u{3015}' => {
            Some(')')
        }
        _ if is_separator(c) => None,
        _ => Some(ascii_digit(c).unwrap_or_else(|| c.to_ascii_lowercase())),
    }
}

/// Dashes (Unicode's `Pd`, as far as they are used with digits, and their look-alikes), slashes and dots.
fn is_separator(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{2010}'
            ..='\u{2015}'
                | '\u{2212}'
                | '\u{2043}'
                | '\u{207b}'
                | '\u{2053}'
                | '\u{2796}'
                | '\u{2e3a}'
                | '\u{2e3b}'
                | '\u{301c}'
                | '\u{3030}'
                | '\u{30fc}'
                | '\u{fe31}'
                | '\u{fe32}'
                | '\u{fe58}'
                | '\u{fe63}'
                | '\u{ff0d}'
                | '\u{ff70}'
                | '~'
                | '\u{223c}'
                | '\u{ff5e}'
                | '\u{2d7}'
                | '/'
                | '\\'
                | '\u{2044}'
                | '\u{2215}'
                | '\u{29f8}'
                | '\u{ff0f}'
                | '.'
                | '\u{b7}'
                | '\u{2022}'
                | '\u{2024}'
                | '\u{2027}'
                | '\u{2219}'
                | '\u{22c5}'
                | '\u{30fb}'
                | '\u{ff0e}'
                | '\u{ff65}'
    )
}

fn valid(number: &str) -> Option<String> {
    let digits: String = number.chars().filter(|c| !matches!(c, '(' | ')')).collect();
    let digits = digits.strip_prefix('+').or_else(|| digits.strip_prefix("00"))?;
    // The library would take letters and extensions too.
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number = phonenumber::parse(None, format!("+{digits}")).ok()?;
    phonenumber::is_valid(&number).then(|| number.format().mode(phonenumber::Mode::E164).to_string())
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
            "description": "E.164; in requests as people write it, with its country code",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_has_one_form_however_it_is_written() {
        for raw in [
            "+442079460018",
            "+44 20 7946 0018",
            "+44-20-7946-0018",
            "\u{202a}+44 20 7946 0018\u{202c}",
            "\u{2066}+44 20 7946 0018\u{2069}",
            "\u{2068}+44\u{2069} 20 7946 0018",
            "\u{200e}+44 20 7946 0018\u{200e}",
            "\u{feff}+44\u{200b}20\u{2060}7946\u{200d}0018",
            "+44\u{2011}20\u{2011}7946\u{2011}0018",
            "+44\u{2013}20\u{2013}7946\u{2014}0018",
            "+44\u{2212}20\u{2212}7946\u{2212}0018",
            "+44\u{2009}20\u{2009}7946\u{2009}0018",
            "+44\u{202f}20\u{202f}7946\u{202f}0018",
            "+44\u{a0}20\u{a0}7946\u{3000}0018",
            "+44\t20\u{2003}7946\n0018",
            "+44\u{ad}20\u{ad}7946\u{ad}0018",
            "+44 (0)20 7946 0018",
            "+44 (0) 20 7946 0018",
            "+44[0]20 7946 0018",
            "+44 ( 0 ) 20-7946-0018",
            "+44（０）２０ ７９４６ ００１８",
            "+44 020 7946 0018",
            "(+44) 20 7946 0018",
            "+(44) 20/7946/0018",
            "+44/20/7946/0018",
            "+44 20 7946\u{2044}0018",
            "+44.20.7946.0018",
            "+44\u{b7}20\u{b7}7946\u{30fb}0018",
            "tel:+442079460018",
            "TEL:+44-20-7946-0018",
            "Tel.: +44 20 7946 0018",
            "tel://+442079460018",
            "＋４４２０７９４６００１８",
            "+٤٤٢٠٧٩٤٦٠٠١٨",
            "+۴۴ ۲۰ ۷۹۴۶ ۰۰۱۸",
            "+४४ २० ७९४६ ००१८",
            "[+44] [20] [7946] [0018]",
            "+44 {20} 7946 0018",
            "00442079460018",
            "00 44 (0)20 7946-0018",
        ] {
            assert_eq!(Phone::parse(raw).map(|phone| phone.0), Ok("+442079460018".to_owned()), "{raw:?}");
        }
        assert_eq!(Phone::parse("+49 (151) 2345-67.89").unwrap().as_str(), "+4915123456789");
    }

    #[test]
    fn a_zero_in_brackets_stays_where_it_belongs_to_the_number() {
        assert_eq!(Phone::parse("+39 (0)6 6982 1234").unwrap().as_str(), "+390669821234");
        assert_eq!(Phone::parse("+39 06 6982 1234").unwrap().as_str(), "+390669821234");
        assert_eq!(Phone::parse("+43 (0) 1 58858-0").unwrap().as_str(), "+431588580");
    }

    #[test]
    fn anything_but_an_international_number_is_refused() {
        for raw in [
            "",
            "-",
            "(0)",
            "tel:",
            "0151 23456789",
            "(0)151 23456789",
            "020 7946 0018",
            "4915123456789",
            "+1111111111",
            "+49",
            "00",
            "+49/151",
            "+4915123456789 ext 5",
            "+4915123456789;ext=5",
            "+4915123456789x5",
            "++4915123456789",
            "+49+15123456789",
            "+49 151 2345678½",
            "+49 151 2345678²",
            "0800 FLOWERS",
            "+4915123456789, +4915123456780",
            "+49 151 23456789 23456789",
        ] {
            let faults = Phone::parse(raw).expect_err(raw);
            assert_eq!(faults.iter().map(|fault| fault.rule).collect::<Vec<_>>(), [Rule::Format], "{raw:?}");
        }
        assert_eq!(Phone::parse("+4915123456789\0").unwrap_err()[0].rule, Rule::ControlCharacters);
        assert_eq!(Phone::parse(&format!("+{}", " ".repeat(100))).unwrap_err()[0].rule, Rule::TooLong);
    }
}
