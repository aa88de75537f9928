use super::*;
use crate::{
    domain::ids::RegistrationId,
    mail::fixture::{letter, renderer, tokens},
};

struct Rendered {
    headers: String,
    text: String,
    html: String,
}

/// The parts of a message as it travels; quoted-printable is undone.
fn render(shop: &str, content: Content) -> (MailId, Rendered) {
    let id = MailId::new();
    let message = renderer(shop, &Clock::system()).render(id, &letter(content)).unwrap();
    let raw = String::from_utf8(message.formatted()).unwrap();
    let (headers, body) = raw.split_once("\r\n\r\n").unwrap();
    let boundary = headers.split_once("boundary=\"").unwrap().1.split_once('"').unwrap().0;
    let parts: Vec<_> = body.split(&format!("--{boundary}")).collect();
    let [_, text, html, end] = parts[..] else { panic!("{} parts", parts.len()) };
    assert_eq!(end, "--\r\n");
    assert!(text.contains("Content-Type: text/plain; charset=utf-8\r\n"));
    assert!(html.contains("Content-Type: text/html; charset=utf-8\r\n"));
    let (text, html) = (decode(text), decode(html));
    (id, Rendered { headers: headers.replace("\r\n ", " "), text, html })
}

fn decode(part: &str) -> String {
    let (headers, body) = part.trim_start().split_once("\r\n\r\n").unwrap();
    let body = body.strip_suffix("\r\n").unwrap();
    if headers.contains("quoted-printable") {
        let body = body.replace("=\r\n", "");
        let mut bytes = Vec::new();
        let mut rest = body.as_str();
        while let Some((plain, escaped)) = rest.split_once('=') {
            bytes.extend(plain.bytes());
            bytes.push(u8::from_str_radix(&escaped[..2], 16).unwrap());
            rest = &escaped[2..];
        }
        bytes.extend(rest.bytes());
        return String::from_utf8(bytes).unwrap().replace("\r\n", "\n");
    }
    assert!(headers.contains("Content-Transfer-Encoding: 7bit"), "{headers}");
    body.replace("\r\n", "\n")
}

#[test]
fn a_registration_is_verified_by_a_link() {
    let registration = RegistrationId::new();
    let (_, mail) = render("The Shop", Content::VerifyEmail { registration, generation: 3 });
    let token = tokens().make(Purpose::VerifyEmail, registration.0, 3);
    let link = format!("https://shop.example/verify-email?token={}", token.expose());
    assert_eq!(
        mail.text,
        format!(
            "Confirm your e-mail address\n\
             \n\
             Somebody, probably you, asked for an account at The Shop with this e-mail address. Confirm the \
             address to open the account.\n\
             \n\
             Confirm e-mail address:\n\
             {link}\n\
             \n\
             The link works once, for 24 hours after the request.\n\
             \n\
             If it was not you, ignore this letter: no account is opened then.\n\
             \n\
             -- \n\
             The Shop sent this letter automatically."
        )
    );
    assert!(mail.headers.contains("Subject: Confirm your e-mail address for The Shop\r\n"), "{}", mail.headers);
    assert_eq!(mail.html.matches(&format!("href=\"{link}\"")).count(), 2);
    for text in ["<html lang=\"en\">", "Confirm e-mail address</a>", "for 24 hours after the request.</p>"] {
        assert!(mail.html.contains(text), "{text}");
    }
}

#[test]
fn the_owner_of_an_account_is_told_of_a_second_registration() {
    let (_, mail) = render("The Shop", Content::AlreadyRegistered);
    assert_eq!(
        mail.text,
        "You already have an account\n\
         \n\
         Somebody, probably you, tried to register at The Shop with this e-mail address. It already has an \
         account, so no other was opened.\n\
         \n\
         Sign in with your password. If you have forgotten it, you can reset it there.\n\
         \n\
         Sign in or reset the password:\n\
         https://shop.example\n\
         \n\
         If it was not you, ignore this letter: your account is unchanged, and whoever it was has not been \
         told that it exists.\n\
         \n\
         -- \n\
         The Shop sent this letter automatically."
    );
    assert!(mail.headers.contains("Subject: You already have an account at The Shop\r\n"), "{}", mail.headers);
    assert!(mail.html.contains("href=\"https://shop.example\""));
}

#[test]
fn headers_say_that_nobody_wrote_it() {
    let (id, mail) = render("The Shop", Content::AlreadyRegistered);
    for header in [
        "From: \"The Shop\" <no-reply@shop.example>".to_owned(),
        "To: ann@example.org".to_owned(),
        format!("Message-ID: <{id}@shop.example>"),
        "Auto-Submitted: auto-generated".to_owned(),
        "MIME-Version: 1.0".to_owned(),
    ] {
        assert!(mail.headers.lines().any(|line| line == header), "{header}\n{}", mail.headers);
    }
    assert!(mail.headers.contains("Content-Type: multipart/alternative;"));
    for absent in ["X-Mailer", "User-Agent"] {
        assert!(!mail.headers.contains(absent));
    }
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
fn a_shops_name_is_text_and_nothing_else() {
    let (_, mail) = render("Käse <b>& Söhne</b>", Content::AlreadyRegistered);
    assert!(mail.text.contains("register at Käse <b>& Söhne</b> with"), "{}", mail.text);
    assert!(!mail.html.contains("<b>"));
    assert!(mail.html.contains("Käse &#60;b&#62;&#38; Söhne"), "{}", mail.html);
    assert!(mail.headers.is_ascii());
}
