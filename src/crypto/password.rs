//! Password hashing: Argon2id on a bounded number of threads with a bounded queue, so that a storm of sign-ins neither
//! starves other calls nor fills memory. Hashes of other systems are verified on the same threads.

pub use super::hashing_queue::Queue;

use super::{
    hashing_memory::HashingMemory,
    hashing_queue::HashingThreads,
    legacy::{Argon2Kind, Cost, LegacyHash, Unusable},
};
use crate::{domain::password::Password, meters::meters};
use argon2::{
    Argon2, Params, PasswordHash, PasswordVerifier,
    password_hash::{
        self,
        phc::{Output, ParamsString, Salt},
    },
};
use parking_lot::Mutex;
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// The length of a salt, as RFC 9106 §3.1 recommends.
const SALT_BYTES: usize = 16;

/// The cost of a password hash (RFC 9106 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argon2Settings {
    /// Memory in KiB; at least 8 per lane.
    pub memory_kib: u32,
    /// The number of passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

/// Why a password was not hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// Too many callers wait already.
    #[error("too many passwords wait to be hashed")]
    Busy {
        /// About how long they need.
        retry_after: Duration,
    },
    /// A failure of Argon2: the parameters, the random numbers, the memory, or an invalid stored hash.
    #[error("Argon2: {0}")]
    Argon2(password_hash::Error),
    /// A stored text that is not a hash of a known kind.
    #[error("the stored password hash cannot be used: {0}")]
    Stored(#[from] Unusable),
    /// The process is stopping, or the hashing thread died.
    #[error("the hashing was cut short")]
    Stopped,
}

/// The result of comparing a password with a stored hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Whether it is the password.
    pub ok: bool,
    /// Whether the stored hash was made with other parameters than the current ones, or by another system. If `ok`,
    /// hash the password again.
    pub outdated: bool,
}

/// The cost of comparing a password with a hash from elsewhere; `None` if it equals one made here with the current
/// parameters.
///
/// # Errors
/// [`Unusable`], for hashes that must not be stored.
pub fn cost_of(stored: &str, ours: Argon2Settings) -> Result<Option<Cost>, Unusable> {
    let cost = LegacyHash::parse(stored)?.cost();
    let made_here = Cost::Argon2 {
        kind: Argon2Kind::Id,
        version: argon2::Version::V0x13.into(),
        memory_kib: ours.memory_kib,
        passes: ours.passes,
        lanes: ours.lanes,
    };
    Ok(Some(cost).filter(|cost| *cost != made_here || !is_bare_argon2(stored)))
}

/// The form of our own stored hashes; Django's has an algorithm name before it.
fn is_bare_argon2(stored: &str) -> bool {
    stored.starts_with("$argon2")
}

/// Hashes and verifies passwords.
pub struct PasswordHasher {
    work: Arc<Work>,
    threads: Arc<HashingThreads>,
    settings: Argon2Settings,
}

impl PasswordHasher {
    /// At most `threads` hashes at a time, with up to `queue` callers waiting in each [`Queue`]. It computes one hash
    /// on the caller's thread, which passwords of unknown accounts are compared with.
    ///
    /// # Errors
    /// [`HashError::Argon2`] for parameters that Argon2 does not accept.
    pub fn new(settings: Argon2Settings, threads: usize, queue: usize) -> Result<Self, HashError> {
        let work = Arc::new(Work::new(settings)?);
        Ok(Self { work, threads: Arc::new(HashingThreads::new(threads, queue)), settings })
    }

    /// The hash to store, in the PHC format, with a salt of its own.
    ///
    /// # Errors
    /// Every [`HashError`] except `Stored`.
    pub async fn hash(&self, password: &Password, queue: Queue) -> Result<String, HashError> {
        let password = password.clone();
        self.run(queue, move |work| work.hash(&password)).await
    }

    /// Compares with a stored hash. `None`, for an account that does not exist or has no password, takes the same work
    /// as a hash of the cost `decoy` (as our own, if that is `None`) and is never `ok`: the time does not reveal who
    /// has an account.
    ///
    /// # Errors
    /// Every [`HashError`].
    pub async fn verify(
        &self,
        password: &Password,
        stored: Option<&str>,
        decoy: Option<Cost>,
        queue: Queue,
    ) -> Result<Verified, HashError> {
        let (password, stored) = (password.clone(), stored.map(str::to_owned));
        self.run(queue, move |work| work.verify(&password, stored.as_deref(), decoy)).await
    }

