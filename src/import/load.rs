//! Writes a converted batch in one transaction.

use super::{
    Error,
    addresses::{Draft, settle},
    report::{Action, Line},
};
use crate::{
    domain::{
        email::EmailAddress,
        ids::{AddressId, UserId},
        profile::ExternalId,
        time::Timestamp,
    },
    import::fit::Row,
    store::{ExternalUser, ImportedUser, OwnedAddress, Receivers, RegistrationRow, Store, Tx},
};
use std::collections::{HashMap, HashSet};

/// The reason for an address of an account that has been used.
const MAY_BE_DELETED: &str = "does not exist here: it is new in the source, or was deleted here";

/// An account to be imported, unless it is taken.
pub(super) struct Candidate {
    /// Its row in the source.
    pub(super) row: i64,
    pub(super) user: ImportedUser,
    pub(super) addresses: Vec<Draft>,
}

/// A converted batch.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) accounts: Vec<Candidate>,
    pub(super) registrations: Vec<(i64, RegistrationRow)>,
    /// The lines of the report so far.
    pub(super) lines: Vec<Line>,
}

/// The result of a batch.
#[derive(Default)]
pub(super) struct Loaded {
    pub(super) lines: Vec<Line>,
    pub(super) accounts_made: usize,
    pub(super) accounts_known: usize,
    pub(super) accounts_disabled: usize,
    pub(super) addresses_made: usize,
    pub(super) registrations_made: usize,
    pub(super) registrations_known: usize,
    /// The accounts and addresses that exist now: the ids of their rows, with their ids here.
    pub(super) users: Vec<(i64, UserId)>,
    pub(super) addresses: Vec<(i64, AddressId)>,
}

/// The tables' names in the report.
pub(super) struct Tables {
    pub(super) users: &'static str,
    pub(super) addresses: &'static str,
}

/// What exists already of a batch's accounts.
struct Present {
    users: HashMap<ExternalId, ExternalUser>,
    addresses: HashMap<UserId, Vec<OwnedAddress>>,
    ids: HashSet<UserId>,
    emails: HashMap<EmailAddress, UserId>,
    registrations: HashSet<ExternalId>,
}

impl Present {
    async fn of(batch: &Batch, tx: &mut Tx) -> Result<Self, Error> {
        let external = |user: &Candidate| user.user.external_id.clone();
        let waiting = batch.registrations.iter().filter_map(|(_, row)| row.external_id.clone());
        let names: Vec<ExternalId> = batch.accounts.iter().filter_map(external).chain(waiting).collect();
        let users = tx.find_external_users(&names).await?;
        let ids: Vec<UserId> = users.iter().map(|user| user.user.user_id).collect();
        let mut addresses = HashMap::<_, Vec<_>>::new();
        for owned in tx.list_addresses_of(&ids).await? {
            addresses.entry(owned.user_id).or_default().push(owned);
        }
        let asked: Vec<UserId> = batch.accounts.iter().map(|account| account.user.id).collect();
        let emails = batch.accounts.iter().map(|account| account.user.email.clone());
        let emails: Vec<_> = emails.chain(batch.registrations.iter().map(|(_, row)| row.email.clone())).collect();
        Ok(Self {
            users: users.into_iter().filter_map(|user| Some((user.external_id.clone()?, user))).collect(),
            addresses,
            ids: tx.find_known_users(&asked).await?.into_iter().map(|(id,)| id).collect(),
            emails: tx.find_taken_emails(&emails).await?.into_iter().collect(),
            registrations: tx.find_external_registrations(&names).await?.into_iter().map(|(id,)| id).collect(),
        })
    }
}

