//! Fixtures of this module's tests.

use super::Renderer;
use crate::{
    crypto::keys::KeySettings,
    crypto::{keys::Keys, opaque_token::OpaqueTokens},
    domain::{
        email::EmailAddress,
        letter::{Content, Letter},
        profile::Locale,
        time::Clock,
    },
    settings::{Mail, MailTransport},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use lettre::Message;
use mail_parser::{MessageParser, MimeHeaders};
use std::{sync::Arc, time::Duration};

pub(super) fn tokens() -> Arc<OpaqueTokens> {
    let folder = tempfile::tempdir().unwrap();
    let token_secrets = vec![STANDARD.encode([7; 32]).into()];
    let settings = KeySettings { signing_key: None, verify_keys: vec![], token_secrets };
    Arc::new(OpaqueTokens::new(&Keys::load(&settings, folder.path()).unwrap()))
}

pub(super) fn renderer(shop: &str, clock: &Clock) -> Renderer {
    let mail = Mail {
        transport: MailTransport::File("unused".into()),
        from: "The Shop <no-reply@shop.example>".to_owned(),
        helo: None,
        shop_name: shop.to_owned(),
    };
    let day = Duration::from_secs(24 * 60 * 60);
    Renderer::new(&mail, "https://shop.example", day, tokens(), clock.clone()).unwrap()
}

pub(super) fn letter(content: Content) -> Letter {
    letter_in(Locale::En, content)
}

pub(super) fn letter_in(locale: Locale, content: Content) -> Letter {
    Letter { user: None, to: EmailAddress::parse("ann@example.org").unwrap(), locale, content }
}

/// A message as a mail program shows it.
pub(super) struct Received {
    /// Every header as transmitted, unfolded.
    pub headers: Vec<String>,
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl Received {
    pub(super) fn of(message: &Message) -> Self {
        let raw = message.formatted();
        let parsed = MessageParser::default().parse(&raw).unwrap();
        let kinds: Vec<_> = parsed.parts.iter().filter_map(|part| part.content_type()?.subtype()).collect();
        assert_eq!(kinds, ["alternative", "plain", "html"]);
        let body = |part: usize| parsed.parts[part].text_contents().unwrap().replace("\r\n", "\n");
        let headers = String::from_utf8(raw.clone()).unwrap();
        let headers = headers.split_once("\r\n\r\n").unwrap().0.replace("\r\n ", " ");
        Self {
            headers: headers.split("\r\n").map(str::to_owned).collect(),
            subject: parsed.subject().unwrap().to_owned(),
            text: body(1),
            html: body(2),
        }
    }
}
