use super::*;
use crate::{
    crypto::opaque_token::{Purpose, Secret},
    domain::{
        email::EmailAddress,
        ids::{RegistrationId, TokenId},
        letter::{AddressFamily, Content},
        profile::Locale,
        session::UserAgent,
    },
    mail::fixture::{Received, letter, letter_in, renderer, tokens},
};
use serde_json::json;

const LANGUAGES: [Locale; 3] = [Locale::En, Locale::De, Locale::Sq];

fn render(shop: &str, content: Content) -> Received {
    Received::of(&renderer(shop, &Clock::system()).render(MailId::new(), &letter(content)).unwrap())
}

/// Text that a row of the outbox may hold, whatever the present rules are.
fn unchecked<T: serde::de::DeserializeOwned>(text: &str) -> T {
    serde_json::from_value(json!(text)).unwrap()
}

fn new_device(user_agent: Option<UserAgent>) -> Content {
    Content::NewDevice { user_agent, network: AddressFamily::Ipv4, at: Timestamp::from_unix(0).unwrap() }
}

/// `link` is in the text part once, on a line of its own, and twice in the HTML part.
fn assert_links(mail: &Received, link: &str) {
    assert_eq!(mail.text.lines().filter(|line| *line == link).count(), 1, "{}", mail.text);
    assert_eq!(mail.html.matches(&format!("href=\"{link}\"")).count(), 2, "{}", mail.html);
    assert_eq!(mail.html.matches("href=").count(), 2);
}

#[test]
fn a_link_carries_the_token_of_its_purpose() {
    let (registration, id) = (RegistrationId::new(), TokenId::new());
    let link = |page: &str, token: Secret| format!("https://shop.example/{page}?token={}", token.expose());
    for locale in LANGUAGES {
        for (content, link) in [
            (
                Content::VerifyEmail { registration, generation: 3 },
                link("verify-email", tokens().make(Purpose::VerifyEmail, registration.0, 3)),
            ),
            (
                Content::ResetPassword { token: id },
                link("password-reset", tokens().make(Purpose::ResetPassword, id.0, 0)),
            ),
            (
                Content::ConfirmEmailChange { token: id },
                link("confirm-email-change", tokens().make(Purpose::ChangeEmail, id.0, 0)),
            ),
        ] {
            let message = renderer("The Shop", &Clock::system()).render(MailId::new(), &letter_in(locale, content));
            let mail = Received::of(&message.unwrap());
            assert_links(&mail, &link);
            assert!(mail.text.contains(" 24 "), "the lifetime of the link is missing: {}", mail.text);
        }
    }
}

#[test]
fn other_letters_lead_to_the_shop() {
    for content in [
        Content::AlreadyRegistered,
        Content::PasswordWasReset { other_ways: vec![] },
        Content::PasswordChanged,
        Content::TotpEnabled,
        Content::RecoveryCodeUsed { left: 4 },
        Content::EmailTaken,
        Content::EmailChangeRequested { new_email: EmailAddress::parse("new@example.org").unwrap() },
        Content::EmailChanged { new_email: EmailAddress::parse("new@example.org").unwrap() },
        new_device(None),
    ] {
        assert_links(&render("The Shop", content), "https://shop.example");
    }
}

#[test]
fn a_device_without_a_name_is_shown_as_such() {
    let mail = render("The Shop", new_device(UserAgent::cut("\u{202e} \u{200b}")));
    assert!(mail.text.contains("\nDevice, as it describes itself: not given\n"), "{}", mail.text);
}

#[test]
fn headers_mark_it_as_automatic() {
    let id = MailId::new();
    let renderer = renderer("The Shop", &Clock::system());
    let mail = Received::of(&renderer.render(id, &letter(Content::AlreadyRegistered)).unwrap());
    for header in [
        "From: \"The Shop\" <no-reply@shop.example>".to_owned(),
        "To: ann@example.org".to_owned(),
        "Subject: You already have an account at The Shop".to_owned(),
        format!("Message-ID: <{id}@shop.example>"),
        "Auto-Submitted: auto-generated".to_owned(),
        "MIME-Version: 1.0".to_owned(),
    ] {
        assert!(mail.headers.contains(&header), "{header}\n{:?}", mail.headers);
    }
    assert_eq!(names(&mail), NAMES);
}

