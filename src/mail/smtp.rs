//! A mail server that takes messages by SMTP.
//!
//! lettre's own transport is not used: its pool takes back a connection whose dialogue was given up midway
//! (which is how a silent server is met, as lettre waits for answers without limit), and the next message
//! would read the answers to the one before it. Here a connection is kept only after a whole dialogue.

use super::transport::SendError;
use crate::settings::{Smtp, SmtpSecurity};
use lettre::{
    Message,
    transport::smtp::{
        Error,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, TlsParameters},
        extension::ClientId,
        response::{Category, Severity},
    },
};
use parking_lot::Mutex;
use secrecy::ExposeSecret;
use std::{error::Error as _, time::Duration};

/// How long one address of the server may take to accept a connection, so that a dead one leaves time for
/// the next.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// How long a farewell may take.
const QUIT_LIMIT: Duration = Duration::from_millis(500);

/// A client of one mail server.
pub struct SmtpClient {
    host: String,
    port: u16,
    security: Security,
    credentials: Option<Credentials>,
    hello: ClientId,
    /// Connections whose last dialogue was whole; as many at most as messages were sent at once.
    idle: Mutex<Vec<AsyncSmtpConnection>>,
}

/// How the way to the server is protected.
enum Security {
    Plain,
    StartTls(TlsParameters),
    Tls(TlsParameters),
}

impl SmtpClient {
    /// A client of the server of the settings.
    pub(super) fn new(settings: &Smtp) -> Result<Self, SendError> {
        // Trusts the system's roots; reading them takes a while, so it is done once.
        let tls = || TlsParameters::new(settings.host.clone()).map_err(|error| temporary(&error));
        Ok(Self {
            host: settings.host.clone(),
            port: settings.port,
            security: match settings.security {
                SmtpSecurity::Plain => Security::Plain,
                SmtpSecurity::StartTls => Security::StartTls(tls()?),
                SmtpSecurity::Tls => Security::Tls(tls()?),
            },
            credentials: settings
                .credentials
                .as_ref()
                .map(|(user, password)| Credentials::new(user.clone(), password.expose_secret().to_owned())),
            hello: ClientId::default(),
            idle: Mutex::default(),
        })
    }

    /// Hands a message over. Sets no limit of its own on the server's answers; dropping the future is one.
    pub(super) async fn send(&self, message: &Message) -> Result<(), SendError> {
        let mut connection = match self.reuse().await {
            Some(connection) => connection,
            // A refusal before the message is about us or the server, whatever its code: a wrong password
            // must not cost the letters that wait meanwhile.
            None => self.connect().await.map_err(|error| temporary(&error))?,
        };
        match connection.send(message.envelope(), &message.formatted()).await {
            Ok(_) => {
                self.idle.lock().push(connection);
                Ok(())
            }
            Err(error) => Err(SendError { permanent: is_about_message(&error), reason: describe(&error) }),
        }
    }

    /// Takes leave on the connections that are kept.
    pub(super) async fn rest(&self) {
        let idle = std::mem::take(&mut *self.idle.lock());
        let farewells = idle.into_iter().map(|mut connection| async move { connection.quit().await.map(drop) });
        // Who does not answer is left without.
        let _ = tokio::time::timeout(QUIT_LIMIT, futures_util::future::join_all(farewells)).await;
    }

    /// A kept connection that still answers.
    async fn reuse(&self) -> Option<AsyncSmtpConnection> {
        loop {
            let mut connection = self.idle.lock().pop()?;
            if connection.test_connected().await {
                return Some(connection);
            }
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let implicit = match &self.security {
            Security::Tls(tls) => Some(tls.clone()),
            Security::Plain | Security::StartTls(_) => None,
        };
        let server = (self.host.as_str(), self.port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(server, Some(CONNECT_LIMIT), &self.hello, implicit, None).await?;
        if let Security::StartTls(tls) = &self.security {
            // An error where the server does not offer it.
            connection.starttls(tls.clone(), &self.hello).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }
}

/// Whether the server will never take the message: 5yz (RFC 5321 §4.2.1), except 53z, which asks for
/// authentication or encryption (RFC 4954 §6) and so is about our settings.
fn is_about_message(error: &Error) -> bool {
    error.status().is_some_and(|code| {
        code.severity == Severity::PermanentNegativeCompletion && code.category != Category::Unspecified3
    })
}

fn temporary(error: &Error) -> SendError {
    SendError { permanent: false, reason: describe(error) }
}

/// Says what happened without the server's words: "550 5.1.1 <ann@example.org> is unknown" has the recipient.
fn describe(error: &Error) -> String {
    match error.status() {
        Some(code) => {
            let text = error.source().map(ToString::to_string).unwrap_or_default();
            let enhanced = enhanced_status(&text).map(|status| format!(" {status}")).unwrap_or_default();
            format!("the mail server answered {code}{enhanced}")
        }
        None if error.is_response() => "the mail server's answer was no SMTP, or broke off".to_owned(),
        None => error.to_string(),
    }
}

/// The status that many servers begin their text with (RFC 3463 §2).
fn enhanced_status(text: &str) -> Option<&str> {
    let status = text.split_whitespace().next()?;
    let is_number = |part: &str| matches!(part.len(), 1..=3) && part.bytes().all(|byte| byte.is_ascii_digit());
    (status.split('.').count() == 3 && status.split('.').all(is_number)).then_some(status)
}

#[cfg(test)]
#[path = "smtp_tests.rs"]
mod tests;
