//! Tracks where the frames of a peer end (RFC 6455 §5.2), from the bytes alone.

/// The longest header of a frame: two bytes, eight of length, four of mask.
const LONGEST_HEADER: usize = 14;

/// Tracks the frames in the bytes that are read. tungstenite does not report whether it holds bytes back, and never
/// shrinks its buffer after a large message: only between two messages can it be replaced by a new one.
#[derive(Debug, Default)]
pub struct Boundary {
    header: [u8; LONGEST_HEADER],
    /// The number of bytes of a header that have arrived.
    started: usize,
    /// The number of bytes of the frame that are still missing.
    left: u64,
    /// Whether the message continues in another frame.
    continues: bool,
    longest: u64,
}

impl Boundary {
    /// Processes the bytes that were read.
    pub fn feed(&mut self, mut bytes: &[u8]) {
        while let [next, rest @ ..] = bytes {
            if self.left > 0 {
                let passed = bytes.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
                self.left -= u64::try_from(passed).unwrap_or(0);
                bytes = &bytes[passed..];
                continue;
            }
            self.header[self.started] = *next;
            self.started += 1;
            bytes = rest;
            if self.started >= 2 && self.started == self.header_length() {
                self.begin_payload();
            }
        }
    }

    /// Whether all bytes so far belong to whole messages.
    pub fn is_between_messages(&self) -> bool {
        self.started == 0 && self.left == 0 && !self.continues
    }

    /// The payload length of the longest frame so far.
    pub fn longest(&self) -> u64 {
        self.longest
    }

    fn header_length(&self) -> usize {
        let length = match self.header[1] & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let mask = if self.header[1] & 0x80 == 0 { 0 } else { 4 };
        2 + length + mask
    }

    fn begin_payload(&mut self) {
        let big_endian = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        self.left = match self.header[1] & 0x7f {
            126 => big_endian(&self.header[2..4]),
            127 => big_endian(&self.header[2..10]),
            short => u64::from(short),
        };
        self.longest = self.longest.max(self.left);
        self.started = 0;
        let is_control = self.header[0] & 0x08 != 0;
        if !is_control {
            self.continues = self.header[0] & 0x80 == 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tokio_tungstenite::tungstenite::protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    };

    fn frames(lengths: &[(usize, u8)]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (length, kind) in lengths {
            let payload = vec![0xff; *length];
            let mut frame = match kind {
                0 => Frame::message(payload, OpCode::Data(Data::Text), true),
                1 => Frame::message(payload, OpCode::Data(Data::Text), false),
                2 => Frame::message(payload, OpCode::Data(Data::Continue), true),
                _ => Frame::ping(payload),
            };
            frame.header_mut().mask = Some([1, 2, 3, 4]);
            frame.format(&mut bytes).unwrap();
        }
        bytes
    }

    proptest! {
        #[test]
        fn frames_end_at_the_same_place_however_their_bytes_arrive(
            lengths in prop::collection::vec((prop_oneof![0..130usize, Just(70_000usize)], 0..4u8), 1..6),
            pieces in 1..5000usize,
        ) {
            let bytes = frames(&lengths);
            let mut boundary = Boundary::default();
            bytes.chunks(pieces).for_each(|piece| boundary.feed(piece));
            let open = lengths.iter().rev().find(|(_, kind)| *kind < 3).is_some_and(|(_, kind)| *kind == 1);
            prop_assert_eq!(boundary.is_between_messages(), !open);
            boundary.feed(&bytes[..1]);
            prop_assert!(!boundary.is_between_messages());
        }
    }
}
