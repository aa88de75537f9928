//! The folder of letters, as [`mail::Transport`](crate::mail::Transport) writes it.

use crate::domain::email::EmailAddress;
use chrono::DateTime;
use mail_parser::{Message, MessageParser};
use std::{
    fs,
    io::{self, ErrorKind},
    path::Path,
};
use uuid::Uuid;

/// The most letters that are listed, and the most that are read for that.
const LISTED: usize = 100;
const LOOKED_AT: usize = 1000;

/// Punctuation that may follow a link.
const PUNCTUATION: [char; 9] = ['.', ',', ';', ':', '!', '?', ')', '\'', '"'];

/// A letter as it is shown.
pub struct Letter {
    /// The id of its row in the outbox; later letters have greater ids.
    pub id: Uuid,
    pub subject: String,
    pub to: String,
    /// When it was written, in UTC; empty if it has no date.
    pub at: String,
    pub text: String,
}

/// The letters, newest first; only those to an address if one is given.
pub fn newest(folder: &Path, to: Option<&str>) -> io::Result<Vec<Letter>> {
    // In the letter, an internationalised domain is in its ASCII form.
    let to = to.map(|to| EmailAddress::parse(to).map_or_else(|_| to.trim().to_lowercase(), |to| to.to_string()));
    let mut ids = match fs::read_dir(folder) {
        // The first letter creates the folder.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(vec![]),
        entries => entries?
            .filter_map(|entry| entry.map(|entry| id_of(&entry.path())).transpose())
            .collect::<io::Result<Vec<_>>>()?,
    };
    ids.sort_unstable_by(|one, other| other.cmp(one));
    let mut letters = Vec::new();
    for id in ids.into_iter().take(LOOKED_AT) {
        if letters.len() == LISTED {
            break;
        }
        // A letter may have been deleted in the meantime.
        letters.extend(read(folder, id)?.filter(|letter| to.as_ref().is_none_or(|to| letter.to == *to)));
    }
    Ok(letters)
}

/// A letter, if there is one.
pub fn read(folder: &Path, id: Uuid) -> io::Result<Option<Letter>> {
    match fs::read(folder.join(format!("{id}.eml"))) {
        Ok(raw) => Ok(MessageParser::default().parse(&raw).map(|message| Letter::of(id, &message))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn id_of(path: &Path) -> Option<Uuid> {
    let is_letter = path.extension().is_some_and(|extension| extension == "eml");
    Uuid::try_parse(path.file_stem()?.to_str()?).ok().filter(|_| is_letter)
}

impl Letter {
    fn of(id: Uuid, message: &Message<'_>) -> Self {
        let to = message.to().and_then(|to| to.first()).and_then(|to| to.address()).unwrap_or_default();
        let at = message.date().and_then(|date| DateTime::from_timestamp(date.to_timestamp(), 0));
        Self {
            id,
            subject: message.subject().unwrap_or_default().to_owned(),
            to: to.to_lowercase(),
            at: at.map_or_else(String::new, |at| at.format("%Y-%m-%d %H:%M:%S").to_string()),
            text: message.body_text(0).unwrap_or_default().replace("\r\n", "\n"),
        }
    }
}

/// A part of a text.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Plain text.
    Text(&'a str),
    /// A URL that becomes a link.
    Link(&'a str),
}

/// Finds the links in a text. Joined, the pieces are the text.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut done, mut from) = (0, 0);
    while let Some(at) = text[from..].find("http").map(|at| from + at) {
        let address = text[at..].split([' ', '\n', '\t', '<', '>']).next().unwrap_or_default();
        let address = address.trim_end_matches(PUNCTUATION);
        let host = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"));
        from = at + "http".len();
        if host.is_some_and(|host| !host.is_empty()) {
            pieces.extend([Piece::Text(&text[done..at]), Piece::Link(address)]);
            from = at + address.len();
            done = from;
        }
    }
    pieces.push(Piece::Text(&text[done..]));
    pieces.retain(|piece| *piece != Piece::Text(""));
    pieces
}

#[cfg(test)]
mod tests {
    use super::{
        Piece::{Link, Text},
        *,
    };

    #[test]
    fn links_are_found_and_nothing_is_lost() {
        for (text, expected) in [
            ("", vec![]),
            ("no link", vec![Text("no link")]),
            ("https://x.org/a?b=c", vec![Link("https://x.org/a?b=c")]),
            (
                "Open:\nhttp://x:1/y?token=a-_b\n\nEnd",
                vec![Text("Open:\n"), Link("http://x:1/y?token=a-_b"), Text("\n\nEnd")],
            ),
            (
                "See <https://x.org>, or https://y.org.",
                vec![Text("See <"), Link("https://x.org"), Text(">, or "), Link("https://y.org"), Text(".")],
            ),
            ("http https:// javascript:alert(1) httpx://y", vec![Text("http https:// javascript:alert(1) httpx://y")]),
            ("ähttps://ö/ü", vec![Text("ä"), Link("https://ö/ü")]),
        ] {
            assert_eq!(pieces(text), expected, "{text}");
        }
    }

    #[test]
    fn only_letters_are_read() {
        let folder = tempfile::tempdir().unwrap();
        assert!(newest(&folder.path().join("none"), None).unwrap().is_empty());
        let ids: Vec<Uuid> = (0..3).map(|_| Uuid::now_v7()).collect();
        for (id, to) in ids.iter().zip(["ann@x.org", "bob@x.org", "Ann@X.org"]) {
            let raw = format!(
                "To: {to}\r\nSubject: =?utf-8?b?w5Y=?=\r\nDate: Sun, 1 Nov 2026 13:00:05 +0100\r\n\r\n{to}\r\n"
            );
            fs::write(folder.path().join(format!("{id}.eml")), raw).unwrap();
        }
        for other in [format!(".{}.draft", ids[0]), format!("{}.txt", ids[0]), "notes.eml".to_owned()] {
            fs::write(folder.path().join(other), "To: ann@x.org\r\n\r\n").unwrap();
        }
        let found = |to| newest(folder.path(), to).unwrap().iter().map(|letter| letter.id).collect::<Vec<_>>();
        assert_eq!(found(None), [ids[2], ids[1], ids[0]]);
        assert_eq!(found(Some(" ann@X.org")), [ids[2], ids[0]]);
        assert!(found(Some("cat@x.org")).is_empty());
        let letter = read(folder.path(), ids[0]).unwrap().unwrap();
        assert_eq!(
            (letter.subject.as_str(), letter.at.as_str(), letter.text.as_str()),
            ("Ö", "2026-11-01 12:00:05", "ann@x.org\n")
        );
        assert!(read(folder.path(), Uuid::nil()).unwrap().is_none());
    }
}
