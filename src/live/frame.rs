//! Frames as the server sends them (RFC 6455 §5.2): whole, unmasked and uncompressed, so the same bytes for every peer.

use bytes::Bytes;

const FINAL: u8 = 0x80;
const TEXT: u8 = FINAL | 0x1;
const CLOSE: u8 = FINAL | 0x8;
const PING: u8 = FINAL | 0x9;

/// The most bytes of a Close frame's reason: a control frame has at most 125 bytes, two of them the code.
const CLOSE_REASON_BYTES: usize = 123;

/// Begins a text frame of `length` bytes; the text follows.
pub fn begin_text(length: usize, into: &mut Vec<u8>) {
    into.push(TEXT);
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ ..126), _) => into.push(short),
        (_, Ok(medium)) => {
            into.push(126);
            into.extend_from_slice(&medium.to_be_bytes());
        }
        _ => {
            into.push(127);
            into.extend_from_slice(&u64::try_from(length).unwrap_or(u64::MAX).to_be_bytes());
        }
    }
}

/// A Close frame. A reason that is too long is left out.
pub fn close(code: u16, reason: &str) -> Bytes {
    let reason = if reason.len() <= CLOSE_REASON_BYTES { reason } else { "" };
    let length = u8::try_from(2 + reason.len()).unwrap_or(2);
    let mut frame = vec![CLOSE, length];
    frame.extend_from_slice(&code.to_be_bytes());
    frame.extend_from_slice(reason.as_bytes());
    frame.into()
}

/// A ping without content.
pub fn ping() -> Bytes {
    Bytes::from_static(&[PING, 0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_takes_the_form_that_the_rfc_gives_it() {
        for (length, header) in [
            (0, vec![0x81, 0]),
            (125, vec![0x81, 125]),
            (126, vec![0x81, 126, 0, 126]),
            (65_535, vec![0x81, 126, 0xff, 0xff]),
            (65_536, vec![0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let mut frame = Vec::new();
            begin_text(length, &mut frame);
            assert_eq!(frame, header, "{length}");
        }
        assert_eq!(close(4401, "logout")[..], *b"\x88\x08\x11\x31logout");
        assert_eq!(close(1000, &"x".repeat(124))[..], *b"\x88\x02\x03\xe8");
    }
}
