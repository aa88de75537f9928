use super::*;

#[test]
fn spans_are_written_in_the_usual_unit() {
    for (minutes, en, de, sq) in [
        (0, "1 minute", "1 Minute", "1 minutë"),
        (1, "1 minute", "1 Minute", "1 minutë"),
        (45, "45 minutes", "45 Minuten", "45 minuta"),
        (60, "1 hour", "1 Stunde", "1 orë"),
        (90, "90 minutes", "90 Minuten", "90 minuta"),
        (2 * 60 + 59, "2 hours", "2 Stunden", "2 orë"),
        (24 * 60, "24 hours", "24 Stunden", "24 orë"),
        (48 * 60, "2 days", "2 Tage", "2 ditë"),
        (7 * 24 * 60 + 1, "7 days", "7 Tage", "7 ditë"),
    ] {
        let span = Span::of(Duration::from_secs(60 * minutes));
        for (locale, text) in [(Locale::En, en), (Locale::De, de), (Locale::Sq, sq)] {
            assert_eq!((Texts::of(locale).span)(span), text);
        }
    }
}

#[test]
fn times_are_written_to_the_minute_and_in_utc() {
    for (unix, en, de, sq) in [
        (0, "1 January 1970, 00:00 (UTC)", "1. Januar 1970, 00:00 Uhr (UTC)", "1 janar 1970, ora 00:00 (UTC)"),
        (
            1_798_761_599,
            "31 December 2026, 23:59 (UTC)",
            "31. Dezember 2026, 23:59 Uhr (UTC)",
            "31 dhjetor 2026, ora 23:59 (UTC)",
        ),
    ] {
        let at = Timestamp::from_unix(unix).unwrap();
        for (locale, text) in [(Locale::En, en), (Locale::De, de), (Locale::Sq, sq)] {
            let texts = Texts::of(locale);
            assert_eq!((texts.moment)(&Moment::of(at, texts)), text);
        }
    }
}
