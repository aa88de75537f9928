//! Limits that are the same everywhere: what a client or an operator cannot change, each with its reason.
//! Those that an operator may change are [`crate::settings::Settings`].

/// The fewest characters that a new password may ever be allowed to have (NIST SP 800-63B-4 §3.1.1.2, for
/// a password that is not the only factor). The setting can raise it.
pub const PASSWORD_MIN_CHARACTERS: usize = 8;

/// The most characters of a password: room for any pass phrase, and bounded work for what looks at it.
pub const PASSWORD_MAX_CHARACTERS: usize = 256;

/// How many characters of a password are searched for guessable parts. The search grows with the
/// square of the length, and what is not guessable within 72 characters is not with more.
pub const PASSWORD_STRENGTH_CHARACTERS: usize = 72;

/// How many callers may wait for a thread that hashes passwords. At the default cost (some 20 ms a hash)
/// the last one waits about a second on two cores; who would wait longer is better told to come back.
pub const PASSWORD_HASH_QUEUE: usize = 64;

/// The longest access token that is looked at, in bytes. Ours have about 500; the length is checked before
/// anything is decoded or hashed.
pub const ACCESS_TOKEN_MAX_BYTES: usize = 2048;

/// How many access tokens are remembered as rightly signed: about 1 MiB, and enough for the sessions
/// that one node serves between two refreshes of theirs.
pub const VERIFIED_TOKENS: usize = 10_000;

/// The fewest bytes of a secret that opaque tokens are derived from: the output of HMAC-SHA-256, below
/// which the key is the weakest part (RFC 2104 §3).
pub const TOKEN_SECRET_MIN_BYTES: usize = 32;