/// Writes a batch, and notifies `receivers` of new accounts; with `dry`, only reports what it would write.
pub(super) async fn load(
    store: &Store,
    batch: Batch,
    tables: &Tables,
    dry: bool,
    (receivers, now): (&Receivers, Timestamp),
) -> Result<Loaded, Error> {
    let mut tx = if dry { store.read().await? } else { store.write().await? };
    let present = Present::of(&batch, &mut tx).await?;
    let mut loaded = Loaded { lines: batch.lines, ..Loaded::default() };
    let (mut users, mut addresses, mut registrations) = (Vec::new(), Vec::new(), Vec::new());
    let mut taken = Taken::default();
    for candidate in batch.accounts {
        let known = candidate.user.external_id.as_ref().and_then(|name| present.users.get(name));
        if let Some(known) = known {
            let here = present.addresses.get(&known.user.user_id).map_or(&[][..], Vec::as_slice);
            addresses.extend(compare(candidate, known, here, tables, &mut loaded));
        } else if present.ids.contains(&candidate.user.id) {
            loaded.accounts_known += 1;
        } else if let Some(reason) = taken.or_present(&candidate.user, &present) {
            Row::new(tables.users, candidate.row, &mut loaded.lines).report(Action::KeptOut, Some(reason.0), reason.1);
        } else {
            let user = candidate.user.id;
            addresses.extend(candidate.addresses.into_iter().map(|draft| (draft.row, owned(user, draft))));
            users.push((candidate.row, candidate.user));
        }
    }
    for (row, registration) in batch.registrations {
        let name = registration.external_id.as_ref();
        if name.is_some_and(|name| present.users.contains_key(name)) {
            loaded.accounts_known += 1;
        } else if name.is_some_and(|name| present.registrations.contains(name)) {
            loaded.registrations_known += 1;
        } else if present.emails.contains_key(&registration.email) {
            let mut row = Row::new(tables.users, row, &mut loaded.lines);
            row.report(Action::KeptOut, Some("email"), "an existing account has this address");
        } else {
            registrations.push(registration);
        }
    }
    let writes = Writes { users, addresses, registrations };
    if dry {
        writes.count(&mut loaded);
        tx.end_read().await?;
    } else {
        writes.write(&mut tx, tables, &mut loaded, (receivers, now)).await?;
        tx.commit().await?;
    }
    Ok(loaded)
}

fn owned(user_id: UserId, draft: Draft) -> OwnedAddress {
    OwnedAddress { user_id, external_id: draft.external_id, address: draft.address }
}

/// Values that accounts earlier in the batch have taken.
#[derive(Default)]
struct Taken {
    ids: HashSet<UserId>,
    emails: HashSet<EmailAddress>,
    names: HashSet<ExternalId>,
}

impl Taken {
    /// The field because of which the account cannot be imported, and the reason; otherwise it takes its values.
    fn or_present(&mut self, user: &ImportedUser, present: &Present) -> Option<(&'static str, &'static str)> {
        if present.emails.contains_key(&user.email) {
            return Some(("email", "an existing account has this address"));
        }
        let name = user.external_id.as_ref();
        if self.emails.contains(&user.email) || self.ids.contains(&user.id) {
            return Some(("email", "an account earlier in the batch has this address or id"));
        }
        if name.is_some_and(|name| self.names.contains(name)) {
            return Some(("external_id", "an account earlier in the batch has this id"));
        }
        self.emails.insert(user.email.clone());
        self.ids.insert(user.id);
        self.names.extend(name.cloned());
        None
    }
}

/// The rows that a batch writes.
struct Writes {
    users: Vec<(i64, ImportedUser)>,
    addresses: Vec<(i64, OwnedAddress)>,
    registrations: Vec<RegistrationRow>,
}

impl Writes {
    fn count(&self, loaded: &mut Loaded) {
        loaded.accounts_made = self.users.len();
        loaded.accounts_disabled = self.users.iter().filter(|(_, user)| user.disabled_at.is_some()).count();
        loaded.addresses_made = self.addresses.len();
        loaded.registrations_made = self.registrations.len();
    }

