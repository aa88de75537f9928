//! Writes all accounts as lines of JSON.

use super::{record::Record, sign_in_methods::ExportedSignInMethods};
use crate::{
    crypto::sealed::Sealer,
    domain::ids::UserId,
    import::{Error, progress::Progress},
    store::Store,
};
use std::{collections::HashMap, io::Write};
use uuid::Uuid;

/// Accounts per read.
const PAGE: i64 = 500;

/// Writes every account, in the order of their ids and as one consistent snapshot; returns their number.
///
/// # Errors
/// [`Error`]; the output is incomplete then.
pub async fn export(store: &Store, sealer: &Sealer, out: &mut (impl Write + Send), name: &str) -> Result<u64, Error> {
    let failed = |error| Error::File(name.to_owned(), error);
    let mut progress = Progress::of("accounts", store.count_users().await?);
    let mut tx = store.read().await?;
    let (mut after, mut count) = (UserId(Uuid::nil()), 0);
    loop {
        let users = tx.list_users_after(after, PAGE).await?;
        let Some(last) = users.last().map(|user| user.user.user_id) else { break };
        let ids: Vec<UserId> = users.iter().map(|user| user.user.user_id).collect();
        let mut addresses = HashMap::<_, Vec<_>>::new();
        for owned in tx.list_addresses_of(&ids).await? {
            addresses.entry(owned.user_id).or_default().push(owned);
        }
        let mut sign_in_methods = ExportedSignInMethods::of(&ids, &mut tx, sealer).await?;
        for user in users {
            let id = user.user.user_id;
            let mut record = Record::from((user, addresses.remove(&id).unwrap_or_default()));
            sign_in_methods.add_to(&mut record, id);
            serde_json::to_writer(&mut *out, &record).map_err(|error| failed(error.into()))?;
            out.write_all(b"\n").map_err(failed)?;
            count += 1;
        }
        progress.advance(ids.len());
        after = last;
    }
    tx.end_read().await?;
    out.flush().map_err(failed)?;
    progress.finish();
    Ok(count)
}
