//! Classes of characters for the rules about text (docs/protocol.md, "Values"): invisible, refused, blank, and digits.

/// Whether text may not contain `c`: control characters, separators of lines, and the bidirectional controls,
/// which can display a text in another order than it is stored in.
pub fn is_refused(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether `c` is invisible and has no width: Unicode's `Default_Ignorable_Code_Point` (all of it, with what
/// is reserved for such characters), interlinear annotations and the filler of Khitan.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{16fe4}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether `c` is invisible and has a width: white space, and the characters that are blank by their meaning
/// (Braille without a dot, the null notehead, blanks of Egyptian hieroglyphs).
pub fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{2800}' | '\u{1d159}' | '\u{13441}' | '\u{13442}')
}

/// The value of a decimal digit of any script (Unicode's `Nd`), as an ASCII digit.
pub fn ascii_digit(c: char) -> Option<char> {
    let zero = DIGIT_ZEROS.partition_point(|zero| *zero <= c).checked_sub(1).map(|place| DIGIT_ZEROS[place])?;
    let value = u32::from(c) - u32::from(zero);
    // The mathematical digits are five runs without a gap, listed by their one beginning.
    let run = if zero == MATHEMATICAL_ZERO { 50 } else { 10 };
    if value < run { char::from_digit(value % 10, 10) } else { None }
}

const MATHEMATICAL_ZERO: char = '\u{1d7ce}';

/// The zero of each run of ten decimal digits, of Unicode 17, in order.
const DIGIT_ZEROS: [char; 73] = [
    '\u{30}',
    '\u{660}',
    '\u{6f0}',
    '\u{7c0}',
    '\u{966}',
    '\u{9e6}',
    '\u{a66}',
    '\u{ae6}',
    '\u{b66}',
    '\u{be6}',
    '\u{c66}',
    '\u{ce6}',
    '\u{d66}',
    '\u{de6}',
    '\u{e50}',
    '\u{ed0}',
    '\u{f20}',
    '\u{1040}',
    '\u{1090}',
    '\u{17e0}',
    '\u{1810}',
    '\u{1946}',
    '\u{19d0}',
    '\u{1a80}',
    '\u{1a90}',
    '\u{1b50}',
    '\u{1bb0}',
    '\u{1c40}',
    '\u{1c50}',
    '\u{a620}',
    '\u{a8d0}',
    '\u{a900}',
    '\u{a9d0}',
    '\u{a9f0}',
    '\u{aa50}',
    '\u{abf0}',
    '\u{ff10}',
    '\u{104a0}',
    '\u{10d30}',
    '\u{10d40}',
    '\u{11066}',
    '\u{110f0}',
    '\u{11136}',
    '\u{111d0}',
    '\u{112f0}',
    '\u{11450}',
    '\u{114d0}',
    '\u{11650}',
    '\u{116c0}',
    '\u{116d0}',
    '\u{116da}',
    '\u{11730}',
    '\u{118e0}',
    '\u{11950}',
    '\u{11bf0}',
    '\u{11c50}',
    '\u{11d50}',
    '\u{11da0}',
    '\u{11de0}',
    '\u{11f50}',
    '\u{16130}',
    '\u{16a60}',
    '\u{16ac0}',
    '\u{16b50}',
    '\u{16d70}',
    '\u{1ccf0}',
    '\u{1d7ce}',
    '\u{1e140}',
    '\u{1e2f0}',
    '\u{1e4f0}',
    '\u{1e5f1}',
    '\u{1e950}',
    '\u{1fbf0}',
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_every_script_have_their_value() {
        for (text, ascii) in [
            ("0123456789", "0123456789"),
            ("٠١٢٣٤٥٦٧٨٩", "0123456789"),
            ("۰۱۲۳۴۵۶۷۸۹", "0123456789"),
            ("०१२३४५६७८९", "0123456789"),
            ("０１２３４５６７８９", "0123456789"),
            ("𝟎𝟗𝟘𝟡𝟢𝟫𝟬𝟵𝟶𝟿", "0909090909"),
            ("\u{116d0}\u{116d9}\u{116da}\u{116e3}", "0909"),
        ] {
            assert_eq!(text.chars().map(|c| ascii_digit(c).unwrap()).collect::<String>(), ascii);
        }
        for no_digit in ['/', ':', 'x', '²', '½', '①', 'Ⅷ', '四', '\u{65f}', '\u{66a}', '\u{1d800}', '\u{1fbfa}']
        {
            assert_eq!(ascii_digit(no_digit), None, "{no_digit}");
        }
        assert!(DIGIT_ZEROS.is_sorted());
    }

    #[test]
    fn letters_signs_and_emoji_are_visible() {
        for c in "aÄßΣжא数カ1.-_'’@#+&🦀\u{301}\u{fffd}".chars() {
            assert!(!is_invisible(c) && !is_blank(c) && !is_refused(c), "{c:?}");
        }
    }
}
