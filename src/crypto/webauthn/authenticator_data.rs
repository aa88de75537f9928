//! Authenticator data, which an authenticator signs (§6.1).

use super::Refused;
use minicbor::Decoder;
use uuid::Uuid;

/// The longest id of a credential, in bytes (§4).
pub(super) const ID_BYTES: usize = 1023;

const USER_PRESENT: u8 = 1 << 0;
const USER_VERIFIED: u8 = 1 << 2;
const BACKUP_ELIGIBLE: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const HAS_CREDENTIAL: u8 = 1 << 6;
const HAS_EXTENSIONS: u8 = 1 << 7;

/// Authenticator data, parsed to its last byte.
pub(super) struct AuthenticatorData<'a> {
    /// SHA-256 of the relying party's id.
    pub relying_party: &'a [u8],
    flags: u8,
    /// The signature counter.
    pub counter: u32,
    /// The new credential.
    pub credential: Option<AttestedCredential<'a>>,
}

/// A new credential.
pub(super) struct AttestedCredential<'a> {
    /// The model of the authenticator (AAGUID).
    pub model: Uuid,
    pub id: &'a [u8],
    /// A COSE_Key.
    pub public_key: &'a [u8],
}

impl<'a> AuthenticatorData<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, Refused> {
        Self::read(bytes).ok_or(Refused::Malformed)
    }

    fn read(bytes: &'a [u8]) -> Option<Self> {
        let (relying_party, rest) = bytes.split_at_checked(32)?;
        let (&[flags], rest) = rest.split_first_chunk()?;
        let (counter, mut rest) = rest.split_first_chunk()?;
        let credential = match flags & HAS_CREDENTIAL {
            0 => None,
            _ => Some(AttestedCredential::take(&mut rest)?),
        };
        if flags & HAS_EXTENSIONS != 0 {
            take_cbor(&mut rest)?;
        }
        rest.is_empty().then_some(Self { relying_party, flags, counter: u32::from_be_bytes(*counter), credential })
    }

    pub(super) fn user_present(&self) -> bool {
        self.flags & USER_PRESENT != 0
    }

    pub(super) fn user_verified(&self) -> bool {
        self.flags & USER_VERIFIED != 0
    }

    pub(super) fn backup_eligible(&self) -> bool {
        self.flags & BACKUP_ELIGIBLE != 0
    }

    pub(super) fn backed_up(&self) -> bool {
        self.flags & BACKED_UP != 0
    }
}

impl<'a> AttestedCredential<'a> {
    fn take(rest: &mut &'a [u8]) -> Option<Self> {
        let (model, after) = rest.split_first_chunk::<16>()?;
        let (length, after) = after.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (id, after) = after.split_at_checked(length)?;
        *rest = after;
        let public_key = take_cbor(rest)?;
        super::is_credential_id(id).then_some(Self { model: Uuid::from_bytes(*model), id, public_key })
    }
}

/// The bytes of one CBOR item.
fn take_cbor<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let mut decoder = Decoder::new(rest);
    decoder.skip().ok()?;
    let (item, after) = rest.split_at_checked(decoder.position())?;
    *rest = after;
    Some(item)
}
