//! Time: one representation, one source.

use chrono::{DateTime, Datelike, Duration, NaiveDateTime, SecondsFormat, SubsecRound, Timelike, Utc};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{
    borrow::Cow,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

/// An instant in UTC, cut to milliseconds so that it survives both databases and the wire unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
#[sqlx(transparent)]
pub struct Timestamp(DateTime<Utc>);

impl Timestamp {
    /// Cuts `at` to milliseconds.
    pub fn new(at: DateTime<Utc>) -> Self {
        Self(at.trunc_subsecs(3))
    }

    /// The instant `seconds` after 1970-01-01T00:00:00Z; `None` beyond the calendar's range.
    pub fn from_unix(seconds: i64) -> Option<Self> {
        DateTime::from_timestamp(seconds, 0).map(Self)
    }

    /// Reads RFC 3339; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        DateTime::parse_from_rfc3339(text).ok().map(|at| Self::new(at.to_utc()))
    }

    /// Reads the date of an HTTP header (RFC 9110 §5.6.7, the preferred form); `None` for anything else.
    pub fn parse_http_date(text: &str) -> Option<Self> {
        let at = NaiveDateTime::parse_from_str(text, "%a, %d %b %Y %H:%M:%S GMT").ok()?;
        Some(Self::new(at.and_utc()))
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, as JWT claims count (RFC 7519 NumericDate).
    pub fn unix(self) -> i64 {
        self.0.timestamp()
    }

    /// Whole milliseconds since 1970-01-01T00:00:00Z.
    pub fn unix_millis(self) -> i64 {
        self.0.timestamp_millis()
    }

    /// `self` + `millis`, which may be negative; unchanged beyond the calendar's range.
    pub fn shifted(self, millis: i64) -> Self {
        Self(self.0.checked_add_signed(Duration::milliseconds(millis)).unwrap_or(self.0))
    }

    /// `self` + `span`, or the end of time.
    pub fn after(self, span: std::time::Duration) -> Self {
        Self(
            Duration::from_std(span)
                .ok()
                .and_then(|d| self.0.checked_add_signed(d))
                .unwrap_or(DateTime::<Utc>::MAX_UTC),
        )
    }

    /// `self` − `span`, or the beginning of time.
    pub fn before(self, span: std::time::Duration) -> Self {
        Self(
            Duration::from_std(span)
                .ok()
                .and_then(|d| self.0.checked_sub_signed(d))
                .unwrap_or(DateTime::<Utc>::MIN_UTC),
        )
    }

    /// Whether `other` is less than `span` away, before or after. A time further ahead was written before the clock was
    /// set back.
    pub fn is_near(self, other: Self, span: std::time::Duration) -> bool {
        self.since(other) < span && other.since(self) < span
    }

    /// How long from `earlier` to `self`; zero if `earlier` is not earlier.
    pub fn since(self, earlier: Self) -> std::time::Duration {
        (self.0 - earlier.0).to_std().unwrap_or_default()
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

/// Every answer and event has several, so years of four digits are written without an allocation.
impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = *b"0000-00-00T00:00:00.000Z";
        let at = self.0;
        // In a leap second there are more than a thousand.
        let (Ok(year @ 0..=9999), millis @ 0..=999) = (u32::try_from(at.year()), at.timestamp_subsec_millis()) else {
            return serializer.collect_str(self);
        };
        // Last digit first, each part from its last place.
        let parts = [
            (3, 4, year),
            (6, 2, at.month()),
            (9, 2, at.day()),
            (12, 2, at.hour()),
            (15, 2, at.minute()),
            (18, 2, at.second()),
            (22, 3, millis),
        ];
        for (last, digits, mut number) in parts {
            for place in text[..=last].iter_mut().rev().take(digits) {
                *place += u8::try_from(number % 10).unwrap_or_default();
                number /= 10;
            }
        }
        match str::from_utf8(&text) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => serializer.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        DateTime::deserialize(deserializer).map(Self::new)
    }
}

impl JsonSchema for Timestamp {
    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "date-time",
            "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$",
            "description": "RFC 3339, UTC, milliseconds",
        })
    }
}

/// Where the time comes from: the system, or a test that moves it by hand.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// Milliseconds added to the system's time. Tests advance it; nothing else does.
    offset: Option<Arc<AtomicI64>>,
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that starts at the system's time and can be advanced.
    pub fn adjustable() -> Self {
        Self { offset: Some(Arc::default()) }
    }

    /// Moves an adjustable clock forward; the system's clock stays as it is.
    pub fn advance(&self, span: std::time::Duration) {
        if let Some(offset) = &self.offset {
            offset.fetch_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
        }
    }

    /// Moves an adjustable clock back; the system's clock stays as it is.
    pub fn turn_back(&self, span: std::time::Duration) {
        if let Some(offset) = &self.offset {
            offset.fetch_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
        }
    }

    /// The present.
    pub fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the system's time")]
        let now = Utc::now();
        match &self.offset {
            None => Timestamp::new(now),
            Some(offset) => Timestamp::new(now + Duration::milliseconds(offset.load(Ordering::SeqCst))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_printed_in_utc_with_three_digits() {
        let at: Timestamp = serde_json::from_str("\"2026-01-02T03:04:05.678912+02:00\"").unwrap();
        assert_eq!(serde_json::to_string(&at).unwrap(), "\"2026-01-02T01:04:05.678Z\"");
        assert_eq!(Timestamp::from_unix(0).unwrap().to_string(), "1970-01-01T00:00:00.000Z");
    }

    proptest::proptest! {
        #[test]
        fn is_written_as_it_is_printed(seconds in -63_000_000_000_i64..254_000_000_000, nanos in 0_u32..2_000_000_000) {
            let at = DateTime::from_timestamp(seconds, nanos).or(DateTime::from_timestamp(seconds, 0)).unwrap();
            let at = Timestamp::new(at);
            proptest::prop_assert_eq!(serde_json::to_string(&at).unwrap(), format!("\"{at}\""));
        }
    }

    #[test]
    fn dates_of_headers_are_read() {
        let at = Timestamp::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        assert_eq!(at.to_string(), "1994-11-06T08:49:37.000Z");
        for text in ["", "120", "Sun, 06 Nov 1994 08:49:37 +0100", "Mon, 06 Nov 1994 08:49:37 GMT"] {
            assert_eq!(Timestamp::parse_http_date(text), None, "{text}");
        }
    }

    #[test]
    fn spans_saturate() {
        let now = Clock::system().now();
        assert!(now.after(std::time::Duration::MAX) > now);
        assert!(now.before(std::time::Duration::MAX) < now);
        assert_eq!(now.since(now.after(std::time::Duration::from_secs(1))), std::time::Duration::ZERO);
    }
}
