//! Renders a letter as a message.

use super::{
    texts::Texts,
    wording::{Wording, Writer, harmless},
};
use crate::{
    crypto::opaque_token::OpaqueTokens,
    domain::{
        ids::MailId,
        letter::Letter,
        time::{Clock, Timestamp},
    },
    settings,
};
use askama::Template;
use lettre::{
    Message,
    address::AddressError,
    message::{
        Body, Mailbox, MultiPart, SinglePart,
        header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue},
    },
};
use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

/// The longest line of a message, without its end (RFC 5322 §2.1.1).
const LONGEST_LINE: usize = 998;

/// Why a letter could not be rendered. Trying again does not help.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The recipient's address cannot receive mail.
    #[error("the address is refused: {0}")]
    Address(#[from] AddressError),
    /// A part of the message is missing or invalid.
    #[error("the message is refused: {0}")]
    Message(#[from] lettre::error::Error),
    /// A template failed.
    #[error("the template failed: {0}")]
    Template(#[from] askama::Error),
}

/// Renders letters.
pub struct Renderer {
    from: Mailbox,
    writer: Writer,
    clock: Clock,
}

impl Renderer {
    /// Renders letters from `mail.from`, with links to `frontend` (a URL without a trailing slash) that work for
    /// `link_lifetime`. Fails if `mail.from` is not a mailbox.
    pub fn new(
        mail: &settings::Mail,
        frontend: &str,
        link_lifetime: Duration,
        tokens: Arc<OpaqueTokens>,
        clock: Clock,
    ) -> Result<Self, AddressError> {
        let (shop, frontend) = (harmless(&mail.shop_name), frontend.to_owned());
        Ok(Self { from: mail.from.parse()?, writer: Writer { shop, frontend, link_lifetime, tokens }, clock })
    }

    /// The message of `letter`. Its `Message-ID` is made from the outbox row's id, so that a letter that is handed over
    /// twice can be recognised.
    pub fn render(&self, id: MailId, letter: &Letter) -> Result<Message, RenderError> {
        let texts = Texts::of(letter.locale);
        let shop = &self.writer.shop;
        let wording = self.writer.word(texts, &letter.to, &letter.content);
        let footer = (texts.footer)(shop);
        let page = Page { texts, shop, wording: &wording, footer: &footer };
        let (text, html) = (TextPart { page }.render()?, HtmlPart { page }.render()?);
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, letter.to.as_str().parse()?))
            .subject(wording.subject.as_str())
            .date(system_time(self.clock.now()))
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            // RFC 3834: automatic replies do not answer it.
            .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()))
            .multipart(MultiPart::alternative().singlepart(plain(text)).singlepart(SinglePart::html(html)))?;
        Ok(message)
    }
}

/// The values for the templates.
#[derive(Clone, Copy)]
struct Page<'a> {
    texts: &'a Texts,
    shop: &'a str,
    wording: &'a Wording,
    footer: &'a str,
}

#[derive(Template)]
#[template(path = "mail/templates/letter.txt")]
struct TextPart<'a> {
    page: Page<'a>,
}

#[derive(Template)]
#[template(path = "mail/templates/letter.html")]
struct HtmlPart<'a> {
    page: Page<'a>,
}

/// The text part, unencoded where mail can carry it. lettre would encode it as quoted-printable because of the long
/// line of the link, and nobody could copy the link from a file of the development transport.
fn plain(text: String) -> SinglePart {
    let part = SinglePart::builder().header(ContentType::TEXT_PLAIN);
    if text.is_ascii() && text.lines().all(|line| line.len() <= LONGEST_LINE) {
        let lines = text.lines().collect::<Vec<_>>().join("\r\n").into_bytes();
        part.body(Body::dangerous_pre_encoded(lines, ContentTransferEncoding::SevenBit))
    } else {
        part.body(text)
    }
}

fn system_time(at: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(at.unix()).unwrap_or(0))
}

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;
