//! Service keys: authenticating, creating and revoking them.

use super::{Accounts, Error, Operator};
use crate::{
    crypto::{opaque_token::Secret, service_key},
    domain::{
        audit::AuditEntry,
        fault::{Fault, Rule},
        ids::KeyId,
        service_key::{KeyCredential, KeyName, Scopes, ServiceKey},
        session::CredentialFault,
        time::Timestamp,
    },
    live::{Connection, Identity},
    store::Tx,
};
use serde_json::json;
use std::{sync::Arc, time::Duration};

/// How old `last_used_at` may get before a use is recorded.
const TOUCH_INTERVAL: Duration = Duration::from_secs(60);

/// A key to create.
#[derive(Debug)]
pub struct NewKey {
    /// Its name.
    pub name: KeyName,
    /// Its scopes.
    pub scopes: Scopes,
    /// When it expires, if it does.
    pub expires_at: Option<Timestamp>,
}

impl Accounts {
    /// The credential of a caller's secret. Whether the key exists is not checked.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] if the text does not have the form of a secret.
    pub fn credential_of_key(&self, secret: &str) -> Result<KeyCredential, Error> {
        service_key::parse(secret).ok_or(Error::Unauthenticated(CredentialFault::Invalid))
    }

    /// The key that a connection acts by, if it is valid at present. Its use is recorded if the last recorded one is
    /// old.
    pub async fn present_key(self: &Arc<Self>, identity: Identity) -> Result<ServiceKey, Error> {
        let credential = match identity {
            Identity::Key(credential) => credential,
            Identity::Refused(fault) => return Err(Error::Unauthenticated(fault)),
            Identity::Ended(_) => return Err(Error::Unauthenticated(CredentialFault::Invalid)),
            Identity::Anonymous | Identity::Binding(_) | Identity::Bound(_) => {
                return Err(Error::Unauthenticated(CredentialFault::Missing));
            }
        };
        let key = self.store.find_service_key(&credential).await?.filter(|key| key.revoked_at.is_none());
        let key = key.ok_or(Error::Unauthenticated(CredentialFault::Invalid))?;
        let now = self.clock.now();
        if key.expires_at.is_some_and(|at| at <= now) {
            return Err(Error::Unauthenticated(CredentialFault::Expired));
        }
        if key.last_used_at.is_none_or(|at| now.since(at) >= TOUCH_INTERVAL) {
            self.touch_key_soon(key.id);
        }
        Ok(key)
    }

    /// Lets a socket act by a key for as long as the key is valid.
    pub async fn authenticate_key(
        self: &Arc<Self>,
        connection: &Arc<Connection>,
        credential: KeyCredential,
    ) -> Result<(), Error> {
        self.hub.join_key(connection, credential.id);
        let key = self.present_key(Identity::Key(credential)).await?;
        self.hub.expire_with(connection, &key);
        Ok(())
    }

    /// Records the use of a key in the background, once at a time.
    fn touch_key_soon(self: &Arc<Self>, key: KeyId) {
        if !self.touching_keys.insert(key) {
            return;
        }
        let accounts = self.clone();
        tokio::spawn(async move {
            let touched = async {
                let mut tx = accounts.store.write().await?;
                tx.touch_service_key(key, accounts.clock.now()).await?;
                tx.commit().await
            };
            if let Err(error) = touched.await {
                tracing::debug!(%error, "the use of a service key was not recorded");
            }
            accounts.touching_keys.remove(&key);
        });
    }

    /// Every key, newest first.
    pub async fn list_keys(&self) -> Result<Vec<ServiceKey>, Error> {
        Ok(self.store.list_service_keys().await?)
    }

    /// Creates a key. Its secret is returned only here.
    ///
    /// # Errors
    /// [`Error::MissingScope`] if the new key would have a scope that the caller's key lacks; `out_of_range` for
    /// `expires_at` in the past, or beyond that of the caller's key.
    pub async fn create_key(&self, new: NewKey, operator: Operator<'_>) -> Result<(ServiceKey, Secret), Error> {
        let mut tx = self.store.write().await?;
        let now = self.clock.now();
        if let Operator::Key(caller) = operator {
            check_key(&mut tx, caller, now).await?;
            if let Some(missing) = caller.scopes.lacks(&new.scopes) {
                return Err(Error::MissingScope(missing));
            }
        }
        if new.expires_at.is_some_and(|at| at <= now) {
            return Err(Error::invalid("expires_at", Fault::new(Rule::OutOfRange, "must be in the future")));
        }
        if let Operator::Key(ServiceKey { expires_at: Some(longest), .. }) = operator
            && new.expires_at.is_none_or(|at| at > *longest)
        {
            let message = format!("must not be after the expiry of the calling key, {longest}");
            return Err(Error::invalid("expires_at", Fault::new(Rule::OutOfRange, message)));
        }
        let id = KeyId::new();
        let (credential, secret) = service_key::make(id);
        let key = ServiceKey {
            id,
            name: new.name,
            scopes: new.scopes,
            created_at: now,
            expires_at: new.expires_at,
            last_used_at: None,
            revoked_at: None,
        };
        tx.insert_service_key(&key, &credential.secret_hash).await?;
        let detail = json!({
            "key_id": key.id, "name": key.name.as_str(), "scopes": key.scopes, "expires_at": key.expires_at,
        });
        tx.insert_audit_entry(&AuditEntry::of(operator, "keys.create", None, detail, now)).await?;
        tx.commit().await?;
        tracing::info!(target: "security", key = %key.id, name = %key.name, scopes = %key.scopes, "key_created");
        Ok((key, secret))
    }

    /// Ends a key and its open sockets at once; an ended key is not changed.
    ///
    /// # Errors
    /// [`Error::MissingScope`] if the key has a scope that the caller's key lacks.
    pub async fn revoke_key(&self, key: KeyId, revoker: Operator<'_>) -> Result<(), Error> {
        let mut tx = self.store.write().await?;
        let now = self.clock.now();
        let found = tx.find_service_key(key).await?.ok_or(Error::NotFound)?;
        if let Operator::Key(revoker) = revoker {
            check_key(&mut tx, revoker, now).await?;
            if let Some(missing) = revoker.scopes.lacks(&found.scopes) {
                return Err(Error::MissingScope(missing));
            }
        }
        if tx.revoke_service_key(key, now).await? {
            let detail = json!({ "key_id": key, "name": found.name.as_str() });
            tx.insert_audit_entry(&AuditEntry::of(revoker, "keys.revoke", None, detail, now)).await?;
            tx.commit().await?;
            tracing::info!(target: "security", %key, name = %found.name, "key_revoked");
        }
        self.hub.end_key(key);
        Ok(())
    }
}

/// Checks that a key that was valid at the start of the call still is.
async fn check_key(tx: &mut Tx, key: &ServiceKey, now: Timestamp) -> Result<(), Error> {
    if tx.is_service_key_live(key.id, now).await? {
        Ok(())
    } else {
        Err(Error::Unauthenticated(CredentialFault::Invalid))
    }
}
