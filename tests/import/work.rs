//! The cost of failed sign-ins does not reveal who has an account.

use super::source::{Source, people};
use crate::support::{
    Database, Inside,
    inside::{account, credentials, device, email},
};
use marbelle::{
    account::{Accounts, Error},
    crypto::password::Argon2Settings,
    import::{Options, django},
};
use std::{collections::BTreeMap, num::NonZeroU16, sync::Arc};

/// The number of unknown addresses tried. Five standard deviations of a share of one half are 8 %.
const UNKNOWN: usize = 1000;
const TOLERANCE: f64 = 0.08;

/// The hashes that one call computed, by what they cost.
type Work = Vec<(String, u64)>;

async fn work_of_a_wrong_password(accounts: &Arc<Accounts>, address: &str, wrong: &str) -> Work {
    let before = accounts.passwords.work();
    let refused = accounts.sign_in(&credentials(&email(address), wrong), &device()).await;
    assert!(matches!(refused, Err(Error::InvalidCredentials)), "{address}: {refused:?}");
    let more = |(cost, count): (Option<_>, u64)| (count - before.get(&cost).copied().unwrap_or_default(), cost);
    let more = accounts.passwords.work().into_iter().map(more).filter(|(count, _)| *count > 0);
    more.map(|(count, cost)| (cost.map_or("argon2id".to_owned(), |cost| cost.to_string()), count)).collect()
}

async fn distribution(
    accounts: &Arc<Accounts>,
    addresses: impl Iterator<Item = String>,
    wrong: &str,
) -> BTreeMap<Work, f64> {
    let (mut counts, mut all) = (BTreeMap::<_, f64>::new(), 0.0);
    for address in addresses {
        let work = work_of_a_wrong_password(accounts, &address, wrong).await;
        *counts.entry(work).or_default() += 1.0;
        all += 1.0;
    }
    counts.values_mut().for_each(|count| *count /= all);
    counts
}

fn assert_alike(known: &BTreeMap<Work, f64>, unknown: &BTreeMap<Work, f64>) {
    for work in known.keys().chain(unknown.keys()) {
        let share = |of: &BTreeMap<Work, f64>| of.get(work).copied().unwrap_or_default();
        assert!((share(known) - share(unknown)).abs() < TOLERANCE, "{work:?}: {known:#?} against {unknown:#?}");
    }
}

/// Accounts with cheap hashes: expensive ones would only make the test long.
const FEWER: &str = "PRAGMA foreign_keys = OFF; DELETE FROM users WHERE id < 10 OR id > 160; DELETE FROM addresses;";
const NATIVE: usize = 30;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn imported_native_and_unknown_addresses_cannot_be_distinguished() {
    let source = Source::changed(FEWER).await;
    let people: Vec<_> = people().into_iter().filter(|person| (10..=160).contains(&person.id)).collect();
    let inside = Inside::on(&Database::sqlite(), &[("LIMITS__FAILURES_PER_ACCOUNT", "1000")]);
    let story = async |accounts: &Arc<Accounts>| {
        let options = Options {
            dry_run: false,
            report: None,
            map: None,
            batch: NonZeroU16::new(500).expect("not zero"),
            argon2: Argon2Settings { memory_kib: 1024, passes: 1, lanes: 1 },
            stream: false,
            max_addresses: 10,
        };
        django::import(&accounts.store, &source.url, &options, &accounts.clock).await.expect("imported");
        let mut known: Vec<String> = people.iter().map(|person| person.email.clone()).collect();
        for n in 0..NATIVE {
            let native = format!("native{n}@example.org");
            account(accounts, &email(&native)).await;
            known.push(native);
        }
        let known = || known.iter().cloned();
        let unknown = || (0..UNKNOWN).map(|n| format!("nobody{n}@example.org"));
        accounts.weigh_decoys().await.expect("counted");
        // At first all accounts have their imported hashes; blanks around a password cause a second comparison.
        for wrong in ["wrong larches", " wrong larches "] {
            let of_known = distribution(accounts, known(), wrong).await;
            assert!(of_known.len() > 3, "{of_known:?}");
            assert_alike(&of_known, &distribution(accounts, unknown(), wrong).await);
        }
        // Some time later two of three have signed in.
        for person in people.iter().filter(|person| person.id % 3 != 0) {
            let right = credentials(&email(&person.email), person.password.as_deref().expect("a password"));
            accounts.sign_in(&right, &device()).await.expect("signed in");
        }
        accounts.weigh_decoys().await.expect("counted");
        let of_known = distribution(accounts, known(), "wrong").await;
        assert!(of_known[&vec![("argon2id".to_owned(), 1)]] > 0.6, "{of_known:?}");
        assert_alike(&of_known, &distribution(accounts, unknown(), "wrong").await);
    };
    inside.with(story).await;
}