    /// Estimates the strength of a new password by the bounded work of `job`. It runs among the hashes, so that it does
    /// not occupy a thread that serves calls.
    ///
    /// # Errors
    /// [`HashError::Busy`] and [`HashError::Stopped`].
    pub async fn estimate<T: Send + 'static>(
        &self,
        queue: Queue,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashError> {
        self.run(queue, move |_| Ok(job())).await
    }

    /// [`cost_of`], by the current parameters.
    ///
    /// # Errors
    /// [`Unusable`].
    pub fn cost_of(&self, stored: &str) -> Result<Option<Cost>, Unusable> {
        cost_of(stored, self.settings)
    }

    /// The number of hashes computed so far, so that a test can compare work instead of time.
    pub fn hashes_computed(&self) -> u64 {
        self.work.computed.lock().values().sum()
    }

    /// The same by cost; `None` is Argon2id.
    pub fn work(&self) -> BTreeMap<Option<Cost>, u64> {
        self.work.computed.lock().clone()
    }

    /// The number of callers that wait for a thread.
    pub fn waiting(&self) -> usize {
        self.threads.waiting()
    }

    async fn run<T, F>(&self, queue: Queue, job: F) -> Result<T, HashError>
    where
        T: Send + 'static,
        F: FnOnce(&Work) -> Result<T, HashError> + Send + 'static,
    {
        let started = Instant::now();
        let one = Duration::from_micros(self.work.micros.load(Ordering::Relaxed));
        let slot = self.threads.slot(queue, one).await?;
        meters().password_wait.record(started.elapsed());
        let (work, threads) = (Arc::clone(&self.work), Arc::clone(&self.threads));
        // The slot moves into the closure: dropping the caller does not stop the thread, so it must not free the slot.
        let done = tokio::task::spawn_blocking(move || {
            let _slot = slot;
            let result = job(&work);
            if threads.waiting() == 0 {
                work.memory.release();
            }
            result
        });
        done.await.map_err(|_| HashError::Stopped)?
    }
}

/// The state that the hashing threads share.
struct Work {
    argon2: Argon2<'static>,
    /// The hash to compare with where there is none: of a random password, with the current parameters.
    dummy: String,
    memory: HashingMemory,
    /// The hashes computed so far. The costs are those of imported accounts: a few dozen at most.
    computed: Mutex<BTreeMap<Option<Cost>, u64>>,
    /// A moving average of the time of one hash.
    micros: AtomicU64,
}

impl Work {
    fn new(settings: Argon2Settings) -> Result<Self, HashError> {
        let params = Params::new(settings.memory_kib, settings.passes, settings.lanes, None)
            .map_err(|error| HashError::Argon2(error.into()))?;
        let argon2 = Argon2::from(params);
        let mut work = Self {
            argon2,
            dummy: String::new(),
            memory: HashingMemory::default(),
            computed: Mutex::default(),
            micros: AtomicU64::new(0),
        };
        work.dummy = work.timed(None, |_| work.encode(Uuid::new_v4().as_bytes())).map_err(HashError::Argon2)?;
        work.memory.release();
        Ok(work)
    }

    fn hash(&self, password: &Password) -> Result<String, HashError> {
        self.timed(None, |_| self.encode(password.expose().as_bytes())).map_err(HashError::Argon2)
    }

