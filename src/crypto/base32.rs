//! Base32: five bits per character.

/// The alphabet of RFC 4648, which authenticator apps read.
pub(super) const RFC_4648: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Crockford's alphabet, for people who read and type: without I, L, O and U.
pub(super) const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Encodes `bytes`, whose number is a multiple of five, so that no padding is needed.
pub(super) fn encode(bytes: &[u8], alphabet: &[u8; 32]) -> String {
    let (groups, rest) = bytes.as_chunks::<5>();
    debug_assert!(rest.is_empty(), "a group has five bytes");
    let bits = |group: &[u8; 5]| group.iter().fold(0_u64, |bits, byte| (bits << 8) | u64::from(*byte));
    let characters = |bits: u64| (0..8).rev().map(move |place| (bits >> (5 * place)) & 31);
    let all = groups.iter().flat_map(|group| characters(bits(group)));
    all.map(|value| char::from(alphabet[usize::try_from(value).unwrap_or_default()])).collect()
}

/// The bytes of [`RFC_4648`] text without padding, whose number of characters is a multiple of eight.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let (groups, rest) = text.as_bytes().as_chunks::<8>();
    let value = |character: &u8| RFC_4648.iter().position(|known| known == character);
    let bits = |group: &[u8; 8]| {
        group.iter().try_fold(0_u64, |bits, character| Some((bits << 5) | u64::try_from(value(character)?).ok()?))
    };
    let groups: Vec<u64> = groups.iter().map(bits).collect::<Option<_>>()?;
    rest.is_empty().then(|| groups.iter().flat_map(|bits| bits.to_be_bytes()[3..].to_vec()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4648, section 10, the vectors of whole groups; and a 1 in each place.
    #[test]
    fn encodes_as_the_standard_says_and_back() {
        assert_eq!(encode(b"fooba", RFC_4648), "MZXW6YTB");
        assert_eq!(encode(&[255; 15], CROCKFORD), "Z".repeat(24));
        for bit in 0..40 {
            let mut bytes = [0; 5];
            bytes[bit / 8] = 0x80 >> (bit % 8);
            let text = encode(&bytes, RFC_4648);
            assert_eq!(text.bytes().filter(|byte| *byte != b'A').count(), 1, "{text}");
            assert_eq!(decode(&text).unwrap(), bytes);
        }
        for none in ["MZXW6YT", "MZXW6YT1", "mzxw6ytb", "MZXW6YT="] {
            assert_eq!(decode(none), None, "{none}");
        }
        assert_eq!(decode("").unwrap(), Vec::<u8>::new());
    }
}
