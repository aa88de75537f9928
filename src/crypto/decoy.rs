//! The cost of a sign-in at an address without an account: as much as at some account.
//!
//! Imported accounts keep the hash of their former system until their first sign-in, and comparing with it takes a
//! different time than Argon2id. So that the time does not reveal who has an account, an address without one draws a
//! cost: the same one at every attempt, by a keyed hash of the address. All addresses together draw each cost as often
//! as accounts have it at present (docs/security.md).

use super::{keys::Keys, legacy::Cost};
use crate::domain::email::EmailAddress;
use hmac::{Hmac, KeyInit, Mac};
use parking_lot::RwLock;
use sha2::Sha256;
use std::collections::BTreeMap;

/// The number of accounts of each cost. `None` is Argon2id with the current parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shares {
    /// Accounts that were created here.
    native: u64,
    /// By cost: the accounts that were imported with a hash of this cost, and those that still have it.
    imported: BTreeMap<Cost, (u64, u64)>,
}

impl Shares {
    /// Adds accounts that were imported with the cost `imported` and have `present` by now.
    pub fn add(&mut self, imported: Option<Cost>, present: Option<Cost>, accounts: u64) {
        match imported {
            None => self.native += accounts,
            Some(cost) => {
                let (all, kept) = self.imported.entry(cost).or_default();
                *all += accounts;
                *kept += if present.is_some() { accounts } else { 0 };
            }
        }
    }

    /// Draws by three numbers: whether the account would be an imported one, with which cost, and whether it would have
    /// signed in since. As accounts are created and sign in, a drawn cost changes only once, to `None`, as that of an
    /// account does. In a different order some addresses would change from one imported cost to another, which an
    /// account never does.
    fn draw(&self, numbers: [u64; 3]) -> Option<Cost> {
        let imported: u64 = self.imported.values().map(|(all, _)| all).sum();
        if among(numbers[0], self.native + imported) >= imported {
            return None;
        }
        let mut place = among(numbers[1], imported);
        for (cost, (all, kept)) in &self.imported {
            match place.checked_sub(*all) {
                Some(rest) => place = rest,
                None => return (among(numbers[2], *all) < *kept).then_some(*cost),
            }
        }
        None
    }
}

/// Scales a number of 64 bits to `0..count`; 0 if `count` is 0.
fn among(number: u64, count: u64) -> u64 {
    let place = (u128::from(number) * u128::from(count)) >> 64;
    u64::try_from(place).unwrap_or_default()
}

/// Draws costs.
pub struct Decoys {
    /// Keyed by the oldest secret, so that a rotation changes no draw before the old secret is removed.
    mac: Hmac<Sha256>,
    shares: RwLock<Shares>,
}

impl Decoys {
    /// Draws by the secrets of `keys`, so alike on every node. Until the shares are known, the cost is `None`.
    pub fn new(keys: &Keys) -> Self {
        let oldest = keys.secrets().last().unwrap_or_default();
        let mac = Hmac::new_from_slice(oldest).expect("HMAC takes keys of any length");
        Self { mac, shares: RwLock::default() }
    }

    /// Sets the shares to draw from.
    pub fn set_shares(&self, shares: Shares) {
        *self.shares.write() = shares;
    }

    /// The cost of a sign-in at an address that has no account, or one without a password.
    pub fn cost(&self, email: &EmailAddress) -> Option<Cost> {
        let mac = self.mac.clone().chain_update(b"marbelle/decoy-cost").chain_update(email.as_str().as_bytes());
        let bytes = mac.finalize().into_bytes();
        let (words, _) = bytes.as_chunks::<8>();
        let numbers = std::array::from_fn(|n| words.get(n).map_or(0, |word| u64::from_be_bytes(*word)));
        self.shares.read().draw(numbers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::keys::KeySettings;

    fn decoys() -> Decoys {
        let folder = tempfile::tempdir().unwrap();
        let settings = KeySettings { signing_key: None, verify_keys: vec![], token_secrets: vec![] };
        Decoys::new(&Keys::load(&settings, folder.path()).unwrap())
    }

    fn cost(text: &str) -> Option<Cost> {
        Some(text.parse().unwrap())
    }

    fn addresses(count: usize) -> impl Iterator<Item = EmailAddress> {
        (0..count).map(|n| EmailAddress::parse(&format!("nobody{n}@example.org")).unwrap())
    }

    /// 20,000 addresses; four standard deviations of the largest share are 1.4 %.
    #[test]
    fn addresses_draw_each_cost_as_often_as_accounts_have_it() {
        let decoys = decoys();
        assert_eq!(addresses(1).map(|email| decoys.cost(&email)).next(), Some(None));
        let mut shares = Shares::default();
        let table = [
            (None, None, 300),
            (cost("pbkdf2_sha256:1000000"), cost("pbkdf2_sha256:1000000"), 400),
            (cost("pbkdf2_sha256:1000000"), None, 100),
            (cost("bcrypt:12"), cost("bcrypt:12"), 150),
            (cost("scrypt:14:8:5"), None, 50),
        ];
        table.iter().for_each(|(imported, present, accounts)| shares.add(*imported, *present, *accounts));
        decoys.set_shares(shares);
        let mut drawn = BTreeMap::<_, u32>::new();
        for email in addresses(20_000) {
            let cost = decoys.cost(&email);
            assert_eq!(cost, decoys.cost(&email), "the same at every attempt");
            *drawn.entry(cost).or_default() += 1;
        }
        let share = |cost| f64::from(drawn.get(&cost).copied().unwrap_or_default()) / 20_000.0;
        for (cost, expected) in [(None, 0.45), (cost("pbkdf2_sha256:1000000"), 0.4), (cost("bcrypt:12"), 0.15)] {
            assert!((share(cost) - expected).abs() < 0.014, "{cost:?}: {} and not {expected}", share(cost));
        }
        assert_eq!(share(cost("scrypt:14:8:5")), 0.0, "nobody has it any more");
    }

    #[test]
    fn a_drawn_cost_changes_as_that_of_an_account_does() {
        let decoys = decoys();
        let (slow, quick) = (cost("pbkdf2_sha256:1000000"), cost("bcrypt:10"));
        let mut before: Vec<_> = Vec::new();
        for (signed_in, made) in [(0, 0), (1, 0), (10, 5), (100, 5), (399, 900), (400, 5000)] {
            let mut shares = Shares::default();
            shares.add(slow, slow, 400 - signed_in);
            shares.add(slow, None, signed_in);
            shares.add(quick, quick, 100);
            shares.add(None, None, made);
            decoys.set_shares(shares);
            let now: Vec<_> = addresses(5000).map(|email| decoys.cost(&email)).collect();
            for (before, now) in before.iter().zip(&now) {
                assert!(now == before || now.is_none(), "{before:?} became {now:?}");
            }
            before = now;
        }
        assert!(before.contains(&quick) && !before.contains(&slow));
    }
}
