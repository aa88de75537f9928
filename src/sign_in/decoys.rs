//! Password verification, at the same cost where there is no hash.

use crate::{
    account::{Accounts, Error},
    crypto::{
        decoy::Shares,
        legacy::Cost,
        password::{Queue, Verified},
    },
    domain::{email::EmailAddress, password::Password},
    store,
};

impl Accounts {
    /// Compares a password with the hash of the account with this address. Without one (there is no account, or it has
    /// no password) the answer is no, after as much work as for some account.
    pub(crate) async fn verify_password(
        &self,
        password: &Password,
        email: &EmailAddress,
        stored: Option<&str>,
        queue: Queue,
    ) -> Result<Verified, Error> {
        Ok(self.passwords.verify(password, stored, self.decoys.cost(email), queue).await?)
    }

    /// Reads how many accounts have hashes of which cost; the costs for addresses without an account follow it.
    pub async fn weigh_decoys(&self) -> Result<(), store::Error> {
        let mut shares = Shares::default();
        for (imported, present, accounts) in self.store.count_password_costs().await? {
            // An unknown cost was written by a version that supports more kinds; it counts as our own.
            let cost = |text: Option<String>| text.and_then(|text| text.parse::<Cost>().ok());
            shares.add(cost(imported), cost(present), u64::try_from(accounts).unwrap_or_default());
        }
        self.decoys.set_shares(shares);
        Ok(())
    }
}
