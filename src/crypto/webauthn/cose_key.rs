//! Public keys as COSE_Key (RFC 9052 §7, RFC 9053 §7, RFC 8230 §4).

use super::Refused;
use minicbor::{Decoder, data::Type};
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};

/// The bytes of a key with an RSA modulus of 8,192 bits, with some reserve.
const KEY_BYTES: usize = 2048;
/// The most labels of a key: every label of its kind is required.
const MOST_LABELS: u64 = 8;

const EDDSA: i64 = -8;
const ES256: i64 = -7;
const RS256: i64 = -257;

/// A public key.
pub(super) enum CoseKey<'a> {
    /// Ed25519.
    EdDsa(&'a [u8]),
    /// P-256, as an uncompressed point.
    Es256([u8; 65]),
    /// RSA with PKCS #1 v1.5.
    Rs256 {
        /// Modulus.
        n: &'a [u8],
        /// Public exponent.
        e: &'a [u8],
    },
}

/// The values of the labels -1, -2 and -3, whose meaning depends on the type of the key.
#[derive(Default)]
struct Labels<'a> {
    key_type: Option<i64>,
    algorithm: Option<i64>,
    curve: Option<i64>,
    bytes: [Option<&'a [u8]>; 3],
}

impl<'a> CoseKey<'a> {
    /// # Errors
    /// [`Refused::Algorithm`] for a key of another kind.
    pub(super) fn parse(cbor: &'a [u8]) -> Result<Self, Refused> {
        let labels = Labels::read(cbor).ok_or(Refused::Malformed)?;
        let [first, second, third] = labels.bytes;
        match (labels.key_type, labels.algorithm, labels.curve) {
            // OKP, Ed25519.
            (Some(1), Some(EDDSA), Some(6)) => {
                second.filter(|x| x.len() == 32).map(Self::EdDsa).ok_or(Refused::Malformed)
            }
            // EC2, P-256.
            (Some(2), Some(ES256), Some(1)) => {
                let point = second.zip(third).and_then(|(x, y)| [&[4], x, y].concat().try_into().ok());
                let halves = second.is_some_and(|x| x.len() == 32);
                point.filter(|_| halves).map(Self::Es256).ok_or(Refused::Malformed)
            }
            (Some(3), Some(RS256), None) => {
                first.zip(second).map(|(n, e)| Self::Rs256 { n, e }).ok_or(Refused::Malformed)
            }
            _ => Err(Refused::Algorithm),
        }
    }

    /// Its algorithm's number at IANA.
    pub(super) fn algorithm(&self) -> i64 {
        match self {
            Self::EdDsa(_) => EDDSA,
            Self::Es256(_) => ES256,
            Self::Rs256 { .. } => RS256,
        }
    }

    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::EdDsa(key) => UnparsedPublicKey::new(&ED25519, key).verify(message, signature),
            Self::Es256(key) => UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key).verify(message, signature),
            Self::Rs256 { n, e } => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            }
        }
        .is_ok()
    }
}

impl<'a> Labels<'a> {
    fn read(cbor: &'a [u8]) -> Option<Self> {
        if cbor.len() > KEY_BYTES {
            return None;
        }
        let mut decoder = Decoder::new(cbor);
        let count = decoder.map().ok()?.filter(|count| *count <= MOST_LABELS)?;
        let mut labels = Self::default();
        for _ in 0..count {
            let label = decoder.i64().ok()?;
            let twice = match label {
                1 => labels.key_type.replace(decoder.i64().ok()?).is_some(),
                3 => labels.algorithm.replace(decoder.i64().ok()?).is_some(),
                -1 if decoder.datatype().ok()? != Type::Bytes => labels.curve.replace(decoder.i64().ok()?).is_some(),
                -1 => labels.bytes[0].replace(decoder.bytes().ok()?).is_some(),
                -2 => labels.bytes[1].replace(decoder.bytes().ok()?).is_some(),
                -3 => labels.bytes[2].replace(decoder.bytes().ok()?).is_some(),
                _ => return None,
            };
            if twice {
                return None;
            }
        }
        (decoder.position() == cbor.len()).then_some(labels)
    }
}
