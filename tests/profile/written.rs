//! Text, telephone numbers and languages as people and their devices write them.

use crate::support::{Call, Database, Person, both_databases, somebody};
use reqwest::header::HeaderValue;
use serde_json::{Value, json};

/// One number, as it is written in letters, pasted from contacts and typed on phones.
const PHONES: [&str; 24] = [
    "+44 20 7946 0018",
    "\u{202a}+44 20 7946 0018\u{202c}",
    "\u{2066}+44 20 7946 0018\u{2069}",
    "\u{2068}+44 20 7946 0018\u{2069}",
    "\u{200e}+44 20 7946 0018",
    "+44\u{2011}20\u{2011}7946\u{2011}0018",
    "+44 20\u{2013}7946\u{2013}0018",
    "+44\u{2009}20\u{2009}7946\u{2009}0018",
    "+44\u{202f}20\u{202f}7946\u{202f}0018",
    "+44\u{ad}20\u{ad}79460018",
    "+44 (0)20 7946 0018",
    "+44 (0) 20 7946-0018",
    "+44/20/7946/0018",
    "tel:+44-20-7946-0018",
    "TEL:+442079460018",
    "＋４４ ２０ ７９４６ ００１８",
    "+٤٤ ٢٠ ٧٩٤٦ ٠٠١٨",
    "+۴۴ ۲۰ ۷۹۴۶ ۰۰۱۸",
    "+44 [20] 7946.0018",
    "(+44) 20 7946 0018",
    "+44\u{a0}20\u{3000}7946\t0018",
    "\u{feff}+44\u{200b}20\u{2060}7946\u{200d}0018",
    "+44 {0} 20 7946 0018",
    "0044 20 7946 0018",
];

/// Blank texts.
const NOTHING: [&str; 9] = [
    "",
    " \t ",
    "\u{200b}",
    "\u{3164}",
    "\u{2800}",
    "\u{feff}\u{200e}",
    "\u{115f}",
    "\u{fe0f}",
    "\u{2060} \u{2800}\u{ad}",
];

both_databases! {
    async fn one_telephone_number_has_one_form(database: Database) {
        let (node, _, session) = somebody(database).await;
        let http = session.http(&node);
        for written in PHONES {
            http.ok("profile.update", json!({ "phone": null })).await;
            let profile = http.ok("profile.update", json!({ "phone": written })).await;
            assert_eq!(profile["phone"], "+442079460018", "{written:?}");
        }
        // The same number in another form is no change.
        let revision = http.ok("profile.get", json!({})).await["revision"].clone();
        assert_eq!(http.ok("profile.update", json!({ "phone": PHONES[1] })).await["revision"], revision);
        for no_number in ["020 7946 0018", "+44", "+1111111111", "+44 20 7946 0018 ext 5", "+44 20 7946 001½", "(0)"] {
            http.invalid(&[("phone", &["format"])], "profile.update", json!({ "phone": no_number })).await;
        }
        for nothing in [" \u{202a}\u{202c}", "\u{200e}"] {
            assert_eq!(http.ok("profile.update", json!({ "phone": nothing })).await["phone"], Value::Null);
        }
    }

    async fn invisible_text_counts_as_empty(database: Database) {
        let (node, _, session) = somebody(database).await;
        let http = session.http(&node);
        for nothing in NOTHING {
            http.invalid(&[("first_name", &["too_short"])], "profile.update", json!({ "first_name": nothing })).await;
            http.ok("profile.update", json!({ "company_name": "Lärche & Co", "last_name": "Lee" })).await;
            let profile = http.ok("profile.update", json!({ "company_name": nothing, "last_name": nothing })).await;
            assert_eq!((&profile["company_name"], &profile["last_name"]), (&Value::Null, &Value::Null), "{nothing:?}");
            assert_eq!(profile["is_business_customer"], false, "{nothing:?}");
        }
        // Invisible characters are allowed between others.
        for seen in ["می\u{200c}خو", "👨\u{200d}👩\u{200d}👧"] {
            assert_eq!(http.ok("profile.update", json!({ "first_name": seen })).await["first_name"], seen);
        }
    }

    async fn control_characters_are_refused(database: Database) {
        let (node, person, session) = somebody(database).await;
        let http = session.http(&node);
        for control in ["\u{202a}", "\u{202b}", "\u{202c}", "\u{202d}", "\u{202e}", "\u{2066}", "\u{2067}", "\u{2068}", "\u{2069}", "\u{7}", "\u{2028}"] {
            let text = format!("Ann{control}Lee");
            let edit = json!({ "first_name": text, "last_name": text, "company_name": text });
            let faults = ["first_name", "last_name", "company_name"].map(|field| (field, &["control_characters"][..]));
            http.invalid(&faults, "profile.update", edit).await;
        }
        let mut sign_in = person.credentials();
        sign_in["device_name"] = "Ann's \u{202e}potpal".into();
        node.http().invalid(&[("device_name", &["control_characters"])], "auth.login", sign_in.clone()).await;
        sign_in["device_name"] = "\u{200b}\u{2800}".into();
        let session = node.http().ok("auth.login", sign_in).await["session"].clone();
        assert_eq!(session["device_name"], Value::Null);
    }

    async fn a_devices_description_is_shortened_and_never_refused(database: Database) {
        let (node, person, _) = somebody(database).await;
        for (said, kept) in [
            ("Firefox \u{202e}xoferiF\u{2066}", json!("Firefox xoferiF")),
            ("\u{202e}\u{200b}\u{2800}", Value::Null),
            (&*"é".repeat(300), json!("é".repeat(255))),
        ] {
            let said = HeaderValue::from_bytes(said.as_bytes()).expect("a header's value");
            let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "auth.login", "params": person.credentials() });
            let answer = node.http().post().header("user-agent", said).json(&call).send().await.expect("an answer");
            let answer: Value = answer.json().await.expect("JSON");
            assert_eq!(answer["result"]["session"]["user_agent"], kept);
        }
    }

    async fn a_locale_may_name_a_region(database: Database) {
        let (node, _, session) = somebody(database).await;
        let http = session.http(&node);
        for (tag, locale) in [("de-DE", "de"), ("sq_XK", "sq"), ("en-Latn-GB", "en"), ("DE-at", "de"), ("sq", "sq")] {
            assert_eq!(http.ok("profile.update", json!({ "locale": tag })).await["locale"], locale, "{tag}");
        }
        for unknown in ["fr", "fr-DE", "german", "de-", "de--AT", "-de", "de DE"] {
            http.invalid(&[("locale", &["format"])], "profile.update", json!({ "locale": unknown })).await;
        }
        let person = Person { email: crate::support::another_email("heidi"), password: crate::support::PASSWORD.into() };
        let mut registration = person.registration();
        registration["locale"] = "de-CH".into();
        node.http().ok("auth.register", registration).await;
        assert!(node.smtp.letter_to(&person.email).await.subject.starts_with("Bestätigen"), "a letter in German");
    }
}
