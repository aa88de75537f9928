//! The letter of each flow, in the language of its reader.

use crate::support::{Call, Database, Letter, Node, PASSWORD, Person, Session, another_email, both_databases};
use serde_json::json;
use std::collections::BTreeSet;

const NEW: &str = "nine loud herons above a mill";
const DEVICE: &str = "Larchfox <b>7";
const LOCALES: [&str; 3] = ["en", "de", "sq"];

/// The common parts of every letter.
fn assert_whole(letter: &Letter, locale: &str, to: &str) {
    assert_eq!(letter.to, [to]);
    assert_eq!(letter.from, "no-reply@localhost");
    assert!(letter.html.contains(&format!("<html lang=\"{locale}\">")), "in {locale}: {}", letter.html);
    assert!(letter.text.trim().len() > 80, "{}", letter.text);
    assert!(!letter.text.contains("</") && !letter.text.contains("&amp;"), "the text part is text: {}", letter.text);
    let headers = letter.raw.split("\r\n\r\n").next().expect("headers");
    for name in ["Message-ID: <", "Date: ", "Auto-Submitted: auto-generated", "MIME-Version: 1.0"] {
        assert_eq!(
            headers.matches(&format!("\r\n{name}")).count() + usize::from(headers.starts_with(name)),
            1,
            "{name}: {headers}"
        );
    }
    assert!(letter.text.contains("http://localhost:5173"), "it says where to act: {}", letter.text);
}

async fn register(node: &Node, locale: &str) -> Person {
    let person = Person { email: another_email(locale), password: PASSWORD.into() };
    let mut registration = person.registration();
    registration["locale"] = locale.into();
    registration["first_name"] = "<script>Zoë".into();
    node.http().ok("auth.register", registration).await;
    person
}

/// Every letter, in the order of the flows, with its recipient.
async fn every_letter(node: &Node, locale: &str) -> Vec<(&'static str, Letter)> {
    let mut letters = Vec::new();
    let http = node.http();
    let mut person = register(node, locale).await;
    let mut next = async |what: &'static str, to: &str| {
        let letter = node.smtp.letter_to(to).await;
        assert_whole(&letter, locale, to);
        letters.push((what, letter.clone()));
        letter
    };
    let verification = next("verify_email", &person.email).await;
    assert!(!verification.raw.contains("script"), "no text of the registrant: {}", verification.text);
    http.ok("auth.verify_email", crate::support::verification(verification.token())).await;
    http.ok("auth.register", person.registration()).await;
    next("already_registered", &person.email).await;

    let session = person.sign_in(node).await;
    http.ok("auth.request_password_reset", json!({ "email": person.email })).await;
    let reset = next("reset_password", &person.email).await;
    let reset = json!({ "token": reset.token(), "new_password": NEW });
    let known = http.ok("auth.confirm_password_reset", reset).await;
    next("password_was_reset", &person.email).await;
    session.assert_ended(node, "password_reset").await;

    person.password = NEW.into();
    let mut credentials = person.credentials();
    credentials["device_token"] = known["device_token"].clone();
    let session = Session::from_wire(http.ok("auth.login", credentials).await);
    let change = json!({ "current_password": NEW, "new_password": PASSWORD });
    let changed = session.http(node).ok("auth.change_password", change).await;
    let renewed = http.bearer(changed["tokens"]["access_token"].as_str().expect("renewed tokens"));
    next("password_changed", &person.email).await;
    person.password = PASSWORD.into();
    http.with("user-agent", DEVICE).ok("auth.login", person.credentials()).await;
    let device = next("new_device", &person.email).await;
    assert!(device.text.contains(DEVICE) && device.text.contains("IPv4"), "{}", device.text);
    assert!(!device.html.contains("<b>7"), "text is escaped: {}", device.html);

    // The language is the reader's, not the writer's.
    let (stranger, strangers) = node.signed_in("stranger").await;
    let taken = json!({ "current_password": stranger.password, "new_email": person.email });
    strangers.http(node).ok("profile.request_email_change", taken).await;
    next("email_taken", &person.email).await;
    let new_email = another_email("moved");
    let change = json!({ "current_password": person.password, "new_email": new_email });
    renewed.ok("profile.request_email_change", change).await;
    let confirmation = next("confirm_email_change", &new_email).await;
    http.ok("profile.confirm_email_change", json!({ "token": confirmation.token(), "password": person.password }))
        .await;
    let notice = next("email_changed", &person.email).await;
    assert!(notice.text.contains(&new_email) && notice.html.contains(&new_email), "{}", notice.text);
    letters
}