/// The headers of a letter. It names no program and has no other recipients.
const NAMES: [&str; 8] =
    ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"];

fn names(mail: &Received) -> Vec<&str> {
    mail.headers.iter().map(|header| header.split_once(": ").unwrap().0).collect()
}

#[test]
fn the_date_is_the_clocks() {
    let clock = Clock::adjustable();
    clock.advance(Duration::from_secs(7 * 24 * 60 * 60));
    let message = renderer("The Shop", &clock).render(MailId::new(), &letter(Content::AlreadyRegistered)).unwrap();
    let date = message.headers().get::<lettre::message::header::Date>().unwrap();
    let age = SystemTime::from(date).duration_since(system_time(Clock::system().now())).unwrap();
    assert!(age.abs_diff(Duration::from_secs(7 * 24 * 60 * 60)) < Duration::from_secs(60), "{age:?}");
}

#[test]
fn a_shops_name_is_escaped() {
    let mail = render("Käse <b>& Söhne</b>\r\nBcc: x@example.org", Content::AlreadyRegistered);
    assert!(mail.text.contains("register at Käse <b>& Söhne</b> Bcc: x@example.org with"), "{}", mail.text);
    assert!(!mail.html.contains("<b>"));
    assert!(mail.html.contains("Käse &#60;b&#62;&#38; Söhne"), "{}", mail.html);
    assert!(mail.headers.iter().all(|header| header.is_ascii()));
    assert_eq!(names(&mail), NAMES);
    assert_eq!(mail.subject, "You already have an account at Käse <b>& Söhne</b> Bcc: x@example.org");
}

#[test]
fn a_devices_name_is_escaped_and_on_one_line() {
    for (said, text, html) in [
        (
            "<script>alert(1)</script>",
            "<script>alert(1)</script>",
            "<bdi>&#60;script&#62;alert(1)&#60;/script&#62;</bdi>",
        ),
        (
            "\"><img src='x'>&amp;",
            "\"><img src='x'>&amp;",
            "<bdi>&#34;&#62;&#60;img src=&#39;x&#39;&#62;&#38;amp;</bdi>",
        ),
        ("Firefox\r\nBcc: x@y\r\n\r\n.\r\n", "Firefox Bcc: x@y .", "<bdi>Firefox Bcc: x@y .</bdi>"),
        ("a\rb\u{85}c\u{2028}d\0e", "a b c d e", "<bdi>a b c d e</bdi>"),
        ("\u{202e}elgooG\u{202c}\u{2067}x", "elgooGx", "<bdi>elgooGx</bdi>"),
        ("-- \n{{ page.shop }}", "-- {{ page.shop }}", "<bdi>-- {{ page.shop }}</bdi>"),
    ] {
        let mail = render("The Shop", new_device(Some(unchecked(said))));
        let quiet = render("The Shop", new_device(None));
        assert!(mail.text.contains(&format!("\nDevice, as it describes itself: {text}\n")), "{}", mail.text);
        assert!(mail.html.contains(html), "{}", mail.html);
        assert_eq!(mail.text.lines().count(), quiet.text.lines().count());
        assert_eq!(mail.html.matches('<').count(), quiet.html.matches('<').count());
        assert_eq!((names(&mail), &mail.subject), (names(&quiet), &quiet.subject));
    }
}

#[test]
fn an_address_is_escaped_and_adds_no_header() {
    for (address, text, html) in [
        ("<script>@example.org", "<script>@example.org", "&#60;script&#62;@example.org"),
        ("a@example.org\r\nBcc: x@y", "a@example.org Bcc: x@y", "a@example.org Bcc: x@y"),
        ("\u{202e}gro.elpmaxe@a", "gro.elpmaxe@a", "gro.elpmaxe@a"),
    ] {
        let mail = render("The Shop", Content::EmailChanged { new_email: unchecked(address) });
        assert!(mail.text.contains(&format!("\nNew e-mail address: {text}\n")), "{}", mail.text);
        assert!(mail.html.contains(&format!("<bdi>{html}</bdi>")), "{}", mail.html);
        assert_eq!(names(&mail), NAMES);

        let to = Letter { to: unchecked(address), ..letter(Content::AlreadyRegistered) };
        let refused = renderer("The Shop", &Clock::system()).render(MailId::new(), &to).unwrap_err();
        assert!(matches!(refused, RenderError::Address(_)), "{refused}");
    }
}
