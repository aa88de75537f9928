//! Postal addresses: at most `MARBELLE_LIMITS__MAX_ADDRESSES`, exactly one primary as soon as there is one, labels unique.
//!
//! The lock on the account decides races: the addresses are read and checked under it.

use super::{Accounts, Actor, Change, Current, Error};
use crate::{
    domain::{
        address::{Address, AddressPatch, NewAddress},
        client::Client,
        fault::{Fault, Rule},
        ids::AddressId,
        session::Caller,
    },
    store,
};
use std::sync::Arc;

impl Accounts {
    /// The caller's addresses, primary first, then oldest first.
    pub async fn list_addresses(self: &Arc<Self>, caller: Caller) -> Result<Vec<Address>, Error> {
        let (mut tx, _) = self.read(caller).await?;
        let addresses = tx.list_addresses(caller.user).await?;
        tx.end_read().await?;
        Ok(addresses)
    }

    /// One of the caller's addresses.
    pub async fn get_address(self: &Arc<Self>, caller: Caller, id: AddressId) -> Result<Address, Error> {
        let (mut tx, _) = self.read(caller).await?;
        let address = tx.find_address(caller.user, id).await?;
        tx.end_read().await?;
        address.ok_or(Error::NotFound)
    }

    /// Adds an address. The first one always becomes primary.
    pub async fn create_address(
        self: &Arc<Self>,
        caller: Caller,
        client: &Client,
        new: NewAddress,
    ) -> Result<Address, Error> {
        let mut change = self.change(caller.user, Actor::Session(caller, client)).await?;
        let present = change.tx().list_addresses(caller.user).await?;
        if is_label_taken(&present, None, &new.label.key()) {
            return Err(Error::Conflict("label"));
        }
        if present.len() >= self.max_addresses {
            return Err(Error::LimitReached(self.max_addresses));
        }
        let is_primary = new.is_primary || present.is_empty();
        if is_primary {
            take_primary(&mut change, &present).await?;
        }
        let (revision, now) = (change.account().addresses_revision(), change.now());
        let address = new.placed(AddressId::new(), is_primary, revision, now);
        change.account().insert_address(&address).await.map_err(label_conflict)?;
        change.commit().await?;
        Ok(address)
    }

    /// Edits an address. An edit that changes nothing writes nothing.
    pub async fn update_address(
        self: &Arc<Self>,
        caller: Caller,
        client: &Client,
        id: AddressId,
        patch: AddressPatch,
        expected_revision: Option<i64>,
    ) -> Result<Address, Error> {
        let mut change = self.change(caller.user, Actor::Session(caller, client)).await?;
        let all = change.tx().list_addresses(caller.user).await?;
        let present = all.iter().find(|address| address.id == id).ok_or(Error::NotFound)?;
        if expected_revision.is_some_and(|expected| present.revision > expected) {
            return Err(Error::StaleRevision(Current::Address(Box::new(present.clone()))));
        }
        let mut edited = patch.applied_to(present);
        if present.is_primary && !edited.is_primary {
            let message = "one address is always primary: make another one primary instead";
            return Err(Error::invalid("is_primary", Fault::new(Rule::NotAllowed, message)));
        }
        if edited == *present {
            return Ok(edited);
        }
        if is_label_taken(&all, Some(id), &edited.label.key()) {
            return Err(Error::Conflict("label"));
        }
        if edited.is_primary && !present.is_primary {
            take_primary(&mut change, &all).await?;
        }
        edited.revision = change.account().addresses_revision();
        edited.updated_at = change.now();
        change.account().update_address(&edited).await.map_err(label_conflict)?;
        change.commit().await?;
        Ok(edited)
    }

    /// Makes an address the primary one.
    pub async fn set_primary_address(
        self: &Arc<Self>,
        caller: Caller,
        client: &Client,
        id: AddressId,
    ) -> Result<Address, Error> {
        let patch = AddressPatch { is_primary: Some(true), ..AddressPatch::default() };
        self.update_address(caller, client, id, patch, None).await
    }

    /// Deletes an address, but not the only one. If it was the primary one, the oldest of the others becomes primary.
    pub async fn delete_address(self: &Arc<Self>, caller: Caller, client: &Client, id: AddressId) -> Result<(), Error> {
        let mut change = self.change(caller.user, Actor::Session(caller, client)).await?;
        let all = change.tx().list_addresses(caller.user).await?;
        let present = all.iter().find(|address| address.id == id).ok_or(Error::NotFound)?;
        if all.len() == 1 {
            return Err(Error::LastAddress);
        }
        change.account().delete_address(id).await?;
        if present.is_primary
            // The list is primary first, then oldest first, so the next one is the oldest of the others.
            && let Some(heir) = all.iter().find(|address| address.id != id)
        {
            set_primary(&mut change, heir, true).await?;
        }
        change.commit().await
    }
}

/// Removes the primary mark from the address that has it.
async fn take_primary(change: &mut Change<'_>, all: &[Address]) -> Result<(), Error> {
    match all.iter().find(|address| address.is_primary) {
        Some(primary) => set_primary(change, primary, false).await,
        None => Ok(()),
    }
}

async fn set_primary(change: &mut Change<'_>, address: &Address, is_primary: bool) -> Result<(), Error> {
    let revision = change.account().addresses_revision();
    let address = Address { is_primary, revision, updated_at: change.now(), ..address.clone() };
    change.account().update_address(&address).await?;
    Ok(())
}

fn is_label_taken(all: &[Address], except: Option<AddressId>, key: &str) -> bool {
    all.iter().any(|address| Some(address.id) != except && address.label.key() == key)
}

/// The check under the lock folds labels by this program's version of Unicode. The index compares the stored keys, which
/// another version may have folded differently.
fn label_conflict(error: store::Error) -> Error {
    match error {
        store::Error::Unique(_) => Error::Conflict("label"),
        other => other.into(),
    }
}
