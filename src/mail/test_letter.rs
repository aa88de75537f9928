//! `marbelle mail test`: one letter through the configured transport, without a database.

use super::{
    refusal::{About, SendError},
    transport::Transport,
};
use crate::{
    domain::{email::EmailAddress, ids::MailId},
    settings::{Mail, MailTransport, SmtpSecurity},
};
use lettre::{
    Message,
    message::{Mailbox, MultiPart},
};

/// Sends a test letter to `to`. Returns where it went.
///
/// # Errors
/// A text for the operator: the stage that failed, the mail server's reply, and what to check.
pub async fn send_test_letter(settings: &Mail, to: &EmailAddress) -> Result<String, String> {
    let transport = Transport::new(settings).map_err(|error| error.reason)?;
    let message = message(settings, to)?;
    let id = MailId::new();
    let place = place(settings, &transport).await;
    match transport.send(id, &message).await {
        Ok(()) => {
            transport.rest().await;
            Ok(match &settings.transport {
                MailTransport::File(folder) => format!("Written to {}.", folder.join(format!("{id}.eml")).display()),
                MailTransport::Smtp(_) => format!(
                    "The mail server took the letter to {to} ({place}). Whether it arrives is decided by the servers behind it: \
                     look into the mailbox, and into its spam folder."
                ),
            })
        }
        Err(error) => Err(explain(&error, &place)),
    }
}

async fn place(settings: &Mail, transport: &Transport) -> String {
    let from = &settings.from;
    match (&settings.transport, transport) {
        (MailTransport::Smtp(smtp), Transport::Smtp(client)) => {
            let way = match smtp.security {
                SmtpSecurity::Plain => "unencrypted",
                SmtpSecurity::StartTls => "STARTTLS",
                SmtpSecurity::Tls => "TLS",
            };
            format!("{}:{}, {way}, EHLO {}, from {from}", smtp.host, smtp.port, client.hello().await)
        }
        _ => format!("a folder, from {from}"),
    }
}

fn explain(error: &SendError, place: &str) -> String {
    let reply = error.reply.as_ref().map_or_else(String::new, |reply| format!("\n  its reply: {reply}"));
    let hint = match error.about {
        About::Recipient => "this recipient is refused permanently; other recipients may be accepted",
        About::Sender => {
            "every letter would be refused like this: check MARBELLE_MAIL_URL, MARBELLE_MAIL_FROM and MARBELLE_MAIL_HELO"
        }
        About::Moment => "the server would try such a letter again later",
    };
    format!("the letter was not accepted ({place})\n  {}{reply}\n  {hint}", error.reason)
}

fn message(settings: &Mail, to: &EmailAddress) -> Result<Message, String> {
    let from: Mailbox = settings.from.parse().map_err(|error| format!("the sender is refused: {error}"))?;
    let to = to.as_str().parse().map_err(|error| format!("the recipient is refused: {error}"))?;
    let text = "This letter was sent by `marbelle mail test`. Letters to customers are sent in the same way.\r\n";
    let html = "<!DOCTYPE html><html lang=\"en\"><body><p>This letter was sent by <code>marbelle mail test</code>. \
                Letters to customers take the same way.</p></body></html>";
    Message::builder()
        .message_id(Some(format!("<{}@{}>", MailId::new(), from.email.domain())))
        .from(from)
        .to(Mailbox::new(None, to))
        .subject(format!("{}: test letter", settings.shop_name))
        .multipart(MultiPart::alternative_plain_html(text.to_owned(), html.to_owned()))
        .map_err(|error| format!("the letter cannot be rendered: {error}"))
}
