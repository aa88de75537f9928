//! A received mail, parsed as a mail program does, and the folder of `.eml` files.

use super::eventually;
use mail_parser::{HeaderValue, MessageParser, MimeHeaders};
use std::path::{Path, PathBuf};

#[derive(Clone, Debug)]
pub struct Letter {
    pub message_id: String,
    pub from: String,
    pub to: Vec<String>,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// The raw message.
    pub raw: String,
}

impl Letter {
    /// Decodes a MIME message; it must have a text part and an HTML part of their own.
    pub fn parse(raw: &[u8]) -> Self {
        let message = MessageParser::default().parse(raw).expect("a MIME message");
        let part = |kind: &str| {
            let mut found = message
                .parts
                .iter()
                .filter(|part| part.content_type().is_some_and(|c| c.ctype() == "text" && c.subtype() == Some(kind)));
            let first = found.next().unwrap_or_else(|| panic!("no text/{kind} part: {}", String::from_utf8_lossy(raw)));
            assert!(found.next().is_none(), "two text/{kind} parts");
            first.text_contents().expect("text").replace("\r\n", "\n")
        };
        let addresses = |header: Option<&mail_parser::Address<'_>>| -> Vec<String> {
            header.into_iter().flat_map(|a| a.iter()).filter_map(|a| a.address()).map(str::to_owned).collect()
        };
        assert!(
            matches!(message.header("Date"), Some(HeaderValue::DateTime(_))),
            "no Date: {}",
            String::from_utf8_lossy(raw)
        );
        Self {
            message_id: message.message_id().expect("a Message-ID").to_owned(),
            from: addresses(message.from()).concat(),
            to: addresses(message.to()),
            subject: message.subject().expect("a subject").to_owned(),
            text: part("plain"),
            html: part("html"),
            raw: String::from_utf8_lossy(raw).into_owned(),
        }
    }

    /// The link of the text part: `<frontend>/<page>?token=…`.
    pub fn link(&self) -> &str {
        let token = self.text.find("?token=").unwrap_or_else(|| panic!("no link in {}", self.text));
        let start = self.text[..token].rfind(char::is_whitespace).map_or(0, |i| i + 1);
        let end = self.text[token..].find(char::is_whitespace).map_or(self.text.len(), |i| token + i);
        self.text[start..end].trim_matches(['<', '>'])
    }

    /// The one-time token of the link.
    pub fn token(&self) -> String {
        self.link().split_once("?token=").expect("a token").1.to_owned()
    }
}

impl Letter {
    /// The code of eight digits, on a line of its own.
    pub fn code(&self) -> String {
        let is_code = |line: &&str| line.len() == 8 && line.bytes().all(|byte| byte.is_ascii_digit());
        let code = self.text.lines().find(is_code).unwrap_or_else(|| panic!("no code in {}", self.text));
        assert!(self.html.contains(&format!(">{code}<")), "the HTML part has the code as well: {}", self.html);
        code.to_owned()
    }
}

/// The folder where a node with `file://` mail writes one `.eml` file per mail.
pub struct MailFolder(PathBuf);

impl MailFolder {
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self(path.as_ref().to_owned())
    }

    /// Every letter, in no order.
    pub fn letters(&self) -> Vec<Letter> {
        let files = std::fs::read_dir(&self.0).into_iter().flatten().flatten().map(|entry| entry.path());
        files
            .filter(|path| path.extension().is_some_and(|e| e == "eml"))
            .filter_map(|path| std::fs::read(path).ok())
            .map(|raw| Letter::parse(&raw))
            .collect()
    }

    /// The first letter to `email`, once it is there.
    pub async fn letter_to(&self, email: &str) -> Letter {
        let found = || async { self.letters().into_iter().find(|l| l.to.iter().any(|to| to == email)) };
        eventually(&format!("a file with a letter to {email}"), found).await
    }
}
