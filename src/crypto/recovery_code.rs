//! Recovery codes: random, of 120 bits, and single-use, each in place of a second factor. Only a hash is stored; a
//! plain one suffices for a random secret.

use super::{base32, opaque_token::Secret};
pub use crate::domain::sealed::RecoveryCodeHash;
use secrecy::zeroize::Zeroize;
use sha2::{Digest, Sha256};

/// The bytes of a code.
const BYTES: usize = 15;
/// Characters of a group.
const GROUP: usize = 4;

/// A new code, as shown to its owner: 24 characters in groups of four.
pub fn new_recovery_code() -> Secret {
    let mut bytes: [u8; BYTES] = rand::random();
    let mut code = base32::encode(&bytes, base32::CROCKFORD);
    bytes.zeroize();
    let groups: Vec<&str> = (0..code.len()).step_by(GROUP).map(|at| &code[at..at + GROUP]).collect();
    let grouped = groups.join("-").into();
    code.zeroize();
    grouped
}

/// The hash of a typed code: case, blanks and dashes are ignored, and letters that look like digits count as digits
/// (Crockford's rule).
pub fn recovery_code_hash(typed: &str) -> RecoveryCodeHash {
    let read = |c: char| match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let shown = typed.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '\u{2010}'..='\u{2015}'));
    let mut code: String = shown.take(BYTES * 2).map(read).collect();
    let hash = Sha256::digest(code.as_bytes()).into();
    code.zeroize();
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_24_characters_that_are_not_easily_confused() {
        let (code, other) = (new_recovery_code(), new_recovery_code());
        let text = code.expose();
        assert_eq!(text.split('-').map(str::len).collect::<Vec<_>>(), [4; 6]);
        assert!(text.chars().all(|c| c == '-' || c.is_ascii_digit() || c.is_ascii_uppercase()), "{text}");
        assert!(!text.contains(['I', 'L', 'O', 'U']), "{text}");
        assert_ne!(text, other.expose());
        assert!(!format!("{code:?}").contains(text));
    }

    #[test]
    fn a_code_is_read_in_every_notation() {
        let hash = recovery_code_hash("0123-4567-89AB-CDEF-GHJK-1100");
        for typed in ["0123456789abcdefghjk1100", " O123 4567–89ab cdef ghjk lIoO\n", "0123-4567-89AB-CDEF-GHJK-11OO"]
        {
            assert_eq!(recovery_code_hash(typed), hash, "{typed}");
        }
        for other in ["", "0123-4567-89AB-CDEF-GHJK-1101", "0123-4567-89AB-CDEF-GHJK-11000"] {
            assert_ne!(recovery_code_hash(other), hash, "{other}");
        }
    }
}
