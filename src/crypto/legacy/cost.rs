//! The cost of verifying a password against a hash, and its bounds.

use std::{fmt, str::FromStr};

/// The most memory that one hash may need, in KiB: as much as Django's Argon2 (100 MiB) or OWASP's scrypt (128 MiB).
const MAX_MEMORY_KIB: u64 = 128 * 1024;
/// The bounds on work keep one hash near a second on a present core.
const MAX_ARGON2_KIB_PASSES: u64 = 1024 * 1024;
const MAX_LANES: u32 = 16;
const BCRYPT_LOG_ROUNDS: std::ops::RangeInclusive<u32> = 4..=14;
/// Django used a million in 2025 and raises it by a fifth a year.
const MAX_PBKDF2_ROUNDS: u32 = 4_000_000;
const MAX_SCRYPT_BLOCKS: u64 = 4 * 1024 * 1024;

/// The kinds of Argon2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "RFC 9106 names them so")]
pub enum Argon2Kind {
    D,
    I,
    Id,
}

impl Argon2Kind {
    pub(super) const ALL: [Self; 3] = [Self::D, Self::I, Self::Id];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::D => "argon2d",
            Self::I => "argon2i",
            Self::Id => "argon2id",
        }
    }
}

impl From<Argon2Kind> for argon2::Algorithm {
    fn from(kind: Argon2Kind) -> Self {
        match kind {
            Argon2Kind::D => Self::Argon2d,
            Argon2Kind::I => Self::Argon2i,
            Argon2Kind::Id => Self::Argon2id,
        }
    }
}

/// The hash under PBKDF2's HMAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names of the hashes")]
pub enum Digest {
    Sha1,
    Sha256,
    Sha512,
}

impl Digest {
    pub(super) const ALL: [Self; 3] = [Self::Sha1, Self::Sha256, Self::Sha512];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "pbkdf2_sha1",
            Self::Sha256 => "pbkdf2_sha256",
            Self::Sha512 => "pbkdf2_sha512",
        }
    }

    /// Bytes of one block of PBKDF2's output; a longer hash would be computed block by block.
    pub(super) fn bytes(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

impl From<Digest> for ring::pbkdf2::Algorithm {
    fn from(digest: Digest) -> Self {
        match digest {
            Digest::Sha1 => ring::pbkdf2::PBKDF2_HMAC_SHA1,
            Digest::Sha256 => ring::pbkdf2::PBKDF2_HMAC_SHA256,
            Digest::Sha512 => ring::pbkdf2::PBKDF2_HMAC_SHA512,
        }
    }
}

/// The work of one comparison. Accounts of the same cost cannot be distinguished by the time of a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the parameters have the names that the algorithms use")]
pub enum Cost {
    Argon2 {
        kind: Argon2Kind,
        /// 16 or 19.
        version: u32,
        memory_kib: u32,
        passes: u32,
        lanes: u32,
    },
    Bcrypt {
        log_rounds: u32,
        /// Whether bcrypt is given the password's SHA-256, as by Django's `bcrypt_sha256`.
        hashed: bool,
    },
    Pbkdf2 {
        digest: Digest,
        rounds: u32,
    },
    Scrypt {
        log_n: u8,
        block_size: u32,
        parallelism: u32,
    },
}

impl Cost {
    /// Whether one sign-in may cost this much: about a second, and 128 MiB.
    pub fn is_affordable(self) -> bool {
        match self {
            Self::Argon2 { memory_kib, passes, lanes, .. } => {
                u64::from(memory_kib) <= MAX_MEMORY_KIB
                    && u64::from(memory_kib) * u64::from(passes) <= MAX_ARGON2_KIB_PASSES
                    && lanes <= MAX_LANES
            }
            Self::Bcrypt { log_rounds, .. } => BCRYPT_LOG_ROUNDS.contains(&log_rounds),
            Self::Pbkdf2 { rounds, .. } => (1..=MAX_PBKDF2_ROUNDS).contains(&rounds),
            Self::Scrypt { log_n, block_size, parallelism } => {
                let (n, r) = (1_u64.checked_shl(log_n.into()).unwrap_or(u64::MAX), u64::from(block_size));
                let blocks = n.saturating_mul(r);
                blocks.saturating_mul(128) <= MAX_MEMORY_KIB * 1024
                    && blocks.saturating_mul(parallelism.into()) <= MAX_SCRYPT_BLOCKS
            }
        }
    }

    /// The usual length of a hash of this cost, in bytes.
    pub(super) fn digest_bytes(self) -> usize {
        match self {
            Self::Argon2 { .. } => 32,
            Self::Bcrypt { .. } => 23,
            Self::Pbkdf2 { digest, .. } => digest.bytes(),
            Self::Scrypt { .. } => 64,
        }
    }
}

/// One word, such as `pbkdf2_sha256:1000000`, which is stored in the database.
impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argon2 { kind, version, memory_kib, passes, lanes } => {
                write!(f, "{}:{version}:{memory_kib}:{passes}:{lanes}", kind.name())
            }
            Self::Bcrypt { log_rounds, hashed: false } => write!(f, "bcrypt:{log_rounds}"),
            Self::Bcrypt { log_rounds, hashed: true } => write!(f, "bcrypt_sha256:{log_rounds}"),
            Self::Pbkdf2 { digest, rounds } => write!(f, "{}:{rounds}", digest.name()),
            Self::Scrypt { log_n, block_size, parallelism } => write!(f, "scrypt:{log_n}:{block_size}:{parallelism}"),
        }
    }
}

/// The text is not a cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a cost of a password hash")]
pub struct NoCost;

impl FromStr for Cost {
    type Err = NoCost;

    fn from_str(text: &str) -> Result<Self, NoCost> {
        let mut parts = text.split(':');
        let name = parts.next().unwrap_or_default();
        let numbers: Vec<u32> = parts.map(|part| part.parse().map_err(|_| NoCost)).collect::<Result<_, _>>()?;
        let argon2 = Argon2Kind::ALL.into_iter().find(|kind| kind.name() == name);
        let pbkdf2 = Digest::ALL.into_iter().find(|digest| digest.name() == name);
        let cost = match (name, numbers[..].as_ref(), argon2, pbkdf2) {
            (_, &[version, memory_kib, passes, lanes], Some(kind), _) => {
                Self::Argon2 { kind, version, memory_kib, passes, lanes }
            }
            ("bcrypt", &[log_rounds], ..) => Self::Bcrypt { log_rounds, hashed: false },
            ("bcrypt_sha256", &[log_rounds], ..) => Self::Bcrypt { log_rounds, hashed: true },
            (_, &[rounds], _, Some(digest)) => Self::Pbkdf2 { digest, rounds },
            ("scrypt", &[log_n, block_size, parallelism], ..) => {
                Self::Scrypt { log_n: log_n.try_into().map_err(|_| NoCost)?, block_size, parallelism }
            }
            _ => return Err(NoCost),
        };
        if cost.is_affordable() { Ok(cost) } else { Err(NoCost) }
    }
}
