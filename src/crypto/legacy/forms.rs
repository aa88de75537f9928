//! The notations in which systems store their hashes.

use super::{Argon2Kind, Cost, Digest, LegacyHash};
use argon2::{Params, PasswordHash};
use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

/// Standard base64, padded or not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// bcrypt's own alphabet; some bits of a hash's last digit are unused.
const BCRYPT64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::BCRYPT,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);
/// The digits of `crypt(3)`, by value.
const CRYPT64: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A shorter hash would match by chance too easily.
const SHORTEST_DIGEST: usize = 16;
const LONGEST_DIGEST: usize = 64;

/// Parses a hash in any of the notations; `None` if it is in none of them.
pub(super) fn read(stored: &str) -> Option<LegacyHash> {
    let hash = match stored.split_once('$')? {
        ("", rest) => match rest.split_once('$')? {
            ("2a" | "2b" | "2y", _) => bcrypt(stored, false),
            ("7", rest) => crypt_scrypt(rest),
            ("scrypt", rest) => phc_scrypt(rest),
            (name, rest) if name.starts_with("pbkdf2") => phc_pbkdf2(name, rest),
            _ => argon2(stored),
        },
        // Django's: the algorithm's name without a leading `$`.
        ("argon2", rest) => argon2(&format!("${rest}")),
        ("bcrypt", rest) => bcrypt(rest, false),
        ("bcrypt_sha256", rest) => bcrypt(rest, true),
        ("scrypt", rest) => django_scrypt(rest),
        (name, rest) => django_pbkdf2(name, rest),
    }?;
    let bcrypt = matches!(hash.cost, Cost::Bcrypt { .. });
    (bcrypt || (SHORTEST_DIGEST..=LONGEST_DIGEST).contains(&hash.digest.len())).then_some(hash)
}

/// `$argon2id$v=19$m=…,t=…,p=…$salt$hash`. One that needs a secret key cannot be verified.
fn argon2(phc: &str) -> Option<LegacyHash> {
    let hash = PasswordHash::new(phc).ok()?;
    let kind = Argon2Kind::ALL.into_iter().find(|kind| kind.name() == hash.algorithm.as_str())?;
    let params = Params::try_from(&hash).ok().filter(|params| params.keyid().is_empty() && params.data().is_empty())?;
    let version = hash.version.unwrap_or(argon2::Version::V0x10.into());
    let cost = Cost::Argon2 {
        kind,
        version: argon2::Version::try_from(version).ok()?.into(),
        memory_kib: params.m_cost(),
        passes: params.t_cost(),
        lanes: params.p_cost(),
    };
    Some(LegacyHash { cost, salt: hash.salt?.as_ref().to_vec(), digest: hash.hash?.as_bytes().to_vec() })
}