    async fn write(
        mut self,
        tx: &mut Tx,
        tables: &Tables,
        loaded: &mut Loaded,
        (receivers, now): (&Receivers, Timestamp),
    ) -> Result<(), Error> {
        let names: Vec<ExternalId> = self.users.iter().filter_map(|(_, user)| user.external_id.clone()).collect();
        tx.delete_external_registrations(&names).await?;
        let rows: Vec<ImportedUser> = self.users.iter().map(|(_, user)| user.clone()).collect();
        let made = tx.insert_imported_users(&rows).await?;
        // On PostgreSQL somebody may have registered since the check.
        let (came, missed): (Vec<_>, Vec<_>) = self.users.into_iter().partition(|(_, user)| made.contains(&user.id));
        let missing: HashSet<UserId> = missed.iter().map(|(_, user)| user.id).collect();
        for (row, _) in missed {
            let mut row = Row::new(tables.users, row, &mut loaded.lines);
            row.report(Action::KeptOut, Some("email"), "an account was created with this address in the meantime");
        }
        self.users = came;
        let came: Vec<&ImportedUser> = self.users.iter().map(|(_, user)| user).collect();
        tx.insert_imported_sign_in_methods(&came).await?;
        let passkeys = tx.insert_imported_passkeys(&came).await?;
        tx.queue_imported_users(receivers, &came, now).await?;
        for (row, user) in &self.users {
            let mut row = Row::new(tables.users, *row, &mut loaded.lines);
            for (at, _) in
                user.sign_in_methods.passkeys.iter().enumerate().filter(|(_, one)| !passkeys.contains(&one.id))
            {
                let field = format!("passkeys[{at}]");
                row.report_field(Action::Cleared, field.into(), "another passkey has its id or its credential".into());
            }
        }
        self.link_providers(tx, tables, loaded).await?;
        self.addresses.retain(|(_, owned)| !missing.contains(&owned.user_id));
        self.keep_out_of_used_accounts(tx, tables, loaded).await?;
        let rows: Vec<OwnedAddress> = self.addresses.iter().map(|(_, owned)| owned.clone()).collect();
        let made = tx.insert_imported_addresses(&rows).await?;
        let (came, missed): (Vec<_>, Vec<_>) =
            self.addresses.into_iter().partition(|(_, owned)| made.contains(&owned.address.id));
        for (row, _) in missed {
            let mut row = Row::new(tables.addresses, row, &mut loaded.lines);
            row.report(Action::KeptOut, None, "another address has its id or external id");
        }
        self.addresses = came;
        for row in &self.registrations {
            tx.insert_registration(row).await?;
        }
        self.count(loaded);
        loaded.users.extend(self.users.iter().map(|(row, user)| (*row, user.id)));
        loaded.addresses.extend(self.addresses.iter().map(|(row, owned)| (*row, owned.address.id)));
        Ok(())
    }

    /// Links accounts at providers to the imported accounts.
    async fn link_providers(&self, tx: &mut Tx, tables: &Tables, loaded: &mut Loaded) -> Result<(), Error> {
        let came: Vec<&ImportedUser> = self.users.iter().map(|(_, user)| user).collect();
        let linked = tx.insert_imported_provider_links(&came).await?;
        for (row, user) in &self.users {
            let mut row = Row::new(tables.users, *row, &mut loaded.lines);
            for (at, link) in user.sign_in_methods.provider_links.iter().enumerate() {
                if !linked.contains(&(link.issuer.clone(), link.subject.clone())) {
                    let why = "this one is linked to another account, or this account to another one at the provider";
                    row.report_field(Action::Cleared, format!("providers[{at}]").into(), why.into());
                }
            }
        }
        Ok(())
    }