    /// `hash_password` in reused memory: a random salt, the hash, and both as text.
    fn encode(&self, password: &[u8]) -> Result<String, password_hash::Error> {
        let params = self.argon2.params();
        let salt = Salt::new(&rand::random::<[u8; SALT_BYTES]>())?;
        let mut hash = vec![0; params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN)];
        self.compute(password, &salt, &mut hash)?;
        let encoded = PasswordHash {
            algorithm: argon2::ARGON2ID_IDENT,
            version: Some(argon2::Version::V0x13.into()),
            params: ParamsString::try_from(params)?,
            salt: Some(salt),
            hash: Some(Output::new(&hash)?),
        };
        Ok(encoded.to_string())
    }

    fn compute(&self, password: &[u8], salt: &[u8], hash: &mut [u8]) -> Result<(), password_hash::Error> {
        let blocks = self.argon2.params().block_count();
        self.memory.lend(blocks, |memory| self.argon2.hash_password_into_with_memory(password, salt, hash, memory))?;
        Ok(())
    }

    fn verify(&self, password: &Password, stored: Option<&str>, decoy: Option<Cost>) -> Result<Verified, HashError> {
        match (stored, decoy) {
            (Some(text), _) if !is_bare_argon2(text) => self.verify_legacy(password, &LegacyHash::parse(text)?),
            (None, Some(cost)) => self.verify_legacy(password, &LegacyHash::decoy(cost)),
            (Some(text), _) => self.verify_argon2(password, text),
            (None, None) => {
                let verified = self.verify_argon2(password, &self.dummy)?;
                Ok(Verified { ok: false, ..verified })
            }
        }
    }

    /// As in the other system: the typed password, then the same without surrounding blanks.
    fn verify_legacy(&self, password: &Password, hash: &LegacyHash) -> Result<Verified, HashError> {
        let (typed, trimmed) = (password.typed(), trim(password.typed()));
        let matches = |text: &str| self.timed(Some(hash.cost()), |_| hash.is_of(text));
        Ok(Verified { ok: matches(typed) || (trimmed != typed && matches(trimmed)), outdated: true })
    }

    /// The typed password is compared as well, since another system's Argon2 may not have normalised to NFKC.
    fn verify_argon2(&self, password: &Password, stored: &str) -> Result<Verified, HashError> {
        let hash = PasswordHash::new(stored).map_err(|_| Unusable::Unknown)?;
        let outdated = self.is_outdated(&hash);
        let cost = if outdated { LegacyHash::parse(stored).ok().map(|hash| hash.cost()) } else { None };
        let typed = Some(password.typed()).filter(|typed| *typed != password.expose());
        for (text, other_form) in [(Some(password.expose()), false), (typed, true)] {
            let Some(text) = text.map(str::as_bytes) else { continue };
            let compared = self.timed(cost, |argon2| match outdated {
                true => argon2.verify_password(text, &hash),
                false => self.compare(text, &hash),
            });
            match compared {
                Ok(()) => return Ok(Verified { ok: true, outdated: outdated || other_form }),
                Err(password_hash::Error::PasswordInvalid) => {}
                Err(error) => return Err(HashError::Argon2(error)),
            }
        }
        Ok(Verified { ok: false, outdated })
    }

    /// `verify_password` for a hash with our parameters, in reused memory.
    fn compare(&self, password: &[u8], hash: &PasswordHash) -> Result<(), password_hash::Error> {
        let (Some(salt), Some(expected)) = (&hash.salt, &hash.hash) else {
            return Err(password_hash::Error::PasswordInvalid);
        };
        let mut computed = vec![0; expected.len()];
        self.compute(password, salt, &mut computed)?;
        match bool::from(expected.as_bytes().ct_eq(&computed)) {
            true => Ok(()),
            false => Err(password_hash::Error::PasswordInvalid),
        }
    }

    fn is_outdated(&self, hash: &PasswordHash) -> bool {
        let ours = self.argon2.params();
        let same_cost = Params::try_from(hash).is_ok_and(|theirs| {
            (theirs.m_cost(), theirs.t_cost(), theirs.p_cost()) == (ours.m_cost(), ours.t_cost(), ours.p_cost())
                && (theirs.keyid(), theirs.data()) == (ours.keyid(), ours.data())
        });
        let same_kind = hash.algorithm == argon2::ARGON2ID_IDENT && hash.version == Some(argon2::Version::V0x13.into());
        !(same_cost && same_kind)
    }

    fn timed<T>(&self, cost: Option<Cost>, job: impl FnOnce(&Argon2<'static>) -> T) -> T {
        let start = Instant::now();
        let result = job(&self.argon2);
        meters().password_hash.record(start.elapsed());
        let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
        let average = match self.micros.load(Ordering::Relaxed) {
            0 => micros,
            // Two threads may overwrite each other's sample; it is still an average of recent ones.
            before => (before.saturating_mul(7).saturating_add(micros)) / 8,
        };
        self.micros.store(average, Ordering::Relaxed);
        *self.computed.lock().entry(cost).or_default() += 1;
        result
    }
}

/// Like Python's `str.strip`, which Django's forms use.
fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c))
}

#[cfg(test)]
#[path = "password_tests.rs"]
mod tests;
