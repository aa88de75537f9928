//! `marbelle stats`: numbers of accounts and letters.

use super::{
    database::{DataError, with_accounts},
    table::{Fields, Output, or_dash},
};
use crate::{account, settings::Settings};
use serde_json::json;
use std::error::Error;

/// Prints them.
pub(super) async fn run(output: Output, settings: &Settings) -> Result<(), Box<dyn Error>> {
    let counted = with_accounts(settings, async |accounts| {
        let users = accounts.count_users().await?;
        let waiting = accounts.store.waiting_letters().await.map_err(account::Error::from)?;
        Ok((users, waiting))
    });
    let (users, (letters, oldest)) = counted.await?.map_err(DataError::from)?;
    let all = json!({
        "active": users.active, "disabled": users.disabled, "registrations": users.registrations,
        "letters_waiting": letters, "oldest_letter_at": oldest,
    });
    output.print(&all, |_| {
        Fields(vec![
            ("Active accounts", users.active.to_string()),
            ("Disabled accounts", users.disabled.to_string()),
            ("Pending registrations", users.registrations.to_string()),
            ("Waiting letters", letters.to_string()),
            ("Oldest waiting letter", or_dash(oldest)),
        ])
    })?;
    Ok(())
}
