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

/// How many callers may wait in each queue for a thread that hashes passwords. At the default cost (some 20 ms a hash)
/// the last one waits about a second on two cores; who would wait longer is better told to come back.
pub const PASSWORD_HASH_QUEUE: usize = 64;

/// Devices known to an account; of more, those are forgotten that were not used for the longest time
/// (docs/protocol.md, "Known devices").
pub const KNOWN_DEVICES: i64 = 20;

/// Passkeys of an account (docs/protocol.md, "Sign-in methods").
pub const PASSKEYS: usize = 20;

/// Providers that an operator can set up, and so links of an account: as many buttons as a page can show.
pub const PROVIDERS: usize = 20;

/// Wrong answers that may come with a second factor's challenge; then it is ended.
pub const CHALLENGE_FAILURES: i64 = 5;

/// The longest access token that is looked at, in bytes. Ours have about 500; the length is checked before
/// anything is decoded or compared.
pub const ACCESS_TOKEN_MAX_BYTES: usize = 2048;

/// How many access tokens are remembered as rightly signed: about 6 MiB, and enough for the sessions
/// that one node serves between two refreshes of theirs.
pub const VERIFIED_TOKENS: usize = 10_000;

/// The fewest bytes of a secret that opaque tokens are derived from: the output of HMAC-SHA-256, below
/// which the key is the weakest part (RFC 2104 §3).
pub const TOKEN_SECRET_MIN_BYTES: usize = 32;

/// The largest message that a client may send, in bytes (docs/protocol.md, "Limits").
pub const MESSAGE_BYTES: usize = 64 * 1024;

/// The largest answer, a batch's included. A page of the log ends at [`PAGE_BYTES`]; a batch with more
/// than this is answered with jsonrpsee's error instead.
pub const ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// Where a page of the log ends, however many entries it may have: with the longest texts an entry has
/// some 30 KiB, and 500 of them would be 15 MiB of one answer.
pub const PAGE_BYTES: usize = 256 * 1024;

/// Entries of the log that one statement reads: with the longest texts about 1 MiB.
pub const EVENTS_AT_ONCE: i64 = 32;

/// Bytes of answers that may wait for a WebSocket's peer before no further call of it is read.
pub const UNSENT_BYTES: usize = 32 * 1024;

/// Bytes of a WebSocket's messages that may wait to be answered before no further one is read: [`CALLS_IN_FLIGHT`] common
/// calls are less. The last one that was read may be as large as any.
pub const WAITING_MESSAGE_BYTES: usize = 16 * 1024;

/// Bytes that may wait for a WebSocket's peer when an event is sent to it. With more the connection catches up from
/// the log at its own pace.
pub const QUEUED_EVENT_BYTES: usize = 64 * 1024;

/// What the kernel may hold of one connection in each direction. It takes twice as much, for its own book-keeping
/// (socket(7)), and without this limit up to some megabytes for a peer that does not read.
pub const KERNEL_BUFFER_BYTES: u32 = 64 * 1024;

/// Entries of a batch (docs/protocol.md, "Limits").
pub const BATCH_ENTRIES: usize = 50;

/// Calls of one WebSocket that are worked on at a time; with more its reading pauses. Enough for any
/// client that waits for answers, few enough that one socket cannot crowd out the others.
pub const CALLS_IN_FLIGHT: usize = 64;

/// Sockets of any kind that a node holds open; the kernel's limit on files is usually reached first.
pub const SOCKETS: usize = 200_000;
