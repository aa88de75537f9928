//! Tickets, which a client holds between the two calls of a ceremony, a flow, a setup or a challenge. A ticket carries
//! the results of the first call, sealed, so that nothing is stored before the second call and none can be made from
//! the database. The store makes sure that each is used only once.

use super::{
    opaque_token::Secret,
    sealed::{Sealed, Sealer, Sealing, SealingKeyId},
};
use crate::domain::{ids::TicketId, time::Timestamp};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The purpose of a ticket, which is valid for nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TicketPurpose {
    /// The challenge of a sign-in that lacks its second factor.
    SecondFactor,
    /// The setup of a second factor.
    TotpSetup,
    /// A passkey signs in.
    PasskeyLogin,
    /// A passkey completes a sign-in.
    PasskeySecondFactor,
    /// A passkey proves a session.
    PasskeyProof,
    /// A passkey is registered.
    PasskeyRegistration,
    /// A provider signs in.
    ProviderLogin,
    /// An account at a provider is linked.
    ProviderLink,
}

impl TicketPurpose {
    /// No label may be a prefix of another.
    fn label(self) -> &'static [u8] {
        match self {
            Self::SecondFactor => b"second-factor/",
            Self::TotpSetup => b"totp-setup/",
            Self::PasskeyLogin => b"passkey-login/",
            Self::PasskeySecondFactor => b"passkey-second-factor/",
            Self::PasskeyProof => b"passkey-proof/",
            Self::PasskeyRegistration => b"passkey-registration/",
            Self::ProviderLogin => b"provider-login/",
            Self::ProviderLink => b"provider-link/",
        }
    }
}

/// A ticket that was presented.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket<T> {
    /// Identifies it once it is used, and holds the time of its creation ([`TicketId::at`]).
    pub id: TicketId,
    /// When it expires.
    pub expires_at: Timestamp,
    /// Its content.
    pub data: T,
}

impl Sealer {
    /// A ticket for `purpose`, valid together with `holder` (such as a session's id) until `expires_at`.
    pub fn issue_ticket<T: Serialize>(
        &self,
        purpose: TicketPurpose,
        holder: &[u8],
        ticket: &Ticket<T>,
    ) -> Result<Secret, serde_json::Error> {
        let content = serde_json::to_vec(ticket)?;
        let sealed = self.seal(Sealing::Ticket, &owner(purpose, holder), &content);
        Ok(URL_SAFE_NO_PAD.encode([&sealed.key[..], &sealed.bytes].concat()).into())
    }

    /// The content of a ticket; `None` if it is not one for this purpose and holder, or has expired.
    pub fn open_ticket<T: DeserializeOwned>(
        &self,
        purpose: TicketPurpose,
        holder: &[u8],
        text: &str,
        now: Timestamp,
    ) -> Option<Ticket<T>> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (key, bytes) = bytes.split_first_chunk::<{ size_of::<SealingKeyId>() }>()?;
        let sealed = Sealed { key: *key, bytes: bytes.to_vec() };
        let content = self.open(Sealing::Ticket, &owner(purpose, holder), &sealed)?;
        let ticket: Ticket<T> = serde_json::from_slice(content.expose_secret()).ok()?;
        (ticket.expires_at > now).then_some(ticket)
    }
}

fn owner(purpose: TicketPurpose, holder: &[u8]) -> Vec<u8> {
    [purpose.label(), holder].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::keys::{KeySettings, Keys};

    #[test]
    fn a_ticket_is_valid_for_its_purpose_holder_and_time() {
        let dir = tempfile::tempdir().unwrap();
        let settings = KeySettings { signing_key: None, verify_keys: vec![], token_secrets: vec![] };
        let sealer = Sealer::new(&Keys::load(&settings, dir.path()).unwrap());
        let time = |seconds| Timestamp::from_unix(seconds).unwrap();
        let ticket = Ticket { id: TicketId::new(), expires_at: time(300), data: "ann".to_owned() };
        let text = sealer.issue_ticket(TicketPurpose::TotpSetup, b"session", &ticket).unwrap();
        let open =
            |purpose, holder: &[u8], text: &str, at| sealer.open_ticket::<String>(purpose, holder, text, time(at));
        assert_eq!(open(TicketPurpose::TotpSetup, b"session", text.expose(), 299), Some(ticket));
        assert_eq!(open(TicketPurpose::TotpSetup, b"session", text.expose(), 300), None);
        assert_eq!(open(TicketPurpose::TotpSetup, b"another", text.expose(), 0), None);
        assert_eq!(open(TicketPurpose::SecondFactor, b"session", text.expose(), 0), None);
        for none in ["", "x", &text.expose()[1..], &format!("{}A", text.expose()), &"ä".repeat(64)] {
            assert_eq!(open(TicketPurpose::TotpSetup, b"session", none, 0), None, "{none}");
        }
    }
}
