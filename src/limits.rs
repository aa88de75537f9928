//! Fixed limits, which neither clients nor operators can change, each with its reason. The limits that operators may
//! change are in [`crate::settings::Settings`].

/// The lowest possible minimum length of a new password, in characters (NIST SP 800-63B-4 §3.1.1.2, for a password that
/// is not the only factor). The setting can raise it.
pub const PASSWORD_MIN_CHARACTERS: usize = 8;

/// The most characters of a password: room for any pass phrase, and bounded work for checking it.
pub const PASSWORD_MAX_CHARACTERS: usize = 256;

/// The number of a password's characters that are searched for guessable parts. The search grows with the square of the
/// length, and a password that is not guessable within 72 characters does not become so with more.
pub const PASSWORD_STRENGTH_CHARACTERS: usize = 72;

/// The number of callers that may wait in each queue for a thread that hashes passwords. At the default cost (some 20
/// ms a hash) the last one waits about a second on two cores; beyond that, callers are told to retry.
pub const PASSWORD_HASH_QUEUE: usize = 64;

/// The most known devices of an account; beyond that, the least recently used ones are dropped (docs/protocol.md,
/// "Known devices").
pub const KNOWN_DEVICES: i64 = 20;

/// The most passkeys of an account (docs/protocol.md, "Sign-in methods").
pub const PASSKEYS: usize = 20;

/// The most providers that an operator can configure, and so the most links of an account: as many buttons as fit on a
/// page.
pub const PROVIDERS: usize = 20;

/// The wrong answers allowed for a second factor's challenge, after which it ends.
pub const CHALLENGE_FAILURES: i64 = 5;

/// The longest accepted access token, in bytes. This server's tokens have about 500; the length is checked before
/// anything is decoded or compared.
pub const ACCESS_TOKEN_MAX_BYTES: usize = 2048;

/// The number of access tokens cached as verified: about 6 MiB, and enough for the sessions that one node serves
/// between two of their refreshes.
pub const VERIFIED_TOKENS: usize = 10_000;

/// The fewest bytes of a secret that opaque tokens are derived from: the output length of HMAC-SHA-256, below which the
/// key is the weakest part (RFC 2104 §3).
pub const TOKEN_SECRET_MIN_BYTES: usize = 32;

/// The largest message that a client may send, in bytes (docs/protocol.md, "Limits").
pub const MESSAGE_BYTES: usize = 64 * 1024;

/// The largest answer, including that of a batch. A page of the log ends at [`PAGE_BYTES`]; a batch with a larger
/// answer gets jsonrpsee's error instead.
pub const ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// The size at which a page of the log ends, however many entries it may have: with the longest texts an entry has some
/// 30 KiB, and 500 of them would be an answer of 15 MiB.
pub const PAGE_BYTES: usize = 256 * 1024;

/// Entries of the log that one statement reads: with the longest texts about 1 MiB.
pub const EVENTS_AT_ONCE: i64 = 32;

/// Bytes of answers that may wait for a WebSocket's peer before no further call of it is read.
pub const UNSENT_BYTES: usize = 32 * 1024;

/// Bytes of a WebSocket's messages that may wait to be answered before no further one is read: [`CALLS_IN_FLIGHT`] common
/// calls are less. The last one that was read may be as large as any.
pub const WAITING_MESSAGE_BYTES: usize = 16 * 1024;

/// Bytes that may wait for a WebSocket's peer when an event is sent to it. Beyond that the connection catches up from
/// the log at its own pace.
pub const QUEUED_EVENT_BYTES: usize = 64 * 1024;

/// The kernel's buffer for one connection in each direction. It takes twice as much for its own book-keeping
/// (socket(7)), and without this limit up to some megabytes for a peer that does not read.
pub const KERNEL_BUFFER_BYTES: u32 = 64 * 1024;

/// Entries of a batch (docs/protocol.md, "Limits").
pub const BATCH_ENTRIES: usize = 50;

/// Calls of one WebSocket that are processed at a time; beyond that, reading pauses. Enough for any client that waits
/// for answers, and few enough that one socket cannot crowd out the others.
pub const CALLS_IN_FLIGHT: usize = 64;

/// Sockets of any kind that a node holds open; the kernel's limit on files is usually reached first.
pub const SOCKETS: usize = 200_000;
