//! Chooses between several users with the same e-mail address. Django compared addresses case-sensitively.

use super::source::{MailboxRow, Source, Time};
use crate::{domain::email::EmailAddress, import::Error};
use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasher, RandomState},
};

/// Users per read.
const PAGE: i64 = 5000;

/// The users that are not imported, and the user imported in the place of each.
pub(super) struct Duplicates(HashMap<i64, i64>);

/// Last sign-in, active, joined, id: the greatest is imported.
type Rank = (Option<Time>, bool, Time, i64);

impl Duplicates {
    /// Reads all users twice. Of two users who share a mailbox at least one does not write its address in our form, and
    /// only those addresses are held in memory, as hashes: memory does not grow with the number of users, but with that
    /// of addresses with capitals.
    pub(super) async fn find(source: &mut Source) -> Result<Self, Error> {
        let hashes = Hashes::default();
        let mut written_otherwise = HashSet::new();
        let mut after = i64::MIN;
        while let Some(page) = next(source, &mut after).await? {
            let addresses = page.iter().filter_map(|row| Some((row, EmailAddress::parse(&row.email).ok()?)));
            let others = addresses.filter(|(row, email)| email.as_str() != row.email);
            written_otherwise.extend(others.map(|(_, email)| hashes.of(&email)));
        }
        if written_otherwise.is_empty() {
            return Ok(Self(HashMap::new()));
        }
        let mut best: HashMap<_, Rank> = HashMap::new();
        let mut losers = Vec::new();
        let mut after = i64::MIN;
        while let Some(page) = next(source, &mut after).await? {
            for row in page {
                let Ok(email) = EmailAddress::parse(&row.email) else { continue };
                let hash = hashes.of(&email);
                if !written_otherwise.contains(&hash) {
                    continue;
                }
                let rank = (row.last_login, row.is_active, row.date_joined, row.id);
                let winner = best.entry(hash).or_insert(rank);
                if *winner != rank {
                    losers.push((rank.min(*winner).3, hash));
                    *winner = rank.max(*winner);
                }
            }
        }
        Ok(Self(losers.into_iter().filter_map(|(user, hash)| Some((user, best.get(&hash)?.3))).collect()))
    }

    /// The user imported in the place of this one.
    pub(super) fn winner_over(&self, user: i64) -> Option<i64> {
        self.0.get(&user).copied()
    }
}

async fn next(source: &mut Source, after: &mut i64) -> Result<Option<Vec<MailboxRow>>, Error> {
    let page = source.mailboxes(*after, PAGE).await?;
    Ok(page.last().map(|row| row.id).map(|last| {
        *after = last;
        page
    }))
}

/// 128 bits, so that two addresses do not collide by chance.
#[derive(Default)]
struct Hashes(RandomState, RandomState);

impl Hashes {
    fn of(&self, email: &EmailAddress) -> (u64, u64) {
        (self.0.hash_one(email.as_str()), self.1.hash_one(email.as_str()))
    }
}