/// `$2b$12$` and 53 digits. `2x` is a different algorithm, a defect of old PHP versions.
fn bcrypt(text: &str, hashed: bool) -> Option<LegacyHash> {
    let mut parts = text.strip_prefix('$')?.split('$');
    let (version, rounds, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let fits = ["2a", "2b", "2y"].contains(&version) && rounds.len() == 2 && rest.len() == 53 && rest.is_ascii();
    if !fits || parts.next().is_some() {
        return None;
    }
    let (salt, digest) = (BCRYPT64.decode(&rest[..22]).ok()?, BCRYPT64.decode(&rest[22..]).ok()?);
    Some(LegacyHash { cost: Cost::Bcrypt { log_rounds: rounds.parse().ok()?, hashed }, salt, digest })
}

/// `pbkdf2_sha256$rounds$salt$hash`; the salt is text.
fn django_pbkdf2(name: &str, rest: &str) -> Option<LegacyHash> {
    let digest = match name {
        "pbkdf2_sha1" => Digest::Sha1,
        "pbkdf2_sha256" => Digest::Sha256,
        _ => return None,
    };
    let [rounds, salt, hash] = parts(rest)?;
    pbkdf2(digest, rounds.parse().ok()?, salt.as_bytes().to_vec(), BASE64.decode(hash).ok()?)
}

/// `pbkdf2-sha256$i=rounds,l=32$salt$hash` (PHC), or with the bare rounds and `.` for `+` (passlib).
fn phc_pbkdf2(name: &str, rest: &str) -> Option<LegacyHash> {
    let digest = match name {
        "pbkdf2" | "pbkdf2-sha1" => Digest::Sha1,
        "pbkdf2-sha256" => Digest::Sha256,
        "pbkdf2-sha512" => Digest::Sha512,
        _ => return None,
    };
    let [params, salt, hash] = parts(rest)?;
    let rounds = match params.contains('=') {
        false => params,
        true => params.split(',').find_map(|param| param.strip_prefix("i="))?,
    };
    let decode = |text: &str| BASE64.decode(text.replace('.', "+")).ok();
    pbkdf2(digest, rounds.parse().ok()?, decode(salt)?, decode(hash)?)
}

/// A hash of more than one block would cost more than its rounds imply.
fn pbkdf2(digest: Digest, rounds: u32, salt: Vec<u8>, hash: Vec<u8>) -> Option<LegacyHash> {
    let one_block = hash.len() <= digest.bytes();
    one_block.then_some(LegacyHash { cost: Cost::Pbkdf2 { digest, rounds }, salt, digest: hash })
}

/// `scrypt$N$salt$r$p$hash`; the salt is text.
fn django_scrypt(rest: &str) -> Option<LegacyHash> {
    let [n, salt, block_size, parallelism, hash] = parts(rest)?;
    let n = n.parse::<u64>().ok().filter(|n| n.is_power_of_two())?;
    let log_n = u8::try_from(n.ilog2()).ok()?;
    let (block_size, parallelism) = (block_size.parse().ok()?, parallelism.parse().ok()?);
    scrypt(log_n, block_size, parallelism, salt.as_bytes().to_vec(), BASE64.decode(hash).ok()?)
}

/// `scrypt$ln=16,r=8,p=1$salt$hash`.
fn phc_scrypt(rest: &str) -> Option<LegacyHash> {
    let [params, salt, hash] = parts(rest)?;
    let param = |name: &str| params.split(',').find_map(|param| param.strip_prefix(name)?.strip_prefix('='));
    let (log_n, block_size, parallelism) = (param("ln")?.parse().ok()?, param("r")?.parse().ok()?, param("p")?);
    scrypt(log_n, block_size, parallelism.parse().ok()?, BASE64.decode(salt).ok()?, BASE64.decode(hash).ok()?)
}

/// `$7$`, one digit of log N, five of r, five of p, the salt as text, `$`, the hash (libxcrypt, libsodium).
fn crypt_scrypt(rest: &str) -> Option<LegacyHash> {
    let (head, hash) = rest.split_once('$').filter(|(head, _)| head.is_ascii() && head.len() >= 11)?;
    let log_n = u8::try_from(crypt64_number(&head.as_bytes()[..1])?).ok()?;
    let (block_size, parallelism) = (crypt64_number(&head.as_bytes()[1..6])?, crypt64_number(&head.as_bytes()[6..11])?);
    scrypt(log_n, block_size, parallelism, head.as_bytes()[11..].to_vec(), crypt64_bytes(hash.as_bytes())?)
}

fn scrypt(log_n: u8, block_size: u32, parallelism: u32, salt: Vec<u8>, digest: Vec<u8>) -> Option<LegacyHash> {
    let sensible = (1..64).contains(&log_n) && block_size > 0 && parallelism > 0;
    sensible.then_some(LegacyHash { cost: Cost::Scrypt { log_n, block_size, parallelism }, salt, digest })
}

fn parts<const N: usize>(text: &str) -> Option<[&str; N]> {
    text.split('$').collect::<Vec<_>>().try_into().ok()
}

/// The least significant digit first.
fn crypt64_number(digits: &[u8]) -> Option<u32> {
    digits.iter().rev().try_fold(0_u32, |number, digit| {
        let value = CRYPT64.iter().position(|known| known == digit)?;
        number.checked_mul(64)?.checked_add(u32::try_from(value).ok()?)
    })
}

/// Three bytes in four digits, the least significant first.
fn crypt64_bytes(digits: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    for group in digits.chunks(4) {
        let number = crypt64_number(group)?;
        bytes.extend(&number.to_le_bytes()[..group.len() * 3 / 4]);
    }
    Some(bytes)
}
