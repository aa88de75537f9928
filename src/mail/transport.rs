//! The recipient of messages: a mail server, or a folder in development.

use super::{refusal::SendError, smtp::SmtpClient};
use crate::{
    domain::ids::MailId,
    settings::{Mail, MailTransport},
};
use lettre::Message;
use std::{io, path::Path, path::PathBuf};
use tokio::{
    fs::{self, DirBuilder, OpenOptions},
    io::AsyncWriteExt,
};

/// Sends messages.
pub enum Transport {
    /// A mail server.
    Smtp(SmtpClient),
    /// A folder that gets one `.eml` file per message.
    File(PathBuf),
}

impl Transport {
    /// The configured transport. It does not connect yet; it fails if TLS cannot be set up.
    pub fn new(settings: &Mail) -> Result<Self, SendError> {
        Ok(match &settings.transport {
            MailTransport::Smtp(smtp) => Self::Smtp(SmtpClient::new(smtp, settings.helo.as_deref())?),
            MailTransport::File(folder) => Self::File(folder.clone()),
        })
    }

    /// Hands `message` over. The future may be dropped at any time; then it is unknown whether the message was
    /// accepted.
    pub(super) async fn send(&self, id: MailId, message: &Message) -> Result<(), SendError> {
        match self {
            Self::Smtp(client) => client.send(message).await,
            Self::File(folder) => write(folder, id, message)
                .await
                .map_err(|error| SendError::passing(format!("the file was not written: {error}"))),
        }
    }

    /// Closes idle connections. To be called when no letter is due.
    pub(super) async fn rest(&self) {
        if let Self::Smtp(client) = self {
            client.rest().await;
        }
    }
}

/// The file appears with its content complete, for programs that watch the folder, and only its owner can read it,
/// because it may hold a token.
async fn write(folder: &Path, id: MailId, message: &Message) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).await?;
    let draft = folder.join(format!(".{id}.draft"));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft).await?;
    file.write_all(&message.formatted()).await?;
    file.flush().await?;
    fs::rename(&draft, folder.join(format!("{id}.eml"))).await
}
