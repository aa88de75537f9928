//! Cursors: positions in lists that are read page by page. On the wire each is an opaque text.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};

/// The text is not a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor")]
pub struct NotACursor;

/// The text of a cursor with these parts.
pub(super) fn write(parts: &impl Serialize) -> Result<String, std::fmt::Error> {
    serde_json::to_vec(parts).map(|json| URL_SAFE_NO_PAD.encode(json)).map_err(|_| std::fmt::Error)
}

/// The parts of a cursor.
pub(super) fn read<T: DeserializeOwned>(text: &str) -> Result<T, NotACursor> {
    let json = URL_SAFE_NO_PAD.decode(text).map_err(|_| NotACursor)?;
    serde_json::from_slice(&json).map_err(|_| NotACursor)
}

/// Declares a cursor: its parts, and the description in its schema.
macro_rules! cursor {
    ($(#[$doc:meta])* pub struct $name:ident { $($(#[$of_part:meta])* pub $part:ident: $type:ty,)* } $description:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name {
            $($(#[$of_part])* pub $part: $type,)*
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&$crate::domain::cursor::write(&($(self.$part,)*))?)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::domain::cursor::NotACursor;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let ($($part,)*) = $crate::domain::cursor::read(text)?;
                Ok(Self { $($part,)* })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "description": $description })
            }
        }
    };
}
pub(super) use cursor;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{export::ExportCursor, ids::Epoch, revocation::RevocationCursor};

    #[test]
    fn a_cursor_reads_back_and_nothing_else_does() {
        let cursor = RevocationCursor { epoch: Epoch::new(), seq: 42 };
        let text = cursor.to_string();
        assert_eq!(text.parse(), Ok(cursor));
        assert_eq!(text.parse::<ExportCursor>(), Err(NotACursor), "that of something else");
        for text in ["", "42", &text[1..], &format!("{text}A"), &URL_SAFE_NO_PAD.encode("[]"), "ä"] {
            assert_eq!(text.parse::<RevocationCursor>(), Err(NotACursor), "{text}");
        }
    }
}