    /// Leaves out new addresses of accounts that were used since the check, which happens on PostgreSQL only: their log
    /// would not contain them.
    async fn keep_out_of_used_accounts(
        &mut self,
        tx: &mut Tx,
        tables: &Tables,
        loaded: &mut Loaded,
    ) -> Result<(), Error> {
        let came: HashSet<UserId> = self.users.iter().map(|(_, user)| user.id).collect();
        let owners = self.addresses.iter().map(|(_, owned)| owned.user_id);
        let known: Vec<UserId> =
            owners.filter(|user| !came.contains(user)).collect::<HashSet<_>>().into_iter().collect();
        let untouched: HashSet<UserId> = tx.lock_untouched_users(&known).await?.into_iter().map(|(id,)| id).collect();
        self.addresses.retain(|(row, owned)| {
            let comes = came.contains(&owned.user_id) || untouched.contains(&owned.user_id);
            if !comes {
                let mut row = Row::new(tables.addresses, *row, &mut loaded.lines);
                row.report(Action::Differs, None, MAY_BE_DELETED);
            }
            comes
        });
        Ok(())
    }
}

/// Compares an existing account with its source, and returns the addresses that are new there. Changes made here are
/// kept; a missing address is certainly new only if nothing has happened to the account (revision 0).
fn compare(
    candidate: Candidate,
    known: &ExternalUser,
    here: &[OwnedAddress],
    tables: &Tables,
    loaded: &mut Loaded,
) -> Vec<(i64, OwnedAddress)> {
    loaded.accounts_known += 1;
    loaded.users.push((candidate.row, known.user.user_id));
    let (there, present) = (&candidate.user, &known.user);
    let person = &there.person;
    let same_password = there.password_hash == present.password_hash || !is_legacy(present.password_hash.as_deref());
    let fields = [
        ("email", there.email != present.email),
        ("first_name", person.first_name != present.first_name),
        ("last_name", person.last_name != present.last_name),
        ("company_name", person.company_name != present.company_name),
        ("phone", person.phone != present.phone),
        ("is_active", there.disabled_at.is_some() != present.disabled_at.is_some()),
        ("password", !same_password),
    ];
    let mut row = Row::new(tables.users, candidate.row, &mut loaded.lines);
    tell_differences(&mut row, fields);
    let mut new = Vec::new();
    for draft in candidate.addresses {
        match here.iter().find(|owned| owned.external_id.is_some() && owned.external_id == draft.external_id) {
            Some(owned) => {
                loaded.addresses.push((draft.row, owned.address.id));
                let mut row = Row::new(tables.addresses, draft.row, &mut loaded.lines);
                tell_differences(&mut row, differing(&draft, owned));
            }
            None if present.revision == 0 => new.push(draft),
            None => {
                let mut row = Row::new(tables.addresses, draft.row, &mut loaded.lines);
                row.report(Action::Differs, None, MAY_BE_DELETED);
            }
        }
    }
    let labels = here.iter().map(|owned| owned.address.label.key()).collect();
    settle(tables.addresses, &mut new, labels, !here.is_empty(), &mut loaded.lines);
    new.into_iter().map(|draft| (draft.row, owned(present.user_id, draft))).collect()
}

/// Whether a hash is still the imported one.
fn is_legacy(hash: Option<&str>) -> bool {
    hash.is_some_and(|hash| !hash.starts_with("$argon2id$"))
}

fn tell_differences<const N: usize>(row: &mut Row<'_>, fields: [(&'static str, bool); N]) {
    for (field, _) in fields.into_iter().filter(|(_, differs)| *differs) {
        row.report(Action::Differs, Some(field), "differs here, and is kept");
    }
}

fn differing(draft: &Draft, owned: &OwnedAddress) -> [(&'static str, bool); 12] {
    let (there, here) = (&draft.address, &owned.address);
    [
        ("label", there.label != here.label),
        ("first_name", there.first_name != here.first_name),
        ("last_name", there.last_name != here.last_name),
        ("company", there.company != here.company),
        ("address_line_1", there.address_line_1 != here.address_line_1),
        ("address_line_2", there.address_line_2 != here.address_line_2),
        ("city", there.city != here.city),
        ("state", there.state != here.state),
        ("postal_code", there.postal_code != here.postal_code),
        ("country", there.country != here.country),
        ("phone", there.phone != here.phone),
        ("is_primary", there.is_primary != here.is_primary),
    ]
}
