//! An event as it is sent: a JSON-RPC notification in a WebSocket frame, encoded once and shared by all connections.

use super::frame;
use crate::domain::event::Event;
use bytes::Bytes;
use serde::Serialize;

/// The name of the notification.
pub const EVENT: &str = "account.event";

/// The id of a connection's one subscription. It is the same on every connection, so that an event is encoded once for
/// all of them.
pub const SUBSCRIPTION: &str = "account";

const END: &[u8] = b"}}";

/// Appends the frame of one event.
pub(super) fn append<T: Serialize>(event: &Event<T>, frames: &mut Vec<u8>) {
    append_to(EVENT, SUBSCRIPTION, event, frames);
}

/// Appends the frame of one notification of a subscription.
pub(super) fn append_to<T: Serialize>(method: &str, subscription: &str, result: &T, frames: &mut Vec<u8>) {
    let mut json =
        format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":{{"subscription":"{subscription}","result":"#)
            .into_bytes();
    serde_json::to_writer(&mut json, result).expect("an event of plain values has a JSON form");
    json.extend_from_slice(END);
    frame::begin_text(json.len(), frames);
    frames.append(&mut json);
}

/// The frame of one event.
pub(super) fn of<T: Serialize>(event: &Event<T>) -> Bytes {
    let mut frame = Vec::new();
    append(event, &mut frame);
    frame.into()
}
