//! SHA-1, which lists of breached passwords are keyed by. It protects nothing here.

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use std::fmt::Write;

/// The SHA-1 of a text as 40 upper-case hexadecimal digits.
pub fn sha1_hex(text: &str) -> String {
    digest(&SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes()).as_ref().iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02X}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::sha1_hex;

    #[test]
    fn a_vector_of_fips_180() {
        assert_eq!(sha1_hex("abc"), "A9993E364706816ABA3E25717850C26C9CD0D89D");
    }
}
