//! Why a message was not accepted, at which stage of the dialogue, and who is affected.

use lettre::transport::smtp::{Error, response::Severity};
use std::{error::Error as _, fmt, io, time::Duration};

/// Why a message was not accepted.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct SendError {
    /// Who is affected, which decides what happens to the letter.
    pub about: About,
    /// The reason for the log. It never quotes the server's text, which may repeat the recipient.
    pub reason: String,
    /// The mail server's reply, for an operator who tests by hand; never for a log.
    pub reply: Option<String>,
}

/// Who is affected by a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// This recipient permanently refuses letters: the letter is given up.
    Recipient,
    /// The sender, the settings or the mail server make every letter fail until an operator fixes them: the letter is
    /// tried again, and an alarm is logged.
    Sender,
    /// A temporary failure: the letter is tried again.
    Moment,
}

impl SendError {
    /// A temporary failure.
    pub(super) fn passing(reason: String) -> Self {
        Self { about: About::Moment, reason, reply: None }
    }

    /// A failure that lasts until an operator fixes something.
    pub(super) fn of_sender(reason: String) -> Self {
        Self { about: About::Sender, reason, reply: None }
    }

    /// The mail server did not answer within [`Stage::limit`].
    pub(super) fn silence(stage: Stage) -> Self {
        Self::passing(format!("{stage}: no answer within {} s", stage.limit().as_secs()))
    }

    /// A failure as lettre reports it: the mail server's reply, or the lack of one.
    pub(super) fn at(stage: Stage, error: &Error) -> Self {
        let words = error.source().map(ToString::to_string);
        let Some(code) = error.status() else {
            let reason = if error.is_response() {
                format!("{stage}: the mail server's answer was not SMTP, or broke off")
            } else {
                format!("{stage}: {error}")
            };
            return if error.is_client() || is_tls(error) { Self::of_sender(reason) } else { Self::passing(reason) };
        };
        let words = words.unwrap_or_default();
        let status = enhanced_status(&words);
        let about = match code.severity {
            Severity::PermanentNegativeCompletion if stage == Stage::Recipient && names_recipient(status) => {
                About::Recipient
            }
            Severity::PermanentNegativeCompletion => About::Sender,
            _ => About::Moment,
        };
        let shown = status.map(|status| format!(" {status}")).unwrap_or_default();
        let reason = format!("{stage}: the mail server answered {code}{shown}");
        Self { about, reason, reply: Some(format!("{code} {words}").trim_end().to_owned()) }
    }
}

/// A step of the dialogue with a mail server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The connection, TLS from the first byte, the greeting and EHLO: one call of lettre.
    Greeting,
    /// STARTTLS, the handshake, and EHLO again.
    StartTls,
    /// AUTH.
    SignIn,
    /// MAIL FROM.
    Sender,
    /// RCPT TO.
    Recipient,
    /// DATA.
    Data,
    /// The message and the final dot, until the server has accepted it: one call of lettre.
    Message,
}

impl Stage {
    /// How long the server may take (RFC 5321 §4.5.3.2). Where lettre does several steps in one call they share a limit:
    /// that of the greeting, and the sum of those of a data block (§4.5.3.2.5, 3 minutes; a letter is a few of them at
    /// most, written at once) and of the end of data (§4.5.3.2.6, 10 minutes). AUTH has that of a command.
    pub fn limit(self) -> Duration {
        let minutes = match self {
            Self::Greeting | Self::StartTls | Self::SignIn | Self::Sender | Self::Recipient => 5,
            Self::Data => 2,
            Self::Message => 3 + 10,
        };
        Duration::from_secs(60 * minutes)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Greeting => "connecting, greeting and EHLO",
            Self::StartTls => "STARTTLS",
            Self::SignIn => "AUTH",
            Self::Sender => "MAIL FROM",
            Self::Recipient => "RCPT TO",
            Self::Data => "DATA",
            Self::Message => "the end of the message",
        })
    }
}

/// Whether a refusal at RCPT TO is about the recipient's address: 5.1.x except 5.1.7 to 5.1.9, which are about the
/// sender's address or a relay, and 5.2.1, a disabled mailbox (RFC 3463 §3.2 and §3.3). Without an enhanced status, 550
/// and 554 may also mean that this sender, or relaying, is refused.
fn names_recipient(status: Option<&str>) -> bool {
    let Some(status) = status else { return false };
    status == "5.2.1" || status.strip_prefix("5.1.").is_some_and(|detail| !["7", "8", "9"].contains(&detail))
}

/// The enhanced status that many servers begin their text with (RFC 3463 §2).
fn enhanced_status(text: &str) -> Option<&str> {
    let status = text.split_whitespace().next()?;
    let is_number = |part: &str| matches!(part.len(), 1..=3) && part.bytes().all(|byte| byte.is_ascii_digit());
    (status.split('.').count() == 3 && status.split('.').all(is_number)).then_some(status)
}

/// Whether TLS failed because of what the server presented, such as a certificate of an unknown authority.
fn is_tls(error: &Error) -> bool {
    let cause = error.source().and_then(|source| source.downcast_ref::<io::Error>()).and_then(io::Error::get_ref);
    cause.is_some_and(|cause| cause.is::<rustls::Error>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_status_of_a_servers_reply_is_logged() {
        for (text, status) in [
            ("5.1.1 <ann@example.org> is unknown", Some("5.1.1")),
            ("4.7.1", Some("4.7.1")),
            ("<ann@example.org> is unknown", None),
            ("a.b.c", None),
            ("5.1", None),
            ("1.2.3.4 is blocked", None),
            ("", None),
        ] {
            assert_eq!(enhanced_status(text), status, "{text:?}");
        }
    }

    #[test]
    fn few_statuses_are_about_the_recipient() {
        for status in ["5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"] {
            assert!(names_recipient(Some(status)), "{status}");
        }
        for status in ["5.1.7", "5.1.8", "5.1.9", "5.2.2", "5.7.1", "5.5.2", "5.0.0", "4.1.1", "15.1.1"] {
            assert!(!names_recipient(Some(status)), "{status}");
        }
        assert!(!names_recipient(None));
    }
}
