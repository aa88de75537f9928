//! An SMTP client.
//!
//! lettre's own transport is not used: it has one time-out for every answer where RFC 5321 has one per stage, it does
//! not report the stage at which a server refused, and its pool reuses a connection whose dialogue was abandoned, so
//! that the next message would read the answers to the previous one. Here each stage has its limit, and a connection is
//! kept only after a complete dialogue.

use super::{
    hello::hello,
    refusal::{SendError, Stage},
};
use crate::settings::{Smtp, SmtpSecurity};
use lettre::{
    Message,
    transport::smtp::{
        Error,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, TlsParameters},
        commands::{Data, Mail, Rcpt},
    },
};
use parking_lot::Mutex;
use secrecy::ExposeSecret;
use std::time::Duration;
use tokio::time::timeout;

/// The limit for connecting to one address of the server, so that an unreachable one leaves time for the next.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// The limit for checking that a kept connection still works; after it a new one is made.
const REUSE_LIMIT: Duration = Duration::from_secs(5);

/// The limit for QUIT.
const QUIT_LIMIT: Duration = Duration::from_millis(500);

/// A client of one mail server.
pub struct SmtpClient {
    host: String,
    port: u16,
    security: Security,
    credentials: Option<Credentials>,
    /// `MARBELLE_MAIL_HELO`.
    helo: Option<String>,
    /// Connections whose last dialogue was complete; at most as many as messages were sent at once.
    idle: Mutex<Vec<AsyncSmtpConnection>>,
}

/// The protection of the connection to the server.
enum Security {
    Plain,
    StartTls(TlsParameters),
    Tls(TlsParameters),
}

impl SmtpClient {
    /// A client of the configured server, which introduces itself as `helo`.
    pub(super) fn new(settings: &Smtp, helo: Option<&str>) -> Result<Self, SendError> {
        // Loads the system's root certificates, which takes a while, so it is done once.
        let tls = || {
            TlsParameters::new(settings.host.clone())
                .map_err(|error| SendError::of_sender(format!("TLS cannot be set up: {error}")))
        };
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
            helo: helo.map(ToOwned::to_owned),
            idle: Mutex::default(),
        })
    }

    /// Hands a message over, within the limits of each [`Stage`]. The future may be dropped at any time.
    pub(super) async fn send(&self, message: &Message) -> Result<(), SendError> {
        let mut connection = match self.reuse().await {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        match hand_over(&mut connection, message).await {
            Ok(()) => self.idle.lock().push(connection),
            Err(error) => {
                // A complete answer: the server continues to read. After a time-out or a broken line the dialogue
                // cannot continue.
                if error.reply.is_some() {
                    let _ = timeout(QUIT_LIMIT, connection.quit()).await;
                }
                return Err(error);
            }
        }
        Ok(())
    }

    /// Closes the kept connections with QUIT.
    pub(super) async fn rest(&self) {
        let idle = std::mem::take(&mut *self.idle.lock());
        let farewells = idle.into_iter().map(|mut connection| async move { connection.quit().await.map(drop) });
        // Servers that do not answer in time are not waited for.
        let _ = timeout(QUIT_LIMIT, futures_util::future::join_all(farewells)).await;
    }

    /// The argument of EHLO for this server.
    pub(super) async fn hello(&self) -> String {
        hello(self.helo.as_deref(), (&self.host, self.port)).await.to_string()
    }

    /// A kept connection that still works.
    async fn reuse(&self) -> Option<AsyncSmtpConnection> {
        loop {
            let mut connection = self.idle.lock().pop()?;
            if timeout(REUSE_LIMIT, connection.test_connected()).await.unwrap_or(false) {
                return Some(connection);
            }
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, SendError> {
        let implicit = match &self.security {
            Security::Tls(tls) => Some(tls.clone()),
            Security::Plain | Security::StartTls(_) => None,
        };
        let server = (self.host.as_str(), self.port);
        let hello = hello(self.helo.as_deref(), server).await;
        let connecting = AsyncSmtpConnection::connect_tokio1(server, Some(CONNECT_LIMIT), &hello, implicit, None);
        let mut connection = within(Stage::Greeting, connecting).await?;
        if let Security::StartTls(tls) = &self.security {
            // This fails if the server does not offer it.
            within(Stage::StartTls, connection.starttls(tls.clone(), &hello)).await?;
        }
        if let Some(credentials) = &self.credentials {
            within(Stage::SignIn, connection.auth(DEFAULT_MECHANISMS, credentials)).await?;
        }
        Ok(connection)
    }
}

/// The dialogue for one message. Addresses and text need no extension: characters outside ASCII were encoded when the
/// message was rendered.
async fn hand_over(connection: &mut AsyncSmtpConnection, message: &Message) -> Result<(), SendError> {
    let envelope = message.envelope();
    within(Stage::Sender, connection.command(Mail::new(envelope.from().cloned(), vec![]))).await?;
    for to in envelope.to() {
        within(Stage::Recipient, connection.command(Rcpt::new(to.clone(), vec![]))).await?;
    }
    within(Stage::Data, connection.command(Data)).await?;
    within(Stage::Message, connection.message(&message.formatted())).await?;
    Ok(())
}

/// The answer of a stage within its limit.
async fn within<T>(stage: Stage, answer: impl Future<Output = Result<T, Error>>) -> Result<T, SendError> {
    match timeout(stage.limit(), answer).await {
        Ok(answer) => answer.map_err(|error| SendError::at(stage, &error)),
        Err(_) => Err(SendError::silence(stage)),
    }
}

#[cfg(test)]
#[path = "smtp_tests.rs"]
mod tests;