both_databases! {
    async fn every_flow_writes_in_the_language_of_its_reader(database: Database) {
        let node = Node::start(database).await;
        let mut subjects: BTreeSet<(&str, String)> = BTreeSet::new();
        let mut ids = BTreeSet::new();
        for locale in LOCALES {
            let letters = every_letter(&node, locale).await;
            assert_eq!(letters.len(), 9);
            for (what, letter) in letters {
                let with_token = ["verify_email", "reset_password", "confirm_email_change"].contains(&what);
                assert_eq!(letter.text.contains("?token="), with_token, "{what}: {}", letter.text);
                subjects.insert((what, letter.subject));
                ids.insert(letter.message_id);
            }
        }
        assert_eq!(subjects.len(), 9 * 3, "each in words of its own: {subjects:#?}");
        assert_eq!(ids.len(), 9 * 3, "each its own Message-ID");
    }

    async fn a_changed_locale_is_that_of_the_next_letter(database: Database) {
        let node = Node::start(database).await;
        let (person, session) = node.signed_in("ann").await;
        for locale in ["sq", "de", "en"] {
            session.http(&node).ok("profile.update", json!({ "locale": locale })).await;
            node.http().ok("auth.request_password_reset", json!({ "email": person.email })).await;
            assert_whole(&node.smtp.letter_to(&person.email).await, locale, &person.email);
        }
    }

    async fn the_owner_is_notified_of_each_new_device_once(database: Database) {
        let node = Node::on(database).set("TRUSTED_PROXIES", "127.0.0.0/8").start().await;
        let person = node.registered("ann").await;
        let sign_in = async |token: &str, says: &'static str, address: &str| {
            let http = node.http().with("user-agent", says).with("x-forwarded-for", address);
            let credentials = json!({ "email": person.email, "password": person.password, "device_token": token });
            http.ok("auth.login", credentials).await
        };
        let known = node.smtp.letters_to(&person.email).len();
        // The first sign-in of all is the owner's. The device is the same one, whatever its address and user agent.
        let first = sign_in("", "Larchfox/7.0", "198.51.100.1").await;
        let token = first["device_token"].as_str().expect("a token");
        sign_in(token, "Larchfox/7.0", "203.0.113.9").await;
        sign_in(token, "Pinezilla/2", "2001:db8::1").await;
        let devices = [
            ("Larchfox/7.0", "198.51.100.1", "IPv4"), // nothing but the token is missing
            ("Pinezilla/2", "2001:db8::1", "IPv6"),
        ];
        let notices = devices.len();
        for (says, address, family) in devices {
            let session = Session::from_wire(sign_in("", says, address).await);
            let letter = node.smtp.letter_to(&person.email).await;
            assert!(letter.text.contains(says) && letter.text.contains(family), "{}", letter.text);
            assert!(!letter.text.contains(address), "the address itself is not mailed: {}", letter.text);
            // The way to end the session that the letter describes.
            session.http(&node).ok("session.revoke", json!({ "session_id": session.id })).await;
        }
        let marker = node.unverified("marker").await;
        node.smtp.letter_to(&marker.email).await; // queued after all of them, and arrived
        assert_eq!(node.smtp.letters_to(&person.email).len(), known + notices);
    }
}
